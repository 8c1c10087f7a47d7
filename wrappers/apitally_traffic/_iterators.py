"""The iterators of queries and listings: they say in a sentence when two threads or tasks use one at once."""

import threading
from collections.abc import AsyncGenerator, Coroutine, Generator, Iterable, Iterator
from typing import Any, NoReturn, TypeVar

Item = TypeVar("Item")


class QueryIterator(Iterator[Item]):
    """Iterates over what a query or a listing delivers, in one thread at a time.

    `itertools.chain` would take less CPU for each item; but where threads share it, one may free what another uses.
    """

    def __init__(self, slices: Generator[Iterable[Item]]) -> None:
        """Wrap a generator.

        Args:
            slices: yields what there is to deliver of each slice or page. Its iterators have to be safe in several
                threads: none of them is a generator.
        """
        self._slices = slices
        self._current: Iterator[Item] = iter(())
        self._lock = threading.Lock()

    def __next__(self) -> Item:
        """Return the next item.

        Raises:
            RuntimeError: another thread is waiting for the next item.
        """
        for item in self._current:
            return item
        self._acquire()
        try:
            while True:
                for item in self._current:
                    return item
                self._current = iter(next(self._slices))
        finally:
            self._lock.release()

    def close(self) -> None:
        """End the iteration, and interrupt the requests in flight.

        Raises:
            RuntimeError: another thread is waiting for the next item.
        """
        self._acquire()
        try:
            self._current = iter(())
            self._slices.close()
        finally:
            self._lock.release()

    def __reduce__(self) -> NoReturn:
        """Refuse to be copied or pickled.

        Raises:
            TypeError: always; both would take items from the other.
        """
        raise TypeError("An iterator cannot be copied or pickled: iterate over its query again.")

    def _acquire(self) -> None:
        if not self._lock.acquire(blocking=False):
            raise RuntimeError(_used_twice("threads"))


class AsyncQueryIterator(AsyncGenerator[Item]):
    """Iterates over what a query or a listing delivers, in one task at a time."""

    def __init__(self, items: AsyncGenerator[Item]) -> None:
        """Wrap a generator."""
        self._items: Any = items  # the type of what is passed in has no `ag_running`

    def __anext__(self) -> Coroutine[Any, Any, Item]:
        """Return the next item.

        Raises:
            RuntimeError: another task is waiting for the next item.
        """
        self._check()
        coroutine: Coroutine[Any, Any, Item] = self._items.__anext__()
        return coroutine

    def asend(self, value: None) -> Coroutine[Any, Any, Item]:
        """Do what the generator does."""
        self._check()
        coroutine: Coroutine[Any, Any, Item] = self._items.asend(value)
        return coroutine

    def athrow(self, *error: Any) -> Coroutine[Any, Any, Item]:
        """Do what the generator does."""
        self._check()
        coroutine: Coroutine[Any, Any, Item] = self._items.athrow(*error)
        return coroutine

    async def aclose(self) -> None:
        """End the iteration, and interrupt the requests in flight.

        Raises:
            RuntimeError: another task is waiting for the next item.
        """
        self._check()
        await self._items.aclose()

    def _check(self) -> None:
        if self._items.ag_running:
            raise RuntimeError(_used_twice("tasks"))


def _used_twice(users: str) -> str:
    sentence = f"Two {users} use one iterator at the same time"
    return f"{sentence}: give each its own, or pass the items on in a queue."
