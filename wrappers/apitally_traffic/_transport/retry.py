"""Decide which failures to retry, and how long to wait before a retry."""

import random
from dataclasses import dataclass
from typing import Final

from apitally_traffic._clock import wall
from apitally_traffic._headers import parse_date, parse_retry_after, sensible_wait
from apitally_traffic.errors import APIConnectionError, ApitallyError, RateLimitError, ResponseError

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
