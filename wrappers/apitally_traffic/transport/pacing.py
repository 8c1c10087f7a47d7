"""Decide when the next request may go out, so that a client alone on its key never meets a 429.

The API allows 100 requests per minute and key: a budget for each window of fixed length. The server says in its headers
how much of it is left and when the window ends, and it is believed rather than our own count, because others may use
the same key. Until the budget is used, requests go out at full speed; then all of them wait for the reset.

The first request of a window goes alone, and brings the headers by which the others are let through. Pure: times are
handed in, and nobody sleeps here.
"""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from math import inf
from typing import NamedTuple

from apitally_traffic.headers import date_of, number_of

_MINUTE = 60.0
_CLOCK_TOLERANCE = 3.0


class Instant(NamedTuple):
    """One moment on two clocks: seconds that never jump, and seconds since 1970 as this machine believes."""

    steady: float
    wall: float


@dataclass
class ServerClock:
    """How far the server's clock is ahead of ours.

    Date headers tell it to a second or two: servers round them down, and some write a new one only now and then. So a
    clock of ours that is right within that is taken as right, and of a wrong one the latest Date is the best witness.

    Attributes:
        ahead: seconds to add to our time for the server's.
    """

    ahead: float = 0.0

    def learn(self, date: float, received: Instant) -> None:
        """Take note of an answer's Date."""
        ahead = date - received.wall
        if abs(ahead) < _CLOCK_TOLERANCE:
            self.ahead = 0.0
        elif abs(ahead - self.ahead) < _CLOCK_TOLERANCE:
            self.ahead = max(ahead, self.ahead)
        else:
            self.ahead = ahead


@dataclass
class Window:
    """What is known of one rate limit window.

    Attributes:
        opened: when its first request went out, on the steady clock.
        is_entered_late: whether others, or a client before this one, may have opened it long before that.
        ends: when the server says that it ends, on the steady clock; None while it has not said so.
        remaining: what the server says is left of the budget.
        sent: how many requests went out in it.
        in_flight: how many of them have no answer yet.
        answered: whether one of them has an answer.
    """

    opened: float
    is_entered_late: bool = True
    ends: float | None = None
    remaining: float = inf
    sent: int = 0
    in_flight: int = 0
    answered: bool = False


class Permit(NamedTuple):
    """The leave to send one request: when it was given, and in which window."""

    sent: Instant
    window: Window


@dataclass
class Pacer:
    """The budget of one key, for all threads and tasks of a client. It holds no lock of its own.

    Attributes:
        requests_per_minute: how many requests to send at the most; None leaves it to the server.
    """

    requests_per_minute: int | None
    _window: Window | None = None
    _not_before: float = -inf
    _in_flight: int = 0
    _ended: deque[float] = field(default_factory=deque)
    _clock: ServerClock = field(default_factory=ServerClock)

    def request(self, now: Instant) -> Permit | float:
        """Ask to send a request.

        Returns:
            A permit, to be handed back with the answer; or the seconds to wait before asking again, which are infinite
            where the answer to another request has to come first.
        """
        window = self._current(now)
        wait = max(self._not_before - now.steady, self._own_wait(window, now))
        if wait <= 0 and window.remaining < 1:
            wait = self._end_of(window) - now.steady
        if wait > 0:
            return wait
        unanswered_probe = window.in_flight and not window.answered
        if unanswered_probe or window.remaining - window.in_flight < 1:
            return inf
        window.sent += 1
        window.in_flight += 1
        self._in_flight += 1
        return Permit(now, window)

    def answered(self, permit: Permit, now: Instant, headers: Mapping[str, str]) -> None:
        """Take note of the answer to a request."""
        window = permit.window
        self._end(window, now)
        if (date := date_of(headers.get("date"))) is not None:
            self._clock.learn(date, now)
        remaining, reset = number_of(headers.get("x-ratelimit-remaining")), number_of(headers.get("x-ratelimit-reset"))
        rest = None if reset is None else reset - now.wall - self._clock.ahead
        if remaining is not None and rest is not None and -2 < rest <= 0:
            return  # the server counted it in a window that has ended meanwhile
        window.answered = True
        if remaining is None:
            return
        if rest is None or not 0 < rest <= _MINUTE + 1:
            window.remaining = min(window.remaining, remaining)  # the reset means nothing; the window is a minute
            return
        ends = now.steady + rest
        if window.ends is None:
            limit = number_of(headers.get("x-ratelimit-limit"))
            is_whole = not window.is_entered_late or (limit is not None and remaining >= limit - 1)
            # Servers round the reset to seconds, some of them down. A sixtieth of a minute makes up for that, and of a
            # shorter window for as large a part; how long a window is that has begun before, nobody knows.
            window.ends = ends + ((rest + 1) / _MINUTE if is_whole else 1.0)
        moved_on = ends > window.ends + 2
        window.remaining = remaining if moved_on else min(window.remaining, remaining)

    def failed(self, permit: Permit, now: Instant) -> None:
        """Take note of a request that got no answer. The server may have counted it all the same."""
        self._end(permit.window, now)
        permit.window.remaining -= 1

    def hold(self, now: Instant, seconds: float) -> None:
        """Let no request out for so long, because the server asks for it."""
        self._not_before = max(self._not_before, now.steady + seconds)

    def _end(self, window: Window, now: Instant) -> None:
        window.in_flight -= 1
        self._in_flight -= 1
        if self.requests_per_minute is not None:
            self._ended.append(now.steady)

    def _current(self, now: Instant) -> Window:
        if self._window is None:
            self._window = Window(opened=now.steady)
        elif (since_end := now.steady - self._end_of(self._window)) >= 0:
            if self._window.ends is not None:
                self._ended.clear()  # the server has said that the count begins anew
            self._window = Window(opened=now.steady, is_entered_late=since_end > 1)
        return self._window

    @staticmethod
    def _end_of(window: Window) -> float:
        return window.opened + _MINUTE if window.ends is None else window.ends

    def _own_wait(self, window: Window, now: Instant) -> float:
        """Return how long our own limit asks to wait: for the server's reset where that is known, else a minute.

        The minute counts from the answer: the server counted the request at some time before that.
        """
        if self.requests_per_minute is None:
            return 0.0
        if window.ends is not None:
            return 0.0 if window.sent < self.requests_per_minute else window.ends - now.steady
        while self._ended and self._ended[0] <= now.steady - _MINUTE:
            self._ended.popleft()
        if len(self._ended) + self._in_flight < self.requests_per_minute:
            return 0.0
        return self._ended[0] + _MINUTE - now.steady if self._ended else inf
