"""Find the clock changes in a window, and describe them for a plot."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import NamedTuple

from apitally_traffic import TimeWindow

_STEP_SECONDS = 86_400
_MAX_NOTED = 2
_MAX_MARKED = 24


class ClockChange(NamedTuple):
    """A clock change, with the local times directly before and after it."""

    instant: datetime
    before: datetime
    after: datetime


def clock_changes(window: TimeWindow) -> list[ClockChange]:
    """Return the changes in a window, oldest first; none if there are too many to mark in a plot."""
    found = list(_changes(window))
    return found if len(found) <= _MAX_MARKED else []


def notes(window: TimeWindow) -> list[str]:
    """Return the lines that describe the changes in a window."""
    found = clock_changes(window)
    if len(found) > _MAX_NOTED:
        return ["The clocks change at the dashed lines."]
    return [_note(change) for change in found]


def _note(change: ClockChange) -> str:
    is_same_day = change.before.date() == change.after.date()
    after = f"{change.after:%H:%M}" if is_same_day else f"{change.after:%a %Y-%m-%d %H:%M}"
    way = "forward" if change.after > change.before else "back"
    return f"Clocks go {way} on {change.before:%a %Y-%m-%d} from {change.before:%H:%M} to {after}."


def _changes(window: TimeWindow) -> Iterator[ClockChange]:
    end = int(window.end.timestamp()) - 1
    low = int(window.start.timestamp())
    while low < end:
        high = min(low + _STEP_SECONDS, end)
        if _local(window, low).utcoffset() != _local(window, high).utcoffset():
            yield _change(window, low, high)
        low = high


def _change(window: TimeWindow, low: int, high: int) -> ClockChange:
    """Return the change between two instants, by bisection."""
    old = _local(window, low).utcoffset()
    while high - low > 1:
        middle = (low + high) // 2
        if _local(window, middle).utcoffset() == old:
            low = middle
        else:
            high = middle
    instant = datetime.fromtimestamp(high, UTC)
    naive = instant.replace(tzinfo=None)
    offsets = old, _local(window, high).utcoffset()
    before, after = (naive + offset for offset in offsets if offset is not None)
    return ClockChange(instant, before, after)


def _local(window: TimeWindow, seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, window.timezone)
