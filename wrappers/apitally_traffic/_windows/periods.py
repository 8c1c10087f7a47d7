"""Compute where the hours and days of a timezone start.

All results are instants in UTC, so that comparing and subtracting them is correct in every timezone.

An hour starts when the wall clock shows a full hour or, if a clock change skips the full hour, at the change. If clocks
change at a full hour and by whole hours, every hour lasts 60 minutes. Otherwise the hour that contains the change is
shorter or longer: Lord Howe's half-hour changes make one hour of 30 minutes and, half a year later, one of 90.

A day starts at its first midnight or, if a clock change skips midnight, at the change. So a day with a clock change
lasts 23 or 25 hours. A date that a timezone skips entirely has no day.
"""

from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from sys import maxsize
from zoneinfo import ZoneInfo

from apitally_api_client.models import Interval
from apitally_traffic._real_time import real

_EPOCH = real(datetime(1970, 1, 1, tzinfo=UTC))
_SECOND, _HOUR, _DAY = timedelta(seconds=1), timedelta(hours=1), timedelta(days=1)

LENGTHS: dict[Interval, timedelta] = {"hour": _HOUR, "day": _DAY}
"""The lengths of periods without a clock change."""

# The shortest time at another offset in the time zone database is four days (Freetown, 1939).
_MAX_HOURS_STEP, _MAX_DAYS_STEP = 72, 28
_FIRST_CHANGES, _LAST_RULES = (real(datetime(year, 1, 1, tzinfo=UTC)) for year in (1800, 2100))
_CYCLE = timedelta(days=146_097)  # 400 years, and a whole number of weeks


def floor(instant: datetime, interval: Interval, timezone: ZoneInfo) -> datetime:
    """Return the start of the period that contains the instant.

    "Will be rounded down to the beginning of the interval (hour or day)."
    """
    instant = real(instant).astimezone(UTC)
    if (offset := timezone.utcoffset(None)) is not None:  # a timezone with a constant offset
        return instant - (instant - _EPOCH + offset) % LENGTHS[interval]
    return (_floor_hour if interval == "hour" else _floor_day)(instant, timezone)


def following(start: datetime, interval: Interval, timezone: ZoneInfo) -> datetime:
    """Return the start of the period after the one that starts at `start`."""
    if timezone.utcoffset(None) is not None:
        return floor(start, interval, timezone) + LENGTHS[interval]
    return (_next_hour if interval == "hour" else _next_day)(real(start).astimezone(UTC), timezone)


def advance(start: datetime, end: datetime, limit: int, interval: Interval, timezone: ZoneInfo) -> tuple[datetime, int]:
    """Advance over at most `limit` periods that start before `end`; return the start of the next one, and the count.

    A thousand periods take about twenty steps, because a step spans many periods if no clock changes in between.
    """
    if timezone.utcoffset(None) is not None:  # a timezone with a constant offset
        length = LENGTHS[interval]
        count = min(max(-(-(end - start) // length), 0), limit)
        return start + count * length, count
    count = 0
    max_step = _MAX_HOURS_STEP if interval == "hour" else _MAX_DAYS_STEP
    step = max_step
    while start < end and count < limit:
        step = min(step, limit - count)
        target = _jump(start, step, interval, timezone) if step > 1 else following(start, interval, timezone)
        if target is None or (target > end and step > 1):
            step //= 2  # close to a clock change or to the end: take smaller steps
        else:
            start, count = target, count + step
            step = max_step if step == 1 else step
    return start, count


def count(start: datetime, end: datetime, interval: Interval, timezone: ZoneInfo) -> int:
    """Return how many periods start from `start`, itself the start of a period, to the exclusive `end`.

    Thousands of years take no longer than a few centuries: clocks never change before 1800, and from 2100 on, all rules
    of the time zone database repeat with the calendar, every 400 years.
    """
    length = LENGTHS[interval]
    regular = max(-(-(min(end, _FIRST_CHANGES) - start) // length), 0)
    start, middle = advance(start + regular * length, min(end, _LAST_RULES), maxsize, interval, timezone)
    cycles = max((end - start) // _CYCLE, 0)
    repeated = cycles * _periods_in_cycle(interval, timezone) if cycles else 0
    return regular + middle + repeated + advance(start + cycles * _CYCLE, end, maxsize, interval, timezone)[1]


@cache
def _periods_in_cycle(interval: Interval, timezone: ZoneInfo) -> int:
    start = floor(_LAST_RULES, interval, timezone)
    return advance(start, start + _CYCLE, maxsize, interval, timezone)[1]


def first_instant(day: date, timezone: ZoneInfo) -> datetime:
    """Return the instant at which a day starts; for a skipped date, the start of the next day."""
    midnight = real(datetime.combine(day, time(), timezone))
    instant = midnight.astimezone(UTC)
    if instant.astimezone(timezone).replace(tzinfo=None) == midnight.replace(tzinfo=None):
        return instant
    # A clock change skips midnight. With fold=1, the offset after the change applies, which gives an instant before it.
    return _clock_change(midnight.replace(fold=1).astimezone(UTC), instant, timezone)


def _floor_hour(instant: datetime, timezone: ZoneInfo) -> datetime:
    local = instant.astimezone(timezone)
    since_full_hour = timedelta(minutes=local.minute, seconds=local.second, microseconds=local.microsecond)
    start = instant - since_full_hour
    if start.astimezone(timezone).utcoffset() == local.utcoffset():
        return start
    change = _clock_change(start, instant, timezone)
    return change if _starts_hour(change, timezone) else _floor_hour(change - _SECOND, timezone)


def _next_hour(start: datetime, timezone: ZoneInfo) -> datetime:
    local = start.astimezone(timezone)
    # Only an hour that starts at a clock change can start at a minute other than zero.
    after = start + _HOUR - timedelta(minutes=local.minute, seconds=local.second)
    if after.astimezone(timezone).utcoffset() == local.utcoffset():
        return after
    change = _clock_change(start, after, timezone)
    return change if _starts_hour(change, timezone) else _next_hour(change, timezone)


def _starts_hour(change: datetime, timezone: ZoneInfo) -> bool:
    old_offset = (change - _SECOND).astimezone(timezone).utcoffset()
    assert old_offset is not None, "a timezone of the database always has an offset"
    before, after = change.replace(tzinfo=None) + old_offset, change.astimezone(timezone).replace(tzinfo=None)
    full_hour = after.replace(minute=0, second=0)
    return after == full_hour or before <= full_hour


def _floor_day(instant: datetime, timezone: ZoneInfo) -> datetime:
    start = first_instant(instant.astimezone(timezone).date(), timezone)
    # Clocks that go back across midnight show yesterday's date again after today has started.
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


def _jump(start: datetime, count: int, interval: Interval, timezone: ZoneInfo) -> datetime | None:
    """Return the start of the period that is `count` periods later, or None if smaller steps are needed."""
    local = start.astimezone(timezone)
    try:
        if interval == "hour":
            target = start + count * _HOUR
            regular = (
                not (local.minute or local.second) and target.astimezone(timezone).utcoffset() == local.utcoffset()
            )
        else:
            target = first_instant(local.date() + count * _DAY, timezone)
            # A clock change moves midnight by less than half a day; a skipped or repeated date moves it by a whole day.
            regular = abs(target - start - count * _DAY) < _DAY / 2
    except OverflowError:
        return None
    return target if regular else None


def _clock_change(before: datetime, after: datetime, timezone: ZoneInfo) -> datetime:
    """Return the instant of the clock change between `before` and `after`, to the second."""
    offset = before.astimezone(timezone).utcoffset()
    low, high = 0, (after - before) // _SECOND
    while high - low > 1:
        middle = (low + high) // 2
        if (before + middle * _SECOND).astimezone(timezone).utcoffset() == offset:
            low = middle
        else:
            high = middle
    return before + high * _SECOND
