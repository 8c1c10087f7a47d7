"""The iterators of queries: generators that say in a sentence when two threads or tasks use one at once."""

from collections.abc import AsyncGenerator, Coroutine, Generator, Iterator
from typing import Any, TypeVar

Item = TypeVar("Item")


class QueryIterator(Iterator[Item]):
    """Iterates over what a query delivers, in one thread at a time."""

    def __init__(self, items: Generator[Item]) -> None:
        """Wrap a generator."""
        self._items = items

    def __next__(self) -> Item:
        """Return the next item.

        Raises:
            RuntimeError: another thread is waiting for the next item.
        """
        try:
            return next(self._items)
        except ValueError as error:
            if not _is_of_generator(error):
                raise
        raise RuntimeError(_used_twice("threads"))

    def close(self) -> None:
        """End the iteration, and interrupt the requests in flight.

        Raises:
            RuntimeError: another thread is waiting for the next item.
        """
        try:
            self._items.close()
        except ValueError as error:
            if not _is_of_generator(error):
                raise
        else:
            return
        raise RuntimeError(_used_twice("threads"))


class AsyncQueryIterator(AsyncGenerator[Item]):
    """Iterates over what a query delivers, in one task at a time."""

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


def _is_of_generator(error: ValueError) -> bool:
    """Return whether an error comes from the generator that was called, and not from its code."""
    traceback = error.__traceback__
    return traceback is not None and traceback.tb_next is None


def _used_twice(users: str) -> str:
    sentence = f"Two {users} use one iterator of a query at the same time"
    return f"{sentence}: give each its own, or pass the items on in a queue."
