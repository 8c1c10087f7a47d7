"""Totals and tables keep no field but their five, and an iteration nothing else of the slice before."""

import asyncio
import gc
import inspect
import tracemalloc
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest

from apitally_traffic import AsyncTrafficClient, ResponseError, TrafficClient
from tests.sampling import exhaustive

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
@pytest.mark.parametrize("method", ["totals", "to_list", *exhaustive(["to_arrow", "to_pandas", "to_polars"])])
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


@pytest.mark.parametrize("method", ["__iter__", "pages"])
def test_what_is_held_back_is_bounded(method: str) -> None:
    """Slices of a server whose clock stands still in the past wait for eight others, and not for all."""

    def respond_in_the_past(request: httpx.Request) -> httpx.Response:
        response = respond(request)
        response.headers["Date"] = "Thu, 01 Jan 1970 00:00:00 GMT"
        return response

    transport = httpx.MockTransport(respond_in_the_past)
    tracemalloc.start()
    try:
        with TrafficClient("key", transport=transport, requests_per_minute=None, concurrency=1) as client:
            query = client.get_traffic(1, start="2026-01-01", end="2026-01-02", page_size=1)
            assert sum(1 for _ in getattr(query, method)()) == 24
        assert 8 * SIZE < tracemalloc.get_traced_memory()[1] < 15 * SIZE
    finally:
        tracemalloc.stop()


LARGE_PAGES: dict[str, dict[str, Any]] = {
    "fields of rows": {"row": {"later": "x" * SIZE}},
    "fields of pages": {"page": {"later": "x" * SIZE}},
    "emoji": {"row": {"later": "x" * (SIZE // 4) + "\N{GRINNING FACE}"}},
    "many values": {"row": {"later": [0] * 10_000}},
    "long tokens": {"token": "t" * 59_000},
    "repeated rows": {"times": 3_000},
}


def one_row_a_page(
    request: httpx.Request,
    *,
    row: dict[str, Any] | None = None,
    page: dict[str, Any] | None = None,
    token: str = "",
    times: int = 1,
) -> httpx.Response:
    """Return the next row of a slice of 200 hours."""
    number = int(request.url.params.get("next_token", "0").removesuffix(token))
    start = datetime.fromisoformat(request.url.params["start"]) + number * HOUR
    period = {"period_start": start.isoformat(), "period_end": (start + HOUR).isoformat()}
    item = {**period, "requests": number, "bytes_received": 2, "bytes_sent": 3, **(row or {})}
    has_more = number < 199
    following = f"{number + 1}{token}" if has_more else None
    return httpx.Response(
        200, json={"data": [item] * times, "has_more": has_more, "next_token": following, **(page or {})}
    )


@pytest.mark.parametrize("method", ["totals", *exhaustive(["pages"])])
@pytest.mark.parametrize("kind", LARGE_PAGES)
def test_the_pages_of_a_slice_are_bounded_together(kind: str, method: str) -> None:
    """They are kept until the last one is read, however small each is."""
    transport = httpx.MockTransport(lambda request: one_row_a_page(request, **LARGE_PAGES[kind]))
    tracemalloc.start()
    try:
        with TrafficClient("key", transport=transport, requests_per_minute=None, max_retries=0) as client:
            query = client.get_traffic(1, start="2026-01-01", end="2026-01-09T08:00")
            assert len(query.window) == 200
            with pytest.raises(ResponseError, match=r"is too large to be kept with the pages before it: .* 8 MiB or"):
                query.totals() if method == "totals" else list(query.pages())
        assert tracemalloc.get_traced_memory()[1] < 48 * 2**20
    finally:
        tracemalloc.stop()


def test_pages_of_a_later_version_are_kept() -> None:
    """A slice of many pages may have fields that are not in the schema."""
    transport = httpx.MockTransport(lambda request: one_row_a_page(request, row={"later": "é" * 1000}))
    with TrafficClient("key", transport=transport, requests_per_minute=None) as client:
        items = client.get_traffic(1, start="2026-01-01", end="2026-01-09T08:00").to_list()
    assert [(item.requests, len(item["later"])) for item in items] == [(number, 1000) for number in range(200)]
