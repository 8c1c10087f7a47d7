"""What a query has delivered is not kept."""

import asyncio
import gc
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest

from apitally_api_client.api.metrics import get_traffic
from apitally_traffic import AsyncTrafficClient, TrafficClient, paginate, paginate_async
from apitally_traffic._decoding import Page

HOURS: dict[str, Any] = {"start": "2026-01-01", "end": "2026-01-01T05:00"}


def respond(request: httpx.Request) -> httpx.Response:
    """Return one row a page."""
    hour = int(request.url.params.get("next_token", 0))
    start = datetime.fromisoformat("2026-01-01T00:00:00+00:00") + timedelta(hours=hour)
    row: dict[str, Any] = {"period_start": start.isoformat(), "period_end": (start + timedelta(hours=1)).isoformat()}
    row |= dict.fromkeys(("requests", "bytes_received", "bytes_sent"), 1)
    return httpx.Response(200, json={"data": [row], "has_more": hour < 4, "next_token": str(hour + 1)})


def kept(kind: type = Page) -> int:
    """Return how many pages there are in memory, without help of the garbage collector."""
    return sum(isinstance(thing, kind) for thing in gc.get_objects())


@pytest.fixture(autouse=True)
def _no_collector() -> Iterator[None]:
    gc.collect()
    gc.disable()
    yield
    gc.enable()


async def read(kind: str, method: str) -> list[int]:
    """Iterate over a slice of 5 pages, and return how many of them were in memory after each step."""
    transport = httpx.MockTransport(respond)
    if kind == "async":
        async with AsyncTrafficClient("key", transport=transport) as client:
            return [kept() async for _ in getattr(client.get_traffic(1, **HOURS), method)()]
    with TrafficClient("key", transport=transport) as sync_client:
        return [kept() for _ in getattr(sync_client.get_traffic(1, **HOURS), method)()]


@pytest.mark.parametrize(("kind", "iterate"), [("sync", "__iter__"), ("async", "__aiter__")])
def test_delivered_pages_are_released(kind: str, iterate: str) -> None:
    """`pages` keeps those that are still to be delivered, and an iteration over items keeps none."""
    already = kept()
    counts = asyncio.run(read(kind, "pages"))
    assert [count - already for count in counts] == list(range(4, -1, -1))
    assert asyncio.run(read(kind, iterate)) == [already] * 5


def test_paginate_keeps_no_response() -> None:
    """Of any operation."""
    transport = httpx.MockTransport(respond)

    async def read_async() -> int:
        async with AsyncTrafficClient("key", transport=transport) as client:
            return len([item async for item in paginate_async(get_traffic, client=client.api, app_id=1)])

    already = kept(httpx.Response)
    with TrafficClient("key", transport=transport) as client:
        assert len(list(paginate(get_traffic, client=client.api, app_id=1))) == 5
    assert asyncio.run(read_async()) == 5
    assert kept(httpx.Response) == already
