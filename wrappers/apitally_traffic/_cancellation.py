"""Cancel worker threads whose results are no longer needed: end their waits and their requests in flight."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from contextvars import ContextVar


class Interrupts:
    """A one-time signal that interrupts the blocking calls of other threads.

    Attributes:
        is_set: whether the signal was sent.
        by_block: the function that interrupts each running block.
    """

    def __init__(self) -> None:
        """Start without a signal."""
        self.is_set = False
        # Keyed by block, because two blocks may have equal functions.
        self.by_block: dict[object, Callable[[], object]] = {}

    def __call__(self) -> None:
        """Interrupt the running blocks, and each block that starts later."""
        self.is_set = True
        # Not `tuple`, which allocates while it iterates: the garbage collector may then end a generator and its block.
        for interrupt in list(self.by_block.values()):
            interrupt()

    def during(self, interrupt: Callable[[], object]) -> "_Block":
        """Return a context manager whose block the signal interrupts by calling `interrupt`."""
        return _Block(self, interrupt)


class _Block:
    """A block that can be interrupted; a class, because `contextmanager` would take more time than the block."""

    __slots__ = ("_interrupt", "_interrupts")

    def __init__(self, interrupts: Interrupts, interrupt: Callable[[], object]) -> None:
        self._interrupts = interrupts
        self._interrupt = interrupt

    def __enter__(self) -> None:
        self._interrupts.by_block[self] = self._interrupt
        if self._interrupts.is_set:
            self._interrupt()

    def __exit__(self, *_: object) -> None:
        del self._interrupts.by_block[self]


class CancellationError(Exception):
    """Ends a worker thread whose result is not needed; never raised to a caller."""


class Cancellation:
    """Cancels all worker threads of one iteration of a query."""

    def __init__(self) -> None:
        """Start without a cancellation."""
        self._interrupts = Interrupts()

    def cancel(self) -> None:
        """End the waits of the worker threads, and interrupt their blocking calls."""
        self._interrupts()

    def check(self) -> None:
        """Raise a CancellationError after a cancellation."""
        if self._interrupts.is_set:
            raise CancellationError

    @contextmanager
    def interruptible(self, interrupt: Callable[[], object]) -> Iterator[None]:
        """Call `interrupt` if a cancellation arrives while the block runs, and raise a CancellationError at its end."""
        try:
            with self._interrupts.during(interrupt):
                self.check()
                yield
        finally:
            self.check()


current_cancellation: ContextVar[Cancellation | None] = ContextVar("current_cancellation", default=None)
"""The cancellation of the query that the current worker thread works for; None in the caller's own thread."""


def check_cancellation() -> None:
    """Raise a CancellationError if the query that this thread works for was cancelled."""
    if (cancellation := current_cancellation.get()) is not None:
        cancellation.check()


def cancellable(interrupt: Callable[[], object]) -> AbstractContextManager[None]:
    """Return a context manager that calls `interrupt` if the query that this thread works for is cancelled."""
    cancellation = current_cancellation.get()
    return nullcontext() if cancellation is None else cancellation.interruptible(interrupt)
