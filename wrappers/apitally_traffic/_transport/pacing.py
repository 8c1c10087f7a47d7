"""Decide when the next request may be sent, so that a client alone on its key never receives a 429.

The API allows 100 requests per minute and key: each rate limit window has a fixed length and this budget. The server's
headers contain the remaining budget and the end of the window. They take precedence over our own count, because others
may use the same key, unless the end is missing, past or more than a minute away. Requests are sent at full speed until
the budget is used up, and then wait for the reset.

The first request of a rate limit window is sent alone, because its response headers decide about the others; they wait
for it for at most two seconds. This module is pure: the current time is passed in, and nothing sleeps.
"""

from collections import deque
from collections.abc import Mapping
from math import inf
from typing import NamedTuple

from apitally_traffic._headers import parse_date, parse_number

_MINUTE = 60.0
_CLOCK_TOLERANCE = 3.0
_PROBE_SECONDS = 2.0


class Now(NamedTuple):
    """The current time: seconds on a monotonic clock, and seconds since 1970 on this machine's wall clock."""

    monotonic: float
    wall: float


class ServerClock:
    """The difference between the server's clock and ours.

    Date headers are accurate to a second or two: servers round them down, and some update them rarely. So small
    differences are ignored; a larger one is taken from the latest Date.

    Attributes:
        ahead: the seconds to add to our time to get the server's.
    """

    def __init__(self) -> None:
        """Assume that both clocks agree."""
        self.ahead = 0.0

    def learn(self, date: float, received: Now) -> None:
        """Update from a response's Date."""
        ahead = date - received.wall
        if abs(ahead) < _CLOCK_TOLERANCE:
            self.ahead = 0.0
        elif abs(ahead - self.ahead) < _CLOCK_TOLERANCE:
            self.ahead = max(ahead, self.ahead)
        else:
            self.ahead = ahead


class RateLimitWindow:
    """What is known about one rate limit window.

    Attributes:
        opened: when its first request was sent, or a late response to it arrived, on the monotonic clock.
        joined_late: whether others, or an earlier client, may have opened it long before that.
        ends: its end according to the server, on the monotonic clock; None while that is unknown.
        remaining: the remaining budget according to the server.
        sent: how many requests were sent in it.
        in_flight: how many of them have no response yet.
        responded: whether at least one of them has a response.
    """

    def __init__(self, opened: float, *, joined_late: bool = True) -> None:
        """Start before its first request."""
        self.opened = opened
        self.joined_late = joined_late
        self.ends: float | None = None
        self.remaining = inf
        self.sent = self.in_flight = 0
        self.responded = False


class Permit(NamedTuple):
    """The permission to send one request, with the time and the rate limit window in which it was given."""

    sent: Now
    window: RateLimitWindow


class Outcome(NamedTuple):
    """How the exchange for a permit has ended.

    Attributes:
        headers: the response's headers, with lower-case names; None if there was no response.
        pause: for how many seconds the server asks for no more requests.
        is_sent: whether the request may have reached the server; False if there was no connection.
    """

    headers: dict[str, str] | None
    pause: float
    is_sent: bool


class Pacer:
    """The budget of one key, for all threads and tasks of a client. It is not thread-safe."""

    def __init__(self, requests_per_minute: int | None) -> None:
        """Start before the first request.

        Args:
            requests_per_minute: the maximum number of requests; with None, only the server's headers count.
        """
        self.requests_per_minute = requests_per_minute
        self._window: RateLimitWindow | None = None
        self._not_before = -inf
        self._in_flight = 0
        self._ended: deque[float] = deque()
        self._clock = ServerClock()

    def try_acquire(self, now: Now) -> Permit | float:
        """Ask to send a request.

        Returns:
            A permit, to be returned after the exchange; or the seconds to wait before asking again. Infinite means to
            wait for the response to another request, which may never arrive: ask again from time to time.
        """
        if (wait := self.wait(now)) > 0:
            return wait
        window = self._current(now)
        if not window.sent:
            window.opened = now.monotonic
        window.sent += 1
        window.in_flight += 1
        self._in_flight += 1
        return Permit(now, window)

    def wait(self, now: Now) -> float:
        """Return the seconds that `try_acquire` would return, or 0 if it would return a permit."""
        window = self._current(now)
        wait = max(self._not_before - now.monotonic, self._own_wait(window, now))
        if wait <= 0 and window.remaining < 1:
            wait = self._end_of(window) - now.monotonic
        if wait > 0:
            return wait
        is_new = now.monotonic < window.opened + _PROBE_SECONDS
        probing = window.in_flight and not window.responded and is_new
        return inf if probing or window.remaining - window.in_flight < 1 else 0.0

    def on_response(self, permit: Permit, now: Now, headers: Mapping[str, str]) -> None:
        """Update from the response to a request."""
        window = permit.window
        self._end(window, now)
        if (date := parse_date(headers.get("date"))) is not None:
            self._clock.learn(date, now)
        remaining, reset = (
            parse_number(headers.get("x-ratelimit-remaining"), min),
            parse_number(headers.get("x-ratelimit-reset")),
        )
        rest = None if reset is None else reset - now.wall - self._clock.ahead
        if remaining is not None and rest is not None and -2 < rest <= 0:
            # The server counted the request in a rate limit window that has since ended; the next one opens another.
            if not window.responded:
                window.opened = now.monotonic
            return
        window.responded = True
        if remaining is None or rest is None or not 0 < rest <= _MINUTE + 1:
            return  # the time of the reset is unknown, so our own limit decides
        ends = now.monotonic + rest
        if window.ends is None or ends < window.ends - _CLOCK_TOLERANCE:  # earlier: the server has started a new window
            limit = parse_number(headers.get("x-ratelimit-limit"))
            is_whole = not window.joined_late or (limit is not None and remaining >= limit - 1)
            # Servers round the reset to seconds, and some round down. One second per minute of the window makes up for
            # that. The length of a window that was opened earlier is unknown, so a whole second is added.
            window.ends = ends + ((rest + 1) / _MINUTE if is_whole else 1.0)
        moved_on = ends > window.ends + 2
        window.remaining = remaining if moved_on else min(window.remaining, remaining)

    def on_failure(self, permit: Permit, now: Now) -> None:
        """Update after a request without a response, which the server may have counted nevertheless."""
        self._end(permit.window, now)
        permit.window.remaining -= 1

    def on_unsent(self, permit: Permit) -> None:
        """Update after a request that cannot have reached the server, which therefore has not counted it."""
        permit.window.sent -= 1
        permit.window.in_flight -= 1
        self._in_flight -= 1

    def pause(self, now: Now, seconds: float) -> None:
        """Give no permits for `seconds`, because the server asks for it."""
        self._not_before = max(self._not_before, now.monotonic + seconds)

    def _end(self, window: RateLimitWindow, now: Now) -> None:
        window.in_flight -= 1
        self._in_flight -= 1
        if self.requests_per_minute is not None:
            self._ended.append(now.monotonic)

    def _current(self, now: Now) -> RateLimitWindow:
        if self._window is None:
            self._window = RateLimitWindow(opened=now.monotonic)
        elif (since_end := now.monotonic - self._end_of(self._window)) >= 0:
            if self._window.ends is not None:
                self._ended.clear()  # the server's count restarts
            self._window = RateLimitWindow(opened=now.monotonic, joined_late=since_end > 1)
        return self._window

    @staticmethod
    def _end_of(window: RateLimitWindow) -> float:
        return window.opened + _MINUTE if window.ends is None else window.ends

    def _own_wait(self, window: RateLimitWindow, now: Now) -> float:
        """Return how long to wait for our own limit: until the server's reset if known, else until a minute has passed.

        The minute is measured from the response, because the server counted the request at some time before it.
        """
        if self.requests_per_minute is None:
            return 0.0
        if window.ends is not None:
            return 0.0 if window.sent < self.requests_per_minute else window.ends - now.monotonic
        while self._ended and self._ended[0] <= now.monotonic - _MINUTE:
            self._ended.popleft()
        if len(self._ended) + self._in_flight < self.requests_per_minute:
            return 0.0
        return self._ended[0] + _MINUTE - now.monotonic if self._ended else inf
