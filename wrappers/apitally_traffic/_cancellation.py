"""Cancel worker threads whose results are no longer needed: their waits, and the requests that they have in flight."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar


class Interrupts:
    """Ends what threads are blocked in, from another thread."""

    def __init__(self) -> None:
        """Start without any."""
        # By block: what interrupts two blocks may be equal.
        self._by_block: dict[object, Callable[[], object]] = {}

    def __call__(self) -> None:
        """Interrupt the blocks that run."""
        # Not `tuple`, which allocates while it iterates: the end of a garbage generator could then leave a block.
        for interrupt in list(self._by_block.values()):
            interrupt()

    def during(self, interrupt: Callable[[], object]) -> "_Block":
        """Interrupt the block in this way."""
        return _Block(self._by_block, interrupt)


class _Block:
    """A block that can be interrupted; a class, because `contextmanager` takes more time than a block."""

    __slots__ = ("_by_block", "_interrupt")

    def __init__(self, by_block: dict[object, Callable[[], object]], interrupt: Callable[[], object]) -> None:
        self._by_block = by_block
        self._interrupt = interrupt

    def __enter__(self) -> None:
        self._by_block[self] = self._interrupt

    def __exit__(self, *_: object) -> None:
        del self._by_block[self]


class CancellationError(Exception):
    """Ends a worker thread whose result is not needed. It never reaches a caller."""


class Cancellation:
    """Cancels all worker threads of one iteration of a query."""

    def __init__(self) -> None:
        """Start without a cancellation."""
        self._is_cancelled = False
        self._interrupts = Interrupts()

    def cancel(self) -> None:
        """End the waits of the worker threads, and interrupt what they are blocked in."""
        self._is_cancelled = True
        self._interrupts()

    def check(self) -> None:
        """Raise a CancellationError after a cancellation."""
        if self._is_cancelled:
            raise CancellationError

    @contextmanager
    def interruptible(self, interrupt: Callable[[], object]) -> Iterator[None]:
        """Call `interrupt` if a cancellation comes while the block runs, which then raises a CancellationError."""
        try:
            with self._interrupts.during(interrupt):
                self.check()
                yield
        finally:
            self.check()


current: ContextVar[Cancellation | None] = ContextVar("current", default=None)
"""The cancellation of the query that a worker thread works for; None in the caller's own thread."""
