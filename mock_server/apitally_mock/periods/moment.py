"""Read the date-times that a client sends: any RFC 3339 form, and ISO 8601 without an offset.

A moment stays a sum of integers, because RFC 3339 reaches instants that `datetime` does not (00:00+14:00 on the first
day of year 1) and fractions finer than its microseconds. What a moment without an offset means is decided here too,
given a zone; where periods begin is left to `calendar`.
"""

import re
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

EPOCH_ORDINAL = date(1970, 1, 1).toordinal()
SECONDS_PER_DAY = 86_400

_CLOCK_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - the clock on the wall has no zone of its own
_LAST_CLOCK_SECOND = (date.max.toordinal() + 1 - EPOCH_ORDINAL) * SECONDS_PER_DAY - 1

_DATE = r"(?P<year>[0-9]{4})-(?P<month>[0-9]{2})-(?P<day>[0-9]{2})[Tt ]"
_HOUR_MINUTE = r"(?P<hour>[01][0-9]|2[0-3]):(?P<minute>[0-5][0-9])"
_SECOND = r":(?P<second>[0-5][0-9]|60)(?:\.(?P<fraction>[0-9]+))?"
_OFFSET = r"(?:[Zz]|(?P<sign>[+-])(?P<offset_hours>[01][0-9]|2[0-3]):(?P<offset_minutes>[0-5][0-9]))"
_WITH_OFFSET = re.compile(_DATE + _HOUR_MINUTE + _SECOND + _OFFSET)
_WITHOUT_OFFSET = re.compile(_DATE + _HOUR_MINUTE + f"(?:{_SECOND})?")


class Moment:
    """A point in time as the client wrote it; without an offset, it waits for a zone to become an instant.

    Args:
        clock_seconds: what the clock on the wall shows, in seconds since it showed 1970-01-01T00:00:00; rounded down.
        has_fraction: whether the moment lies between this second and the next.
        offset: seconds east of UTC, or `None` if the client gave no offset.
    """

    def __init__(self, clock_seconds: int, *, has_fraction: bool, offset: int | None) -> None:
        self.clock_seconds = clock_seconds
        self.has_fraction = has_fraction
        self.offset = offset

    def instant(self, zone: ZoneInfo) -> int:
        """Give the second in which the moment lies, with a moment without an offset read in `zone`.

        A local time that exists twice means the first of the two; one that a jump of the clock skips means the same
        distance after the jump (02:30 on the last Sunday of March is 03:30 in Berlin), as Python's `fold=0` has it.
        """
        offset = local_offset(self.clock_seconds, zone) if self.offset is None else self.offset
        return self.clock_seconds - offset

    def instant_rounded_up(self, zone: ZoneInfo) -> int:
        """Give the first whole second that is not before the moment."""
        return self.instant(zone) + self.has_fraction


def parse_moment(text: str) -> Moment:
    """Read a date-time.

    Raises:
        ValueError: with a sentence that says which part of the text is wrong.
    """
    match = _WITH_OFFSET.fullmatch(text) or _WITHOUT_OFFSET.fullmatch(text)
    if match is None:
        msg = "expected a form such as 2025-05-14T00:00:00Z, 2025-05-14T00:00:00+02:00 or 2025-05-14T00:00:00"
        raise ValueError(msg)
    part = match.groupdict(default="0")
    offset: int | None = None
    if match.re is _WITH_OFFSET:
        offset = int(part["offset_hours"]) * 3600 + int(part["offset_minutes"]) * 60
        offset = -offset if part["sign"] == "-" else offset
    # `date` knows the lengths of months and refuses year 0, in words of its own that are plain enough to pass on.
    days = date(int(part["year"]), int(part["month"]), int(part["day"])).toordinal() - EPOCH_ORDINAL
    second = int(part["second"])
    clock_seconds = days * SECONDS_PER_DAY + int(part["hour"]) * 3600 + int(part["minute"]) * 60 + second
    if second == 60 and offset is not None and (clock_seconds - offset) % SECONDS_PER_DAY:
        msg = "a leap second can only be the last second of a day in UTC"
        raise ValueError(msg)
    return Moment(clock_seconds, has_fraction=bool(part["fraction"].strip("0")), offset=offset)


def local_offset(clock_seconds: int, zone: ZoneInfo) -> int:
    """Give the seconds east of UTC that `zone` uses when its clock shows the given time."""
    # Only a leap second at the very end of year 9999 lies beyond what `datetime` knows.
    clock = _CLOCK_EPOCH + timedelta(seconds=min(clock_seconds, _LAST_CLOCK_SECOND))
    offset = zone.utcoffset(clock)
    assert offset is not None, "a zone of the tz database always knows its offset"
    return offset // timedelta(seconds=1)
