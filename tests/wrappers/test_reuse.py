"""A connection on which bytes wait is not reused: they are not the response to the next request."""

import asyncio
import json
import socket
import ssl
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, nullcontext, suppress
from functools import partial
from itertools import count
from pathlib import Path
from threading import Thread
from typing import Any

import httpcore
import httpx
import pytest

from apitally_traffic import AsyncTrafficClient, ResponseError, TrafficClient, TrafficQuery
from apitally_traffic.testing import fast_retries
from tests.wrappers.raw_server import raw_server, response
from tests.wrappers.tls import trusted_certificate, tunnel

CERTIFICATE = Path(__file__).parents[1] / "pipeline" / "unknown_certificate.pem"
DAY: dict[str, Any] = {"start": "2026-01-01", "end": "2026-01-02"}


def page(requests: int, size: int = 0) -> bytes:
    """Return a response of so many bytes, whose page has one row with this count."""
    row = {"period_start": "2026-01-01T00:00:00Z", "period_end": "2026-01-01T01:00:00Z", "requests": requests}
    body = json.dumps({"data": [row | {"bytes_received": 0, "bytes_sent": 0}], "has_more": False}).encode()
    return response(body, "X-Padding: " + "a" * (size - len(response(body, "X-Padding: "))))


def read_sync(url: str, *, with_transport: bool = False, **options: Any) -> list[int]:
    """Read the same day twice on one connection; that of a transport that is passed in, if wished."""
    transport = httpx.HTTPTransport(verify=httpx.create_ssl_context()) if with_transport else None
    with (
        transport or nullcontext(),
        TrafficClient("key", base_url=url, concurrency=1, transport=transport, **options) as client,
    ):
        return [item.requests for _ in range(2) for item in client.get_traffic(1, **DAY)]


def read_async(url: str, *, with_transport: bool = False, **options: Any) -> list[int]:
    """Read the same day twice on one connection, async."""

    async def read() -> list[int]:
        transport = httpx.AsyncHTTPTransport(verify=httpx.create_ssl_context()) if with_transport else None
        async with (
            transport or nullcontext(),
            AsyncTrafficClient("key", base_url=url, concurrency=1, transport=transport, **options) as client,
        ):
            return [item.requests for _ in range(2) async for item in client.get_traffic(1, **DAY)]

    return asyncio.run(read())


READS = pytest.mark.parametrize(
    "read",
    [read_sync, read_async, partial(read_sync, with_transport=True), partial(read_async, with_transport=True)],
    ids=["sync", "async", "sync transport", "async transport"],
)


@READS
@pytest.mark.parametrize("size", [0, 2**16, 2**16 + 10])
def test_a_second_response_is_nobodys(read: Callable[[str], list[int]], size: int) -> None:
    """What a server sends after a response is not taken for the next one, wherever the first one ends."""
    requested: list[socket.socket] = []

    def respond(connection: socket.socket) -> None:
        requested.append(connection)
        connection.sendall(page(len(requested), size) + page(666))

    with raw_server(respond) as url:
        assert read(url) == [1, 2]
    assert len(set(requested)) == 2


@READS
@pytest.mark.parametrize("records", [1, 2])
def test_a_second_response_over_tls(
    read: Callable[[str], list[int]], records: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So it is over TLS, where a response may be received and not decrypted yet."""
    requested: list[socket.socket] = []

    def respond(connection: socket.socket) -> None:
        requested.append(connection)
        parts = [page(len(requested)), page(666)]
        for part in parts if records == 2 else [b"".join(parts)]:
            connection.sendall(part)

    monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATE))
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(CERTIFICATE)
    with raw_server(respond, tls) as url:
        assert read(url) == [1, 2]
    assert len(set(requested)) == 2


@pytest.mark.parametrize("read", [read_sync, read_async])
@pytest.mark.parametrize("has_second", [True, False])
@pytest.mark.parametrize("is_encrypted", [True, False])
def test_a_second_response_through_a_proxy(
    read: Any, has_second: bool, is_encrypted: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So it is where a proxy passes on two records of TLS at once, also in one record of its own."""
    requested: list[socket.socket] = []

    def respond(connection: socket.socket) -> None:
        requested.append(connection)
        connection.sendall(page(len(requested)))
        if has_second:
            connection.sendall(page(666))

    certificate = trusted_certificate(tmp_path, monkeypatch)
    monkeypatch.setenv("NO_PROXY", "")
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate)
    of_proxy = tls if is_encrypted else None
    with raw_server(respond, tls) as url, tunnel(url, of_proxy, gather_seconds=0.2) as proxy:
        assert read(url, proxy=proxy) == [1, 2]
    assert len(set(requested)) == (2 if has_second else 1)


@contextmanager
def eager_server(tls: ssl.SSLContext, cut: int | None = None) -> Iterator[str]:
    """Run a server that sends a response on its first connection with the end of TLS' handshake, or the first bytes."""

    def serve(connection: socket.socket, *, is_first: bool) -> None:
        early = page(666) if is_first else b""
        with connection, suppress(OSError, ssl.SSLError):
            incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
            speaker = tls.wrap_bio(incoming, outgoing, server_side=True)
            actions: list[Callable[[], Any]] = [speaker.do_handshake]
            actions += [partial(speaker.write, early)] if early else []
            while True:
                try:
                    for action in list(actions):
                        action()
                        del actions[0]
                        if len(actions) == 1 and cut is not None:
                            flight = outgoing.read()
                            actions[0]()
                            record = outgoing.read()
                            connection.sendall(flight + record[:cut])
                            time.sleep(0.2)
                            connection.sendall(record[cut:])
                            del actions[0]
                            break
                    connection.sendall(outgoing.read())
                    speaker.read(65536)
                    speaker.write(page(1))
                except ssl.SSLWantReadError:
                    connection.sendall(outgoing.read())
                    received = connection.recv(65536)
                    if not received:
                        return
                    incoming.write(received)

    def accept() -> None:
        with suppress(OSError):
            for number in count():
                connection, _ = listener.accept()
                Thread(target=serve, args=(connection,), kwargs={"is_first": not number}, daemon=True).start()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        Thread(target=accept, daemon=True).start()
        yield f"https://127.0.0.1:{listener.getsockname()[1]}"
        listener.shutdown(socket.SHUT_RDWR)


@pytest.mark.parametrize("read", [read_sync, read_async])
@pytest.mark.parametrize("kind", ["TLS 1.2", "TLS 1.3", "TLS 1.2 in TLS"])
def test_a_response_before_any_request_is_nobodys(
    read: Any, kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What has arrived on a new connection before it is used is not the response to the first request."""
    certificate = trusted_certificate(tmp_path, monkeypatch)
    monkeypatch.setenv("NO_PROXY", "")
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate)
    if "1.2" in kind:
        tls.maximum_version = ssl.TLSVersion.TLSv1_2
    with ExitStack() as held:
        url = held.enter_context(eager_server(tls))
        proxy = held.enter_context(tunnel(url, tls, gather_seconds=0.1)) if "in" in kind.split() else None
        with fast_retries():
            expected = [666, 1] if kind == "TLS 1.3" else [1, 1]  # it is sent with what the client does not wait for
            assert read(url, proxy=proxy) in ([1, 1], expected)


@pytest.mark.parametrize("read", [read_sync, read_async])
@pytest.mark.parametrize("kind", ["TLS 1.2", "TLS 1.2 in TLS"])
@pytest.mark.parametrize("cut", [1, 3, 5, 60, -40])
def test_a_part_of_a_response_before_any_request_is_nobodys(
    read: Any, kind: str, cut: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not even where it cannot be decrypted yet: without TLS 1.3, nothing else may come."""
    certificate = trusted_certificate(tmp_path, monkeypatch)
    monkeypatch.setenv("NO_PROXY", "")
    tls, of_proxy = (ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER) for _ in range(2))
    tls.load_cert_chain(certificate)
    of_proxy.load_cert_chain(certificate)
    tls.maximum_version = ssl.TLSVersion.TLSv1_2
    with ExitStack() as held:
        url = held.enter_context(eager_server(tls, cut))
        proxy = held.enter_context(tunnel(url, of_proxy)) if "in" in kind.split() else None
        with fast_retries():
            assert read(url, proxy=proxy) == [1, 1]


@READS
def test_a_clean_connection_is_reused(read: Callable[[str], list[int]]) -> None:
    """Requests one after another share a connection."""
    requested: list[socket.socket] = []

    def respond(connection: socket.socket) -> None:
        requested.append(connection)
        connection.sendall(page(len(requested)))

    with raw_server(respond) as url:
        assert read(url) == [1, 2]
    assert len(set(requested)) == 1


@pytest.mark.parametrize("kind", [TrafficClient, AsyncTrafficClient])
def test_a_connection_of_false_rows_is_not_reused(kind: type[Any]) -> None:
    """Rows that were not requested may be those of the request before: all that follow would be."""
    requested: list[socket.socket] = []
    row = {"period_start": "2020-01-01T00:00:00Z", "period_end": "2020-01-01T01:00:00Z", "requests": 1}
    false = json.dumps({"data": [row | {"bytes_received": 0, "bytes_sent": 0}], "has_more": False}).encode()

    def respond(connection: socket.socket) -> None:
        requested.append(connection)
        connection.sendall(response(false) if len(requested) == 1 else page(1))

    async def read(client: Any) -> None:
        for _ in range(3):
            with pytest.raises(ResponseError, match="was not requested") if not requested else nullcontext():
                items: Any = client.get_traffic(1, **DAY).to_list()
                assert len(items if kind is TrafficClient else await items) == 1
        if kind is TrafficClient:
            client.close()
        else:
            await client.aclose()

    with raw_server(respond) as url:
        asyncio.run(read(kind("key", base_url=url, concurrency=1)))
    assert [requested.index(connection) for connection in requested] == [0, 1, 1]


@pytest.mark.parametrize("kind", ["own", "passed in"])
def test_threads_get_no_second_response(kind: str) -> None:
    """Also where one looks for a connection, and the response of another ends."""
    numbers = count(1)

    def respond(connection: socket.socket) -> None:
        time.sleep(0.001)
        connection.sendall(page(1) + (page(666) if next(numbers) % 4 == 0 else b""))

    with (
        raw_server(respond) as url,
        httpx.HTTPTransport() as given,
        TrafficClient(
            "key", base_url=url, requests_per_minute=None, transport=given if kind == "passed in" else None
        ) as client,
        ThreadPoolExecutor(8) as threads,
    ):
        queries = (client.get_traffic(1, **DAY) for _ in range(400))
        assert {item.requests for items in threads.map(TrafficQuery.to_list, queries) for item in items} == {1}


def test_a_connection_that_the_pool_closes_is_not_taken() -> None:
    """Another thread may have removed it from the pool since it was chosen."""
    with (
        raw_server(lambda connection: connection.sendall(page(1))) as url,
        httpx.HTTPTransport() as transport,
        TrafficClient("key", base_url=url, transport=transport) as client,
    ):
        client.get_traffic(1, **DAY).totals()
        (connection,) = transport._pool._connections  # noqa: SLF001 - httpx has no public name for it
        transport._pool._connections.clear()  # noqa: SLF001
        with pytest.raises(httpcore.ConnectionNotAvailable):
            connection.handle_request(httpcore.Request("GET", url))
        connection.close()


@pytest.mark.parametrize("kind", ["sync", "async", "sync transport", "async transport"])
def test_many_connections_at_a_time(kind: str) -> None:
    """None of many threads or tasks closes a connection that another one is about to use."""
    requested: list[socket.socket] = []
    given: dict[str, Any] = {
        "sync transport": {"transport": httpx.HTTPTransport()},
        "async transport": {"transport": httpx.AsyncHTTPTransport()},
    }
    options: dict[str, Any] = {"requests_per_minute": None, "max_retries": 0, **given.get(kind, {})}

    def respond(connection: socket.socket) -> None:
        requested.append(connection)
        time.sleep(0.05)
        connection.sendall(page(1))

    async def read_async(url: str) -> None:
        async with (
            options.get("transport", nullcontext()),
            AsyncTrafficClient("key", base_url=url, **options) as client,
        ):
            for _ in range(4):
                await asyncio.gather(*(client.get_traffic(1, **DAY).to_list() for _ in range(40)))

    with raw_server(respond) as url:
        if kind.startswith("async"):
            asyncio.run(read_async(url))
        else:
            with (
                options.get("transport", nullcontext()),
                TrafficClient("key", base_url=url, **options) as client,
                ThreadPoolExecutor(40) as threads,
            ):
                list(threads.map(TrafficQuery.to_list, (client.get_traffic(1, **DAY) for _ in range(160))))
    assert len(requested) == 160
    if "transport" not in options:
        assert len(set(requested)) <= 45
