"""Check numbers that callers pass in."""

import threading
from operator import index

from apitally_traffic._texts import quoted

MAX_COUNT = 2**63 - 1
"""The largest integer that the API, databases and tables can hold."""


def check_count(name: str, value: int, *, minimum: int = 1, maximum: int = MAX_COUNT) -> int:
    """Return an integer as a plain int, after checking its bounds.

    Raises:
        TypeError: the value is not an integer.
        ValueError: it is less than `minimum` or more than `maximum`.
    """
    try:
        count = None if isinstance(value, bool) else index(value)
    except Exception:  # noqa: BLE001 - an array without exactly one element raises an error of its own
        count = None
    if count is None:
        raise TypeError(f"{name} must be an int, not {quoted(value)}.")
    if not minimum <= count <= maximum:
        is_small = maximum == MAX_COUNT and count < minimum
        bounds = f"at least {minimum}" if is_small else f"from {minimum} to {maximum}"
        raise ValueError(f"{name} must be {bounds}, not {quoted(count)}.")
    return count


def check_seconds(name: str, seconds: float, *, allows_zero: bool = False) -> float:
    """Return a number of seconds as a float, after checking that it is one that a thread can wait for.

    Raises:
        TypeError: the value is not a number.
        ValueError: it is negative, 0 unless that is allowed, too large or NaN.
    """
    if isinstance(seconds, bool) or not isinstance(seconds, int | float):
        raise TypeError(f"{name} must be a number of seconds, not {quoted(seconds)}.")
    if not (0 < seconds <= threading.TIMEOUT_MAX or (allows_zero and seconds == 0)):
        what = "number of seconds from 0" if allows_zero else "positive number of seconds up"
        raise ValueError(f"{name} must be a {what} to {threading.TIMEOUT_MAX:.0f}, not {quoted(seconds)}.")
    return float(seconds)
