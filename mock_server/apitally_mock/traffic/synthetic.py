"""Traffic made up from a seed: a pure function of (seed, app, environment, consumer, instant).

Each environment and consumer of an app has a level of its own, a rhythm over the day and the week, slow growth and
noise. It is all integer arithmetic on bytes of SHAKE-128, so that every machine and every Python counts the same, and
it can be asked for any instant at the same cost: within a UTC day, the number of requests up to a quarter hour is a
fixed curve with a bounded wobble, and between two quarter hours it is a straight line. Differences of that number are
the traffic, so hours add up to days, and environments and consumers to the total, without anything being stored.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from functools import lru_cache
from hashlib import shake_128
from itertools import accumulate, pairwise
from operator import add
from typing import Final, NamedTuple

from apitally_mock.periods.moment import EPOCH_ORDINAL, SECONDS_PER_DAY
from apitally_mock.settings import App
from apitally_mock.traffic.source import NOTHING, Counts, Series

FIRST_DAY: Final = date(2010, 1, 1).toordinal() - EPOCH_ORDINAL
"""The apps were born in the year that starts here; before that they have no traffic."""

_WEEK: Final = (104, 109, 110, 107, 98, 52, 46)  # per cent, Monday first
_DAY: Final = (9, 8, 8, 8, 9, 11, 15, 22, 30, 36, 38, 38, 37, 38, 40, 39, 36, 33, 29, 26, 22, 18, 14, 11)  # by hour
_QUARTERS: Final = 96
_QUARTER_SECONDS: Final = 900
_WOBBLE: Final = 256 * min(_DAY)  # less than the smallest step of the curve, which so never falls
_CURVE: Final = tuple(accumulate((256 * _DAY[quarter // 4 % 24] for quarter in range(2 * _QUARTERS)), initial=0))
"""The share of a day's requests that came by each quarter hour, over two days: a day may start anywhere in it."""
_SIZES: Final = 8  # requests of so many different sizes take turns


class SyntheticTraffic:
    """The traffic of a number of apps, made up from a seed."""

    def __init__(self, seed: int, apps: Mapping[int, App]) -> None:
        self.apps = apps
        self._seed = seed
        self._births = {app_id: self._birth(app_id) for app_id in apps}
        self._habit = lru_cache(maxsize=1024)(self._make_habit)

    def counts(self, series: Series, instants: Sequence[int]) -> list[Counts]:
        """Count what lies between each instant and the one after it; see `Source.counts`."""
        birth = self._births[series.app_id]
        amounts = [NOTHING] * (len(instants) - 1)
        habits = self._habits_of(series)
        for chain in _chains([max(instant, birth) for instant in instants]):
            requests = received = sent = [0] * len(chain.seconds)
            for habit in habits:
                day = habit.day(chain.day)
                if day.requests:
                    until = habit.requests_until(day, chain.seconds)
                    requests = [*map(add, requests, until)]
                    received = [*map(add, received, _bytes_until(until, habit.received))]
                    sent = [*map(add, sent, _bytes_until(until, habit.sent))]
            cumulative = pairwise(zip(requests, received, sent, strict=True))
            for owner, (before, after) in zip(chain.owners, cumulative, strict=True):
                amounts[owner] = Counts(*(old + b - a for old, b, a in zip(amounts[owner], after, before, strict=True)))
        return amounts

    def _habits_of(self, series: Series) -> list["_Habit"]:
        app = self.apps[series.app_id]
        return [
            self._habit(series.app_id, environment, consumer)
            for environment in app.environments
            if series.app_env_id in {None, environment}
            for consumer in app.consumers
            if series.consumer_id in {None, consumer}
        ]

    def _birth(self, app_id: int) -> int:
        days = int.from_bytes(shake_128(f"{self._seed}/{app_id}".encode()).digest(2)) % 365
        return (FIRST_DAY + days) * SECONDS_PER_DAY

    def _make_habit(self, app_id: int, environment: int, consumer: int) -> "_Habit":
        who = f"{self._seed}/{app_id}/{environment}/{consumer}".encode()
        return _Habit(who, environment, consumer, self._births[app_id] // SECONDS_PER_DAY)


class _Chain(NamedTuple):
    """Instants of one UTC day, in order, and which amount what lies between two of them belongs to."""

    day: int
    seconds: list[int]
    owners: list[int]


def _chains(instants: Sequence[int]) -> Iterator[_Chain]:
    """Cut the stretches between instants at the midnights of UTC, leaving out those that are empty."""
    chain: _Chain | None = None
    for owner, (start, end) in enumerate(pairwise(instants)):
        while start < end:
            number = start // SECONDS_PER_DAY
            midnight = number * SECONDS_PER_DAY
            if chain is None or chain.day != number:
                if chain is not None:
                    yield chain
                chain = _Chain(number, [start - midnight], [])
            start = min(end, midnight + SECONDS_PER_DAY)  # noqa: PLW2901 - what is left of the stretch
            chain.seconds.append(start - midnight)
            chain.owners.append(owner)
    if chain is not None:
        yield chain


class _Day(NamedTuple):
    """One UTC day of one consumer in one environment."""

    requests: int
    wobble: bytes
    """How far the number of requests by each quarter hour is above the curve; nothing at both midnights."""


class _Habit:
    """The traffic of one consumer in one environment."""

    def __init__(self, who: bytes, environment: int, consumer: int, birth_day: int) -> None:
        noise = shake_128(who).digest(2 + 4 * _SIZES)
        self._who = who
        self._birth_day = birth_day
        self._is_quiet = consumer % 5 == 0
        self._level = (12 if environment % 2 else 1) * (40 + noise[0]) * 8 // (1 + consumer % 5)
        first_quarter = noise[1] % 24  # within six hours: not everybody lives in the same zone
        self._curve = [_CURVE[first_quarter + i] - _CURVE[first_quarter] for i in range(_QUARTERS + 1)]
        sizes = [int.from_bytes(noise[i : i + 2]) for i in range(2, len(noise), 2)]
        self.received = [*accumulate((60 + size % 1500 for size in sizes[:_SIZES]), initial=0)]
        self.sent = [*accumulate((150 + size % 12_000 for size in sizes[_SIZES:]), initial=0)]
        self.day = lru_cache(maxsize=512)(self._make_day)

    def requests_until(self, day: _Day, seconds: Sequence[int]) -> list[int]:
        """Count the requests from midnight until each of some seconds of a day."""
        requests, wobble = day
        curve, whole = self._curve, _CURVE[_QUARTERS]
        counts = []
        for second in seconds:
            quarter, rest = divmod(second, _QUARTER_SECONDS)
            count = requests * (curve[quarter] + wobble[quarter] * _WOBBLE // 256) // whole
            if rest:
                after = requests * (curve[quarter + 1] + wobble[quarter + 1] * _WOBBLE // 256) // whole
                count += (after - count) * rest // _QUARTER_SECONDS
            counts.append(count)
        return counts

    def _make_day(self, number: int) -> _Day:
        level_noise, activity, *_ = noise = shake_128(self._who + b"/%d" % number).digest(_QUARTERS + 1)
        if self._is_quiet:
            requests = 1 + level_noise % 20 if activity < 32 else 0
        else:
            growth = 1000 + number - self._birth_day
            weekday = (number + 3) % 7  # 1970-01-01 was a Thursday
            requests = self._level * _WEEK[weekday] * growth * (384 + level_noise) // (100 * 1000 * 512)
        return _Day(requests, b"\0%b\0" % noise[2:])


def _bytes_until(requests: list[int], sizes: list[int]) -> list[int]:
    """Give the bytes of the first so many requests, whose sizes, given by their running sums, take turns."""
    return [count // _SIZES * sizes[_SIZES] + sizes[count % _SIZES] for count in requests]
