"""Dates as HTTP headers have them."""

from email.utils import formatdate

_LAST = 253_402_300_799
"""The end of the year 9999: HTTP's dates have four digits for the year."""


def http_date(seconds: int) -> str:
    """Return a time, given in seconds since the epoch, such as `Wed, 18 Jun 2025 12:34:56 GMT`."""
    return formatdate(min(seconds, _LAST), usegmt=True)
