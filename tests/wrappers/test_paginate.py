"""Pagination of any operation of the generated client."""

import asyncio
from itertools import pairwise
from types import SimpleNamespace
from typing import Any

import httpx
import pytest

from apitally_api_client import AuthenticatedClient
from apitally_api_client.api.metrics import get_traffic
from apitally_mock import MockServer
from apitally_traffic import (
    AsyncTrafficClient,
    NotFoundError,
    PaginationError,
    ResponseError,
    TrafficClient,
    paginate,
    paginate_async,
)

MONTH: dict[str, Any] = {"app_id": 1, "interval": "day", "limit": 7}


def consumers(*pages: SimpleNamespace) -> SimpleNamespace:
    """Return an operation that returns these pages by their tokens."""
    by_token: dict[str | None, SimpleNamespace] = {None: pages[0]}
    by_token |= {page.next_token: after for page, after in pairwise(pages)}

    def sync(*, client: object, app_id: int, next_token: str | None = None) -> SimpleNamespace:
        assert (client, app_id) == ("client", 7)
        return by_token[next_token]

    async def asynchronous(**params: Any) -> SimpleNamespace:
        await asyncio.sleep(0)
        return sync(**params)

    return SimpleNamespace(sync=sync, asyncio=asynchronous)


def page(data: list[str], token: str | None) -> SimpleNamespace:
    """Return a page with the attributes of a generated model."""
    return SimpleNamespace(data=data, has_more=token is not None, next_token=token)


def collect(operation: Any) -> list[Any]:
    """Paginate an operation, sync and async, which must agree."""

    async def collect_async() -> list[Any]:
        return [item async for item in paginate_async(operation, client="client", app_id=7)]

    items = list(paginate(operation, client="client", app_id=7))
    assert asyncio.run(collect_async()) == items
    return items


def test_an_operation_of_another_endpoint() -> None:
    """Items come in the server's order, through full, short and empty pages."""
    operation = consumers(page(["a", "b"], "1"), page([], "2"), page(["c"], "3"), page([], None))
    assert collect(operation) == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("pages", "sentence"),
    [
        ([page(["a"], "1"), page(["b"], "1")], "same page token twice"),
        ([SimpleNamespace(data=[], has_more=True, next_token=None)], "gives no token"),
        ([SimpleNamespace(data=[], has_more=True, next_token={"page": 2})], "token that is not a string"),
        ([SimpleNamespace(data=[], has_more=True, next_token="\ud800")], "token that is not a string"),
    ],
)
def test_cursor_faults(pages: list[SimpleNamespace], sentence: str) -> None:
    """Every operation has the same protection against endless cursors."""
    with pytest.raises(PaginationError, match=sentence):
        collect(consumers(*pages))


def test_a_response_that_is_not_a_page() -> None:
    """A response that is not a page is a ResponseError that names the operation."""
    with pytest.raises(ResponseError, match="NoneType, which is not a page"):
        collect(SimpleNamespace(sync=lambda **_: None))


def test_traffic_itself(client: TrafficClient, server: MockServer) -> None:
    """The generated traffic function is paginated over HTTP, with typed errors."""
    items = list(paginate(get_traffic, client=client.api, **MONTH))
    assert len(items) == 31
    assert [entry.query.get("next_token") is None for entry in server.requests] == [True, False, False, False, False]
    with pytest.raises(NotFoundError):
        next(paginate(get_traffic, client=client.api, app_id=99))

    async def collect_async() -> list[Any]:
        async with AsyncTrafficClient(server.api_key, base_url=server.url) as asynchronous:
            return [item async for item in paginate_async(get_traffic, client=asynchronous.api, **MONTH)]

    assert asyncio.run(collect_async()) == items


def test_arguments_that_are_not_those_of_the_operation(client: TrafficClient) -> None:
    """A misspelt, missing or wrong argument is a TypeError, not a fault of the server."""
    with pytest.raises(TypeError, match="limt"):
        list(paginate(get_traffic, client=client.api, app_id=1, limt=5))
    with pytest.raises(TypeError, match="app_id"):
        list(paginate(get_traffic, client=client.api))
    with pytest.raises(TypeError, match="pass the `api` of this one"):
        list(paginate(get_traffic, client=client, app_id=1))

    async def collect_async() -> None:
        async for _ in paginate_async(get_traffic, client=client.api, app_id=1, limt=5):
            pass

    with pytest.raises(TypeError, match="limt"):
        asyncio.run(collect_async())


@pytest.mark.parametrize("body", ["{}", "[]", '{"data": [{}], "has_more": false, "next_token": null}', "<html>"])
def test_body_that_breaks_the_schema(body: str) -> None:
    """A body that the generated models cannot parse is a ResponseError instead of a KeyError or TypeError."""
    raw = AuthenticatedClient(
        "https://api.example",
        token="key",
        httpx_args={"transport": httpx.MockTransport(lambda _: httpx.Response(200, text=body))},
    )
    with raw, pytest.raises(ResponseError, match="get_traffic returned a body that breaks the schema"):
        list(paginate(get_traffic, client=raw, **MONTH))
