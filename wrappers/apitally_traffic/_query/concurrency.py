"""Read several slices at a time, and return the results in order. One class for threads, one for tasks."""

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

# How long to wait for cancelled threads, which end at once where the machine has time for them.
_JOIN_SECONDS = 0.5


class ThreadWorkers(Generic[Part, Result]):
    """Runs one function over several parts in threads; with a concurrency of 1, in the caller's own thread.

    The threads are daemons: an iterator that is still referenced when the program ends does not keep it alive.
    """

    def __init__(self, read: Callable[[Part], Result], concurrency: int) -> None:
        """Prepare; no thread is started before the first part is submitted."""
        self._read = read
        self._in_caller = concurrency == 1
        self._pending: deque[tuple[Part, Future[Result] | None]] = deque()
        self._threads: list[threading.Thread] = []
        self._cancellation = Cancellation()
        self._process = os.getpid()

    def submit(self, *parts: Part) -> None:
        """Start to read parts; if no more threads can be started, one is read when its result is needed."""
        self._check_fork()
        for part in parts:
            self._pending.append((part, None if self._in_caller else self._run(part)))

    def __bool__(self) -> bool:
        """Return whether there is a result to wait for."""
        return bool(self._pending)

    def next_result(self) -> Result:
        """Wait for the part that was submitted first, and return its result or raise its error."""
        self._check_fork()
        part, future = self._pending.popleft()
        try:
            return self._read(part) if future is None else future.result()
        finally:
            del future  # it refers to its error, which refers to this frame

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
        """Start again in a forked process: threads do not exist there, and their locks may be locked."""
        if os.getpid() != self._process:
            self._pending = deque((part, None) for part, _ in self._pending)
            self._threads, self._cancellation, self._process = [], Cancellation(), os.getpid()

    def __enter__(self) -> Self:
        """Return the workers themselves."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Cancel what is still being read: waits end at once, and requests in flight are interrupted."""
        if os.getpid() != self._process or sys.is_finalizing():
            return  # the threads do not exist here, or do not run any more
        self._cancellation.cancel()
        self._pending.clear()
        end = monotonic() + _JOIN_SECONDS
        for thread in self._threads:
            if thread is not threading.current_thread():  # the garbage collector may run in it
                thread.join(max(end - monotonic(), 0))


class TaskWorkers(Generic[Part, Result]):
    """Runs one coroutine function over several parts in tasks of the running event loop."""

    def __init__(self, read: Callable[[Part], Awaitable[Result]]) -> None:
        """Prepare; no task is started before the first part is submitted."""
        self._read = read
        self._pending: deque[asyncio.Future[Result]] = deque()

    def submit(self, *parts: Part) -> None:
        """Start to read parts."""
        self._pending += [asyncio.ensure_future(self._read(part)) for part in parts]

    def __bool__(self) -> bool:
        """Return whether there is a result to wait for."""
        return bool(self._pending)

    async def next_result(self) -> Result:
        """Wait for the part that was submitted first, and return its result or raise its error.

        Raises:
            RuntimeError: another event loop reads it, or did before it was closed, and nobody would wake up this one.
        """
        # No name for it: its error would refer to this frame, which would refer to it.
        if self._pending[0].done():  # perhaps in another event loop, which could wake up nobody here
            await asyncio.sleep(0)
        elif _is_here(self._pending[0]):
            # Not by awaiting it: anyio would not know its own cancellation again, which the task has passed on.
            await asyncio.wait({self._pending[0]})
        else:
            raise RuntimeError("This iteration was begun in another event loop, which has its requests: go on there.")
        return self._pending.popleft().result()

    async def __aenter__(self) -> Self:
        """Return the workers themselves."""
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Cancel what is still being read, and wait until it has ended, unless another event loop has it."""
        for task in self._pending:
            if _is_here(task):
                task.cancel()
            else:
                with contextlib.suppress(RuntimeError):  # of a loop that is closed
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
                task.exception()  # or asyncio would say that nobody has looked at it
        self._pending.clear()  # a task refers to its error, which refers to frames that refer to the workers
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
    except BaseException as error:  # noqa: BLE001 - it is raised where the result is taken
        future.set_exception(error)
    finally:
        del future  # it refers to its error, which refers to this frame
