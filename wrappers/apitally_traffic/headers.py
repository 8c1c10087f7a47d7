"""Read the numbers and dates that headers carry; what is no such thing reads as None."""

from email.utils import parsedate_to_datetime
from math import isfinite


def number_of(text: str | None) -> float | None:
    """Return a header's number, unless it is missing, negative or not finite."""
    try:
        number = float(text or "")
    except ValueError:
        return None
    return number if isfinite(number) and number >= 0 else None


def date_of(text: str | None) -> float | None:
    """Return a header's date, in seconds since 1970."""
    try:
        return parsedate_to_datetime(text or "").timestamp()
    except (ValueError, OverflowError):
        return None


def retry_after_of(text: str | None, now: float) -> float | None:
    """Return how many seconds a Retry-After header asks to wait, whether it says so in seconds or by a date.

    Args:
        text: the header's value, or None.
        now: the server's time, in seconds since 1970.
    """
    seconds = number_of(text)
    if seconds is not None:
        return seconds
    date = date_of(text)
    return None if date is None else max(date - now, 0.0)
