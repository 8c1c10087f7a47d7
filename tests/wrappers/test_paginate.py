"""Pagination of any operation of the generated client."""

import asyncio
import itertools
import json
import re
import tracemalloc
from itertools import pairwise
from types import SimpleNamespace
from typing import Any

import httpx
import pytest

from apitally_api_client import AuthenticatedClient
from apitally_api_client.api.metrics import get_traffic
from apitally_api_client.types import UNSET
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
from apitally_traffic.testing import fast_retries

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


ITEM: dict[str, Any] = {
    "period_start": "2026-01-01T00:00:00Z",
    "period_end": "2026-01-02T00:00:00Z",
    "requests": 1,
    "bytes_received": 2,
    "bytes_sent": 3,
}


def raw_client(*bodies: Any) -> AuthenticatedClient:
    """Return a client of the generated package whose server gives these bodies, and the last one over and over."""
    left = list(bodies)

    def respond(_: httpx.Request) -> httpx.Response:
        body = left.pop(0) if len(left) > 1 else left[0]
        return httpx.Response(200, text=body if isinstance(body, str) else json.dumps(body))

    return AuthenticatedClient(
        "https://api.example",
        token="key",
        httpx_args={"transport": httpx.MockTransport(respond)},
    )


def read(*bodies: Any) -> list[Any]:
    """Paginate the traffic operation over these bodies, sync and async, which must agree; return the items."""

    async def read_async() -> list[Any]:
        async with raw_client(*bodies) as raw:
            return [item async for item in paginate_async(get_traffic, client=raw, **MONTH)]

    with raw_client(*bodies) as raw:
        try:
            items = list(paginate(get_traffic, client=raw, **MONTH))
        except ResponseError as error:
            with pytest.raises(ResponseError, match=f"^{re.escape(str(error))}$"):
                asyncio.run(read_async())
            raise
    assert asyncio.run(read_async()) == items
    return items


def without(source: dict[str, Any], name: str) -> dict[str, Any]:
    """Return a copy without a field."""
    return {field: value for field, value in source.items() if field != name}


def written(**fields: str) -> str:
    """Return a page with one item, some of whose fields are written as given."""
    members = [f'"{name}": {text}' for name, text in ({name: json.dumps(ITEM[name]) for name in ITEM} | fields).items()]
    return f'{{"data": [{{{", ".join(members)}}}], "has_more": false}}'


BROKEN: list[tuple[Any, str]] = [
    ({}, "`data` is missing"),
    ([], "Expected `object`, got `array`"),
    ("<html>", "JSON is malformed: invalid character (byte 0)"),
    ("[" * 100_000, "recursion"),
    ({"data": []}, "`has_more` is missing"),
    ({"data": None, "has_more": False}, "Expected `array`, got `null` - at `data`"),
    ({"data": [], "has_more": "no", "next_token": None}, "Expected `bool`, got `str` - at `has_more`"),
    ({"data": [], "has_more": False, "next_token": 5}, "Expected `str | null`, got `int` - at `next_token`"),
    ({"data": [ITEM, {}], "has_more": False}, "`data[1].period_start` is missing"),
    ({"data": [ITEM, ITEM, without(ITEM, "requests")], "has_more": False}, "`data[2].requests` is missing"),
    ({"data": [ITEM, 5], "has_more": False}, "Expected `object`, got `int` - at `data[1]`"),
    (written(requests='"5"'), "Expected `int`, got `str` - at `data[0].requests`"),
    (written(requests="true"), "Expected `int`, got `bool` - at `data[0].requests`"),
    (written(requests="1.5"), "Expected `int`, got `float` - at `data[0].requests`"),
    (written(requests="9" * 6000), "Expected `int` <= 9223372036854775807 - at `data[0].requests`"),
    (written(requests='1, "requests": 2'), "`data[0].requests` comes more than once"),
    (written(period_end='"soon"'), "Invalid RFC3339 encoded datetime - at `data[0].period_end`"),
    (written(period_end="5"), "Expected `datetime`, got `int` - at `data[0].period_end`"),
    (written(period_end='"2026-01-02T00:00:00"'), "timezone component - at `data[0].period_end`"),
]


@pytest.mark.parametrize(("body", "reason"), BROKEN)
def test_body_that_breaks_the_schema(body: Any, reason: str) -> None:
    """A body that breaks the schema is a ResponseError that says what is wrong, and where."""
    with pytest.raises(
        ResponseError, match=f"get_traffic returned a body that breaks the schema: .*{re.escape(reason)}"
    ):
        read(body)


@pytest.mark.parametrize(("body", "reason"), BROKEN)
def test_the_sentences_are_those_of_queries(body: Any, reason: str) -> None:
    """A client of this package retries a broken body, and says the same of it to a query and to `paginate`."""
    requested: list[httpx.Request] = []

    def respond(request: httpx.Request) -> httpx.Response:
        requested.append(request)
        return httpx.Response(200, text=body if isinstance(body, str) else json.dumps(body))

    with fast_retries(), TrafficClient("key", max_retries=1, transport=httpx.MockTransport(respond)) as ours:
        with pytest.raises(ResponseError, match=re.escape(reason)) as of_query:
            ours.get_traffic(1, start="2026-01-01", end="2026-01-02").to_list()
        with pytest.raises(ResponseError, match=re.escape(str(of_query.value))) as of_paginate:
            list(paginate(get_traffic, client=ours.api, app_id=1))
    assert (of_paginate.value.status_code, of_paginate.value.method) == (200, "GET")
    assert len(requested) == 4


@pytest.mark.parametrize(
    ("more", "value"),
    [("9" * 6000, float("inf")), ("1e400", float("inf")), ("123456789012345678901", 123456789012345678901)],
)
def test_no_value_of_an_unknown_field_loses_a_listing(more: str, value: float) -> None:
    """Items keep each digit of their fields, and a field that the model does not have may have any value."""
    (item,) = read(written(requests="9007199254740993.0", unknown=more))
    assert (item.requests, item.additional_properties) == (2**53 + 1, {"unknown": value})


def test_deep_nesting_loses_no_listing() -> None:
    """What is nested deeper than 100 levels is its JSON text, in a field that the model does not have."""
    (item,) = read(written(unknown="[" * 50_000 + "7" + "]" * 50_000))
    assert item.requests == 1
    value = item.additional_properties["unknown"]
    for _ in range(96):
        (value,) = value
    assert value == "[" * 49_904 + "7" + "]" * 49_904


def test_a_last_page_without_a_token() -> None:
    """The token may be missing where nothing follows: "Token to fetch the next page of records, if there are more"."""
    later = ITEM | {"period_start": "2026-01-02T00:00:00Z", "period_end": "2026-01-03T00:00:00Z", "new": [1e300]}
    items = read({"data": [ITEM], "has_more": True, "next_token": "a"}, {"data": [later], "has_more": False, "more": 5})
    assert [item.period_start.day for item in items] == [1, 2]
    assert items[1].additional_properties == {"new": [1e300]}


@pytest.mark.parametrize("period", [1, 3])
def test_pages_that_repeat_do_not_go_on_forever(period: int) -> None:
    """A server that gives the same items with new tokens is followed for three pages, and empty pages for fifty."""
    pages = [page([f"{number % period}"], f"token {number}") for number in range(20)]
    with pytest.raises(PaginationError, match="3 pages in a row that only repeat earlier items"):
        collect(consumers(*pages))
    delivered = paginate(consumers(*pages), client="client", app_id=7)
    assert [next(delivered) for _ in range(period + 2)] == [f"{number % period}" for number in range(period + 2)]
    with pytest.raises(PaginationError, match="50 empty pages in a row"):
        collect(consumers(*(page([], f"token {number}") for number in range(200))))
    patient = [page([], f"token {number}") for number in range(49)]
    assert collect(consumers(*patient, page(["a"], None))) == ["a"]


def test_pages_that_nearly_repeat_do_not_go_on_forever() -> None:
    """An item that differs on each page, such as the count of an open period, is no progress."""
    numbers = iter(range(1000))

    def pages(**_: Any) -> SimpleNamespace:
        number = next(numbers)
        return page(["a", "b", f"c {number}"], f"token {number}")

    with pytest.raises(PaginationError, match="20 pages in a row that repeat more earlier items than they bring new"):
        list(paginate(SimpleNamespace(sync=pages)))
    assert next(numbers) == 21


def test_pages_that_overlap_by_half_are_followed() -> None:
    """A listing that moves on by half a page is read to its end."""
    pages = [page([f"{number}", f"{number + 1}"], f"token {number}") for number in range(50)]
    assert len(set(collect(consumers(*pages, page(["50", "51"], None))))) == 52


def test_pages_that_overlap_are_followed() -> None:
    """A page may repeat the end of the one before it, and two in a row may bring nothing new."""
    overlapping = consumers(
        page(["a", "b"], "1"), page(["b", "c"], "2"), page(["c"], "3"), page(["c"], "4"), page(["d"], None)
    )
    assert collect(overlapping) == ["a", "b", "b", "c", "c", "c", "d"]


def test_a_long_listing_is_read_in_little_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only the last items are remembered, however long the listing is."""
    monkeypatch.setattr("apitally_traffic._operations.paginate._REMEMBERED_ITEMS", 1000)
    numbers = iter(range(300))

    def pages(**_: Any) -> SimpleNamespace:
        number = next(numbers)
        return page([f"{number} {item}" for item in range(100)], f"token {number}")

    tracemalloc.start()
    read_items = sum(1 for _ in itertools.islice(paginate(SimpleNamespace(sync=pages)), 29_900))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert read_items == 29_900
    assert peak < 1_000_000


def test_an_operation_without_pages() -> None:
    """An operation whose response has `data` alone has one page."""
    listing = SimpleNamespace(data=["a", "b"])

    def sync(*, client: object) -> SimpleNamespace:
        assert client == "client"
        return listing

    assert list(paginate(SimpleNamespace(sync=sync), client="client")) == ["a", "b"]
    listing.has_more, listing.next_token = True, "a"
    with pytest.raises(PaginationError, match="takes no token to fetch them with"):
        list(paginate(SimpleNamespace(sync=sync), client="client"))


def test_pages_that_a_model_does_not_declare() -> None:
    """What a server says of further pages counts, also where its spec has not said that it would."""
    pages = iter([{"has_more": True, "next_token": "second"}, {"has_more": False}])

    def sync(next_token: str | None = None) -> SimpleNamespace:
        tokens.append(next_token)
        return SimpleNamespace(data=[f"item {next_token}"], additional_properties=next(pages))

    tokens: list[str | None] = []
    assert list(paginate(SimpleNamespace(sync=sync))) == ["item None", "item second"]
    assert tokens == [None, "second"]
    listing = SimpleNamespace(data=["a"], additional_properties={"has_more": True, "next_token": "b"})
    with pytest.raises(PaginationError, match="takes no token to fetch them with"):
        list(paginate(SimpleNamespace(sync=lambda: listing)))


@pytest.mark.parametrize(
    "rest",
    [{}, {"has_more": UNSET, "next_token": UNSET}, {"next_token": None}, {"next_token": ""}],
    ids=["nothing", "unset", "null", "blank"],
)
def test_a_token_says_that_there_are_more(rest: dict[str, Any]) -> None:
    """Where a page has no `has_more`, declared or not."""
    pages = iter([{**rest, "next_token": "second"}, rest])

    def sync(next_token: str | None = None) -> SimpleNamespace:
        return SimpleNamespace(data=[f"item {next_token}"], **next(pages))

    assert list(paginate(SimpleNamespace(sync=sync))) == ["item None", "item second"]
    listing = SimpleNamespace(data=["a"], additional_properties={"next_token": "b"})
    with pytest.raises(PaginationError, match="takes no token to fetch them with"):
        list(paginate(SimpleNamespace(sync=lambda: listing)))


def test_an_operation_that_returns_nothing(client: TrafficClient) -> None:
    """An operation that the generator made without a parsed result is refused before anything is sent."""
    with pytest.raises(TypeError, match="has no function `sync`: its responses have no items"):
        list(paginate(SimpleNamespace(sync_detailed=print), client=client.api))
    with pytest.raises(TypeError, match="next_token is not an argument here"):
        list(paginate(get_traffic, client=client.api, app_id=1, next_token="a"))
