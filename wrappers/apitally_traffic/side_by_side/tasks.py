"""Read several parts at a time in tasks, and take the results in order. The twin for threads is in threads.py."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Generic, Self, TypeVar

Part = TypeVar("Part")
Result = TypeVar("Result")


class Tasks(Generic[Part, Result]):
    """Runs one coroutine function over several parts in tasks."""

    def __init__(self, read: Callable[[Part], Awaitable[Result]]) -> None:
        """Prepare; no task is started before the first part."""
        self._read = read
        self._pending: deque[asyncio.Future[Result]] = deque()

    def begin(self, part: Part) -> None:
        """Begin to read a part."""
        self._pending.append(asyncio.ensure_future(self._read(part)))

    def __bool__(self) -> bool:
        """Return whether there is a result to wait for."""
        return bool(self._pending)

    async def oldest(self) -> Result:
        """Wait for the part that was begun first, and return its result or raise its error."""
        result = await self._pending[0]
        self._pending.popleft()
        return result

    async def __aenter__(self) -> Self:
        """Return the reader itself."""
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Cancel what is still being read, and wait until it has ended."""
        for task in self._pending:
            task.cancel()
        await asyncio.gather(*self._pending, return_exceptions=True)
