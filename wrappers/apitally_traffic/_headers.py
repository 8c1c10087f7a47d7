"""Parse the numbers and dates in response headers; anything else becomes None.

Proxies may repeat a header, and HTTP libraries then join its values with commas. Of several plausible values, the one
that makes the client wait longest counts.
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
# Only at the start of a short word: a match that may begin at each of 60,000 letters takes quadratic time.
_DATE = r"(?<![A-Za-z])[A-Za-z]{3,9}, *[^,]+"
# The oldest of the three date formats of HTTP.
_ASCTIME = r"(?a)([A-Za-z]{3}) ([A-Za-z]{3}) ([ \d]\d) (\d\d:\d\d:\d\d) (\d{4})"
# Python parses the year 0001 as 2001. Digits after a sign are an offset.
_YEAR_BEFORE_100 = r"(?a)(?<![+-])\b00\d\d\b"


def parse_number(value: str | None, choose: Callable[[Iterable[float]], float] = max) -> float | None:
    """Return a header's number, at most the largest float; None if it is missing, negative or not a number.

    Args:
        value: the header's value, or None if the response does not have the header. A unit of `s` is ignored.
        choose: which of several numbers to return, `max` or `min`.
    """
    numbers = _numbers(value)
    return choose(numbers) if numbers else None


def parse_date(value: str | None) -> float | None:
    """Return a header's date, the earliest of several, in seconds since 1970; None if it is missing or not a date."""
    return min(_dates(value), default=None)


def date_of(headers: Mapping[str, str]) -> datetime | None:
    """Return when a server made a response, from its `Date` header; None if that is missing or not usable."""
    seconds = parse_date(headers.get("date"))
    return None if seconds is None or not 0 <= seconds < _YEAR_9999 else _EPOCH + timedelta(seconds=seconds)


def parse_retry_after(value: str | None, now: float) -> float | None:
    """Return how many seconds a `Retry-After` header, a number of seconds or a date, asks to wait.

    Args:
        value: the header's value, or None if the response does not have the header.
        now: the server's time, in seconds since 1970.
    """
    return sensible_wait([*_numbers(value), *(max(date - now, 0.0) for date in _dates(value))])


def sensible_wait(waits: Iterable[float]) -> float | None:
    """Return the longest wait, in seconds, ignoring waits of more than a year as implausible."""
    return max((wait for wait in waits if wait <= _YEAR), default=None)


def _numbers(value: str | None) -> list[float]:
    matches = (re.fullmatch(_NUMBER, part.strip()) for part in (value or "").split(","))
    return [min(float(match[1]), sys.float_info.max) for match in matches if match]


@lru_cache(maxsize=16)  # many responses have the same date, and each is parsed for several purposes
def _dates(value: str | None) -> tuple[float, ...]:
    dates = re.findall(_DATE, re.sub(_ASCTIME, r"\1, \3 \2 \5 \4 GMT", value or ""))
    return tuple(date for date in map(_timestamp, dates) if date is not None)


def _timestamp(text: str) -> float | None:
    try:
        return None if re.search(_YEAR_BEFORE_100, text) else parsedate_to_datetime(text).timestamp()
    except (ValueError, OverflowError):
        return None
