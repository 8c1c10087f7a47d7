"""Read several slices at a time, and return the results in order. One class for threads, one for tasks."""

import asyncio
import sys
import threading
from collections import deque
from collections.abc import Awaitable, Callable
from concurrent.futures import Future
from contextvars import copy_context
from functools import partial
from types import TracebackType
from typing import Generic, Self, TypeVar

from apitally_traffic._cancellation import Cancellation, current
from apitally_traffic._clock import monotonic

Part = TypeVar("Part")
Result = TypeVar("Result")

# How long to wait for cancelled threads. They end at once, except in a name lookup or on a shared connection.
_JOIN_SECONDS = 0.5


class ThreadWorkers(Generic[Part, Result]):
    """Runs one function over several parts in threads; with a concurrency of 1, in the caller's own thread.

    The threads are daemons: an iterator that is still referenced when the program ends does not keep it alive.
    """

    def __init__(self, read: Callable[[Part], Result], concurrency: int) -> None:
        """Prepare; no thread is started before the first part is submitted."""
        self._read = read
        self._in_caller = concurrency == 1
        self._pending: deque[Callable[[], Result]] = deque()
        self._threads: list[threading.Thread] = []
        self._cancellation = Cancellation()

    def submit(self, part: Part) -> None:
        """Start to read a part."""
        if self._in_caller:
            self._pending.append(partial(self._read, part))
            return
        context, future = copy_context(), Future[Result]()
        context.run(current.set, self._cancellation)
        thread = threading.Thread(
            target=context.run, args=(_settle, future, self._read, part), name="apitally-traffic", daemon=True
        )
        self._threads = [thread, *(other for other in self._threads if other.is_alive())]
        self._pending.append(future.result)
        thread.start()

    def __bool__(self) -> bool:
        """Return whether there is a result to wait for."""
        return bool(self._pending)

    def next_result(self) -> Result:
        """Wait for the part that was submitted first, and return its result or raise its error."""
        return self._pending.popleft()()

    def __enter__(self) -> Self:
        """Return the workers themselves."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Cancel what is still being read: waits end at once, and requests in flight are interrupted."""
        self._cancellation.cancel()
        self._pending.clear()
        if sys.is_finalizing():
            return  # other threads do not run any more
        end = monotonic() + _JOIN_SECONDS
        for thread in self._threads:
            thread.join(max(end - monotonic(), 0))


class TaskWorkers(Generic[Part, Result]):
    """Runs one coroutine function over several parts in tasks of the running event loop."""

    def __init__(self, read: Callable[[Part], Awaitable[Result]]) -> None:
        """Prepare; no task is started before the first part is submitted."""
        self._read = read
        self._pending: deque[asyncio.Future[Result]] = deque()

    def submit(self, part: Part) -> None:
        """Start to read a part."""
        self._pending.append(asyncio.ensure_future(self._read(part)))

    def __bool__(self) -> bool:
        """Return whether there is a result to wait for."""
        return bool(self._pending)

    async def next_result(self) -> Result:
        """Wait for the part that was submitted first, and return its result or raise its error."""
        result = await self._pending[0]
        self._pending.popleft()
        return result

    async def __aenter__(self) -> Self:
        """Return the workers themselves."""
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Cancel what is still being read, and wait until it has ended."""
        for task in self._pending:
            task.cancel()
        await asyncio.gather(*self._pending, return_exceptions=True)


def _settle(future: Future[Result], read: Callable[[Part], Result], part: Part) -> None:
    try:
        future.set_result(read(part))
    except BaseException as error:  # noqa: BLE001 - it is raised where the result is taken
        future.set_exception(error)
