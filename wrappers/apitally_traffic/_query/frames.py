"""Convert rows to totals, and to tables of pyarrow, pandas and polars.

Period columns are timezone-aware, in the query's timezone, to the microsecond; counts are 64-bit integers. An empty
result has the same columns and types. A library is imported when one of its tables is first requested. Because reading
the rows may take long, an empty table is built first: a missing library, or a timezone that it does not know, is an
error at once. Tables are built directly from the decoded rows, without converting them to items.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from importlib import import_module
from operator import attrgetter
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar, cast
from zoneinfo import ZoneInfo

from apitally_traffic._decoding import Rows

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl
    import pyarrow as pa

Table = TypeVar("Table")

_PERIODS = ("period_start", "period_end")
_COUNTS = ("requests", "bytes_received", "bytes_sent")
_EPOCH, _MICROSECOND = datetime(1970, 1, 1, tzinfo=UTC), timedelta(microseconds=1)


class TrafficTotals(NamedTuple):
    """The sums over all items of a query.

    Example:
        >>> client.get_traffic(1, start="2026-01-01", end="2026-01-01").totals()
        TrafficTotals(requests=0, bytes_received=0, bytes_sent=0)
    """

    requests: int
    bytes_received: int
    bytes_sent: int


def total(rows: Rows) -> TrafficTotals:
    """Return the sums over the rows."""
    return TrafficTotals(*(sum(_counts(rows, name)) for name in _COUNTS))


def arrow_builder(timezone: ZoneInfo) -> "Callable[[Rows], pa.Table]":
    """Return a function that makes a pyarrow table from rows.

    Raises:
        ImportError: pyarrow is not installed; the message names the extra.
        ValueError: pyarrow does not know the timezone.
    """
    pyarrow = _import("pyarrow", extra="arrow")

    def build(rows: Rows) -> "pa.Table":
        instant = pyarrow.timestamp("us", timezone.key)
        columns = {
            name: pyarrow.array(numbers, pyarrow.int64()).cast(instant) for name, numbers in _periods(rows).items()
        }
        columns |= {name: pyarrow.array(_counts(rows, name), pyarrow.int64()) for name in _COUNTS}
        return pyarrow.table(columns)

    return _checked(build, "pyarrow", timezone, ValueError)


def pandas_builder(timezone: ZoneInfo) -> "Callable[[Rows], pd.DataFrame]":
    """Return a function that makes a pandas frame from rows.

    Raises:
        ImportError: pandas is not installed; the message names the extra.
        ValueError: pandas does not know the timezone.
    """
    pandas = _import("pandas", extra="pandas")

    def build(rows: Rows) -> "pd.DataFrame":
        columns = {}
        for name, numbers in _periods(rows).items():
            instants = pandas.Series(numbers, dtype="int64").astype("datetime64[us]")
            columns[name] = instants.dt.tz_localize("UTC").dt.tz_convert(timezone.key)
        columns |= {name: pandas.Series(_counts(rows, name), dtype="int64") for name in _COUNTS}
        return cast("pd.DataFrame", pandas.DataFrame(columns))

    return _checked(build, "pandas", timezone, LookupError, ValueError)


def polars_builder(timezone: ZoneInfo) -> "Callable[[Rows], pl.DataFrame]":
    """Return a function that makes a polars frame from rows.

    Raises:
        ImportError: polars is not installed; the message names the extra.
        ValueError: polars does not know the timezone.
    """
    polars = _import("polars", extra="polars")

    def build(rows: Rows) -> "pl.DataFrame":
        instant = polars.Datetime("us", timezone.key)
        columns = {
            name: polars.Series(name, numbers, dtype=polars.Int64).cast(instant)
            for name, numbers in _periods(rows).items()
        }
        columns |= {name: polars.Series(name, _counts(rows, name), dtype=polars.Int64) for name in _COUNTS}
        return cast("pl.DataFrame", polars.DataFrame(columns))

    return _checked(build, "polars", timezone, polars.exceptions.PolarsError)


def _import(name: str, *, extra: str) -> Any:
    try:
        return import_module(name)
    except ModuleNotFoundError as error:
        if error.name != name:
            raise  # the library is installed, but one of its dependencies is not
        raise ImportError(f"{name} is not installed: python3 -m pip install 'apitally-traffic[{extra}]'.") from error


def _checked(
    build: Callable[[Rows], Table], library: str, timezone: ZoneInfo, *refusals: type[Exception]
) -> Callable[[Rows], Table]:
    """Return a function that makes a table, after checking that its library knows the timezone.

    Args:
        build: the function.
        library: the name of the library.
        timezone: the timezone.
        *refusals: what the library raises for a timezone that it does not know.

    Raises:
        ValueError: the library does not know the timezone.
    """
    try:
        build([])
    except refusals as error:
        raise ValueError(
            f"{library} does not know the timezone {timezone.key!r}: use another one, or another kind of table."
        ) from error
    return build


def _periods(rows: Rows) -> dict[str, list[int]]:
    """Return the period columns in microseconds since 1970."""
    starts, ends = ([getattr(row, name) for row in rows] for name in _PERIODS)
    start_numbers = _microseconds(starts)
    # Without gaps, each period ends where the next one starts, so nearly all ends are converted already.
    has_gaps = ends[:-1] != starts[1:]
    end_numbers = _microseconds(ends) if has_gaps else [*start_numbers[1:], *_microseconds(ends[-1:])]
    return dict(zip(_PERIODS, (start_numbers, end_numbers), strict=True))


def _microseconds(instants: list[datetime]) -> list[int]:
    return [(instant - _EPOCH) // _MICROSECOND for instant in instants]


def _counts(rows: Rows, name: str) -> list[int]:
    return list(map(attrgetter(name), rows))
