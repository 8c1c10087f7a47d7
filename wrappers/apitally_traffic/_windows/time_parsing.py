"""Parse the forms in which a caller may write a time or a timezone.

"Timezone to use for intervals and to interpret `start` and `end` if given without offset. Defaults to UTC." A wall
clock time that occurs twice means the first occurrence unless its `fold` is 1; a time that a clock change skips gets
the offset before the change (PEP 495).
"""

import errno
import os
import re
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from apitally_traffic._real_time import real
from apitally_traffic._texts import one_line, quoted
from apitally_traffic._windows.periods import first_instant

TimeLike = datetime | date | timedelta | str
"""The types that `start` and `end` accept."""

# The vendor's own tool also accepts durations with a minus.
_SHORT = r"(?a)-?(?P<count>\d+)(?P<unit>[MHDW])"
_UNITS = {"M": "minutes", "H": "hours", "D": "days", "W": "weeks"}
_ISO = (
    r"(?a)-?P(?!$)(?:(?P<weeks>\d+)W)?(?:(?P<days>\d+)D)?"
    r"(?:T(?!$)(?:(?P<hours>\d+)H)?(?:(?P<minutes>\d+)M)?(?:(?P<seconds>\d+)S)?)?"
)
# Python accepts more: any character in place of the T, and an offset directly after a date.
_TIME_OF_DAY = r"(?a)[^T ]{7,10}[T ]\d\d.*"

# The limit on open files of the process, or of the system, is reached.
_NO_FILES = {errno.EMFILE, errno.ENFILE}
# Files that zoneinfo opens but that are not IANA names: the machine's own timezone, and copies, some with leap seconds.
_NO_TIMEZONES = ("localtime", "posixrules", "posix/", "right/")


def resolve_timezone(timezone: str | ZoneInfo) -> ZoneInfo:
    """Return the timezone with an IANA name.

    Raises:
        TypeError: the argument is neither a name nor a ZoneInfo that has one.
        ValueError: no timezone has this name.
    """
    name = timezone.key if isinstance(timezone, ZoneInfo) else timezone
    if not isinstance(name, str):
        raise TypeError(f"timezone must be an IANA name or a ZoneInfo that has one, not {quoted(timezone)}.")
    reason = ""
    # Depending on the name, zoneinfo looks for a file, a folder or a package, and fails accordingly.
    if not name.startswith(_NO_TIMEZONES):
        try:
            return ZoneInfo(name[:])  # a plain str, because a subclass may have another repr
        except (LookupError, ValueError):
            pass
        except OSError as error:
            reason = os.strerror(error.errno) if error.errno in _NO_FILES else ""
    # Raised outside of the handlers, so that no error of zoneinfo is chained: it quotes the name, which may be the key.
    if reason:
        raise ValueError(f"The timezone {quoted(name)} cannot be looked up: {reason}.")
    raise ValueError(f"Unknown timezone {quoted(name)}: use an IANA name such as 'Europe/Berlin'.")


def resolve_time(name: str, time: TimeLike, timezone: ZoneInfo, now: datetime) -> datetime:
    """Return the instant that an argument means, in UTC.

    Args:
        name: the argument's name, for the message.
        time: a datetime (naive: in `timezone`), a date (its first instant in `timezone`), an ISO 8601 string of either,
            a timedelta before `now`, or a duration string such as `30m 24h 7d 2w P14D PT24H`, with or without a minus.
            A day in a duration is 24 hours.
        timezone: the query's timezone.
        now: the instant from which durations are subtracted.

    Raises:
        TypeError: the argument has another type.
        ValueError: the string has none of these forms, the duration is negative, the time is NaT, or the instant lies
            outside the years 1 to 9999.
    """
    if isinstance(time, str):
        time = _parse(name, time)
    elif _is_missing(time):
        raise ValueError(f"{name} is NaT, which is not a time: leave it out for the default.")
    try:
        if isinstance(time, datetime):
            plain = real(time)  # subclasses of other libraries may carry nanoseconds, or no time at all
            aware = plain if offset_of(name, plain) is not None else plain.replace(tzinfo=timezone)
            return aware.astimezone(UTC)
        if isinstance(time, date):
            return first_instant(time, timezone)
        if isinstance(time, timedelta):
            return _before(name, time, now)
    except OverflowError as error:
        raise ValueError(f"{name} {quoted(time)} lies outside the years 1 to 9999.") from error
    raise TypeError(f"{name} must be a datetime, date, timedelta or str, not {type(time).__name__}.")


def offset_of(name: str, time: datetime) -> timedelta | None:
    """Return the UTC offset of an argument, or None if it is naive.

    Raises:
        ValueError: its timezone raises an error, or returns an offset that is not possible.
    """
    try:
        return time.utcoffset()
    except Exception as error:
        raise ValueError(
            f"{name} {quoted(time)} has a timezone without a valid offset: {one_line(str(error))}"
        ) from error


def _is_missing(time: object) -> bool:
    """Return whether a value is NaT, the missing time of pandas or numpy. isinstance accepts it as a datetime."""
    try:
        return str(time) == "NaT"
    except Exception:  # noqa: BLE001 - a value without a string form is not NaT
        return False


def _parse(name: str, written: str) -> datetime | date | timedelta:
    text = written.upper()
    short, iso = re.fullmatch(_SHORT, text), re.fullmatch(_ISO, text)
    try:
        if short:
            return timedelta(**{_UNITS[short["unit"]]: int(short["count"])})
        if iso:
            return timedelta(**{unit: int(count) for unit, count in iso.groupdict("0").items()})
    except (OverflowError, ValueError) as error:  # ValueError: Python does not parse more than 4,300 digits
        raise ValueError(f"{name} {quoted(written)} lies outside the years 1 to 9999.") from error
    try:
        # A date is not midnight: clock changes skip midnight on some days.
        parse = (
            datetime.fromisoformat if re.fullmatch(_TIME_OF_DAY, text) and text.isprintable() else date.fromisoformat
        )
        return parse(text)
    except ValueError:
        pass
    raise ValueError(
        f"{name} {quoted(written)} is neither an ISO 8601 date or time, such as 2025-05-14T00:00:00Z, "
        "nor a duration, such as 30m, 24h, 7d, 2w, P14D or PT24H."
    )


def _before(name: str, duration: timedelta, now: datetime) -> datetime:
    if duration < timedelta(0):
        raise ValueError(f"{name} {quoted(duration)} is negative: a duration counts back from now.")
    return real(now).astimezone(UTC) - duration
