"""Traffic generated from a seed: a pure function of (seed, app, environment, consumer, instant).

Each environment and consumer of an app has a profile: its own level, a rhythm over the day and the week, slow growth
and noise. The rate changes every quarter hour; week and noise are interpolated between the middays of the consumer's
own zone, so that there is no step at the midnight of any zone. Everything is integer arithmetic on bytes of SHAKE-128,
so the counts are the same on every machine and version of Python. Traffic is the difference of two running counts, so
hours add up to days, and environments and consumers to the total, and nothing is stored.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from functools import lru_cache
from hashlib import shake_128
from itertools import accumulate, pairwise
from operator import add, mul
from typing import Final, NamedTuple

from apitally_mock._time.parsing import EPOCH_ORDINAL, SECONDS_PER_DAY
from apitally_mock._traffic.source import NOTHING, Counts, Series
from apitally_mock.settings import App

FIRST_DAY: Final = date(2010, 1, 1).toordinal() - EPOCH_ORDINAL
"""The traffic of each app begins on a day of the year that starts here."""

_WEEK: Final = (104, 109, 110, 107, 98, 52, 46)  # percent at midday, Monday first
_DAY: Final = (9, 8, 8, 8, 9, 11, 15, 22, 30, 36, 38, 38, 37, 38, 40, 39, 36, 33, 29, 26, 22, 18, 14, 11)  # by hour
_QUARTERS: Final = 96
_QUARTER_SECONDS: Final = 900
_MIDDAY: Final = 48
_ZONES: Final = 24  # zones of the consumers, each a quarter hour further east, from UTC on
_UNIT: Final = 100 * 1000 * 512 * 256 * 4 * sum(_DAY) * _QUARTERS**2
"""Divides the product of level, growth, week (percent), day, noise (512ths) and wobble (256ths) into requests."""
_WOBBLE: Final = tuple(192 + byte // 2 for byte in range(256))  # 256ths, for each byte of noise
_EMPTY_DAY: Final = (0,) * (_QUARTERS + 1)
_SIZES: Final = 8  # a consumer's requests have this many sizes, in turn

Day = tuple[int, ...]
"""The running count of requests at each quarter hour of a day, its end included."""


class SyntheticTraffic:
    """The traffic of a number of apps, generated from a seed."""

    def __init__(self, seed: int, apps: Mapping[int, App]) -> None:
        self.apps = apps
        self._seed = seed
        self._first_days = {
            app_id: FIRST_DAY + int.from_bytes(shake_128(f"{seed}/{app_id}".encode()).digest(2)) % 365
            for app_id in apps
        }
        self._profile = lru_cache(maxsize=1024)(self._make_profile)
        self._profiles_of = lru_cache(maxsize=256)(self._find_profiles)
        self._counts_of_day = lru_cache(maxsize=8192)(_Profile.counts_of_day)

    def begins_at(self, app_id: int) -> int:
        """Return the beginning of the first day of an app; see `Source.begins_at`."""
        return self._first_days[app_id] * SECONDS_PER_DAY

    def counts(self, series: Series, instants: Sequence[int]) -> list[Counts]:
        """Count the traffic between each instant and the next one; see `Source.counts`."""
        begins_at = self.begins_at(series.app_id)
        counts = [NOTHING] * (len(instants) - 1)
        profiles = self._profiles_of(series)
        for chain in _chains([max(instant, begins_at) for instant in instants]):
            requests = received = sent = [0] * len(chain.seconds)
            for profile in profiles:
                day = self._counts_of_day(profile, chain.day)
                if day[-1]:
                    until = [_count_until(day, second) for second in chain.seconds]
                    requests = [*map(add, requests, until)]
                    received = [*map(add, received, _bytes_until(until, profile.received))]
                    sent = [*map(add, sent, _bytes_until(until, profile.sent))]
            running = pairwise(zip(requests, received, sent, strict=True))
            for owner, (before, after) in zip(chain.owners, running, strict=True):
                counts[owner] = Counts(*(old + b - a for old, b, a in zip(counts[owner], after, before, strict=True)))
        return counts

    def _find_profiles(self, series: Series) -> list["_Profile"]:
        app_id, environment, consumer = series
        app = self.apps[app_id]
        environments = app.environments if environment is None else {environment}.intersection(app.environments)
        consumers = app.consumers if consumer is None else {consumer}.intersection(app.consumers)
        return [self._profile(app_id, environment, consumer) for environment in environments for consumer in consumers]

    def _make_profile(self, app_id: int, environment: int, consumer: int) -> "_Profile":
        who = f"{self._seed}/{app_id}/{environment}/{consumer}".encode()
        return _Profile(who, environment, consumer, self._first_days[app_id])


class _Chain(NamedTuple):
    """Adjacent spans in a UTC day: span `i`, from `seconds[i]` to `seconds[i + 1]`, is part of count `owners[i]`."""

    day: int
    seconds: list[int]
    owners: list[int]


def _chains(instants: Sequence[int]) -> Iterator[_Chain]:
    """Split the spans between instants at the midnights of UTC; empty spans are left out."""
    chain: _Chain | None = None
    for owner, (start, end) in enumerate(pairwise(instants)):
        while start < end:
            number = start // SECONDS_PER_DAY
            midnight = number * SECONDS_PER_DAY
            if chain is None or chain.day != number:
                if chain is not None:
                    yield chain
                chain = _Chain(number, [start - midnight], [])
            start = min(end, midnight + SECONDS_PER_DAY)  # noqa: PLW2901 - what is left of the span
            chain.seconds.append(start - midnight)
            chain.owners.append(owner)
    if chain is not None:
        yield chain


class _Profile:
    """The traffic of one consumer in one environment."""

    def __init__(self, who: bytes, environment: int, consumer: int, first_day: int) -> None:
        noise = shake_128(who).digest(2 + 4 * _SIZES)
        self._who = who
        self._first_day = first_day
        self._is_quiet = consumer % 5 == 0
        self._level = (12 if environment % 2 else 1) * (40 + noise[0]) * 8 // (1 + consumer % 5)
        self._zone = noise[1] % _ZONES
        rates = [_DAY[(number + self._zone) // 4 % 24] for number in range(_QUARTERS)]
        self._shares = [*accumulate(rates, initial=0)]
        # 1970-01-01 was a Thursday.
        weeks = ([_WEEK[(number + midday + 3) % 7] for midday in range(-1, 2)] for number in range(7))
        self._weekly_rates = [[*map(mul, rates, self._interpolated(*week))] for week in weeks]
        sizes = [int.from_bytes(noise[i : i + 2]) for i in range(2, len(noise), 2)]
        self.received = [*accumulate((60 + size % 1500 for size in sizes[:_SIZES]), initial=0)]
        self.sent = [*accumulate((150 + size % 12_000 for size in sizes[_SIZES:]), initial=0)]

    def counts_of_day(self, number: int) -> Day:
        """Return the requests of a UTC day until each quarter hour."""
        busyness, activity, *wobble = self._noise(number, 2 + _QUARTERS)
        if self._is_quiet:
            requests = 1 + busyness % 20 if activity < 32 else 0
            return tuple(requests * share // self._shares[-1] for share in self._shares) if requests else _EMPTY_DAY
        day_before, day_after = self._noise(number - 1, 1)[0], self._noise(number + 1, 1)[0]
        noise = self._interpolated(384 + day_before, 384 + busyness, 384 + day_after)
        growth = self._level * (1000 + number - self._first_day)
        rates = map(mul, map(mul, self._weekly_rates[number % 7], noise), [_WOBBLE[byte] for byte in wobble])
        return tuple([growth * running // _UNIT for running in accumulate(rates, initial=0)])

    def _interpolated(self, before: int, here: int, after: int) -> list[int]:
        """Interpolate between the middays before, of and after a UTC day; return each quarter hour times 96."""
        return [before * _QUARTERS + (here - before) * passed for passed in range(_MIDDAY + self._zone, _QUARTERS)] + [
            here * _QUARTERS + (after - here) * passed for passed in range(_MIDDAY + self._zone)
        ]

    def _noise(self, day: int, length: int) -> bytes:
        return shake_128(self._who + b"/%d" % day).digest(length)


def _count_until(day: Day, second: int) -> int:
    """Return the requests of a UTC day until one of its seconds; within a quarter hour they are spread evenly."""
    quarter, rest = divmod(second, _QUARTER_SECONDS)
    return day[quarter] + ((day[quarter + 1] - day[quarter]) * rest // _QUARTER_SECONDS if rest else 0)


def _bytes_until(requests: list[int], sizes: list[int]) -> list[int]:
    """Return the bytes of that many requests; the sizes, given as running sums, are used in turn."""
    return [count // _SIZES * sizes[_SIZES] + sizes[count % _SIZES] for count in requests]
