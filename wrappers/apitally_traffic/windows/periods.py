"""Where the hours and the days of a timezone begin.

All results are instants in UTC, so that plain comparison and subtraction are true everywhere.

An hour begins where the wall clock shows a full hour, or, where a clock change skips that, at the change. Wherever
clocks change by whole hours, at a full hour, every hour lasts 60 minutes. Where they do not, the hour that the change
falls into is shorter or longer: Lord Howe's half-hour step makes one of 30 minutes, and half a year later one of 90.

A day begins at its first midnight, or, where a clock change skips midnight, at that change; so a day lasts 23 or 25
hours where the clocks change. A date that a zone skipped altogether has no day.
"""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from apitally_api_client.models import Interval

_SECOND, _HOUR, _DAY = timedelta(seconds=1), timedelta(hours=1), timedelta(days=1)
# The shortest stay at another offset in all of the time zone database is four days (Freetown, 1939).
_HOURS_AT_ONCE, _DAYS_AT_ONCE = 72, 28


def floor(instant: datetime, interval: Interval, timezone: ZoneInfo) -> datetime:
    """Return the beginning of the period that holds the instant.

    "Will be rounded down to the beginning of the interval (hour or day)."
    """
    return (_floor_hour if interval == "hour" else _floor_day)(instant, timezone)


def following(start: datetime, interval: Interval, timezone: ZoneInfo) -> datetime:
    """Return the beginning of the period after the one that begins at `start`."""
    return (_next_hour if interval == "hour" else _next_day)(start, timezone)


def advance(start: datetime, end: datetime, most: int, interval: Interval, timezone: ZoneInfo) -> tuple[datetime, int]:
    """Walk over the periods that begin before `end`, at most so many, and return where the walk ends and their number.

    A thousand periods cost some twenty steps, because stretches without a clock change are taken at once.
    """
    walked = 0
    longest = _HOURS_AT_ONCE if interval == "hour" else _DAYS_AT_ONCE
    step = longest
    while start < end and walked < most:
        step = min(step, most - walked)
        landing = _leap(start, step, interval, timezone) if step > 1 else following(start, interval, timezone)
        if landing is None or (landing > end and step > 1):
            step //= 2  # a clock change or the end is near: look closer
        else:
            start, walked = landing, walked + step
            step = longest if step == 1 else step
    return start, walked


def first_instant(day: date, timezone: ZoneInfo) -> datetime:
    """Return the instant at which a day begins; a skipped date begins where the next day does."""
    midnight = datetime.combine(day, time(), timezone)
    instant = midnight.astimezone(UTC)
    if instant.astimezone(timezone).replace(tzinfo=None) == midnight.replace(tzinfo=None):
        return instant
    # Midnight lies in a gap. With fold=1 it is read with the offset from after the change, and so falls before it.
    return _clock_change(midnight.replace(fold=1).astimezone(UTC), instant, timezone)


def _floor_hour(instant: datetime, timezone: ZoneInfo) -> datetime:
    local = instant.astimezone(timezone)
    since_full_hour = timedelta(minutes=local.minute, seconds=local.second, microseconds=local.microsecond)
    start = instant - since_full_hour
    if start.astimezone(timezone).utcoffset() == local.utcoffset():
        return start
    change = _clock_change(start, instant, timezone)
    return change if _begins_hour(change, timezone) else _floor_hour(change - _SECOND, timezone)


def _next_hour(start: datetime, timezone: ZoneInfo) -> datetime:
    local = start.astimezone(timezone)
    # Only an hour that begins at a clock change can begin off the full hour.
    after = start + _HOUR - timedelta(minutes=local.minute, seconds=local.second)
    if after.astimezone(timezone).utcoffset() == local.utcoffset():
        return after
    change = _clock_change(start, after, timezone)
    return change if _begins_hour(change, timezone) else _next_hour(change, timezone)


def _begins_hour(change: datetime, timezone: ZoneInfo) -> bool:
    before = (change - _SECOND).astimezone(timezone).replace(tzinfo=None) + _SECOND
    after = change.astimezone(timezone).replace(tzinfo=None)
    full_hour = after.replace(minute=0, second=0)
    return after == full_hour or before <= full_hour


def _floor_day(instant: datetime, timezone: ZoneInfo) -> datetime:
    start = first_instant(instant.astimezone(timezone).date(), timezone)
    # Clocks put back across midnight show yesterday's date again after today has begun.
    while (after := _next_day(start, timezone)) <= instant:
        start = after
    return start


def _next_day(start: datetime, timezone: ZoneInfo) -> datetime:
    day = start.astimezone(timezone).date()
    while True:
        day += _DAY
        after = first_instant(day, timezone)
        if after > start:
            return after


def _leap(start: datetime, count: int, interval: Interval, timezone: ZoneInfo) -> datetime | None:
    """Return the beginning of the period `count` periods later, or None where a closer look is needed."""
    local = start.astimezone(timezone)
    try:
        if interval == "hour":
            landing = start + count * _HOUR
            plain = not (local.minute or local.second) and landing.astimezone(timezone).utcoffset() == local.utcoffset()
        else:
            landing = first_instant(local.date() + count * _DAY, timezone)
            # Clock changes move midnight by less than half a day; a skipped or repeated date moves it by a whole one.
            plain = abs(landing - start - count * _DAY) < _DAY / 2
    except OverflowError:
        return None
    return landing if plain else None


def _clock_change(before: datetime, after: datetime, timezone: ZoneInfo) -> datetime:
    """Return the first instant, to the second, that has another offset than `before`; `after` has one."""
    offset = before.astimezone(timezone).utcoffset()
    low, high = 0, (after - before) // _SECOND
    while high - low > 1:
        middle = (low + high) // 2
        if (before + middle * _SECOND).astimezone(timezone).utcoffset() == offset:
            low = middle
        else:
            high = middle
    return before + high * _SECOND
