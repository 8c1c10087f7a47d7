"""The zones of the IANA database, and the stretches of time in which a zone keeps one offset.

The data come from the `tzdata` package and never from the operating system, so that the same request gets the same
bytes on every machine.
"""

from datetime import UTC, date, datetime, timedelta
from functools import cache, lru_cache
from importlib.resources import files
from itertools import pairwise
from typing import NamedTuple
from zoneinfo import ZoneInfo

from apitally_mock.periods.moment import EPOCH_ORDINAL, SECONDS_PER_DAY

FIRST_INSTANT = (3 - EPOCH_ORDINAL) * SECONDS_PER_DAY
"""0001-01-03T00:00:00Z: no period is listed that ends before this instant."""
LAST_INSTANT = (date.max.toordinal() - 1 - EPOCH_ORDINAL) * SECONDS_PER_DAY
"""9999-12-30T00:00:00Z: no period is listed that begins here or later. Both margins keep every local time printable."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Stretch(NamedTuple):
    """A stretch of time, as long as one UTC day or shorter, in which the offset of a zone does not change."""

    start: int
    end: int
    offset: int


@cache
def zone_names() -> frozenset[str]:
    """Give the names of all zones, links included."""
    return frozenset(files("tzdata").joinpath("zones").read_text(encoding="utf-8").split())


@cache
def load_zone(name: str) -> ZoneInfo:
    """Give the zone of that name.

    Raises:
        ValueError: if the database has no zone of that name.
    """
    if name not in zone_names():
        msg = "expected a name of the IANA time zone database, such as UTC or Europe/Berlin"
        raise ValueError(msg)
    with files("tzdata").joinpath("zoneinfo", *name.split("/")).open("rb") as file:
        return ZoneInfo.from_file(file, key=name)


def offset_at(instant: int, zone: ZoneInfo) -> int:
    """Give the seconds east of UTC that `zone` uses at `instant`; beyond the listed years, those of the nearest one."""
    instant = min(max(instant, FIRST_INSTANT), LAST_INSTANT)
    offset = (_EPOCH + timedelta(seconds=instant)).astimezone(zone).utcoffset()
    assert offset is not None, "a zone of the tz database always knows its offset"
    return offset // timedelta(seconds=1)


@lru_cache(maxsize=8192)
def stretches(day: int, zone: ZoneInfo) -> tuple[Stretch, ...]:
    """Cut a UTC day (counted from 1970-01-01) where the offset of `zone` changes.

    It compares the two ends of the day: no zone changes its offset twice within one, as a test over the whole database
    makes sure.
    """
    start, end = day * SECONDS_PER_DAY, (day + 1) * SECONDS_PER_DAY
    before, after = offset_at(start, zone), offset_at(end - 1, zone)
    if before == after:
        return (Stretch(start, end, before),)
    last_before, first_after = start, end - 1
    while first_after - last_before > 1:
        middle = (last_before + first_after) // 2
        if offset_at(middle, zone) == before:
            last_before = middle
        else:
            first_after = middle
    edges = pairwise((start, first_after, end))
    return tuple(Stretch(a, b, offset) for (a, b), offset in zip(edges, (before, after), strict=True))
