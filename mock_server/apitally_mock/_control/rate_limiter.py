"""The rate limit of the API key: a fixed number of requests in each rate limit window of fixed length.

A window opens with the first request after the previous one has closed. It closes by the clock of the machine, because
clients sleep in real time; the headers give its end by the clock of the API, which clients read in `Date`.
"""

import math
import time

from apitally_mock._control.clock import Clock
from apitally_mock.settings import RateLimit

_WITHOUT_LIMIT = 1_000_000
"""The limit and the remaining requests in the headers if there is no limit, so that a client never waits."""


class RateLimiter:
    """Counts the requests that have the API key."""

    def __init__(self, limit: RateLimit | None) -> None:
        self.limit = limit
        self._used = 0
        self._closes_at = 0.0

    def acquire(self) -> bool:
        """Count one more request, and return `True`, unless the limit is reached."""
        if self.limit is None:
            return True
        self._open_window()
        if self._used >= self.limit.requests:
            return False
        self._used += 1
        return True

    def headers(self, clock: Clock) -> list[tuple[bytes, bytes]]:
        """Return the `X-RateLimit-*` headers of a response; the reset is a Unix time, rounded up.

        Args:
            clock: the clock of the API.
        """
        if self.limit is None:
            limit, remaining, reset = _WITHOUT_LIMIT, _WITHOUT_LIMIT, clock.now() + 60
        else:
            self._open_window()
            limit, remaining = self.limit.requests, self.limit.requests - self._used
            reset = math.ceil(clock.reading_at(self._closes_at))
        return [
            (b"x-ratelimit-limit", b"%d" % limit),
            (b"x-ratelimit-remaining", b"%d" % remaining),
            (b"x-ratelimit-reset", b"%d" % reset),
        ]

    def _open_window(self) -> None:
        now = time.time()
        if self.limit is not None and now >= self._closes_at:
            self._used = 0
            self._closes_at = math.floor(now) + self.limit.seconds
