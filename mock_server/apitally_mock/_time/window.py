"""The window of a query: the defaults and the rounding of `start` and `end`."""

from typing import NamedTuple
from zoneinfo import ZoneInfo

from apitally_mock._time.parsing import SECONDS_PER_DAY, ParsedTime
from apitally_mock._time.periods import Interval, boundary_at_or_before
from apitally_mock._time.timezones import FIRST_INSTANT, LAST_INSTANT

_DEFAULT_SECONDS: dict[Interval, int] = {"hour": SECONDS_PER_DAY, "day": 30 * SECONDS_PER_DAY}
"""How long before now a window starts by default: "24 hours ago" or "30 days ago"."""


class Window(NamedTuple):
    """The periods that begin at `start` or later and before `end`, both in seconds since the epoch."""

    start: int
    end: int
    interval: Interval
    zone: ZoneInfo


def window_start(start: ParsedTime | None, now: int, interval: Interval, zone: ZoneInfo) -> int:
    """Return the start of a window: by default 24 hours or 30 days before `now`, rounded down to the interval."""
    instant = now - _DEFAULT_SECONDS[interval] if start is None else start.instant(zone)
    if instant >= LAST_INSTANT:  # rounding it down would list a period that lies before the start
        return LAST_INSTANT
    return boundary_at_or_before(max(instant, FIRST_INSTANT), zone, interval).instant


def window_end(end: ParsedTime | None, now: int, zone: ZoneInfo) -> int:
    """Return the end of a window, which is not part of it: by default `now`, else the first second not before `end`."""
    return min(now if end is None else end.instant_rounded_up(zone), LAST_INSTANT)
