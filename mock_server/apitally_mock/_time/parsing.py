"""Parse the date-times that a client sends: RFC 3339, and ISO 8601 without an offset.

A parsed time is kept as integers, because RFC 3339 can write instants that `datetime` cannot hold (00:00+14:00 on the
first day of year 1) and fractions finer than its microseconds.
"""

import re
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

EPOCH_ORDINAL = date(1970, 1, 1).toordinal()
SECONDS_PER_DAY = 86_400

_LOCAL_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - local time of a zone that is passed separately
_LAST_LOCAL_SECOND = (date.max.toordinal() + 1 - EPOCH_ORDINAL) * SECONDS_PER_DAY - 1

_DATE = r"(?P<year>[0-9]{4})-(?P<month>[0-9]{2})-(?P<day>[0-9]{2})[Tt ]"
_HOUR_MINUTE = r"(?P<hour>[01][0-9]|2[0-3]):(?P<minute>[0-5][0-9])"
_SECOND = r":(?P<second>[0-5][0-9]|60)(?:\.(?P<fraction>[0-9]+))?"
_OFFSET = r"(?:[Zz]|(?P<sign>[+-])(?P<offset_hours>[01][0-9]|2[0-3]):(?P<offset_minutes>[0-5][0-9]))"
_WITH_OFFSET = re.compile(_DATE + _HOUR_MINUTE + _SECOND + _OFFSET)
_WITHOUT_OFFSET = re.compile(_DATE + _HOUR_MINUTE + f"(?:{_SECOND})?")


class ParsedTime:
    """A date-time as the client sent it.

    Args:
        local_seconds: local time, in seconds since 1970-01-01T00:00:00 local time, rounded down.
        has_fraction: whether the time lies between this second and the next.
        offset: seconds east of UTC, or `None` if the client gave no offset.
    """

    def __init__(self, local_seconds: int, *, has_fraction: bool, offset: int | None) -> None:
        self.local_seconds = local_seconds
        self.has_fraction = has_fraction
        self.offset = offset

    def instant(self, zone: ZoneInfo) -> int:
        """Return the time in seconds since the epoch, rounded down; without an offset, it is read in `zone`.

        A local time that exists twice is the first of the two. One that a clock change skips is moved forward by the
        length of the gap (02:30 on the last Sunday of March is 03:30 in Berlin), as with Python's `fold=0`.
        """
        return self.local_seconds - (_local_offset(self.local_seconds, zone) if self.offset is None else self.offset)

    def instant_rounded_up(self, zone: ZoneInfo) -> int:
        """Return the first whole second that is not before the time."""
        return self.instant(zone) + self.has_fraction


def parse_time(text: str) -> ParsedTime:
    """Parse a date-time.

    Raises:
        ValueError: the text is not a date-time; the message says what is wrong with it.
    """
    match = _WITH_OFFSET.fullmatch(text) or _WITHOUT_OFFSET.fullmatch(text)
    if match is None:
        raise ValueError(
            "expected a form such as 2025-05-14T00:00:00Z, 2025-05-14T00:00:00+02:00 or 2025-05-14T00:00:00"
        )
    part = match.groupdict(default="0")
    offset: int | None = None
    if match.re is _WITH_OFFSET:
        offset = int(part["offset_hours"]) * 3600 + int(part["offset_minutes"]) * 60
        offset = -offset if part["sign"] == "-" else offset
    # `date` checks the lengths of months and refuses year 0; its messages are clear enough to pass on.
    days = date(int(part["year"]), int(part["month"]), int(part["day"])).toordinal() - EPOCH_ORDINAL
    second = int(part["second"])
    local_seconds = days * SECONDS_PER_DAY + int(part["hour"]) * 3600 + int(part["minute"]) * 60 + second
    if second == 60 and offset is not None and (local_seconds - offset) % SECONDS_PER_DAY:
        raise ValueError("a leap second can only be the last second of a day in UTC")
    return ParsedTime(local_seconds, has_fraction=bool(part["fraction"].strip("0")), offset=offset)


def parse_instant(text: str) -> int:
    """Parse a date-time that must have an offset; return it in seconds since the epoch, rounded down.

    Raises:
        ValueError: the text is not a date-time with an offset; the message says what is wrong with it.
    """
    time = parse_time(text)
    if time.offset is None:
        raise ValueError(f"it needs an offset, such as {text}Z")
    return time.local_seconds - time.offset


def _local_offset(local_seconds: int, zone: ZoneInfo) -> int:
    """Return the seconds east of UTC that `zone` uses at a local time."""
    # Only a leap second at the very end of year 9999 lies beyond what `datetime` can hold.
    local = _LOCAL_EPOCH + timedelta(seconds=min(local_seconds, _LAST_LOCAL_SECOND))
    offset = zone.utcoffset(local)
    assert offset is not None, "a zone of the tz database always has an offset"
    return int(offset.total_seconds())
