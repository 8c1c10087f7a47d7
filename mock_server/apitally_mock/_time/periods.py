"""The hours and days of a zone: where each period begins, by the local time of that zone.

An hour begins at a full hour of local time, a day at the first instant of the local date. Where a clock change skips
that beginning, the period begins right after the change; a period that is skipped as a whole (30 December 2011 in Apia)
does not exist. So periods have no gaps and no overlaps, and every day begins where an hour begins.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Literal, NamedTuple
from zoneinfo import ZoneInfo

from apitally_mock._time.parsing import SECONDS_PER_DAY
from apitally_mock._time.timezones import offset_at, spans_of_day

Interval = Literal["hour", "day"]

_SECONDS_PER_HOUR = 3600
_MAX_OFFSET = 16 * _SECONDS_PER_HOUR  # the local mean time of Manila was 15:56:08 behind Greenwich
_LOCAL_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - local time of a zone that is passed separately


class Boundary(NamedTuple):
    """The beginning of a period, which is also the end of the one before."""

    instant: int
    offset: int
    """Seconds east of UTC that the zone uses from this instant on."""


@lru_cache(maxsize=8192)
def boundaries_of_day(day: int, zone: ZoneInfo, interval: Interval) -> tuple[Boundary, ...]:
    """Return where the periods of `zone` begin within a UTC day (counted from 1970-01-01), the earliest first."""
    return tuple(_hour_boundaries(day, zone) if interval == "hour" else _day_boundaries(day, zone))


def boundary_at_or_before(instant: int, zone: ZoneInfo, interval: Interval) -> Boundary:
    """Round an instant down to the beginning of its hour or day."""
    day = instant // SECONDS_PER_DAY
    while True:
        for boundary in reversed(boundaries_of_day(day, zone, interval)):
            if boundary.instant <= instant:
                return boundary
        day -= 1


def boundary_after(instant: int, zone: ZoneInfo, interval: Interval) -> Boundary:
    """Return the first beginning of an hour or day that is later than an instant."""
    day = instant // SECONDS_PER_DAY
    while True:
        for boundary in boundaries_of_day(day, zone, interval):
            if boundary.instant > instant:
                return boundary
        day += 1


def format_boundary(boundary: Boundary) -> str:
    """Format the beginning of a period as ISO 8601 with the zone's offset, or `Z` where that is zero.

    An offset in RFC 3339 has no seconds, but that of a local mean time does: it is rounded up to a full minute, and the
    local time is shifted with it. So the text always denotes the right instant, on the right local date.
    """
    minutes = -(-boundary.offset // 60)
    local = (_LOCAL_EPOCH + timedelta(seconds=boundary.instant + minutes * 60)).isoformat()
    if not minutes:
        return local + "Z"
    hours, minutes_left = divmod(abs(minutes), 60)
    return f"{local}{'+' if minutes > 0 else '-'}{hours:02}:{minutes_left:02}"


def _hour_boundaries(day: int, zone: ZoneInfo) -> Iterator[Boundary]:
    for start, end, offset in spans_of_day(day, zone):
        first_full_hour = start + (-start - offset) % _SECONDS_PER_HOUR
        if first_full_hour != start:
            local_before, local_after = start + offset_at(start - 1, zone), start + offset
            if local_before <= local_after - local_after % _SECONDS_PER_HOUR:
                yield Boundary(start, offset)
        for instant in range(first_full_hour, end, _SECONDS_PER_HOUR):
            yield Boundary(instant, offset)


def _day_boundaries(day: int, zone: ZoneInfo) -> Iterator[Boundary]:
    start, end = day * SECONDS_PER_DAY, (day + 1) * SECONDS_PER_DAY
    last = None
    for local_day in range((start - _MAX_OFFSET) // SECONDS_PER_DAY, (end + _MAX_OFFSET) // SECONDS_PER_DAY + 1):
        boundary = _first_boundary_of(local_day, zone)
        if start <= boundary.instant < end and boundary != last:
            yield boundary
        last = boundary


@lru_cache(maxsize=8192)
def _first_boundary_of(local_day: int, zone: ZoneInfo) -> Boundary:
    """Return the first instant at which the local date of `zone` is `local_day` (from 1970-01-01) or a later one."""
    midnight = local_day * SECONDS_PER_DAY
    day = (midnight - _MAX_OFFSET) // SECONDS_PER_DAY
    while True:
        for start, end, offset in spans_of_day(day, zone):
            instant = max(start, midnight - offset)
            if instant < end:
                return Boundary(instant, offset)
        day += 1
