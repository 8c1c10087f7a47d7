"""The hours and days of a zone, in seconds since 1970-01-01T00:00:00Z, computed with zoneinfo only."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Final, Literal, NamedTuple
from zoneinfo import ZoneInfo

Interval = Literal["hour", "day"]

HOUR: Final = 3600
DAY: Final = 24 * HOUR


# The years 1 to 9999, and what is left of them where the offset of a zone, and at the end a period, are added.
_YEAR_1, _YEAR_9999 = -62_135_596_800, 253_402_300_799
_FIRST, _LAST = _YEAR_1 + DAY, _YEAR_9999 - 2 * DAY


class Transition(NamedTuple):
    """A change of a zone's offset."""

    instant: int
    before: int
    after: int

    @property
    def shift(self) -> int:
        """By how many seconds local time jumps, forward or (negative) back."""
        return self.after - self.before


@lru_cache(maxsize=1 << 16)
def offset_at(zone: str, instant: int) -> int:
    """Return the seconds east of UTC that a zone uses at an instant."""
    offset = _local(zone, instant).utcoffset()
    assert offset is not None, "a zone of the database always has an offset"
    return int(offset.total_seconds())


@lru_cache(maxsize=1 << 12)
def transitions(zone: str, start: int, end: int) -> tuple[Transition, ...]:
    """Return the changes of a zone's offset after `start` and up to `end`, the earliest first."""
    found = []
    for left in range(start, end, DAY):
        right = min(left + DAY, end)
        before, after = offset_at(zone, left), offset_at(zone, right)
        if before != after:
            low, high = left, right
            while high - low > 1:
                middle = (low + high) // 2
                low, high = (middle, high) if offset_at(zone, middle) == before else (low, middle)
            found.append(Transition(high, before, after))
    return tuple(found)


def floor(zone: str, interval: Interval, instant: int) -> int:
    """Return the beginning of the hour or day that an instant lies in."""
    if interval == "hour":
        return instant - (instant + offset_at(zone, instant)) % HOUR
    return _midnight(zone, _local(zone, instant))


def following(zone: str, interval: Interval, start: int) -> int:
    """Return the beginning of the period after the one that begins at `start`."""
    if interval == "hour":
        return start + HOUR
    return _next_midnight(zone, start)


def is_odd(change: Transition) -> bool:
    """Return whether the clocks shift by a fraction of an hour, or in the middle of an hour.

    Correct servers may disagree about the length of such an hour.
    """
    return bool(change.shift % HOUR or (change.instant + change.before) % HOUR)


def periods(zone: str, interval: Interval, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Return the periods that begin in a window, each with its end; `start` must be the beginning of one."""
    while start < end:
        after = following(zone, interval, start)
        yield start, after
        start = after


def is_day_of_change(zone: str, instant: int) -> bool:
    """Return whether the clocks change on the local day of an instant, or change at its very beginning or end."""
    midnight = _midnight(zone, _local(zone, instant))
    return bool(transitions(zone, midnight - 1, _next_midnight(zone, midnight)))


def has_fraction(zone: str, instant: int) -> bool:
    """Return whether the zone's offset at an instant has a fraction of an hour."""
    return offset_at(zone, instant) % HOUR != 0


def utc(instant: float) -> str:
    """Print an instant as RFC 3339 in UTC."""
    if not _YEAR_1 <= instant <= _YEAR_9999:
        return "a time outside of the years 1 to 9999"
    return datetime.fromtimestamp(instant, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def with_offset(instant: int, offset: int) -> str:
    """Print an instant as RFC 3339 with an offset in seconds."""
    clock = datetime.fromtimestamp(instant + offset, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    hours, minutes = divmod(abs(offset) // 60, 60)
    return f"{clock}{'-' if offset < 0 else '+'}{hours:02}:{minutes:02}"


def naive(zone: str, instant: int) -> str:
    """Print the local time of a zone at an instant, without an offset."""
    return _local(zone, instant).strftime("%Y-%m-%dT%H:%M:%S")


def is_repeated(zone: str, first: int, second: int) -> bool:
    """Return whether two instants, the second one later, have the same local time in a zone."""
    return first < second and naive(zone, first) == naive(zone, second)


def names_one_instant(zone: str, instant: int) -> bool:
    """Return whether the local time of an instant happens only once, so that it can be given without an offset."""
    local = _local(zone, instant).replace(tzinfo=None)
    readings = {local.replace(tzinfo=ZoneInfo(zone), fold=fold).timestamp() for fold in (0, 1)}
    return readings == {float(instant)}


def _local(zone: str, instant: int) -> datetime:
    """Return the local time at an instant; a server may name any instant, so those beyond the calendar are moved in."""
    return datetime.fromtimestamp(min(max(instant, _FIRST), _LAST), ZoneInfo(zone))


def _next_midnight(zone: str, instant: int) -> int:
    return _midnight(zone, _local(zone, instant) + timedelta(days=1))


def _midnight(zone: str, local: datetime) -> int:
    # fold=0: the first of two midnights, or the instant of the clock change if midnight is skipped.
    return int(datetime(local.year, local.month, local.day, tzinfo=ZoneInfo(zone)).timestamp())
