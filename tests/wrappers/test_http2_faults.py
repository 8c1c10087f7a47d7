"""Servers that break the rules of HTTP/2 while the response is read."""

import asyncio
import contextlib
import re
import socket
import ssl
import threading
import time
import traceback
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from apitally_traffic import APIConnectionError, AsyncTrafficClient, TrafficClient
from apitally_traffic.testing import fast_retries
from tests.wrappers.raw_server import PAGE
from tests.wrappers.tls import trusted_certificate

h2 = pytest.importorskip("h2.connection", reason="of the extra http2")

KEY = "Abc1234.abcdefghijklmnopqrstuvwxyz"
DATA, HEADERS, RST_STREAM, SETTINGS, PUSH_PROMISE, GOAWAY, WINDOW_UPDATE = 0, 1, 3, 4, 5, 7, 8
END_STREAM, END_HEADERS = 1, 4
ROW = b"""{"period_start": "2026-01-01T00:00:00Z", "period_end": "2026-01-01T01:00:00Z",
"requests": 1, "bytes_received": 1, "bytes_sent": 1}"""


def frame(kind: int, flags: int, stream: int, payload: bytes = b"") -> bytes:
    """Return a frame as it is on the wire."""
    return len(payload).to_bytes(3, "big") + bytes([kind, flags]) + stream.to_bytes(4, "big") + payload


BODY_FAULTS: dict[str, Callable[[int], bytes]] = {
    "a body that is too short": lambda stream: frame(DATA, END_STREAM, stream),
    "a body that is too long": lambda stream: frame(DATA, END_STREAM, stream, b"x" * 999),
    "a frame that is too large": lambda stream: frame(DATA, 0, stream, b"x" * 60_000),
    "a setting out of range": lambda _: frame(SETTINGS, 0, 0, b"\x00\x04\xff\xff\xff\xff"),
    "too much credit": lambda _: frame(WINDOW_UPDATE, 0, 0, b"\x7f\xff\xff\xff"),
    "data of another stream": lambda stream: frame(DATA, END_STREAM, stream + 98, b"hello"),
    "headers that cannot be decoded": lambda stream: frame(HEADERS, END_STREAM | END_HEADERS, stream, b"\xff" * 9),
    "a push": lambda stream: frame(PUSH_PROMISE, END_HEADERS, stream, b"\0\0\0\2\x82"),
}


@pytest.fixture
def broken_server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., tuple[str, list[int]]]]:
    """Return a function that runs a server with HTTP/2, which responds with the frames that another function makes."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(trusted_certificate(tmp_path, monkeypatch))
    context.set_alpn_protocols(["h2"])
    with contextlib.ExitStack() as stack:

        def run(respond: Callable[[Any, int], Iterable[bytes]]) -> tuple[str, list[int]]:
            streams: list[int] = []
            listener = stack.enter_context(socket.create_server(("127.0.0.1", 0)))

            def work() -> None:
                with contextlib.suppress(OSError):  # the listener is closed at the end of the test
                    while True:
                        connection, _ = listener.accept()
                        threading.Thread(target=serve, args=[connection], daemon=True).start()

            def serve(plain: socket.socket) -> None:
                with contextlib.suppress(OSError), context.wrap_socket(plain, server_side=True) as connection:
                    protocol = h2.H2Connection(h2.H2Configuration(client_side=False))
                    protocol.initiate_connection()
                    connection.sendall(protocol.data_to_send())
                    while received := connection.recv(65536):
                        for event in protocol.receive_data(received):
                            if type(event).__name__ == "RequestReceived":
                                streams.append(event.stream_id)
                                for piece in respond(protocol, event.stream_id):
                                    connection.sendall(piece)
                                    time.sleep(0.1)  # so that the client has read the headers before the next piece
                        connection.sendall(protocol.data_to_send())

            threading.Thread(target=work, daemon=True).start()
            return f"https://127.0.0.1:{listener.getsockname()[1]}", streams

        yield run


def failure(kind: type[Any], url: str) -> BaseException:
    """Return what a query raises."""
    client = kind(KEY, base_url=url, http2=True, max_retries=1, timeout=5)
    query = client.get_traffic(1, start="2026-01-01", end="2026-01-02")

    async def read_async() -> None:
        async with client:
            await query.to_list()

    with fast_retries(), pytest.raises(Exception) as raised:  # noqa: PT011 - which one is what the tests are about
        asyncio.run(read_async()) if kind is AsyncTrafficClient else query.to_list()
    if kind is TrafficClient:
        client.close()
    return raised.value


@pytest.mark.parametrize("kind", [TrafficClient, AsyncTrafficClient])
@pytest.mark.parametrize("fault", BODY_FAULTS)
@pytest.mark.parametrize("is_begun", [True, False], ids=["in the body", "before the headers"])
def test_a_fault(kind: type[Any], fault: str, broken_server: Callable[..., Any], *, is_begun: bool) -> None:
    """It is retried, and then a typed error with the request's URL and a reason in words."""

    def respond(protocol: Any, stream: int) -> list[bytes]:
        if not is_begun:
            return [BODY_FAULTS[fault](stream)]
        protocol.send_headers(stream, [(":status", "200"), ("content-length", "99")])
        begin: bytes = protocol.data_to_send()
        return [begin + frame(DATA, 0, stream, b'{"data":['), BODY_FAULTS[fault](stream)]

    url, streams = broken_server(respond)
    error = failure(kind, url)
    assert isinstance(error, APIConnectionError)
    assert error.url
    assert error.url.startswith(url)
    assert len(streams) == 2
    reason = str(error).partition("closed the connection: ")[2]
    assert re.search(r"[a-z]{2,} [a-z]{2,}", reason)
    assert re.search(r"[a-z]Error\b|^\d|0x", reason) is None


ENDS: dict[str, Callable[[int], bytes]] = {
    "reset the request (HTTP/2 error code 7)": lambda stream: frame(RST_STREAM, 0, stream, b"\0\0\0\7"),
    "closed the connection (HTTP/2 error code 11)": lambda _: frame(GOAWAY, 0, 0, b"\0\0\0\0\0\0\0\x0b<why>"),
}


@pytest.mark.parametrize("kind", [TrafficClient, AsyncTrafficClient])
@pytest.mark.parametrize("sentence", ENDS)
def test_a_server_that_ends_a_request(kind: type[Any], sentence: str, broken_server: Callable[..., Any]) -> None:
    """The message says which of both it was, and with which code."""
    url, _ = broken_server(lambda _, stream: [ENDS[sentence](stream)])
    error = failure(kind, url)
    assert isinstance(error, APIConnectionError)
    assert str(error) == f"{url} cannot be reached, or closed the connection: it {sentence}."


@pytest.mark.parametrize("kind", [TrafficClient, AsyncTrafficClient])
def test_a_status_that_is_no_number(kind: type[Any], broken_server: Callable[..., Any]) -> None:
    """It may be the key, which is in no error."""
    status = b"\x08" + bytes([len(KEY)]) + KEY.encode()  # the field :status of HPACK's static table, with this value

    url, streams = broken_server(
        lambda _, stream: [frame(HEADERS, END_HEADERS, stream, status) + frame(DATA, END_STREAM, stream, b"{}")]
    )
    error = failure(kind, url)
    assert isinstance(error, APIConnectionError)
    assert KEY not in "".join(traceback.format_exception(error))
    assert len(streams) == 2


@pytest.mark.parametrize("kind", [TrafficClient, AsyncTrafficClient])
@pytest.mark.parametrize("last", [0, 2**31 - 1], ids=["none", "all"])
def test_a_server_that_goes_away_between_requests(
    kind: type[Any], last: int, broken_server: Callable[..., Any]
) -> None:
    """A connection on which a GOAWAY came while it was idle is not used again, which takes no retry."""
    gone = threading.Semaphore(0)

    def respond(protocol: Any, stream: int) -> Iterator[bytes]:
        protocol.send_headers(stream, [(":status", "200")])
        yield protocol.data_to_send() + frame(DATA, END_STREAM, stream, PAGE)
        yield frame(GOAWAY, 0, 0, last.to_bytes(4, "big") + bytes(4))
        gone.release()

    url, streams = broken_server(respond)
    client = kind(KEY, base_url=url, http2=True, max_retries=0, timeout=5)
    query = client.get_traffic(1, start="2026-01-01", end="2026-01-02")

    async def read_async() -> None:
        async with client:
            for _ in range(3):
                assert await query.to_list() == []
                assert await asyncio.to_thread(gone.acquire, timeout=20)

    if kind is AsyncTrafficClient:
        asyncio.run(read_async())
    else:
        with client:
            for _ in range(3):
                assert query.to_list() == []
                assert gone.acquire(timeout=20)
    assert streams == [1, 1, 1]


@pytest.mark.parametrize("is_passed_in", [False, True], ids=["own transport", "transport"])
def test_leaving_an_iteration_ends_its_requests(broken_server: Callable[..., Any], *, is_passed_in: bool) -> None:
    """Closing an iterator ends the threads that wait for responses, and the client goes on with other connections."""
    silent: list[int] = []

    def respond(protocol: Any, stream: int) -> Iterator[bytes]:
        silent.append(stream)
        if 1 < len(silent) <= 6:
            return
        protocol.send_headers(stream, [(":status", "200")])
        yield protocol.data_to_send() + frame(DATA, END_STREAM, stream, PAGE.replace(b"[]", b"[" + ROW + b"]"))

    url, _ = broken_server(respond)
    transport = httpx.HTTPTransport(http2=True, verify=httpx.create_ssl_context()) if is_passed_in else None
    with (
        transport or contextlib.nullcontext(),
        TrafficClient(KEY, base_url=url, http2=not is_passed_in, transport=transport, max_retries=0) as client,
    ):
        items = iter(client.get_traffic(1, start="2026-01-01", end="2026-01-02", page_size=4))
        next(items)
        while len(silent) < 6:
            time.sleep(0.01)
        items.close()  # type: ignore[attr-defined]
        assert not [thread for thread in threading.enumerate() if thread.name.startswith("apitally-traffic")]
        assert len(client.get_traffic(1, start="2026-01-01", end="2026-01-02").to_list()) == 1


@pytest.mark.parametrize("kind", [TrafficClient, AsyncTrafficClient])
def test_a_lower_limit_of_concurrent_streams(kind: type[Any], broken_server: Callable[..., Any]) -> None:
    """A server may lower it below what is open, and then responds to everything."""

    def respond(protocol: Any, stream: int) -> Iterator[bytes]:
        if stream > 1:  # before, httpcore sends no further request
            yield frame(SETTINGS, 0, 0, b"\x00\x03\x00\x00\x00\x01")
        protocol.send_headers(stream, [(":status", "200")])
        yield protocol.data_to_send() + frame(DATA, END_STREAM, stream, PAGE)

    url, streams = broken_server(respond)
    client = kind(KEY, base_url=url, http2=True, max_retries=0, timeout=5, deadline=20)
    query = client.get_traffic(1, start="2026-01-01", end="2026-01-02", page_size=4)

    async def read_async() -> None:
        async with client:
            assert [await query.to_list() for _ in range(2)] == [[], []]

    if kind is AsyncTrafficClient:
        asyncio.run(read_async())
    else:
        with client:
            assert [query.to_list() for _ in range(2)] == [[], []]
    assert len(streams) == 12


@pytest.mark.parametrize("kind", [TrafficClient, AsyncTrafficClient])
def test_a_connection_that_allows_no_stream_is_not_used_again(
    kind: type[Any], broken_server: Callable[..., Any]
) -> None:
    """A retry takes another one."""

    def respond(protocol: Any, stream: int) -> Iterator[bytes]:
        if len(streams) == 1:
            yield frame(SETTINGS, 0, 0, b"\x00\x03\x00\x00\x00\x00")
        protocol.send_headers(stream, [(":status", "200")])
        yield protocol.data_to_send() + frame(DATA, END_STREAM, stream, PAGE)

    url, streams = broken_server(respond)
    client = kind(KEY, base_url=url, http2=True, max_retries=1, timeout=5)
    query = client.get_traffic(1, start="2026-01-01", end="2026-01-02")

    async def read_async() -> None:
        async with client:
            assert [await query.to_list() for _ in range(3)] == [[], [], []]

    with fast_retries():
        if kind is AsyncTrafficClient:
            asyncio.run(read_async())
        else:
            with client:
                assert [query.to_list() for _ in range(3)] == [[], [], []]
    assert streams == [1, 1, 3]


@pytest.mark.parametrize("kind", [TrafficClient, AsyncTrafficClient])
@pytest.mark.parametrize("cut", [1, 4, 8, 9])
def test_a_cut_frame_after_a_response(kind: type[Any], cut: int, broken_server: Callable[..., Any]) -> None:
    """What begins with the end of one response may be the response to the request that the server expects next."""

    def respond(protocol: Any, stream: int) -> Iterator[bytes]:
        protocol.send_headers(stream, [(":status", "200")])
        headers = frame(HEADERS, END_HEADERS, stream + 2, b"\x88")
        yield protocol.data_to_send() + frame(DATA, END_STREAM, stream, PAGE) + headers[:cut]
        rows = b'{"data": [' + ROW + b'], "has_more": false, "next_token": null}'
        yield headers[cut:] + frame(DATA, END_STREAM, stream + 2, rows)

    url, streams = broken_server(respond)
    client = kind(KEY, base_url=url, http2=True, max_retries=0, timeout=5)
    query = client.get_traffic(1, start="2026-01-01", end="2026-01-02")

    async def read_async() -> list[Any]:
        async with client:
            return [await query.to_list() for _ in range(3)]

    if kind is AsyncTrafficClient:
        assert asyncio.run(read_async()) == [[], [], []]
    else:
        with client:
            assert [query.to_list() for _ in range(3)] == [[], [], []]
    assert streams == [1, 1, 1]
