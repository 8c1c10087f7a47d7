"""Decide when the next request may be sent, so that a client alone on its key never receives a 429.

The API allows 100 requests per minute and key: a budget for each rate limit window of fixed length. The server's
headers say how much of it is left and when the window ends. They are trusted more than our own count, because others
may use the same key, unless the end is missing, past or more than a minute away. Until the budget is used, requests are
sent at full speed; then all of them wait for the reset.

The first request of a rate limit window goes alone, and brings the headers that decide about the others; if it takes
longer than two seconds, they do not wait for it. Pure: the current time is passed in, and nothing sleeps here.
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
    """How far the server's clock is ahead of ours.

    Date headers are accurate to a second or two: servers round them down, and some update them rarely. So our clock is
    taken as correct if it agrees within that; otherwise the latest Date says by how much it is wrong.

    Attributes:
        ahead: seconds to add to our time for the server's.
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
    """What is known of one rate limit window.

    Attributes:
        opened: when its first request was sent, or a late response to it came, on the monotonic clock.
        joined_late: whether others, or an earlier client, may have opened it long before that.
        ends: when it ends according to the server, on the monotonic clock; None while that is unknown.
        remaining: what is left of the budget according to the server.
        sent: how many requests were sent in it.
        in_flight: how many of them have no response yet.
        responded: whether one of them has a response.
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
    """The permission to send one request: when it was given, and in which rate limit window."""

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
            requests_per_minute: how many requests to send at most; None leaves it to the server.
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
            A permit, to be returned after the exchange; or the seconds to wait before asking again, infinite if the
            response to another request should come first: it need not, so ask again now and then.
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
        """Return what `try_acquire` would, or 0 instead of a permit."""
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
            # The server counted it in a rate limit window that has ended meanwhile; the next request opens another one.
            if not window.responded:
                window.opened = now.monotonic
            return
        window.responded = True
        if remaining is None or rest is None or not 0 < rest <= _MINUTE + 1:
            return  # when the budget is renewed is unknown: our own limit decides
        ends = now.monotonic + rest
        if window.ends is None or ends < window.ends - _CLOCK_TOLERANCE:  # or the server has started a new one
            limit = parse_number(headers.get("x-ratelimit-limit"))
            is_whole = not window.joined_late or (limit is not None and remaining >= limit - 1)
            # Servers round the reset to seconds, some of them down. One second per minute makes up for that, and less
            # for a shorter window; the length of a window that was opened earlier is unknown.
            window.ends = ends + ((rest + 1) / _MINUTE if is_whole else 1.0)
        moved_on = ends > window.ends + 2
        window.remaining = remaining if moved_on else min(window.remaining, remaining)

    def on_failure(self, permit: Permit, now: Now) -> None:
        """Update after a request without a response. The server may have counted it all the same."""
        self._end(permit.window, now)
        permit.window.remaining -= 1

    def on_unsent(self, permit: Permit) -> None:
        """Update after a request that cannot have reached the server, which therefore has not counted it."""
        permit.window.sent -= 1
        permit.window.in_flight -= 1
        self._in_flight -= 1

    def pause(self, now: Now, seconds: float) -> None:
        """Give no permit for `seconds`, because the server asks for it."""
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
                self._ended.clear()  # the server has said that its count restarts
            self._window = RateLimitWindow(opened=now.monotonic, joined_late=since_end > 1)
        return self._window

    @staticmethod
    def _end_of(window: RateLimitWindow) -> float:
        return window.opened + _MINUTE if window.ends is None else window.ends

    def _own_wait(self, window: RateLimitWindow, now: Now) -> float:
        """Return how long to wait for our own limit: until the server's reset if that is known, else for a minute.

        The minute is measured from the response: the server counted the request at some time before that.
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
