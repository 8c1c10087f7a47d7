"""Parse the numbers and dates in response headers; a value that is neither parses as None."""

from email.utils import parsedate_to_datetime
from math import isfinite


def parse_number(value: str | None) -> float | None:
    """Return a header's number, or None if it is missing, negative or not finite."""
    try:
        number = float(value or "")
    except ValueError:
        return None
    return number if isfinite(number) and number >= 0 else None


def parse_date(value: str | None) -> float | None:
    """Return a header's date in seconds since 1970, or None if it is missing or not a date."""
    try:
        return parsedate_to_datetime(value or "").timestamp()
    except (ValueError, OverflowError):
        return None


def parse_retry_after(value: str | None, now: float) -> float | None:
    """Return how many seconds a `Retry-After` header asks to wait, given as seconds or as a date.

    Args:
        value: the header's value, or None if the response has none.
        now: the server's time, in seconds since 1970.
    """
    seconds = parse_number(value)
    if seconds is not None:
        return seconds
    date = parse_date(value)
    return None if date is None else max(date - now, 0.0)
