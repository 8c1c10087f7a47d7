"""Read several parts at a time in threads, and take the results in order. The twin for tasks is in tasks.py."""

import concurrent.futures
import threading
from collections import deque
from collections.abc import Callable
from contextvars import copy_context
from functools import partial
from types import TracebackType
from typing import Generic, Self, TypeVar

from apitally_traffic.transport.waiting import abandoned

Part = TypeVar("Part")
Result = TypeVar("Result")


class Threads(Generic[Part, Result]):
    """Runs one function over several parts in threads, or, one at a time, in the caller's own."""

    def __init__(self, read: Callable[[Part], Result], concurrency: int) -> None:
        """Prepare; no thread is started before the first part."""
        self._read = read
        self._pending: deque[Callable[[], Result]] = deque()
        self._pool = concurrent.futures.ThreadPoolExecutor(concurrency, "apitally-traffic") if concurrency > 1 else None
        self._abandoned = threading.Event()

    def begin(self, part: Part) -> None:
        """Begin to read a part."""
        if self._pool is None:
            self._pending.append(partial(self._read, part))
        else:
            context = copy_context()
            context.run(abandoned.set, self._abandoned)
            future: concurrent.futures.Future[Result] = self._pool.submit(context.run, self._read, part)
            self._pending.append(future.result)

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
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)
