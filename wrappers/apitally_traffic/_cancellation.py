"""Cancel the waits of worker threads whose results are no longer needed."""

import threading
import time
from contextvars import ContextVar

cancelled: ContextVar[threading.Event | None] = ContextVar("cancelled", default=None)
"""The event of the query that a worker thread works for; it is set when the query needs no more results."""


class CancellationError(Exception):
    """Ends a worker thread whose result is not needed. It never reaches a caller."""


def sleep(seconds: float) -> None:
    """Sleep, unless the work is cancelled before or meanwhile.

    Raises:
        CancellationError: the work is cancelled.
    """
    event = cancelled.get()
    if event is None:
        time.sleep(seconds)
    elif event.wait(seconds):
        raise CancellationError
