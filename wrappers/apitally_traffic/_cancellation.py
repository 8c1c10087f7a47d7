"""Cancel worker threads whose results are no longer needed: their waits, and the requests that they have in flight."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar


class CancellationError(Exception):
    """Ends a worker thread whose result is not needed. It never reaches a caller."""


class Cancellation:
    """Cancels all worker threads of one iteration of a query."""

    def __init__(self) -> None:
        """Start without a cancellation."""
        self._is_cancelled = False
        self._interrupts: set[Callable[[], object]] = set()

    def cancel(self) -> None:
        """End the waits of the worker threads, and interrupt what they are blocked in."""
        self._is_cancelled = True
        for interrupt in tuple(self._interrupts):
            interrupt()

    def check(self) -> None:
        """Raise a CancellationError after a cancellation."""
        if self._is_cancelled:
            raise CancellationError

    @contextmanager
    def interruptible(self, interrupt: Callable[[], object]) -> Iterator[None]:
        """Call `interrupt` if a cancellation comes while the block runs, which then raises a CancellationError."""
        self._interrupts.add(interrupt)
        try:
            self.check()
            yield
        finally:
            self._interrupts.discard(interrupt)
            self.check()


current: ContextVar[Cancellation | None] = ContextVar("current", default=None)
"""The cancellation of the query that a worker thread works for; None in the caller's own thread."""
