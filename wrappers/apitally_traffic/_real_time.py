"""The standard library's own classes of dates and times, also in a test that freezes the time.

freezegun puts classes of its own in the place of `date` and `datetime`. What its datetime converts to a timezone loses
its `fold`, which tells the second occurrence of an hour from the first one, and msgspec knows neither class.
"""

from datetime import date, datetime
from typing import TypeVar

_Time = TypeVar("_Time")


def _real(kind: type[_Time]) -> tuple[type[_Time]]:
    """Return a class of the standard library: freezegun's are derived from it, and have another metaclass."""
    return (next(base for base in kind.__mro__ if type(base) is type),)


# Tuples, because freezegun looks into modules, and not into tuples.
DATE = _real(date)
DATETIME = _real(datetime)


def real(time: datetime) -> datetime:
    """Return the same time as an object of the standard library's class, without what a subclass adds."""
    (kind,) = DATETIME
    return time if type(time) is kind else kind.combine(time.date(), time.timetz())
