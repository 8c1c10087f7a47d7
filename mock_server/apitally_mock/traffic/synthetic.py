"""Traffic made up from a seed: a pure function of (seed, app, environment, consumer, instant).

Each environment and consumer of an app has a level of its own, a rhythm over the day and the week, slow growth and noise.
It is all integer arithmetic on bytes of SHAKE-128, so that every machine and every Python counts the same, and it can be
asked for any instant at the same cost: within a UTC day, the number of requests up to a quarter hour is a fixed curve
with a bounded wobble, and between two quarter hours it is a straight line. Differences of that number are the traffic, so
hours add up to days, and environments and consumers to the total, without anything being stored.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from functools import lru_cache
from hashlib import shake_128
from itertools import accumulate, pairwise
from typing import Final

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
"""The share of a day's requests that came by each quarter hour, over two days, so that a day may start anywhere in it."""
_SIZES: Final = 8  # requests of so many different sizes take turns


class SyntheticTraffic:
    """The traffic of a number of apps, made up from a seed."""

    def __init__(self, seed: int, apps: Mapping[int, App]) -> None:
        self.apps = apps
        self._seed = seed
        self._births = {app_id: self._birth(app_id) for app_id in apps}
        self._day = lru_cache(maxsize=4096)(self._make_day)

    def counts(self, series: Series, instants: Sequence[int]) -> list[Counts]:
        """Count what lies between each instant and the one after it; see `Source.counts`."""
        birth = self._births[series.app_id]
        living = [max(instant, birth) for instant in instants]
        if living[0] == living[-1]:
            return [NOTHING] * (len(instants) - 1)
        app = self.apps[series.app_id]
        parts = [
            self._count_one(series.app_id, environment, consumer, living)
            for environment in app.environments
            if series.app_env_id in (None, environment)
            for consumer in app.consumers
            if series.consumer_id in (None, consumer)
        ]
        if not parts:
            return [NOTHING] * (len(instants) - 1)
        return [Counts(*map(sum, zip(*amounts, strict=True))) for amounts in zip(*parts, strict=True)]

    def _birth(self, app_id: int) -> int:
        days = int.from_bytes(shake_128(f"{self._seed}/{app_id}".encode()).digest(2)) % 365
        return (FIRST_DAY + days) * SECONDS_PER_DAY

    def _count_one(self, app_id: int, environment: int, consumer: int, instants: Sequence[int]) -> list[Counts]:
        number = instants[0] // SECONDS_PER_DAY
        day = self._day(app_id, environment, consumer, number)
        seen = day.until(instants[0] - number * SECONDS_PER_DAY)
        amounts = []
        for start, end in pairwise(instants):
            if start == end:
                amounts.append(NOTHING)
                continue
            requests = received = sent = 0
            while end > (number + 1) * SECONDS_PER_DAY:
                rest = day.until(SECONDS_PER_DAY)
                requests += rest.requests - seen.requests
                received += rest.bytes_received - seen.bytes_received
                sent += rest.bytes_sent - seen.bytes_sent
                number += 1
                day, seen = self._day(app_id, environment, consumer, number), NOTHING
            until = day.until(end - number * SECONDS_PER_DAY)
            requests += until.requests - seen.requests
            received += until.bytes_received - seen.bytes_received
            sent += until.bytes_sent - seen.bytes_sent
            seen = until
            amounts.append(Counts(requests, received, sent))
        return amounts

    def _make_day(self, app_id: int, environment: int, consumer: int, number: int) -> "_Day":
        who = f"{self._seed}/{app_id}/{environment}/{consumer}".encode()
        return _Day(_Habit(who, environment, consumer), who, number, self._births[app_id] // SECONDS_PER_DAY)


class _Habit:
    """What never changes about the traffic of one consumer in one environment."""

    def __init__(self, who: bytes, environment: int, consumer: int) -> None:
        noise = shake_128(who).digest(4)
        self.is_quiet = consumer % 5 == 0
        busy_environment = 12 if environment % 2 else 1
        self.level = busy_environment * (40 + noise[0]) * 8 // (1 + consumer % 5)
        self.first_quarter = noise[1] % 24  # within six hours: not everybody lives in the same zone


class _Day:
    """One UTC day of the traffic of one consumer in one environment."""

    def __init__(self, habit: _Habit, who: bytes, number: int, birth_day: int) -> None:
        noise = shake_128(who + b"/%d" % number).digest(_QUARTERS + 2 + 4 * _SIZES)
        self._wobble = noise[:_QUARTERS]
        level_noise, activity = noise[_QUARTERS : _QUARTERS + 2]
        if habit.is_quiet:
            self._requests = 1 + level_noise % 20 if activity < 32 else 0
        else:
            growth = 1000 + number - birth_day
            weekday = (number + 3) % 7  # 1970-01-01 was a Thursday
            self._requests = habit.level * _WEEK[weekday] * growth * (384 + level_noise) // (100 * 1000 * 512)
        self._first = habit.first_quarter
        sizes = [int.from_bytes(noise[i : i + 2]) for i in range(_QUARTERS + 2, len(noise), 2)]
        self._received = tuple(accumulate((60 + size % 1500 for size in sizes[:_SIZES]), initial=0))
        self._sent = tuple(accumulate((150 + size % 12_000 for size in sizes[_SIZES:]), initial=0))

    def until(self, second: int) -> Counts:
        """Count from midnight until a second of the day."""
        quarter, rest = divmod(second, _QUARTER_SECONDS)
        requests = self._until_quarter(quarter)
        if rest:
            requests += (self._until_quarter(quarter + 1) - requests) * rest // _QUARTER_SECONDS
        rounds, turn = divmod(requests, _SIZES)
        return Counts(
            requests,
            rounds * self._received[_SIZES] + self._received[turn],
            rounds * self._sent[_SIZES] + self._sent[turn],
        )

    def _until_quarter(self, quarter: int) -> int:
        if quarter in (0, _QUARTERS):
            return self._requests if quarter else 0
        share = _CURVE[self._first + quarter] - _CURVE[self._first] + self._wobble[quarter] * _WOBBLE // 256
        return self._requests * share // _CURVE[_QUARTERS]
