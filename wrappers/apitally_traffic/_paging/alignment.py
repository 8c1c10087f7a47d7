"""Check the starts and lengths of rows against the requested timezone and its clock changes."""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

from apitally_traffic._windows.periods import LENGTHS, floor, following
from apitally_traffic._windows.window import TimeWindow

_DAY, _HOUR, _MINUTE, _ZERO = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1), timedelta(0)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# If the offset is the same at both ends of such a span, it is nearly always the same in between.
_SPAN = timedelta(days=28)
INCLUSIVE = timedelta(seconds=1)
"""How early an inclusive end may be: some servers give the last instant, or the last second, of a period."""


def misaligned(starts: Sequence[datetime], window: TimeWindow) -> datetime | None:
    """Return the first start that is not the start of an hour or day of the window's timezone, or None.

    Within a day of a change of the UTC offset, rows may follow either offset, because servers may differ there on where
    a period starts.

    Args:
        starts: the starts of all rows, oldest first.
        window: the requested window.
    """
    try:
        return next((start for start in _suspects(starts, window) if not _is_aligned(start, window)), None)
    except OverflowError:  # at the ends of the calendar, where local times do not exist
        return None


def belongs_from(border: datetime, window: TimeWindow) -> datetime:
    """Return the earliest start of a row that belongs to the window after `border` rather than the one before it.

    A row belongs to the window that it starts in, whether a server filters rows by their start or returns all rows that
    overlap a window. It may start earlier than `border` only if a response cannot express that instant exactly.
    """
    border = border.astimezone(UTC)
    try:
        return border - max(
            _inaccuracy(_offset(instant, window)) for instant in (border - timedelta.resolution, border)
        )
    except OverflowError:  # at the ends of the calendar
        return border


def offset_changes(instant: datetime, window: TimeWindow) -> bool:
    """Return whether the UTC offset of the window's timezone changes within a day of an instant."""
    try:
        return _offset(instant - _DAY, window) != _offset(instant + _DAY, window)
    except OverflowError:  # at the ends of the calendar
        return False


def is_possible_length(start: datetime, end: datetime, window: TimeWindow) -> bool:
    """Return whether an hour or day of the window's timezone may last from `start` to `end`, because of a clock change.

    A period of the timezone, as `TimeWindow.periods` yields it, is always possible. Within a day of a change of the UTC
    offset, days may be longer or shorter by that change, and hours too if it is not a whole number of hours. The end
    may be inclusive.
    """
    interval, zone = window.interval, window.timezone
    missing = LENGTHS[interval] - (end - start)
    try:
        if _ZERO <= following(start, interval, zone) - end <= INCLUSIVE and start == floor(start, interval, zone):
            return True
        change = abs(_offset(start + 2 * _DAY, window) - _offset(start - _DAY, window))
        is_free = interval == "day" or bool(change % _HOUR)
        return is_free and -change <= missing <= change + INCLUSIVE
    except OverflowError:  # at the ends of the calendar
        return False


def _suspects(starts: Sequence[datetime], window: TimeWindow) -> Iterator[datetime]:
    """Yield the starts that are not aligned at the UTC offset that applies at both ends of their span."""
    begin = 0
    while begin < len(starts):
        end = bisect_left(starts, starts[begin] + _SPAN)
        yield from _suspects_in_span(starts[begin:end], window)
        begin = end


def _suspects_in_span(starts: Sequence[datetime], window: TimeWindow) -> Sequence[datetime]:
    offset, length, middle = _offset(starts[0], window), LENGTHS[window.interval], len(starts) // 2
    if offset == _offset(starts[-1], window):
        aligned = _EPOCH - offset
        return [start for start in starts if (start - aligned) % length]
    return [*_suspects_in_span(starts[:middle], window), *_suspects_in_span(starts[middle:], window)]


def _is_aligned(start: datetime, window: TimeWindow) -> bool:
    if start == floor(start, window.interval, window.timezone):
        return True
    offsets = {_offset(start - _DAY, window), _offset(start + _DAY, window)}
    return any(_distance(start - _EPOCH + offset, window) <= _inaccuracy(offset) for offset in offsets)


def _distance(time: timedelta, window: TimeWindow) -> timedelta:
    """Return the distance of a time from the nearest multiple of the interval."""
    length = LENGTHS[window.interval]
    return min(time % length, -time % length)


def _inaccuracy(offset: timedelta) -> timedelta:
    """Return how inaccurate a start may be: responses cannot express the seconds of a 19th-century local mean time."""
    return _MINUTE if offset % _MINUTE else timedelta(0)


def _offset(instant: datetime, window: TimeWindow) -> timedelta:
    offset = instant.astimezone(window.timezone).utcoffset()
    assert offset is not None, "a timezone of the database always has an offset"
    return offset
