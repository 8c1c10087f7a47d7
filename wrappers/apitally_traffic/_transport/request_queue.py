"""The order in which requests that wait for the rate limit are sent."""

from contextlib import suppress
from typing import Generic, TypeVar

_Key = TypeVar("_Key")
_Waker = TypeVar("_Waker")


class RequestQueue(Generic[_Key, _Waker]):
    """A queue of requests: retries before first attempts, because their deadline runs; and each in order of arrival.

    A signal handler, or the finalizer of an abandoned task, may change the queue between any two steps of a method, and
    raise an error after any. So each change is one step, and no step uses what an earlier one has read of the queue.
    """

    def __init__(self) -> None:
        """Start without requests."""
        self._retries: dict[_Key, _Waker] = {}
        self._first_attempts: dict[_Key, _Waker] = {}

    def put(self, key: _Key, waker: _Waker, *, is_retry: bool) -> None:
        """Add a request at the end, or give one that is in the queue another waker.

        Args:
            key: identifies the request.
            waker: what wakes the thread or task that waits for the permit to send it.
            is_retry: whether it was sent before.
        """
        if is_retry:
            self._retries[key] = waker
        else:
            self._first_attempts[key] = waker

    def put_first(self, key: _Key, waker: _Waker, *, is_retry: bool) -> None:
        """Add a request before the others of its kind; the arguments are those of `put`."""
        if is_retry:
            self._retries = {key: waker, **self._retries}
        else:
            self._first_attempts = {key: waker, **self._first_attempts}

    def pop(self, key: _Key) -> tuple[_Waker, bool] | None:
        """Remove a request, and return its waker and whether it is a retry; None if it is not in the queue."""
        if (waker := self._retries.pop(key, None)) is not None:
            return waker, True
        if (waker := self._first_attempts.pop(key, None)) is not None:
            return waker, False
        return None

    def first(self) -> tuple[_Key, _Waker] | None:
        """Return the request that is to be sent next and its waker, or None if none waits."""
        while self._retries or self._first_attempts:
            with suppress(RuntimeError, StopIteration):  # the queue changed meanwhile
                return next(iter((self._retries or self._first_attempts).items()))
        return None

    def wakers(self) -> list[_Waker]:
        """Return the wakers of all requests."""
        return [*self._retries.values(), *self._first_attempts.values()]
