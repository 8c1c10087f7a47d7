"""From what a client asks for to the window that it gets: its defaults and its rounding."""

from typing import NamedTuple
from zoneinfo import ZoneInfo

from apitally_mock.periods.calendar import Interval, edge_at_or_before
from apitally_mock.periods.moment import SECONDS_PER_DAY, Moment
from apitally_mock.periods.zones import FIRST_INSTANT, LAST_INSTANT

DEFAULT_SECONDS: dict[Interval, int] = {"hour": SECONDS_PER_DAY, "day": 30 * SECONDS_PER_DAY}
"""How long before now a window starts by default: "24 hours ago" or "30 days ago"."""


class Window(NamedTuple):
    """The periods that begin at `start` or later and before `end`, both seconds since 1970-01-01T00:00:00Z."""

    start: int
    end: int
    interval: Interval
    zone: ZoneInfo


def window_start(start: Moment | None, now: int, interval: Interval, zone: ZoneInfo) -> int:
    """Give the start of a window: 24 hours or 30 days before `now` by default, rounded down to its interval."""
    instant = now - DEFAULT_SECONDS[interval] if start is None else start.instant(zone)
    if instant >= LAST_INSTANT:  # rounding it down would list a period that lies before the start
        return LAST_INSTANT
    return edge_at_or_before(max(instant, FIRST_INSTANT), zone, interval).instant


def window_end(end: Moment | None, now: int, zone: ZoneInfo) -> int:
    """Give the end of a window, which is not part of it: `now` by default, else the first second not before `end`."""
    return min(now if end is None else end.instant_rounded_up(zone), LAST_INSTANT)
