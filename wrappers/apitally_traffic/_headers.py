"""Parse the numbers and dates in response headers; what is neither parses as None.

Proxies may repeat a header, and HTTP libraries then join its values with commas. Of several values that make sense, the
one counts that makes the client wait longer.
"""

import re
import sys
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import lru_cache

_NUMBER = r"(?a)(\d+(?:\.\d*)?(?:[eE][+-]?\d+)?) ?s?"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_YEAR = timedelta(days=366).total_seconds()
_YEAR_9999 = datetime(9999, 1, 1, tzinfo=UTC).timestamp()
# From the start of a word, and not a long one: what begins anywhere in 60,000 letters takes the square of the time.
_DATE = r"(?<![A-Za-z])[A-Za-z]{3,9}, *[^,]+"
# The oldest of the three forms that a date may have in HTTP.
_ASCTIME = r"(?a)([A-Za-z]{3}) ([A-Za-z]{3}) ([ \d]\d) (\d\d:\d\d:\d\d) (\d{4})"
# Python reads the year 0001 as 2001. What follows a sign is an offset.
_YEAR_BEFORE_100 = r"(?a)(?<![+-])\b00\d\d\b"


def parse_number(value: str | None, choose: Callable[[Iterable[float]], float] = max) -> float | None:
    """Return a header's number, or None if it is missing or negative; one that is too large is the largest float.

    Args:
        value: the header's value, or None if the response has none. A unit of `s` is ignored.
        choose: which of several numbers to return, `max` or `min`.
    """
    numbers = _numbers(value)
    return choose(numbers) if numbers else None


def parse_date(value: str | None) -> float | None:
    """Return a header's date in seconds since 1970, the earliest of several; None if it is missing or not a date."""
    return min(_dates(value), default=None)


def date_of(headers: Mapping[str, str]) -> datetime | None:
    """Return the time at which a server made a response, from its `Date`; None if it says nothing usable."""
    seconds = parse_date(headers.get("date"))
    return None if seconds is None or not 0 <= seconds < _YEAR_9999 else _EPOCH + timedelta(seconds=seconds)


def parse_retry_after(value: str | None, now: float) -> float | None:
    """Return how many seconds a `Retry-After` header asks to wait, given as seconds or as a date.

    Args:
        value: the header's value, or None if the response has none.
        now: the server's time, in seconds since 1970.
    """
    return sensible_wait([*_numbers(value), *(max(date - now, 0.0) for date in _dates(value))])


def sensible_wait(waits: Iterable[float]) -> float | None:
    """Return the longest of some waits, in seconds; one of more than a year is ignored as implausible."""
    return max((wait for wait in waits if wait <= _YEAR), default=None)


def _numbers(value: str | None) -> list[float]:
    matches = (re.fullmatch(_NUMBER, part.strip()) for part in (value or "").split(","))
    return [min(float(match[1]), sys.float_info.max) for match in matches if match]


@lru_cache(maxsize=16)  # many responses have the same date, which is read for several purposes
def _dates(value: str | None) -> tuple[float, ...]:
    dates = re.findall(_DATE, re.sub(_ASCTIME, r"\1, \3 \2 \5 \4 GMT", value or ""))
    return tuple(date for date in map(_timestamp, dates) if date is not None)


def _timestamp(text: str) -> float | None:
    try:
        return None if re.search(_YEAR_BEFORE_100, text) else parsedate_to_datetime(text).timestamp()
    except (ValueError, OverflowError):
        return None
