"""Dates in HTTP headers."""

from email.utils import formatdate

_MAX_SECONDS = 253_402_300_799
"""The last second of the year 9999: a date in a header has four digits for the year."""


def http_date(seconds: int) -> str:
    """Format a time, given in seconds since the epoch, such as `Wed, 18 Jun 2025 12:34:56 GMT`."""
    return formatdate(min(seconds, _MAX_SECONDS), usegmt=True)
