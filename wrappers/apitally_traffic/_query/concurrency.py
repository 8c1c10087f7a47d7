"""Read several slices concurrently, with threads or with tasks, and return the results in order."""

import asyncio
import contextlib
import os
import sys
import threading
from collections import deque
from collections.abc import Awaitable, Callable
from concurrent.futures import Future
from contextvars import copy_context
from types import TracebackType
from typing import Any, Generic, Self, TypeVar

from apitally_traffic._cancellation import Cancellation, current_cancellation
from apitally_traffic._clock import monotonic

Part = TypeVar("Part")
Result = TypeVar("Result")

# How long to wait for cancelled threads, which end at once unless the machine is busy.
_JOIN_SECONDS = 0.5


class ThreadWorkers(Generic[Part, Result]):
    """Runs one function over several parts in threads; with a concurrency of 1, in the caller's own thread.

    The threads are daemons, so an iterator that still exists when the program ends does not keep the program running.
    """

    def __init__(self, read: Callable[[Part], Result], concurrency: int) -> None:
        """Store the function; threads are started when parts are submitted."""
        self._read = read
        self._in_caller = concurrency == 1
        self._pending: deque[tuple[Part, Future[Result] | None]] = deque()
        self._threads: list[threading.Thread] = []
        self._cancellation = Cancellation()
        self._process = os.getpid()

    def submit(self, *parts: Part) -> None:
        """Start reading parts; if a thread cannot be started, its part is read when the result is needed."""
        self._check_fork()
        for part in parts:
            self._pending.append((part, None if self._in_caller else self._run(part)))

    def __bool__(self) -> bool:
        """Return whether there is a result to wait for."""
        return bool(self._pending)

    def next_result(self) -> Result:
        """Wait for the oldest submitted part, and return its result or raise its error."""
        self._check_fork()
        part, future = self._pending.popleft()
        try:
            return self._read(part) if future is None else future.result()
        finally:
            del future  # breaks a cycle: the future refers to its error, and that to this frame

    def _run(self, part: Part) -> Future[Result] | None:
        context, future = copy_context(), Future[Result]()
        context.run(current_cancellation.set, self._cancellation)
        thread = threading.Thread(
            target=context.run, args=(_settle, future, self._read, part), name="apitally-traffic", daemon=True
        )
        try:
            thread.start()
        except RuntimeError:  # "can't start new thread"
            return None
        self._threads = [thread, *(other for other in self._threads if other.is_alive())]
        return future

    def _check_fork(self) -> None:
        """Start over in a forked process: its parent's threads do not exist there, but may have left locks locked."""
        if os.getpid() != self._process:
            self._pending = deque((part, None) for part, _ in self._pending)
            self._threads, self._cancellation, self._process = [], Cancellation(), os.getpid()

    def __enter__(self) -> Self:
        """Return the workers themselves."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Cancel the remaining reads: waits end at once, and requests in flight are interrupted."""
        if os.getpid() != self._process or sys.is_finalizing():
            return  # the threads do not exist in this process, or no longer run
        self._cancellation.cancel()
        self._pending.clear()
        end = monotonic() + _JOIN_SECONDS
        for thread in self._threads:
            if thread is not threading.current_thread():  # the garbage collector may call this in one of the threads
                thread.join(max(end - monotonic(), 0))


class TaskWorkers(Generic[Part, Result]):
    """Runs one coroutine function over several parts in tasks of the running event loop."""

    def __init__(self, read: Callable[[Part], Awaitable[Result]]) -> None:
        """Store the function; tasks are started when parts are submitted."""
        self._read = read
        self._pending: deque[asyncio.Future[Result]] = deque()

    def submit(self, *parts: Part) -> None:
        """Start reading parts."""
        self._pending += [asyncio.ensure_future(self._read(part)) for part in parts]

    def __bool__(self) -> bool:
        """Return whether there is a result to wait for."""
        return bool(self._pending)

    async def next_result(self) -> Result:
        """Wait for the oldest submitted part, and return its result or raise its error.

        Raises:
            RuntimeError: the part is unfinished, and is read in another event loop, which cannot wake up this one.
        """
        # The task is not assigned to a variable: its error refers to this frame, which would refer to the task.
        if self._pending[0].done():  # not awaited: it may belong to another event loop
            await asyncio.sleep(0)
        elif _is_here(self._pending[0]):
            # Not awaited directly: anyio does not recognize its own cancellation if the task passes it on.
            await asyncio.wait({self._pending[0]})
        else:
            raise RuntimeError(
                "This iteration was started in another event loop, which has its requests: continue there."
            )
        return self._pending.popleft().result()

    async def __aenter__(self) -> Self:
        """Return the workers themselves."""
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Cancel the remaining tasks, and wait until those of this event loop have ended."""
        for task in self._pending:
            if _is_here(task):
                task.cancel()
            else:
                with contextlib.suppress(RuntimeError):  # the loop is closed
                    task.get_loop().call_soon_threadsafe(task.cancel)
        self._pending = deque(filter(_is_here, self._pending))
        cancellation: asyncio.CancelledError | None = None
        while running := {task for task in self._pending if not task.done()}:
            try:
                await asyncio.wait(running)
            except asyncio.CancelledError as cancelled:
                cancellation = cancelled
        for task in self._pending:
            if not task.cancelled():
                task.exception()  # otherwise, asyncio logs that the exception was never retrieved
        self._pending.clear()  # breaks a cycle: the tasks refer to errors, these to frames, and those to the workers
        try:
            if cancellation is not None:
                raise cancellation
        finally:
            del cancellation


def _is_here(future: asyncio.Future[Any]) -> bool:
    return future.get_loop() is asyncio.get_running_loop()


def _settle(future: Future[Result], read: Callable[[Part], Result], part: Part) -> None:
    try:
        future.set_result(read(part))
    except BaseException as error:  # noqa: BLE001 - `next_result` raises it
        future.set_exception(error)
    finally:
        del future  # breaks a cycle: the future refers to its error, and that to this frame
