"""Compute the places and labels of the ticks on the time axis: local hours, midnights, Mondays, months or years.

Pure. A tick is at the instant at which a local hour or day starts, so it is in the right place on both sides of a clock
change.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Literal, NamedTuple

from apitally_traffic import TimeWindow

# Longer windows get no ticks by the hour.
_MAX_LENGTH_BY_HOURS = timedelta(days=4)


class _Step(NamedTuple):
    """One possible distance of ticks: which local hours or days have a tick, and its label."""

    interval: Literal["hour", "day"]
    is_tick: Callable[[datetime], bool]
    label: Callable[[datetime], str]


def _hour(start: datetime) -> str:
    return _day(start) if start.hour == 0 else f"{start:%H:%M}"


def _day(start: datetime) -> str:
    return f"{start:%a} {start.day} {start:%b}"


def _month(start: datetime) -> str:
    return f"{start:%b %Y}"


def _year(start: datetime) -> str:
    return f"{start:%Y}"


_STEPS = (
    _Step("hour", lambda _: True, _hour),
    _Step("hour", lambda start: start.hour % 3 == 0, _hour),
    _Step("hour", lambda start: start.hour % 6 == 0, _hour),
    _Step("day", lambda _: True, _day),
    _Step("day", lambda start: start.toordinal() % 2 == 0, _day),
    _Step("day", lambda start: start.weekday() == 0, _day),
    _Step("day", lambda start: start.day == 1, _month),
    _Step("day", lambda start: start.day == 1 and start.month in {1, 4, 7, 10}, _month),
    _Step("day", lambda start: start.day == start.month == 1, _year),
    _Step("day", lambda start: start.day == start.month == 1 and start.year % 10 == 0, _year),
)


def ticks(window: TimeWindow, most: int = 14) -> dict[datetime, str]:
    """Return the instants of the ticks, in UTC, with their labels, oldest first.

    Args:
        window: the window that the axis shows.
        most: the maximum number of ticks.
    """
    start, end = window.start.astimezone(UTC), window.end.astimezone(UTC)
    if start == end:
        return {}
    is_long = end - start > _MAX_LENGTH_BY_HOURS
    found: dict[datetime, str] = {}
    for step in _STEPS:
        if step.interval == "hour" and is_long:
            continue
        periods = TimeWindow.resolve(start, end, step.interval, window.timezone).periods()
        found = {
            period.start.astimezone(UTC): step.label(period.start)
            for period in periods
            if period.start.astimezone(UTC) >= start and step.is_tick(period.start)
        }
        if len(found) <= most:
            break
    return found
