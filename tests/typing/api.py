"""Type-checked and never run: each line is a promise about the public types."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any, assert_type
from zoneinfo import ZoneInfo

import httpx

from apitally_api_client import AuthenticatedClient
from apitally_api_client.api.metrics import get_traffic
from apitally_traffic import (
    ApitallyError,
    AsyncTrafficClient,
    AsyncTrafficQuery,
    GetTrafficResponse,
    Interval,
    InvalidRequestError,
    Period,
    QueryStats,
    TimeWindow,
    TrafficClient,
    TrafficItem,
    TrafficQuery,
    TrafficTotals,
    paginate,
)

TrafficClient()
TrafficClient("key", base_url="https://api.example", timeout=5)
TrafficClient(api_key=None, transport=httpx.HTTPTransport(retries=1))
TrafficClient("key", "https://api.example")  # type: ignore[call-arg] # pyright: ignore[reportCallIssue]
TrafficClient("key", timeout=httpx.Timeout(5, read=60), deadline=120, headers={"X-Team": "a"}, http2=True)
TrafficClient("key", proxy="http://localhost:3128", max_retries=0, requests_per_minute=None, concurrency=1)
TrafficClient(timeout="5")  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]

interval: Interval = "hour"

with TrafficClient() as client:
    assert_type(client, TrafficClient)
    assert_type(client.api, AuthenticatedClient)
    assert_type(client.with_options(timeout=5, deadline=60, max_retries=1, headers={"X-Run": "7"}), TrafficClient)
    client.with_options(5)  # type: ignore[call-arg] # pyright: ignore[reportCallIssue]
    query = client.get_traffic(1)
    assert_type(query, TrafficQuery)
    assert_type(query.stats, QueryStats)
    assert_type(query.stats.requests, int)
    assert_type(query.stats.headers, dict[str, str])
    client.get_traffic(1, start="30d", end=datetime.now(UTC), interval="day", timezone="Europe/Berlin")
    client.get_traffic(1, start=date(2026, 1, 1), end=timedelta(days=1), interval=interval, timezone=ZoneInfo("UTC"))
    client.get_traffic(1, app_env_id=2, consumer_id=None, page_size=10, max_items=None)
    client.get_traffic(1, "30d")  # type: ignore[call-arg] # pyright: ignore[reportCallIssue]
    client.get_traffic(1, interval="week")  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]
    client.get_traffic("1")  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]
    assert_type(query.window, TimeWindow)
    assert_type(query.to_list(), list[TrafficItem])
    assert_type(query.pages(), Iterator[GetTrafficResponse])
    for item in query:
        assert_type(item, TrafficItem)
        assert_type(item.period_start, datetime)
        assert_type(item.requests, int)

    assert_type(query.totals(), TrafficTotals)
    assert_type(query.to_list(progress=lambda done, expected: done / expected), list[TrafficItem])
    assert_type(paginate(get_traffic, client=client.api, app_id=1), Iterator[Any])


async def asynchronous() -> None:
    """The same for the async client."""
    async with AsyncTrafficClient("key", transport=httpx.AsyncHTTPTransport()) as client:
        assert_type(client, AsyncTrafficClient)
        query = client.get_traffic(1, start="7d")
        assert_type(query, AsyncTrafficQuery)
        assert_type(query.window, TimeWindow)
        assert_type(await query.to_list(), list[TrafficItem])
        assert_type(await query.totals(), TrafficTotals)
        async for item in query:
            assert_type(item, TrafficItem)
        async for page in query.pages():
            assert_type(page, GetTrafficResponse)
        list(query)  # type: ignore[call-overload] # pyright: ignore[reportArgumentType, reportCallIssue]


window = TimeWindow.resolve("7d", interval="day")
assert_type(window, TimeWindow)
assert_type(window.start, datetime)
assert_type(window.interval, Interval)
assert_type(window.timezone, ZoneInfo)
assert_type(window.periods(), Iterator[Period])
assert_type(window.slices(1000), Iterator[TimeWindow])
assert_type(len(window), int)
window.start = datetime.now(UTC)  # type: ignore[misc] # pyright: ignore[reportAttributeAccessIssue]


def attributes(error: ApitallyError) -> None:
    """Every error has these attributes; what is unknown is None."""
    assert_type(error.message, str)
    assert_type(error.status_code, int | None)
    assert_type(error.headers, dict[str, str])
    assert_type(error.resume_from, datetime | None)
    if isinstance(error, InvalidRequestError):
        for detail in error.errors:
            assert_type(detail.msg, str)
