"""No request lasts longer than its timeout and its deadline allow, and leaving an iteration is immediate."""

import asyncio
import itertools
import socket
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import httpx
import pytest

from apitally_mock import MockServer
from apitally_traffic import ApitallyError, APITimeoutError, AsyncTrafficClient, ServerError, TrafficClient
from apitally_traffic.testing import fast_retries
from tests.wrappers.raw_server import PAGE, raw_server, response

DAY: dict[str, Any] = {"start": "2026-01-01", "end": "2026-01-02"}
Read = Callable[..., list[Any]]


def read_sync(url: str, **options: Any) -> list[Any]:
    """Read a day with a TrafficClient."""
    with TrafficClient("key", base_url=url, **options) as client:
        return client.get_traffic(1, **DAY).to_list()


def read_async(url: str, **options: Any) -> list[Any]:
    """Read a day with an AsyncTrafficClient."""

    async def read() -> list[Any]:
        async with AsyncTrafficClient("key", base_url=url, **options) as client:
            return await client.get_traffic(1, **DAY).to_list()

    return asyncio.run(read())


def read_with_own_transport(url: str, **options: Any) -> list[Any]:
    """Read a day with a transport that is passed in, as for client certificates."""
    with httpx.HTTPTransport() as transport:
        return read_sync(url, transport=transport, **options)


@pytest.fixture(params=[read_sync, read_async, read_with_own_transport], ids=["sync", "async", "transport"])
def read(request: pytest.FixtureRequest) -> Read:
    """Return a way to read a day."""
    chosen: Read = request.param
    return chosen


def drip_body(connection: socket.socket) -> None:
    """Send the body byte by byte."""
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")
    while True:
        connection.sendall(b" ")
        time.sleep(0.05)


def drip_headers(connection: socket.socket) -> None:
    """Send a header byte by byte."""
    connection.sendall(b"HTTP/1.1 200 OK\r\nX-Endless: ")
    while True:
        connection.sendall(b"a")
        time.sleep(0.05)


def early_hints(connection: socket.socket) -> None:
    """Send informational responses, and never a final one."""
    while True:
        connection.sendall(b"HTTP/1.1 103 Early Hints\r\n\r\n")
        time.sleep(0.01)


@pytest.mark.parametrize("respond", [drip_body, drip_headers, early_hints])
def test_an_endless_response_ends_with_the_deadline(read: Read, respond: Callable[[socket.socket], None]) -> None:
    """However a server spreads a response over time, the deadline ends it, and the message names the deadline."""
    with raw_server(respond) as url:
        began = time.monotonic()
        with pytest.raises(APITimeoutError, match=r"within the deadline of 0.4 s, retries included"):
            read(url, deadline=0.4, timeout=20)
        assert time.monotonic() - began < 10


def test_a_timeout_is_named(read: Read) -> None:
    """The message of a timeout says which timeout has passed, and how long it is."""
    with (
        raw_server(lambda _: time.sleep(3)) as url,
        pytest.raises(APITimeoutError, match=r"the read timeout of 0.1 s has passed"),
    ):
        read(url, timeout=httpx.Timeout(5, read=0.1), max_retries=0)


def test_retries_end_with_the_deadline(read: Read) -> None:
    """No retry starts after the deadline; the error is that of the last attempt."""
    with raw_server(lambda connection: connection.sendall(response(b"", status="503 Busy"))) as url:
        began = time.monotonic()
        with fast_retries(backoff=0.2), pytest.raises(ApitallyError) as raised:
            read(url, deadline=0.6, max_retries=1000)
        assert isinstance(raised.value, ServerError | APITimeoutError)
        assert time.monotonic() - began < 10


def first_then_silence(first: bytes) -> Callable[[socket.socket], None]:
    """Return a server's behavior: respond to the first request, or hang up on it, and respond to no other."""
    numbers = itertools.count()

    def respond(connection: socket.socket) -> None:
        if next(numbers) > 0:
            time.sleep(30)
        elif first:
            connection.sendall(first)
        else:
            connection.shutdown(socket.SHUT_RDWR)

    return respond


@pytest.mark.parametrize(
    ("first", "status", "reason"),
    [
        (response(b"maintenance", status="503 Busy"), 503, "The API failed with status 503: maintenance"),
        (response(b"", status="429 Slow"), 429, "returned 429. The key has used all requests"),
        (b"", None, "cannot be reached, or closed the connection"),
    ],
    ids=["in a retry", "in the pause after a 429", "without a response"],
)
def test_a_deadline_says_how_the_attempt_before_failed(
    read: Read, first: bytes, status: int | None, reason: str
) -> None:
    """The error of a deadline that ends a retry, or the wait for one, is chained to what went wrong before it."""
    with (
        raw_server(first_then_silence(first)) as url,
        pytest.raises(APITimeoutError, match=r"the deadline of 0\.6 s") as raised,
    ):
        read(url, deadline=0.6)
    assert reason in str(raised.value)
    assert raised.value.status_code == status
    cause = raised.value.__cause__
    assert isinstance(cause, ApitallyError)
    assert (cause.status_code, reason in str(cause)) == (status, True)


def test_a_deadline_that_ends_the_body_of_a_refusal(read: Read) -> None:
    """The error is the refusal, and says why its body is missing."""

    def respond(connection: socket.socket) -> None:
        connection.sendall(response(b"x" * 99, status="500 Broken")[:-50])

    with raw_server(respond) as url, pytest.raises(ServerError) as raised:
        read(url, deadline=0.6)
    assert str(raised.value) == (
        "The API failed with status 500: (a body that did not end within the deadline of 0.6 s)"
    )


def test_a_requested_wait_beyond_the_deadline_is_not_waited_for(read: Read) -> None:
    """A Retry-After that ends after the deadline is raised at once."""
    busy = response(b"", "Retry-After: 60", status="503 Busy")
    with raw_server(lambda connection: connection.sendall(busy)) as url:
        began = time.monotonic()
        with pytest.raises(ServerError):
            read(url, deadline=30)
        assert time.monotonic() - began < 10


def test_waiting_for_the_rate_limit_does_not_count() -> None:
    """A request that the rate limit delays has its full deadline afterwards."""
    with (
        MockServer(rate_limit="3/2s") as server,
        TrafficClient(server.api_key, base_url=server.url, deadline=3) as client,
    ):
        began = time.monotonic()
        assert len(client.get_traffic(1, **DAY, page_size=2).to_list()) == 24
        assert time.monotonic() - began > 4


def first_page_then_silence() -> Callable[[socket.socket], None]:
    """Return a server's behavior: respond to the first request with a row, and to no other."""
    row = b'{"period_start": "2026-01-01T00:00:00Z", "period_end": "2026-01-01T01:00:00Z", "requests": 1,'
    page = PAGE.replace(b"[]", b"[" + row + b'"bytes_received": 1, "bytes_sent": 1}]')
    return first_then_silence(response(page))


@pytest.mark.parametrize("leave", ["break", "close"])
def test_leaving_an_iteration_returns_at_once(leave: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """`break` and `close` do not wait for requests in flight, and leave no thread behind."""
    # On a machine that stands still for seconds, another request would get the one response.
    monkeypatch.setattr("apitally_traffic._transport.pacing._PROBE_SECONDS", 60.0)
    with (
        raw_server(first_page_then_silence()) as url,
        TrafficClient("key", base_url=url, requests_per_minute=None) as client,
    ):
        items = iter(client.get_traffic(1, **DAY, page_size=4))
        next(items)
        time.sleep(0.2)
        began = time.monotonic()
        if leave == "close":
            items.close()  # type: ignore[attr-defined]
        else:
            del items
        assert time.monotonic() - began < 2
        assert not [thread for thread in threading.enumerate() if thread.name.startswith("apitally-traffic")]


def test_leaving_an_async_iteration_returns_at_once() -> None:
    """Leaving an `async for` does not wait for requests in flight."""

    async def leave(url: str) -> float:
        async with AsyncTrafficClient("key", base_url=url, requests_per_minute=None) as client:
            items = client.get_traffic(1, **DAY, page_size=4).__aiter__()
            await anext(items)
            await asyncio.sleep(0.2)
            began = time.monotonic()
            await items.aclose()
            assert len(asyncio.all_tasks()) == 1
            return time.monotonic() - began

    with raw_server(first_page_then_silence()) as url:
        assert asyncio.run(leave(url)) < 2


def test_floods_leave_the_event_loop_to_others() -> None:
    """Bodies in pieces of one byte, which arrive as fast as they can be read, hold up neither tasks nor deadlines."""
    pieces = b"1\r\n \r\n" * 20_000

    def flood(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        while True:
            connection.sendall(pieces)

    async def read(url: str) -> tuple[list[Any], float]:
        longest, last = 0.0, time.monotonic()
        bounds: dict[str, Any] = {"deadline": 1, "max_retries": 0, "requests_per_minute": None}
        async with AsyncTrafficClient("key", base_url=url, **bounds) as client:
            reading = asyncio.gather(
                *(client.get_traffic(1, **DAY).to_list() for _ in range(24)), return_exceptions=True
            )
            while not reading.done():
                await asyncio.sleep(0.01)
                longest, last = max(longest, time.monotonic() - last), time.monotonic()
            return await reading, longest

    with raw_server(flood) as url:
        outcomes, longest = asyncio.run(read(url))
    assert {type(outcome) for outcome in outcomes} == {APITimeoutError}
    assert longest < 2


class EmptyPieces(httpx.SyncByteStream, httpx.AsyncByteStream):
    """A body of nothing, without an end; the tasks that read it are given no chance to do something else."""

    def __iter__(self) -> Iterator[bytes]:
        """Yield nothing, in a thread."""
        while True:
            time.sleep(0.001)
            yield b""

    async def __aiter__(self) -> AsyncIterator[bytes]:
        """Yield nothing, in a task."""
        for piece in self:
            yield piece


@pytest.mark.parametrize("read", [read_sync, read_async])
def test_empty_pieces_of_a_transport_end_with_the_deadline(read: Read) -> None:
    """They are none for httpx, which would ask for the next one for ever."""
    transport = httpx.MockTransport(lambda _: httpx.Response(200, stream=EmptyPieces()))
    with pytest.raises(APITimeoutError, match=r"within the deadline of 0\.5 s"):
        read("https://api.apitally.io", transport=transport, deadline=0.5, max_retries=0)
