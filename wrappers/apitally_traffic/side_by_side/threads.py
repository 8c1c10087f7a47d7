"""Read several parts at a time in threads, and take the results in order. The twin for tasks is in tasks.py."""

import sys
import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from contextvars import copy_context
from functools import partial
from types import TracebackType
from typing import Generic, Self, TypeVar

from apitally_traffic.transport.waiting import abandoned

Part = TypeVar("Part")
Result = TypeVar("Result")

# How long Ctrl-C waits for the threads: enough for those that wait, not for a server that keeps silent.
_INTERRUPTED_SECONDS = 0.5


class Threads(Generic[Part, Result]):
    """Runs one function over several parts in threads, or, one at a time, in the caller's own.

    The threads are daemons: an iterator that somebody still holds when the program ends does not keep it alive.
    """

    def __init__(self, read: Callable[[Part], Result], concurrency: int) -> None:
        """Prepare; no thread is started before the first part."""
        self._read = read
        self._is_alone = concurrency == 1
        self._pending: deque[Callable[[], Result]] = deque()
        self._threads: list[threading.Thread] = []
        self._abandoned = threading.Event()

    def begin(self, part: Part) -> None:
        """Begin to read a part."""
        if self._is_alone:
            self._pending.append(partial(self._read, part))
            return
        context, future = copy_context(), Future[Result]()
        context.run(abandoned.set, self._abandoned)
        thread = threading.Thread(
            target=context.run, args=(_settle, future, self._read, part), name="apitally-traffic", daemon=True
        )
        self._threads = [thread, *(other for other in self._threads if other.is_alive())]
        self._pending.append(future.result)
        thread.start()

    def __bool__(self) -> bool:
        """Return whether there is a result to wait for."""
        return bool(self._pending)

    def oldest(self) -> Result:
        """Wait for the part that was begun first, and return its result or raise its error."""
        return self._pending.popleft()()

    def __enter__(self) -> Self:
        """Return the reader itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Abandon what is still being read; waits end at once, a request on its way ends with its answer."""
        self._abandoned.set()
        self._pending.clear()
        if sys.is_finalizing():
            return  # no other thread runs any more
        deadline = time.monotonic() + _INTERRUPTED_SECONDS if isinstance(error, KeyboardInterrupt) else None
        for thread in self._threads:
            thread.join(None if deadline is None else max(deadline - time.monotonic(), 0))


def _settle(future: Future[Result], read: Callable[[Part], Result], part: Part) -> None:
    try:
        future.set_result(read(part))
    except BaseException as error:  # noqa: BLE001 - it is raised where the result is taken
        future.set_exception(error)
