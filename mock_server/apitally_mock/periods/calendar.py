"""The hours and days of a zone: where each period begins, as the clock on the wall there shows it.

An hour begins when the clock shows a full hour, a day when the calendar first reads its date. Where the clock jumps
forward over that beginning, the period begins at the first instant after the jump; one of which nothing is left (the
30th of December 2011 in Apia) does not exist. So periods follow one another without a gap or an overlap, and every day
begins where an hour does. Which periods a query asks for is left to `window`.
"""

from collections.abc import Iterator
from functools import lru_cache
from typing import Literal, NamedTuple
from zoneinfo import ZoneInfo

from apitally_mock.periods.moment import SECONDS_PER_DAY
from apitally_mock.periods.zones import offset_at, stretches

Interval = Literal["hour", "day"]

SECONDS_PER_HOUR = 3600
_WIDEST_OFFSET = 16 * SECONDS_PER_HOUR  # the local mean time of Manila was 15:56:08 behind Greenwich


class Edge(NamedTuple):
    """The beginning of a period, which is also the end of the one before."""

    instant: int
    offset: int
    """Seconds east of UTC that the zone uses from this instant on."""


@lru_cache(maxsize=8192)
def edges_of_day(day: int, zone: ZoneInfo, interval: Interval) -> tuple[Edge, ...]:
    """Give the periods of `zone` that begin within a UTC day (counted from 1970-01-01), the earliest first."""
    return tuple(_hour_edges(day, zone) if interval == "hour" else _day_edges(day, zone))


def edge_at_or_before(instant: int, zone: ZoneInfo, interval: Interval) -> Edge:
    """Round an instant down to the beginning of the hour or day that it lies in."""
    day = instant // SECONDS_PER_DAY
    while True:
        for edge in reversed(edges_of_day(day, zone, interval)):
            if edge.instant <= instant:
                return edge
        day -= 1


def edge_after(instant: int, zone: ZoneInfo, interval: Interval) -> Edge:
    """Give the first beginning of an hour or day that is later than an instant."""
    day = instant // SECONDS_PER_DAY
    while True:
        for edge in edges_of_day(day, zone, interval):
            if edge.instant > instant:
                return edge
        day += 1


def _hour_edges(day: int, zone: ZoneInfo) -> Iterator[Edge]:
    for start, end, offset in stretches(day, zone):
        first_full_hour = start + (-start - offset) % SECONDS_PER_HOUR
        if first_full_hour != start:
            clock_before, clock_after = start + offset_at(start - 1, zone), start + offset
            if clock_before <= clock_after - clock_after % SECONDS_PER_HOUR:
                yield Edge(start, offset)
        for instant in range(first_full_hour, end, SECONDS_PER_HOUR):
            yield Edge(instant, offset)


def _day_edges(day: int, zone: ZoneInfo) -> Iterator[Edge]:
    start, end = day * SECONDS_PER_DAY, (day + 1) * SECONDS_PER_DAY
    last = None
    for local_day in range((start - _WIDEST_OFFSET) // SECONDS_PER_DAY, (end + _WIDEST_OFFSET) // SECONDS_PER_DAY + 1):
        edge = _first_edge_of(local_day, zone)
        if start <= edge.instant < end and edge != last:
            yield edge
        last = edge


@lru_cache(maxsize=8192)
def _first_edge_of(local_day: int, zone: ZoneInfo) -> Edge:
    """Give the first instant at which the calendar of `zone` reads `local_day` (from 1970-01-01) or a later one."""
    midnight = local_day * SECONDS_PER_DAY
    day = (midnight - _WIDEST_OFFSET) // SECONDS_PER_DAY
    while True:
        for start, end, offset in stretches(day, zone):
            instant = max(start, midnight - offset)
            if instant < end:
                return Edge(instant, offset)
        day += 1
