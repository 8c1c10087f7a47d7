"""Times of the standard library's own class, also in a test that freezes the time.

freezegun puts a class of its own in the place of `datetime`. What that converts to a timezone loses its `fold`, which
tells the second occurrence of an hour from the first one.
"""

from datetime import datetime

# A tuple, because freezegun looks into modules, and not into tuples. Its own class has another metaclass.
_CLASS: tuple[type[datetime]] = (next(kind for kind in datetime.__mro__ if type(kind) is type),)


def real(time: datetime) -> datetime:
    """Return the same time as an object of the standard library's class, without what a subclass adds."""
    (kind,) = _CLASS
    return time if type(time) is kind else kind.combine(time.date(), time.timetz())
