"""Totals and tables keep no field but their five, and an iteration nothing else of the slice before."""

import asyncio
import gc
import inspect
import tracemalloc
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest

from apitally_traffic import AsyncTrafficClient, TrafficClient

SIZE, PAGES = 1_000_000, 6
HOUR = timedelta(hours=1)


def respond(request: httpx.Request) -> httpx.Response:
    """Return the rows of a slice, each with a large field of a later version of the API."""
    start, end = (datetime.fromisoformat(request.url.params[name]) for name in ("start", "end"))
    data = []
    while start < end:
        row: dict[str, Any] = {"period_start": start.isoformat(), "period_end": (start + HOUR).isoformat()}
        data.append(row | {"requests": 1, "bytes_received": 2, "bytes_sent": 3, "later": "x" * SIZE})
        start += HOUR
    return httpx.Response(200, json={"data": data, "has_more": False})


async def collect(kind: type[TrafficClient | AsyncTrafficClient], method: str) -> tuple[Any, int]:
    """Return what a query of six pages collects, and the bytes that were in use after its last page."""
    client = kind("key", transport=httpx.MockTransport(respond), requests_per_minute=None, concurrency=1)
    query = client.get_traffic(1, start="2026-01-01", end=f"2026-01-01T0{PAGES}:00", page_size=1)
    in_use: list[int] = []
    result = getattr(query, method)(progress=lambda *_: in_use.append(tracemalloc.get_traced_memory()[0]))
    return (await result if inspect.isawaitable(result) else result), in_use[-1] - in_use[0]


@pytest.mark.parametrize("kind", [TrafficClient, AsyncTrafficClient])
@pytest.mark.parametrize("method", ["totals", "to_arrow", "to_pandas", "to_polars", "to_list"])
def test_tables_keep_no_unknown_fields(kind: type[TrafficClient | AsyncTrafficClient], method: str) -> None:
    """A list of items keeps them: it delivers them."""
    gc.collect()
    tracemalloc.start()
    try:
        result, growth = asyncio.run(collect(kind, method))
    finally:
        tracemalloc.stop()
    if method == "totals":
        assert result == (PAGES, 2 * PAGES, 3 * PAGES)
    else:
        assert len(result) == PAGES
    kept = PAGES - 1 if method == "to_list" else 0
    assert kept * SIZE <= growth < (kept + 0.5) * SIZE
    if method == "to_list":
        assert [len(item["later"]) for item in result] == [SIZE] * PAGES


@pytest.mark.parametrize(
    ("kind", "method"),
    [
        (TrafficClient, "__iter__"),
        (TrafficClient, "pages"),
        (AsyncTrafficClient, "__aiter__"),
        (AsyncTrafficClient, "pages"),
    ],
)
def test_nothing_of_a_slice_is_kept_while_the_next_one_is_read(
    kind: type[TrafficClient | AsyncTrafficClient], method: str
) -> None:
    """Except the five fields of its last rows, and a digest of the others, to compare them with the next slice."""
    in_use: list[int] = []

    def measure(request: httpx.Request) -> httpx.Response:
        in_use.append(tracemalloc.get_traced_memory()[0])
        return respond(request)

    async def read() -> None:
        client: Any = kind("key", transport=httpx.MockTransport(measure), concurrency=1)
        query = client.get_traffic(1, start="2026-01-01", end="2026-01-01T06:00", page_size=3)
        if kind is TrafficClient:
            for delivered in getattr(query, method)():
                del delivered
        else:
            async for delivered in getattr(query, method)():
                del delivered

    tracemalloc.start()
    try:
        asyncio.run(read())
    finally:
        tracemalloc.stop()
    first, second = in_use
    assert second - first < SIZE / 2
