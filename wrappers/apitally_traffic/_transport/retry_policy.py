"""Wait before each retry, as httpx-retries asks for it, sync and async.

httpx-retries runs the attempts. It only sees exceptions, because the transport below it raises our typed errors for
error responses, failed exchanges and broken bodies alike.
"""

import asyncio
import copy
import logging
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from queue import Empty, SimpleQueue

import httpx
from httpx_retries import Retry

from apitally_traffic._cancellation import cancellable
from apitally_traffic._clock import finish, monotonic, wait
from apitally_traffic._transport.call import Call
from apitally_traffic._transport.retry import MAX_WAIT, backoff, is_transient, requested_wait
from apitally_traffic.errors import APIConnectionError, ApitallyError, RateLimitError

_logger = logging.getLogger("apitally_traffic")


class RetryPolicy(Retry):
    """The decisions that httpx-retries asks for between two attempts."""

    def __init__(self, max_retries: int, call: Call) -> None:
        """Allow up to `max_retries` retries within the deadline of a call."""
        super().__init__(total=max_retries)
        self._call = call

    def is_retryable_exception(self, exception: Exception) -> bool:
        """Return whether to retry: not if the client was closed, or the wait exceeds `MAX_WAIT` or the deadline."""
        if self._call.lifetime.has_ended and isinstance(exception, APIConnectionError):
            return False  # for any other error, the next attempt sends nothing and reports that the client was closed
        wait = requested_wait(exception) or 0.0
        return is_transient(exception) and wait <= MAX_WAIT and wait < self._call.remaining()

    def is_retryable_status_code(self, status_code: int) -> bool:  # noqa: ARG002 - error responses arrive as exceptions
        """Return False, because only responses with status 200 arrive here."""
        return False

    def increment(self) -> "RetryPolicy":
        """Return the policy for the next attempt."""
        following = copy.copy(self)
        following.attempts_made += 1
        return following

    def sleep(self, response: httpx.Response | Exception) -> None:
        """Wait before the next attempt, or until the client is closed."""
        # Not an Event: a signal handler that closes the client would wait for its lock, which this thread may hold.
        ends = SimpleQueue[None]()
        end = partial(ends.put, None)
        with cancellable(end), self._call.lifetime.interruptible(end), self._counted(response), suppress(Empty):
            ends.get(timeout=self._wait_after(response))

    async def asleep(self, response: httpx.Response | Exception) -> None:
        """Wait before the next attempt, or until the client is closed, while other tasks run."""
        end = asyncio.get_running_loop().create_future()
        with self._call.lifetime.interruptible(partial(finish, end)), self._counted(response):
            await wait(end, self._wait_after(response))

    @contextmanager
    def _counted(self, failure: httpx.Response | Exception) -> Iterator[None]:
        """Count the time of the block as a wait for the rate limit if `failure` is a RateLimitError."""
        started = monotonic()
        try:
            yield
        finally:
            if isinstance(failure, RateLimitError):
                self._call.waited += monotonic() - started

    def _wait_after(self, failure: httpx.Response | Exception) -> float:
        if isinstance(failure, ApitallyError):
            self._call.failure = copy.copy(failure)  # a copy has no traceback, whose frames would refer to the call
        requested = requested_wait(failure) if isinstance(failure, Exception) else None
        wait = max(requested or 0.0, min(backoff(self.attempts_made), self._call.remaining() / 2))
        _logger.info(
            "retry %d of %d in %.2f s, after %s",
            self.attempts_made,
            self.total,
            wait,
            type(failure).__name__,
            extra={"waits_for": wait},
        )
        return wait
