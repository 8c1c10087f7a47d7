"""Convert items to totals, and to tables of pyarrow, pandas and polars.

Period columns are timezone-aware, in the query's timezone, to the microsecond; counts are 64-bit integers. An empty
result has the same columns and types. Each library is imported when a table of it is first requested, and before the
items are read, which may take long.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from importlib import import_module
from typing import TYPE_CHECKING, Any, NamedTuple, cast
from zoneinfo import ZoneInfo

from apitally_api_client.models import TrafficItem

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl
    import pyarrow as pa

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


def total(items: Sequence[TrafficItem]) -> TrafficTotals:
    """Return the sums over the items."""
    return TrafficTotals(*(sum(_counts(items, name)) for name in _COUNTS))


def arrow_builder(timezone: ZoneInfo) -> "Callable[[Sequence[TrafficItem]], pa.Table]":
    """Return a function that makes a pyarrow table of items.

    Raises:
        ImportError: pyarrow is not installed; the message names the extra.
    """
    pyarrow = _import("pyarrow", extra="arrow")

    def build(items: Sequence[TrafficItem]) -> "pa.Table":
        instant = pyarrow.timestamp("us", timezone.key)
        columns = {name: pyarrow.array(_microseconds(items, name), pyarrow.int64()).cast(instant) for name in _PERIODS}
        columns |= {name: pyarrow.array(_counts(items, name), pyarrow.int64()) for name in _COUNTS}
        return pyarrow.table(columns)

    return build


def pandas_builder(timezone: ZoneInfo) -> "Callable[[Sequence[TrafficItem]], pd.DataFrame]":
    """Return a function that makes a pandas frame of items.

    Raises:
        ImportError: pandas is not installed; the message names the extra.
    """
    pandas = _import("pandas", extra="pandas")

    def build(items: Sequence[TrafficItem]) -> "pd.DataFrame":
        columns = {}
        for name in _PERIODS:
            instants = pandas.Series(_microseconds(items, name), dtype="int64").astype("datetime64[us]")
            columns[name] = instants.dt.tz_localize("UTC").dt.tz_convert(timezone.key)
        columns |= {name: pandas.Series(_counts(items, name), dtype="int64") for name in _COUNTS}
        return cast("pd.DataFrame", pandas.DataFrame(columns))

    return build


def polars_builder(timezone: ZoneInfo) -> "Callable[[Sequence[TrafficItem]], pl.DataFrame]":
    """Return a function that makes a polars frame of items.

    Raises:
        ImportError: polars is not installed; the message names the extra.
    """
    polars = _import("polars", extra="polars")

    def build(items: Sequence[TrafficItem]) -> "pl.DataFrame":
        instant = polars.Datetime("us", timezone.key)
        columns = {
            name: polars.Series(name, _microseconds(items, name), dtype=polars.Int64).cast(instant) for name in _PERIODS
        }
        columns |= {name: polars.Series(name, _counts(items, name), dtype=polars.Int64) for name in _COUNTS}
        return cast("pl.DataFrame", polars.DataFrame(columns))

    return build


def _import(name: str, *, extra: str) -> Any:
    try:
        return import_module(name)
    except ModuleNotFoundError as error:
        if error.name != name:
            raise  # it is installed, and something that it needs is not
        raise ImportError(f"{name} is not installed: python3 -m pip install 'apitally-traffic[{extra}]'.") from error


def _microseconds(items: Sequence[TrafficItem], name: str) -> list[int]:
    return [(getattr(item, name) - _EPOCH) // _MICROSECOND for item in items]


def _counts(items: Sequence[TrafficItem], name: str) -> list[int]:
    return [getattr(item, name) for item in items]
