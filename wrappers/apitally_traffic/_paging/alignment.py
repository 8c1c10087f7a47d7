"""Refuse rows that follow another timezone than the requested one: days that start at midnight in UTC, for instance."""

from bisect import bisect_left
from datetime import UTC, datetime, timedelta
from operator import attrgetter

from apitally_api_client.models import TrafficItem
from apitally_traffic._decoding import Row
from apitally_traffic._paging.order import Rows, period_start
from apitally_traffic._windows.periods import LENGTHS
from apitally_traffic._windows.window import TimeWindow

_DAY, _MINUTE = timedelta(days=1), timedelta(minutes=1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# Offsets that are the same at both ends of such a span are nearly always the same in it.
_SPAN = timedelta(days=28)

_minute = attrgetter("minute")


def misaligned(rows: Rows, window: TimeWindow) -> Row | TrafficItem | None:
    """Return the first row that starts inside an hour or day of the window's timezone, or None.

    Rows within a day of a change of the UTC offset may start at any time: there, time zone databases and opinions about
    where an hour starts differ.

    Args:
        rows: in order, at least one.
        window: what was requested.
    """
    # Full hours of the wrong timezone are wrong at both ends: offsets with minutes last longer than any slice of hours.
    is_regular = window.interval == "hour" and len(set(map(_minute, map(period_start, rows)))) == 1
    try:
        suspects = (rows[0], rows[-1]) if is_regular else _suspects(rows, window)
        return next((row for row in suspects if not _is_aligned(row.period_start, window)), None)
    except OverflowError:  # at the ends of the calendar, where local times are none
        return None


def _suspects(rows: Rows, window: TimeWindow) -> Rows:
    """Return the rows whose distance to a start of a period is no multiple of its length, and those near a change."""
    length, suspects, begin = LENGTHS[window.interval], list[Row | TrafficItem](), 0
    while begin < len(rows):
        first = rows[begin].period_start
        end = bisect_left(rows, first + _SPAN, lo=begin, key=period_start)
        last = rows[end - 1].period_start
        offset = _offset(first, window)
        if offset == _offset(last, window):
            aligned = _EPOCH - offset
            suspects += [row for row in rows[begin:end] if (row.period_start - aligned) % length]
        else:
            suspects += rows[begin:end]
        begin = end
    return suspects


def _is_aligned(start: datetime, window: TimeWindow) -> bool:
    offsets = {_offset(start + days * _DAY, window) for days in (-1, 0, 1)}
    offset = offsets.pop()
    # Local mean time, of the 19th century, has seconds, which no response can express.
    is_free = bool(offsets or offset % _MINUTE)
    return is_free or not (start - _EPOCH + offset) % LENGTHS[window.interval]


def _offset(instant: datetime, window: TimeWindow) -> timedelta:
    return instant.astimezone(window.timezone).utcoffset() or timedelta(0)
