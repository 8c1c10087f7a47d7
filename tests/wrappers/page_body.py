"""The body of a page with one row, and what a client makes of a body."""

from typing import Any

import httpx

from apitally_traffic import TrafficClient


def body(count: str = "5", extra: str = "", begin: str = "") -> bytes:
    """Return the body of a page with one row, whose count and whose extra fields are written as given."""
    times = '"period_start": "2026-01-01T00:00:00Z", "period_end": "2026-01-01T01:00:00Z"'
    text = f'{begin}{{"data": [{{{times}, "requests": {count}, "bytes_received": 0, "bytes_sent": 0{extra}}}]'
    return f'{text}, "has_more": false, "next_token": null{extra}}}'.encode()


def first_item(content: bytes) -> Any:
    """Return the first item that a client reads from a body."""
    transport = httpx.MockTransport(lambda _: httpx.Response(200, content=content))
    with TrafficClient("key", max_retries=0, transport=transport) as client:
        return client.get_traffic(1, start="2026-01-01", end="2026-01-02").to_list()[0]
