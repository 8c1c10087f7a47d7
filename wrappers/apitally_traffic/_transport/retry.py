"""Decide which failures to retry, and how long to wait before a retry.

httpx-retries runs the attempts, sync and async. It only sees exceptions, because the transport below it raises our
typed errors for error responses, failed exchanges and broken bodies alike.
"""

import asyncio
import copy
import logging
import random
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from queue import Empty, SimpleQueue
from typing import Final

import httpx
from httpx_retries import Retry

from apitally_traffic._cancellation import cancellable
from apitally_traffic._clock import finish, monotonic, wait, wall
from apitally_traffic._headers import parse_date, parse_retry_after, sensible_wait
from apitally_traffic._transport.call import Call
from apitally_traffic.errors import APIConnectionError, ApitallyError, RateLimitError, ResponseError

_logger = logging.getLogger("apitally_traffic")

RETRIED_STATUSES = frozenset({408, 429, 500, 502, 503, 504, *range(520, 531)})
"""Statuses that may be temporary: the usual ones, and Cloudflare's 520 to 530."""

MAX_WAIT = 120.0
"""Seconds. If the server asks for a longer wait, the error is raised at once."""


@dataclass(frozen=True, eq=False)  # each is itself, so that the right one is removed from the list below
class Waits:
    """The waits that the package itself chooses, in seconds.

    Attributes:
        first_backoff: the upper bound of the random wait before the first retry, which doubles with each further retry
            ("full jitter").
        max_backoff: the limit of that upper bound.
        min_pause: the minimum time without requests after a 429, because resets are given in whole seconds.
    """

    first_backoff: float = 0.5
    max_backoff: float = 20.0
    min_pause: float = 1.0


waits: Final = [Waits()]
"""The last of these is in use; `apitally_traffic.testing` temporarily appends others."""


def is_transient(error: Exception) -> bool:
    """Return whether a retry may succeed."""
    if isinstance(error, ResponseError):
        return not error.is_final
    if isinstance(error, APIConnectionError):
        return True
    return isinstance(error, ApitallyError) and error.status_code in RETRIED_STATUSES


def requested_wait(error: Exception) -> float | None:
    """Return how many seconds the server asks to wait, by `Retry-After` or else the reset of an exhausted rate limit.

    Both are relative to the server's clock if it sends a Date. A second is added to the reset, which may be rounded
    down.
    """
    if not isinstance(error, ApitallyError):
        return None
    now = parse_date(error.headers.get("date")) or wall()
    retry_after = parse_retry_after(error.headers.get("retry-after"), now)
    if retry_after is None and isinstance(error, RateLimitError) and not error.remaining and error.reset_at:
        return sensible_wait([max(error.reset_at.timestamp() + 1 - now, 0.0)])
    return retry_after


def pause_after(error: Exception) -> float:
    """Return for how many seconds to send no request with the key after an error."""
    if not isinstance(error, RateLimitError):
        return 0.0
    requested = requested_wait(error) or 0.0
    return max(requested, waits[-1].min_pause) if requested <= MAX_WAIT else 0.0


def backoff(attempt: int) -> float:
    """Return the seconds to wait before retry number `attempt`, counted from 1: exponential, with full jitter."""
    doublings = min(attempt - 1, 30)
    return random.uniform(0, min(waits[-1].first_backoff * 2**doublings, waits[-1].max_backoff))  # noqa: S311 - no secret


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
        _logger.info("retry %d of %d in %.2f s, after %s", self.attempts_made, self.total, wait, type(failure).__name__)
        return wait
