"""Decide which failures are worth another try, and how long to wait before it.

httpx-retries runs the attempts, sync and async. It works on exceptions here: the transport below it raises our typed
errors, for refusals, broken exchanges and broken bodies alike.
"""

import asyncio
import copy
import logging
import random
import time

import httpx
from httpx_retries import Retry

from apitally_traffic.errors import APIConnectionError, ApitallyError, RateLimitError, ResponseError
from apitally_traffic.headers import date_of, retry_after_of
from apitally_traffic.transport.waiting import sleep

_logger = logging.getLogger("apitally_traffic")

RETRIED_STATUSES = frozenset({408, 429, 500, 502, 503, 504, *range(520, 531)})
"""What may pass: the usual ones, and Cloudflare's 52x and 530."""

LONGEST_WAIT = 120.0
"""Seconds. Where the server asks for more, the error is raised at once."""

FIRST_BACKOFF = 0.5
"""Seconds. The wait is drawn evenly from nothing to this, then to twice this, and so on ("full jitter")."""

LONGEST_BACKOFF = 20.0
"""Seconds. Where the drawing stops to widen."""

LEAST_HOLD = 1.0
"""Seconds. For how long no request goes out after a 429, whatever it says: resets are told to the second."""


def is_transient(error: Exception) -> bool:
    """Return whether another try may end better."""
    if isinstance(error, APIConnectionError | ResponseError):
        return True
    return isinstance(error, ApitallyError) and error.status_code in RETRIED_STATUSES


def asked_wait(error: Exception) -> float | None:
    """Return how many seconds the server asks to wait: `Retry-After`, else the reset of a used-up rate limit.

    Both are read on the server's own clock, where it tells its time. A reset may have been rounded down to its second.
    """
    if not isinstance(error, ApitallyError):
        return None
    now = date_of(error.headers.get("date")) or time.time()
    retry_after = retry_after_of(error.headers.get("retry-after"), now)
    if retry_after is None and isinstance(error, RateLimitError) and not error.remaining and error.reset_at:
        return max(error.reset_at.timestamp() + 1 - now, 0.0)
    return retry_after


def hold_after(error: Exception) -> float:
    """Return for how many seconds no request of the key is to go out, because this one was refused."""
    if not isinstance(error, RateLimitError):
        return 0.0
    asked = asked_wait(error) or 0.0
    return max(asked, LEAST_HOLD) if asked <= LONGEST_WAIT else 0.0


def backoff(attempt: int) -> float:
    """Return a wait before the retry with this number, counted from 1: exponential, with full jitter."""
    doublings = min(attempt - 1, 30)
    return random.uniform(0, min(FIRST_BACKOFF * 2**doublings, LONGEST_BACKOFF))  # noqa: S311 - no secret


class RetryPolicy(Retry):
    """What httpx-retries asks between two attempts."""

    def __init__(self, max_retries: int) -> None:
        """Allow so many attempts after the first."""
        super().__init__(total=max_retries)

    def is_retryable_exception(self, exception: Exception) -> bool:
        """Return whether to try again, unless the server asks for a longer wait than anyone should sit through."""
        return is_transient(exception) and (asked_wait(exception) or 0.0) <= LONGEST_WAIT

    def is_retryable_status_code(self, status_code: int) -> bool:  # noqa: ARG002 - refusals arrive as exceptions
        """Return False: an answer that comes this far is good."""
        return False

    def increment(self) -> "RetryPolicy":
        """Return the policy for the next attempt."""
        following = copy.copy(self)
        following.attempts_made += 1
        return following

    def sleep(self, response: httpx.Response | Exception) -> None:
        """Wait before the next attempt."""
        sleep(self._announced_wait(response))

    async def asleep(self, response: httpx.Response | Exception) -> None:
        """Wait before the next attempt, letting other tasks run."""
        await asyncio.sleep(self._announced_wait(response))

    def _announced_wait(self, failure: httpx.Response | Exception) -> float:
        error = failure if isinstance(failure, Exception) else None
        asked = asked_wait(error) if error else None
        wait = max(asked or 0.0, backoff(self.attempts_made))
        _logger.info("retry %d of %d in %.2f s, after %s", self.attempts_made, self.total, wait, type(failure).__name__)
        return wait
