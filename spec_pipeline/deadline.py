"""Wait for a function no longer than a deadline, whatever it waits for itself."""

import queue
import threading
from collections.abc import Callable
from functools import partial
from typing import NoReturn, TypeVar

_T = TypeVar("_T")


class DeadlineError(Exception):
    """The function has not returned in time."""


class NoThreadError(Exception):
    """The system cannot start a thread."""


def call_within(seconds: float, function: Callable[[], _T]) -> _T:
    """Call a function in a thread, and abandon the thread when the time is over.

    A timeout of an HTTP library is one for each read, so a server that sends a byte now and then never reaches it.

    Args:
        seconds: how long to wait.
        function: what to call; what it raises is raised here.

    Raises:
        DeadlineError: the time is over.
        NoThreadError: no thread can be started for it.
    """
    results: queue.SimpleQueue[Callable[[], _T]] = queue.SimpleQueue()

    def call() -> None:
        try:
            result = function()
        except BaseException as error:  # noqa: BLE001 - the caller raises it
            results.put(partial(_raise, error))
        else:
            results.put(lambda: result)

    try:
        threading.Thread(target=call, daemon=True).start()
    except RuntimeError as error:
        raise NoThreadError from error
    try:
        found = results.get(timeout=seconds)
    except queue.Empty:
        raise DeadlineError from None
    return found()


def _raise(error: BaseException) -> NoReturn:
    raise error
