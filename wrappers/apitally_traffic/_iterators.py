"""The iterators of queries and listings, which never present a part of the items as all of them.

An iterator raises an error if two threads or tasks use it at the same time, or if it is used again after an error.
"""

import threading
from collections.abc import AsyncGenerator, Callable, Coroutine, Generator, Iterable, Iterator
from typing import Any, NoReturn, TypeVar

Item = TypeVar("Item")


class Ending:
    """Remembers why an iteration broke off: a generator that has raised an error just ends when it is used again.

    Attributes:
        is_closed: whether the caller has closed the iterator.
    """

    def __init__(self) -> None:
        """Start with an iteration that has not broken off."""
        self.is_closed = False
        self._cause: str | None = None  # the name only: an error would keep its frames in memory

    async def __aenter__(self) -> None:
        """Enter the block in which the iteration runs."""

    async def __aexit__(self, kind: type[BaseException] | None, *_: object) -> None:
        """Remember the error that ends the block, unless the caller has closed the iterator."""
        if kind is not None and not issubclass(kind, GeneratorExit):
            self.break_off(kind.__name__)
        elif kind is not None and not self.is_closed:
            self.break_off("the end of its event loop")  # which closes all generators

    def break_off(self, cause: str) -> None:
        """Remember a cause, unless there is one already."""
        self._cause = self._cause or cause

    def check(self) -> None:
        """Raise a RuntimeError if the iteration has broken off."""
        if self._cause is not None:
            raise RuntimeError(
                f"This iteration broke off with {self._cause}, and the rest of its items was not delivered: iterate "
                "over its query again, or over one that starts where it broke off."
            )


class QueryIterator(Iterator[Item]):
    """Iterates over the items or pages of a query or listing, in one thread at a time.

    `itertools.chain` would take less CPU per item, but is not safe if threads share it: one may free what another uses.
    """

    def __init__(self, slices: Generator[Iterable[Item]]) -> None:
        """Wrap a generator.

        Args:
            slices: yields an iterable of the items to deliver for each slice or page. The iterators of these iterables
                must be thread-safe, so generators are not allowed.
        """
        self._slices = slices
        self._current: Iterator[Item] = iter(())
        self._ending = Ending()
        self._lock = threading.Lock()

    def __next__(self) -> Item:
        """Return the next item.

        Raises:
            RuntimeError: another thread is waiting for the next item, or the iteration has broken off.
        """
        try:
            for item in self._current:
                return item
        except BaseException as error:
            self._break_off(error)
            raise
        self._acquire()
        try:
            self._ending.check()
            while True:
                for item in self._current:
                    return item
                self._current = iter(next(self._slices))
        except StopIteration:
            raise
        except BaseException as error:
            self._break_off(error)
            raise
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
            TypeError: always, because copies would take items from each other.
        """
        raise TypeError("An iterator cannot be copied or pickled: iterate over its query again.")

    def _break_off(self, error: BaseException) -> None:
        self._ending.break_off(type(error).__name__)
        self._current = iter(())

    def _acquire(self) -> None:
        if not self._lock.acquire(blocking=False):
            raise RuntimeError(_used_twice("threads"))


class AsyncQueryIterator(AsyncGenerator[Item]):
    """Iterates over the items or pages of a query or listing, in one task at a time."""

    def __init__(self, generator: Callable[[Ending], AsyncGenerator[Item]]) -> None:
        """Create the generator, which has to do all its work in a block of the `Ending` that it is called with."""
        self._ending = Ending()
        self._items: Any = generator(self._ending)  # its declared type has no `ag_running`

    def __anext__(self) -> Coroutine[Any, Any, Item]:
        """Return the next item.

        Raises:
            RuntimeError: another task is waiting for the next item, or the iteration has broken off.
        """
        self._check()
        self._ending.check()
        coroutine: Coroutine[Any, Any, Item] = self._items.__anext__()
        return coroutine

    def asend(self, value: None) -> Coroutine[Any, Any, Item]:
        """Call `asend` of the generator, with the checks of `__anext__`."""
        self._check()
        self._ending.check()
        coroutine: Coroutine[Any, Any, Item] = self._items.asend(value)
        return coroutine

    def athrow(self, *error: Any) -> Coroutine[Any, Any, Item]:
        """Call `athrow` of the generator."""
        self._check()
        coroutine: Coroutine[Any, Any, Item] = self._items.athrow(*error)
        return coroutine

    async def aclose(self) -> None:
        """End the iteration, and interrupt the requests in flight.

        Raises:
            RuntimeError: another task is waiting for the next item.
        """
        self._check()
        self._ending.is_closed = True
        await self._items.aclose()

    def _check(self) -> None:
        if self._items.ag_running:
            raise RuntimeError(_used_twice("tasks"))


def _used_twice(users: str) -> str:
    sentence = f"Two {users} use one iterator at the same time"
    return f"{sentence}: give each its own, or pass the items on in a queue."
