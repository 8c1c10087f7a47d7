"""The zones of the IANA time zone database, and the spans of time in which a zone keeps one offset.

The data come from the `tzdata` package and never from the operating system, so that the same request gets the same
bytes on every machine.
"""

from datetime import UTC, date, datetime, timedelta
from functools import cache, lru_cache
from importlib.resources import files
from itertools import pairwise
from typing import NamedTuple
from zoneinfo import ZoneInfo

from apitally_mock._time.parsing import EPOCH_ORDINAL, SECONDS_PER_DAY

FIRST_INSTANT = (3 - EPOCH_ORDINAL) * SECONDS_PER_DAY
"""0001-01-03T00:00:00Z: periods that end before this instant are not listed."""
LAST_INSTANT = (date.max.toordinal() - 1 - EPOCH_ORDINAL) * SECONDS_PER_DAY
"""9999-12-30T00:00:00Z: periods that begin here or later are not listed. So all local times are in years 1 to 9999."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Span(NamedTuple):
    """A span of time, at most one UTC day long, in which the offset of a zone does not change."""

    start: int
    end: int
    offset: int


@cache
def zone_names() -> frozenset[str]:
    """Return the names of all zones, links included."""
    return frozenset(files("tzdata").joinpath("zones").read_text(encoding="utf-8").split())


@cache
def load_zone(name: str) -> ZoneInfo:
    """Return the zone of that name.

    Raises:
        ValueError: the database has no zone of that name.
    """
    if name not in zone_names():
        raise ValueError("expected a name of the IANA time zone database, such as UTC or Europe/Berlin")
    with files("tzdata").joinpath("zoneinfo", *name.split("/")).open("rb") as file:
        return ZoneInfo.from_file(file, key=name)


def offset_at(instant: int, zone: ZoneInfo) -> int:
    """Return the seconds east of UTC that `zone` uses at `instant`, or at the nearest instant that can be listed."""
    instant = min(max(instant, FIRST_INSTANT), LAST_INSTANT)
    offset = (_EPOCH + timedelta(seconds=instant)).astimezone(zone).utcoffset()
    assert offset is not None, "a zone of the tz database always has an offset"
    return int(offset.total_seconds())


@lru_cache(maxsize=8192)
def spans_of_day(day: int, zone: ZoneInfo) -> tuple[Span, ...]:
    """Split a UTC day (counted from 1970-01-01) where the offset of `zone` changes.

    Only the two ends of the day are compared: no zone changes its offset twice within two days, as a test over the
    whole database shows.
    """
    start, end = day * SECONDS_PER_DAY, (day + 1) * SECONDS_PER_DAY
    before, after = offset_at(start, zone), offset_at(end - 1, zone)
    if before == after:
        return (Span(start, end, before),)
    last_before, first_after = start, end - 1
    while first_after - last_before > 1:
        middle = (last_before + first_after) // 2
        if offset_at(middle, zone) == before:
            last_before = middle
        else:
            first_after = middle
    bounds = pairwise((start, first_after, end))
    return tuple(Span(a, b, offset) for (a, b), offset in zip(bounds, (before, after), strict=True))
