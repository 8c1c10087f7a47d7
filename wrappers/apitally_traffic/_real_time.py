"""The standard library's own date and datetime classes, even while a test freezes the time.

freezegun replaces `date` and `datetime` with its own classes. Converting its datetime to a timezone loses the `fold`,
which marks the second occurrence of an hour, and msgspec supports neither class.
"""

from datetime import date, datetime
from typing import TypeVar

_Time = TypeVar("_Time")


def _real(kind: type[_Time]) -> tuple[type[_Time]]:
    """Return the standard library's class: freezegun derives its own from it, with a different metaclass."""
    return (next(base for base in kind.__mro__ if type(base) is type),)


# Tuples, because freezegun replaces the attributes of modules but not the items of tuples.
DATE = _real(date)
DATETIME = _real(datetime)


def real(time: datetime) -> datetime:
    """Return the same time as a plain `datetime` of the standard library, without what a subclass adds."""
    (kind,) = DATETIME
    return time if type(time) is kind else kind.combine(time.date(), time.timetz())
