"""Judge where rows start and how long they are by the clock changes of the requested timezone."""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

from apitally_traffic._windows.periods import LENGTHS, floor, following
from apitally_traffic._windows.window import TimeWindow

_DAY, _HOUR, _MINUTE, _ZERO = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1), timedelta(0)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# Offsets that are the same at both ends of such a span are nearly always the same in it.
_SPAN = timedelta(days=28)
INCLUSIVE = timedelta(seconds=1)
"""How early an end may be that is the last instant, or second, of its period."""


def misaligned(starts: Sequence[datetime], window: TimeWindow) -> datetime | None:
    """Return the first start of a row that lies inside an hour or day of the window's timezone, or None.

    Rows within a day of a change of the UTC offset may follow either offset: opinions about where a period starts
    differ there.

    Args:
        starts: the starts of all rows, oldest first.
        window: what was requested.
    """
    try:
        return next((start for start in _suspects(starts, window) if not _is_aligned(start, window)), None)
    except OverflowError:  # at the ends of the calendar, where local times do not exist
        return None


def belongs_from(border: datetime, window: TimeWindow) -> datetime:
    """Return from when on a row that starts belongs to the part of time that begins at the start of a period.

    Of two windows that meet there, a row belongs to the one that it starts in, whether a server filters rows by their
    start or returns all that overlap a window. Only where a response cannot express a start exactly, it may be early.
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
    """Return whether the window's timezone may have an hour or a day from `start` to `end`, because a clock changes.

    A period of the timezone, as windows have it, always is possible. Others within a day of a change of the UTC offset
    may be longer or shorter by that change, hours only where it is a fraction of an hour. The end may be inclusive.
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
    """Yield the starts that are not aligned, and those next to a change of the UTC offset."""
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
    """Return how far a time is from a multiple of the interval."""
    length = LENGTHS[window.interval]
    return min(time % length, -time % length)


def _inaccuracy(offset: timedelta) -> timedelta:
    """Return how wrong a server may be: local mean time, of the 19th century, has seconds, which no response has."""
    return _MINUTE if offset % _MINUTE else timedelta(0)


def _offset(instant: datetime, window: TimeWindow) -> timedelta:
    offset = instant.astimezone(window.timezone).utcoffset()
    assert offset is not None, "a timezone of the database always has an offset"
    return offset
