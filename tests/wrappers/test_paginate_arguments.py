"""Arguments that `paginate` cannot send: the error is theirs, and not one of the server."""

import asyncio
from types import SimpleNamespace
from typing import Any

import httpx
import pytest

from apitally_api_client import AuthenticatedClient
from apitally_api_client.api.metrics import get_traffic
from apitally_mock import MockServer
from apitally_traffic import AsyncTrafficClient, TrafficClient, paginate, paginate_async

MONTH: dict[str, Any] = {"app_id": 1, "interval": "day", "limit": 7}


def raw_client() -> AuthenticatedClient:
    """Return a client of the generated package, whose server is asked for nothing."""
    transport = httpx.MockTransport(lambda _: httpx.Response(500))
    return AuthenticatedClient("https://api.example", token="key", httpx_args={"transport": transport})


def test_arguments_that_are_not_those_of_the_operation(client: TrafficClient) -> None:
    """A misspelt, missing or wrong argument is a TypeError, not a fault of the server."""
    for start in (paginate, paginate_async):  # when it is called, not when the first item is read
        with pytest.raises(TypeError, match="limt"):
            start(get_traffic, client=client.api, app_id=1, limt=5)
        with pytest.raises(TypeError, match="app_id"):
            start(get_traffic, client=client.api)
        with pytest.raises(TypeError, match="pass the `api` of this one"):
            start(get_traffic, client=client, app_id=1)
        for other in (None, 5):
            with pytest.raises(TypeError, match=r"such as the `api` of a TrafficClient, not (NoneType|int)"):
                start(get_traffic, client=other, app_id=1)
    for name in ("app_id", "timezone"):
        with pytest.raises(ValueError, match=rf"^{name} '\\ud800' cannot be sent"):
            list(paginate(get_traffic, client=client.api, **{"app_id": 1, name: "\ud800"}))

    async def collect_async() -> None:
        async for _ in paginate_async(get_traffic, client=client.api, app_id=1):
            pass

    with pytest.raises(TypeError, match=r"^This client is not async"):
        asyncio.run(collect_async())


def test_an_async_client_where_none_is_expected(server: MockServer) -> None:
    """It is a TypeError in and outside of an event loop, and no request is sent."""
    asynchronous = AsyncTrafficClient(server.api_key, base_url=server.url)

    async def in_event_loop() -> None:
        list(paginate(get_traffic, client=asynchronous.api, app_id=1))

    with pytest.raises(TypeError, match=r"^This client is async"):
        asyncio.run(in_event_loop())
    with pytest.raises(TypeError, match=r"^This client is async"):
        list(paginate(get_traffic, client=asynchronous.api, app_id=1))
    assert server.requests == []


@pytest.mark.parametrize(
    "error", [AttributeError("no attribute 'isoformat'"), KeyError("zone"), TypeError("odd"), ValueError("odd")]
)
def test_an_argument_of_a_wrong_type_is_no_fault_of_the_server(client: TrafficClient, error: Exception) -> None:
    """What happens before a response is about the arguments."""

    def sync(*, client: AuthenticatedClient, app_id: int) -> Any:  # noqa: ARG001 - the form of the generated functions
        raise error

    with pytest.raises(type(error)) as raised:
        list(paginate(SimpleNamespace(__name__="operation", sync=sync), client=client.api, app_id=1))
    assert raised.value is error


class Unprintable:
    """An argument that cannot be put into a URL."""

    def __init__(self, error: Exception) -> None:
        self.error = error

    def __str__(self) -> str:
        raise self.error


@pytest.mark.parametrize("kind", [ValueError, TypeError, KeyError, AttributeError, RecursionError, RuntimeError])
@pytest.mark.parametrize("name", ["app_id", "consumer_id"])
def test_errors_of_an_argument_are_not_those_of_a_body(kind: type[Exception], name: str) -> None:
    """What an argument raises while the request is made comes to the caller as it is: no body was received."""
    arguments = MONTH | {name: Unprintable(kind("of the argument"))}
    with raw_client() as raw, pytest.raises(kind, match="of the argument") as raised:
        list(paginate(get_traffic, client=raw, **arguments))
    assert raised.value is arguments[name].error

    async def read_async() -> None:
        async with raw_client() as asynchronous:
            async for _ in paginate_async(get_traffic, client=asynchronous, **arguments):
                pass

    with pytest.raises(kind, match="of the argument"):
        asyncio.run(read_async())


@pytest.mark.parametrize(
    "value", [10**5000, -(10**5000), [10**5000], {"a": 10**5000}], ids=lambda value: type(value).__name__
)
@pytest.mark.parametrize("name", ["app_id", "limit", "timezone"])
def test_an_integer_that_python_does_not_write(name: str, value: Any) -> None:
    """It has too many digits for a URL, and the error names the argument in a short sentence."""
    size = " of 16,610 bits" if isinstance(value, int) else ""
    expected = f"^{name} cannot be sent: it is a value of type {type(value).__name__}{size}\\.$"
    with raw_client() as raw, pytest.raises(ValueError, match=expected) as raised:
        list(paginate(get_traffic, client=raw, **MONTH | {name: value}))
    assert raised.value.__suppress_context__

    async def read_async() -> None:
        async with raw_client() as asynchronous:
            async for _ in paginate_async(get_traffic, client=asynchronous, **MONTH | {name: value}):
                pass

    with pytest.raises(ValueError, match=expected):
        asyncio.run(read_async())
