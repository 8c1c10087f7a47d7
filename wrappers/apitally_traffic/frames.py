"""Turn items into totals, and into tables of Arrow, pandas and polars.

Period columns are aware, in the query's timezone, to the microsecond; counts are 64-bit integers. An empty result has
the same columns and types. Each library is imported when it is first asked for.
"""

from collections.abc import Sequence
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
_LIBRARIES = {"arrow": "pyarrow", "pandas": "pandas", "polars": "polars"}
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


def library(extra: str) -> Any:
    """Import what an extra installs; a query does so before it reads, which may take long.

    Raises:
        ImportError: it is not installed; the message names the extra.
    """
    name = _LIBRARIES[extra]
    try:
        return import_module(name)
    except ModuleNotFoundError as error:
        if error.name != name:
            raise  # it is installed, and something that it needs is not
        raise ImportError(f"{name} is not installed: python3 -m pip install 'apitally-traffic[{extra}]'.") from error


def totals(items: Sequence[TrafficItem]) -> TrafficTotals:
    """Add up the items."""
    return TrafficTotals(
        requests=sum(item.requests for item in items),
        bytes_received=sum(item.bytes_received for item in items),
        bytes_sent=sum(item.bytes_sent for item in items),
    )


def arrow_table(items: Sequence[TrafficItem], timezone: ZoneInfo) -> "pa.Table":
    """Return the items as a pyarrow table.

    Raises:
        ImportError: pyarrow is not installed; the message names the extra.
    """
    pa = library("arrow")
    instant = pa.timestamp("us", timezone.key)
    columns = {name: pa.array(_microseconds(items, name), pa.int64()).cast(instant) for name in _PERIODS}
    columns |= {name: pa.array([getattr(item, name) for item in items], pa.int64()) for name in _COUNTS}
    return pa.table(columns)


def pandas_frame(items: Sequence[TrafficItem], timezone: ZoneInfo) -> "pd.DataFrame":
    """Return the items as a pandas frame.

    Raises:
        ImportError: pandas is not installed; the message names the extra.
    """
    pandas = library("pandas")
    columns = {}
    for name in _PERIODS:
        instants = pandas.Series(_microseconds(items, name), dtype="int64").astype("datetime64[us]")
        columns[name] = instants.dt.tz_localize("UTC").dt.tz_convert(timezone.key)
    columns |= {name: pandas.Series([getattr(item, name) for item in items], dtype="int64") for name in _COUNTS}
    return cast("pd.DataFrame", pandas.DataFrame(columns))


def polars_frame(items: Sequence[TrafficItem], timezone: ZoneInfo) -> "pl.DataFrame":
    """Return the items as a polars frame.

    Raises:
        ImportError: polars is not installed; the message names the extra.
    """
    polars = library("polars")
    instant = polars.Datetime("us", timezone.key)
    columns = {
        name: polars.Series(name, _microseconds(items, name), dtype=polars.Int64).cast(instant) for name in _PERIODS
    }
    columns |= {
        name: polars.Series(name, [getattr(item, name) for item in items], dtype=polars.Int64) for name in _COUNTS
    }
    return cast("pl.DataFrame", polars.DataFrame(columns))


def _microseconds(items: Sequence[TrafficItem], name: str) -> list[int]:
    return [(getattr(item, name) - _EPOCH) // _MICROSECOND for item in items]
