"""Servers of the tests' own that give chosen rows, and what a client reads of them."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from apitally_traffic import Interval, Period, TimeWindow, TrafficClient

Json = dict[str, Any]
COUNTS = ("requests", "bytes_received", "bytes_sent")
HOUR = timedelta(hours=1)
WINDOW = TimeWindow.resolve("2026-01-01", "2026-01-02", "hour", "UTC")


def row(start: datetime, end: datetime, requests: int = 5) -> Json:
    """Return a row as JSON."""
    period = {"period_start": start.isoformat(), "period_end": end.isoformat()}
    return {**period, "requests": requests, "bytes_received": 0, "bytes_sent": 0}


def rows(window: TimeWindow, *, shift: timedelta = timedelta(0)) -> list[Json]:
    """Return a row for each period of a window."""
    utc = [
        Period(period.start.astimezone(UTC) + shift, period.end.astimezone(UTC) + shift) for period in window.periods()
    ]
    return [row(period.start, period.end, number) for number, period in enumerate(utc)]


def client_of(*pages: Sequence[Json]) -> TrafficClient:
    """Return a client whose server gives these rows, page by page, and the last page over and over."""
    left = list(pages)

    def respond(_: httpx.Request) -> httpx.Response:
        data, more = left[0], len(left) > 1
        if more:
            left.pop(0)
        token = f"token {len(left)}" if more else None
        return httpx.Response(200, json={"data": data, "has_more": more, "next_token": token})

    return TrafficClient("key", concurrency=1, max_retries=0, transport=httpx.MockTransport(respond))


def read(
    *pages: Sequence[Json], page_size: int = 1000, interval: Interval = "hour", timezone: str = "UTC"
) -> list[int]:
    """Read the day of the window from these pages; return the counts of its rows."""
    with client_of(*pages) as client:
        query = client.get_traffic(
            1, start="2026-01-01", end="2026-01-02", interval=interval, timezone=timezone, page_size=page_size
        )
        return [item.requests for item in query.to_list()]


def read_slices(first: Sequence[Json], second: Sequence[Json]) -> list[int]:
    """Read the day in two slices of twelve hours, one page each; return the counts."""
    pages = iter((first, second))
    transport = httpx.MockTransport(lambda _: httpx.Response(200, json={"data": next(pages), "has_more": False}))
    with TrafficClient("key", concurrency=1, max_retries=0, transport=transport) as client:
        query = client.get_traffic(1, start="2026-01-01", end="2026-01-02", page_size=12)
        return [item.requests for item in query]
