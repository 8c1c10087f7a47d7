"""Decide which failures to retry, and how long to wait before a retry.

httpx-retries runs the attempts, sync and async. It sees exceptions only: the transport below it raises our typed errors
for refusals, failed exchanges and broken bodies alike.
"""

import asyncio
import copy
import logging
import random
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from queue import Empty, SimpleQueue
from typing import Final, NamedTuple

import httpx
from httpx_retries import Retry

from apitally_traffic import _clock
from apitally_traffic._cancellation import cancellable
from apitally_traffic._headers import parse_date, parse_retry_after, sensible_wait
from apitally_traffic._transport.call import Call
from apitally_traffic.errors import APIConnectionError, ApitallyError, RateLimitError, ResponseError

_logger = logging.getLogger("apitally_traffic")

RETRIED_STATUSES = frozenset({408, 429, 500, 502, 503, 504, *range(520, 531)})
"""Statuses that may be temporary: the usual ones, and Cloudflare's 520 to 530."""

MAX_WAIT = 120.0
"""Seconds. If the server asks for a longer wait, the error is raised at once."""


class Waits(NamedTuple):
    """The waits of the package's own choice, in seconds.

    Attributes:
        first_backoff: the wait before the first retry is drawn from 0 to this, before the next from 0 to twice this,
            and so on ("full jitter").
        max_backoff: the limit of that growth.
        min_pause: how long to send no request after a 429, whatever it says: resets are given in whole seconds.
    """

    first_backoff: float = 0.5
    max_backoff: float = 20.0
    min_pause: float = 1.0


waits: Final = [Waits()]
"""The waits in use are the last of these; `apitally_traffic.testing` adds others for a while."""


def is_transient(error: Exception) -> bool:
    """Return whether a retry may succeed."""
    if isinstance(error, ResponseError):
        return not error.is_final
    if isinstance(error, APIConnectionError):
        return True
    return isinstance(error, ApitallyError) and error.status_code in RETRIED_STATUSES


def requested_wait(error: Exception) -> float | None:
    """Return how many seconds the server asks to wait: `Retry-After`, else the reset of an exhausted rate limit.

    Both are relative to the server's clock if it sends a Date. The reset may be rounded down to a second.
    """
    if not isinstance(error, ApitallyError):
        return None
    now = parse_date(error.headers.get("date")) or _clock.wall()
    retry_after = parse_retry_after(error.headers.get("retry-after"), now)
    if retry_after is None and isinstance(error, RateLimitError) and not error.remaining and error.reset_at:
        return sensible_wait([max(error.reset_at.timestamp() + 1 - now, 0.0)])
    return retry_after


def pause_after(error: Exception) -> float:
    """Return for how many seconds to send no request with the key, because this one was refused."""
    if not isinstance(error, RateLimitError):
        return 0.0
    requested = requested_wait(error) or 0.0
    return max(requested, waits[-1].min_pause) if requested <= MAX_WAIT else 0.0


def backoff(attempt: int) -> float:
    """Return the seconds to wait before the retry with this number, counted from 1: exponential, with full jitter."""
    doublings = min(attempt - 1, 30)
    return random.uniform(0, min(waits[-1].first_backoff * 2**doublings, waits[-1].max_backoff))  # noqa: S311 - no secret


class RetryPolicy(Retry):
    """The decisions that httpx-retries asks for between two attempts."""

    def __init__(self, max_retries: int, call: Call) -> None:
        """Allow up to `max_retries` attempts after the first, within the deadline of a call."""
        super().__init__(total=max_retries)
        self._call = call

    def is_retryable_exception(self, exception: Exception) -> bool:
        """Return whether to retry: not after the end of the client, or a wait beyond `MAX_WAIT` or the deadline."""
        if self._call.lifetime.has_ended and isinstance(exception, APIConnectionError):
            return False  # it says so; after a refusal, the next attempt does, which sends nothing
        wait = requested_wait(exception) or 0.0
        return is_transient(exception) and wait <= MAX_WAIT and wait < self._call.remaining()

    def is_retryable_status_code(self, status_code: int) -> bool:  # noqa: ARG002 - refusals arrive as exceptions
        """Return False: a response that arrives here has status 200."""
        return False

    def increment(self) -> "RetryPolicy":
        """Return the policy for the next attempt."""
        following = copy.copy(self)
        following.attempts_made += 1
        return following

    def sleep(self, response: httpx.Response | Exception) -> None:
        """Wait before the next attempt, or until the client is closed."""
        # Not an event: a signal handler that closes the client would wait for its lock, which the thread may hold.
        ends = SimpleQueue[None]()
        end = partial(ends.put, None)
        with cancellable(end), self._call.lifetime.interruptible(end), self._counted(response), suppress(Empty):
            ends.get(timeout=self._wait_after(response))

    async def asleep(self, response: httpx.Response | Exception) -> None:
        """Wait before the next attempt, or until the client is closed, while other tasks run."""
        end = asyncio.get_running_loop().create_future()
        with self._call.lifetime.interruptible(partial(_clock.finish, end)), self._counted(response):
            await _clock.wait(end, self._wait_after(response))

    @contextmanager
    def _counted(self, failure: httpx.Response | Exception) -> Iterator[None]:
        """Count the time of the block as a wait for the rate limit, if that is what the server asked to wait for."""
        began = _clock.monotonic()
        try:
            yield
        finally:
            if isinstance(failure, RateLimitError):
                self._call.waited += _clock.monotonic() - began

    def _wait_after(self, failure: httpx.Response | Exception) -> float:
        if isinstance(failure, ApitallyError):
            self._call.failure = copy.copy(failure)  # without its traceback, whose frames refer to the call
        requested = requested_wait(failure) if isinstance(failure, Exception) else None
        wait = max(requested or 0.0, min(backoff(self.attempts_made), self._call.remaining() / 2))
        _logger.info("retry %d of %d in %.2f s, after %s", self.attempts_made, self.total, wait, type(failure).__name__)
        return wait
