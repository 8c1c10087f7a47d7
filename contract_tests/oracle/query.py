"""A query as the tests ask it, and what it means: its window in seconds, its zone and its interval."""

import math
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Self

from contract_tests.oracle import zones
from contract_tests.oracle.zones import Interval

_NEAR = 2 * zones.HOUR


@dataclass(frozen=True)
class Filter:
    """The environment and the consumer whose traffic is requested; `None` means all."""

    app_env_id: int | None = None
    consumer_id: int | None = None

    def __str__(self) -> str:
        parts = {"app_env_id": self.app_env_id, "consumer_id": self.consumer_id}
        return " and ".join(f"{name}={value}" for name, value in parts.items() if value is not None) or "no filter"


EVERYTHING = Filter()


@dataclass(frozen=True)
class Query:
    """A window of traffic.

    Attributes:
        start: its first instant, in seconds since 1970-01-01T00:00:00Z; it may lie inside a period.
        end: the first instant after it.
        interval: "Whether to group by day or by hour."
        zone: "Timezone to use for intervals"; `None` leaves it out.
        filter: whose traffic.
        start_text: how `start` is written; by default in UTC.
        end_text: how `end` is written; by default in UTC.
        omitted: parameters that are left to their defaults; `start` and `end` then say what the default must mean.
    """

    start: int
    end: int
    interval: Interval | None = None
    zone: str | None = None
    filter: Filter = EVERYTHING
    start_text: str | None = None
    end_text: str | None = None
    omitted: frozenset[str] = frozenset()

    @property
    def parameters(self) -> dict[str, str]:
        """The query of the URL."""
        given = {
            "app_env_id": self.filter.app_env_id,
            "consumer_id": self.filter.consumer_id,
            "start": self.start_text or zones.utc(self.start),
            "end": self.end_text or zones.utc(self.end),
            "interval": self.interval,
            "timezone": self.zone,
        }
        return {name: str(value) for name, value in given.items() if value is not None and name not in self.omitted}

    @property
    def named_zone(self) -> str:
        """The zone, by default UTC as declared."""
        return self.zone or "UTC"

    @property
    def named_interval(self) -> Interval:
        """The interval, by default hour as declared."""
        return self.interval or "hour"

    @cached_property
    def first(self) -> int:
        """The start, rounded down as declared."""
        return zones.floor(self.named_zone, self.named_interval, self.start)

    @cached_property
    def periods(self) -> list[tuple[int, int]]:
        """The periods that the window holds, each with its end."""
        return list(zones.periods(self.named_zone, self.named_interval, self.first, self.end))

    @cached_property
    def ends(self) -> dict[int, int]:
        """The end of each period that the window holds, by its start."""
        return dict(self.periods)

    def is_unclear(self, start: int) -> bool:
        """Return whether a period is an hour near or after a clock change of a fraction of an hour.

        After a shift by half an hour, a server that counts hours from the beginning of the window is off the clock;
        the specification does not say which is right.
        """
        if self.named_interval == "day":
            return False
        if self.first <= start < self.end:
            return self._first_odd_shift <= start + _NEAR
        first = min(start, self.first) - _NEAR
        return any(map(zones.is_odd, zones.transitions(self.named_zone, first, start + _NEAR)))

    @cached_property
    def _first_odd_shift(self) -> float:
        shifts = zones.transitions(self.named_zone, self.first - _NEAR, self.end + _NEAR)
        return next((shift.instant for shift in shifts if zones.is_odd(shift)), math.inf)

    def naive(self) -> Self:
        """Return the same window with its start and end written without an offset."""
        zone = self.named_zone
        return replace(self, start_text=zones.naive(zone, self.start), end_text=zones.naive(zone, self.end))
