"""Collectors: the same items as totals, lists and tables, with stable types."""

import asyncio
import sys
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import available_timezones

import httpx
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from apitally_mock import MockServer
from apitally_traffic import AsyncTrafficClient, TrafficClient, TrafficTotals

NIGHT: dict[str, Any] = {"start": "2025-10-26", "end": "2025-10-27", "timezone": "Europe/Berlin", "page_size": 10}
EMPTY: dict[str, Any] = {"start": "2026-01-01", "end": "2026-01-01", "timezone": "Asia/Kathmandu"}
COUNTS = ["requests", "bytes_received", "bytes_sent"]


@pytest.mark.parametrize("arguments", [NIGHT, EMPTY], ids=["25 hours", "empty"])
def test_tables_agree_with_the_items(client: TrafficClient, arguments: dict[str, Any]) -> None:
    """Arrow, pandas and polars have the same instants in the window's timezone, and the same counts as int64."""
    query = client.get_traffic(1, **arguments)
    items, zone = query.to_list(), arguments["timezone"]
    arrow, pandas, polars = query.to_arrow(), query.to_pandas(), query.to_polars()
    names = ["period_start", "period_end", *COUNTS]
    assert arrow.column_names == list(pandas.columns) == polars.columns == names
    assert [str(kind) for kind in arrow.schema.types] == [f"timestamp[us, tz={zone}]"] * 2 + ["int64"] * 3
    assert [str(kind) for kind in pandas.dtypes] == [f"datetime64[us, {zone}]"] * 2 + ["int64"] * 3
    assert list(polars.schema.values()) == [pl.Datetime("us", zone)] * 2 + [pl.Int64] * 3
    for name in names[:2]:
        # As numbers: datetimes of different timezones never compare as equal if one of them occurs twice.
        expected = [getattr(item, name).timestamp() for item in items]
        for column in (arrow[name].to_pylist(), pandas[name], polars[name]):
            assert [time.timestamp() for time in column] == expected
    for name in COUNTS:
        expected = [getattr(item, name) for item in items]
        assert arrow[name].to_pylist() == list(pandas[name]) == polars[name].to_list() == expected
    assert query.totals() == TrafficTotals(*(sum(getattr(item, name) for item in items) for name in COUNTS))


def test_periods_with_gaps_keep_their_ends() -> None:
    """A period whose successor is missing ends where its row says."""
    hours = [datetime(2026, 1, 1, hour, tzinfo=UTC) for hour in (0, 1, 3, 4)]
    data = [
        {
            "period_start": hour.isoformat(),
            "period_end": (hour + timedelta(hours=1)).isoformat(),
            **dict.fromkeys(COUNTS, 1),
        }
        for hour in hours
    ]
    transport = httpx.MockTransport(lambda _: httpx.Response(200, json={"data": data, "has_more": False}))
    with TrafficClient("key", transport=transport) as client:
        query = client.get_traffic(1, start=hours[0], end=hours[-1] + timedelta(hours=1))
        for column in (query.to_arrow()["period_end"].to_pylist(), query.to_pandas()["period_end"].to_list()):
            assert column == [hour + timedelta(hours=1) for hour in hours]


def test_clock_change_shows_in_the_frame(client: TrafficClient) -> None:
    """The day with 25 hours has the hour from two to three twice, with both offsets."""
    frame = client.get_traffic(1, **NIGHT).to_pandas()
    shown = [time.isoformat() for time in frame["period_start"]]
    assert len(shown) == 25
    assert shown[2:4] == ["2025-10-26T02:00:00+02:00", "2025-10-26T02:00:00+01:00"]


def test_async_collects_the_same(client: TrafficClient, server: MockServer) -> None:
    """Each collector of the async query returns what its sync counterpart returns."""
    query = client.get_traffic(1, **NIGHT)

    async def collect() -> tuple[list[Any], pa.Table, pd.DataFrame, pl.DataFrame, TrafficTotals, list[Any]]:
        async with AsyncTrafficClient(server.api_key, base_url=server.url, requests_per_minute=None) as asynchronous:
            other = asynchronous.get_traffic(1, **NIGHT)
            frames = await other.to_arrow(), await other.to_pandas(), await other.to_polars()
            return await other.to_list(), *frames, await other.totals(), [page async for page in other.pages()]

    items, arrow, pandas, polars, totals, pages = asyncio.run(collect())
    assert items == query.to_list()
    assert arrow.equals(query.to_arrow())
    assert pandas.equals(query.to_pandas())
    assert polars.equals(query.to_polars())
    assert totals == query.totals()
    assert [page.data for page in pages] == [page.data for page in query.pages()]


@pytest.mark.parametrize(("max_items", "expected"), [(None, 25), (15, 15)])
def test_progress_ends_at_the_expected_number(client: TrafficClient, max_items: int | None, expected: int) -> None:
    """`progress` is called after each slice, and at the end with the number expected."""
    calls: list[tuple[int, int]] = []
    client.get_traffic(1, **NIGHT, max_items=max_items).to_list(progress=lambda *numbers: calls.append(numbers))
    assert calls[-1] == (expected, expected)
    assert calls[0] == (10, expected)
    assert calls == sorted(calls)


@pytest.mark.parametrize(
    ("library", "collector"), [("pyarrow", "to_arrow"), ("pandas", "to_pandas"), ("polars", "to_polars")]
)
def test_missing_library_names_the_extra(
    client: TrafficClient, server: MockServer, monkeypatch: pytest.MonkeyPatch, library: str, collector: str
) -> None:
    """Without the library, one sentence names the command that installs it, before anything is sent."""
    monkeypatch.setitem(sys.modules, library, None)
    server.reset()
    extra = library.removeprefix("py")
    with pytest.raises(ImportError, match=rf"{library} is not installed: .*'apitally-traffic\[{extra}\]'"):
        getattr(client.get_traffic(1, **NIGHT), collector)()
    assert server.requests == []


def test_a_zone_that_polars_does_not_know(client: TrafficClient, server: MockServer) -> None:
    """Python knows more timezones than polars; the message says so before anything is read."""
    if "Factory" not in available_timezones():
        pytest.skip("this machine has no Factory")
    with pytest.raises(ValueError, match="polars does not know the timezone 'Factory': use another one"):
        client.get_traffic(1, start="2025-10-26", end="2025-10-27", timezone="Factory").to_polars()
    assert server.requests == []


@pytest.mark.parametrize(("library", "collector"), [("pyarrow", "to_arrow"), ("pandas", "to_pandas")])
def test_other_errors_of_a_library_are_not_about_the_timezone(
    client: TrafficClient, monkeypatch: pytest.MonkeyPatch, library: str, collector: str
) -> None:
    """They are raised as they are."""

    def fail(*_: object, **__: object) -> None:
        raise MemoryError("out of memory")

    monkeypatch.setattr(sys.modules[library], {"pyarrow": "array", "pandas": "Series"}[library], fail)
    with pytest.raises(MemoryError, match=r"^out of memory$"):
        getattr(client.get_traffic(1, **NIGHT), collector)()


def test_microseconds_and_large_counts_are_exact() -> None:
    """Neither the first and last years nor microseconds nor counts beyond 2**53 are rounded."""
    counts = {"requests": 2**53 + 1, "bytes_received": 2**63 - 1, "bytes_sent": 0}
    for start in ("0001-01-02T00:00:00Z", "1969-12-31T23:00:00Z", "9999-12-30T23:00:00Z"):
        instant = datetime.fromisoformat(start)
        end = instant + timedelta(hours=1, microseconds=-1)
        row = {"period_start": start, "period_end": end.isoformat(), **counts, "p95": 0.5}
        body = {"data": [row], "has_more": False, "next_token": None}
        transport = httpx.MockTransport(lambda _, body=body: httpx.Response(200, json=body))
        with TrafficClient("key", transport=transport) as client:
            query = client.get_traffic(1, start=instant, end=end)
            arrow, pandas, polars = query.to_arrow(), query.to_pandas(), query.to_polars()
        assert arrow.to_pylist() == polars.to_dicts()
        assert arrow.to_pylist() == [{"period_start": instant, "period_end": end, **counts}]
        exact = [(time - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1) for time in (instant, end)]
        assert [pandas[name].astype("int64")[0] for name in ("period_start", "period_end")] == exact
        assert [pandas[name][0] for name in COUNTS] == list(counts.values())
