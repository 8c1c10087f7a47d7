"""Wait in a thread in a way that can be cut short: by Ctrl-C, or because nobody wants the result any more."""

import threading
import time
from contextvars import ContextVar

abandoned: ContextVar[threading.Event | None] = ContextVar("abandoned", default=None)
"""Set by the reader that a worker thread works for; when the event is, what the thread waits for is not wanted."""


class AbandonedError(Exception):
    """Ends a worker thread whose result nobody wants. It never reaches a caller."""


def sleep(seconds: float) -> None:
    """Wait so long, unless the work is abandoned.

    Raises:
        AbandonedError: it is, or was before.
    """
    event = abandoned.get()
    if event is None:
        time.sleep(seconds)
    elif event.wait(seconds):
        raise AbandonedError
