"""The check of integers that callers pass in."""

from operator import index

from apitally_traffic._texts import quoted

MAX_COUNT = 2**63 - 1
"""The largest number of the API, of databases and of tables."""


def check_count(name: str, value: int, *, minimum: int = 1, maximum: int = MAX_COUNT) -> int:
    """Return an integer within bounds as a plain int.

    Raises:
        TypeError: the value is not an integer.
        ValueError: it is less than `minimum`, or more than `maximum`.
    """
    try:
        count = None if isinstance(value, bool) else index(value)
    except Exception:  # noqa: BLE001 - an array has an index only if it has one element, and says so in its own words
        count = None
    if count is None:
        raise TypeError(f"{name} must be an int, not {quoted(value)}.")
    if not minimum <= count <= maximum:
        is_small = maximum == MAX_COUNT and count < minimum
        bounds = f"at least {minimum}" if is_small else f"from {minimum} to {maximum}"
        raise ValueError(f"{name} must be {bounds}, not {quoted(count)}.")
    return count
