"""A client whose server gives one response, and what the client makes of it."""

import json
from typing import Any

import httpx
import pytest

from apitally_traffic import (
    ApitallyError,
    TrafficClient,
)

ITEM = {
    "period_start": "2026-01-01T00:00:00Z",
    "period_end": "2026-01-01T01:00:00Z",
    "requests": 1,
    "bytes_received": 2,
    "bytes_sent": 3,
}


def read(client: TrafficClient) -> Any:
    """Read one day of app 1."""
    return client.get_traffic(1, start="2026-01-01", end="2026-01-02").to_list()


def client_of(result: httpx.Response | Exception) -> TrafficClient:
    """Return a client whose server always returns this response, or whose transport raises this exception."""

    def handle(_: httpx.Request) -> httpx.Response:
        if isinstance(result, Exception):
            raise result
        return result

    return TrafficClient("secret-key", max_retries=0, transport=httpx.MockTransport(handle))


def refused(response: httpx.Response) -> ApitallyError:
    """Return the error for a response."""
    with client_of(response) as client, pytest.raises(ApitallyError) as raised:
        read(client)
    return raised.value


def body(**changes: Any) -> httpx.Response:
    """Return a page of two items, the second with changed fields; a field that is None is left out."""
    item = {name: value for name, value in (ITEM | changes).items() if value is not None}
    page = {"data": [ITEM, item], "has_more": False, "next_token": None}
    return httpx.Response(200, content=json.dumps(page))
