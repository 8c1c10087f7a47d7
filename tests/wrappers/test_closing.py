"""Closing a client ends what waits or is under way in other threads and tasks."""

import asyncio
import contextlib
import logging
import random
import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from typing import Any

import httpx
import pytest

from apitally_api_client.api.metrics import get_traffic
from apitally_traffic import APIConnectionError, AsyncTrafficClient, ConfigurationError, TrafficClient
from tests.wrappers.conftest import interrupt
from tests.wrappers.raw_server import PAGE, full_server, raw_server, response

DAY: dict[str, Any] = {"start": "2026-01-01", "end": "2026-01-02"}
CLOSED = "The client was closed before the response was complete."

Respond = Callable[[socket.socket], Any]


def waits(reached: threading.Event) -> dict[str, Respond]:
    """Return responses after which a client waits, that say when it is about to."""
    used_up = ("X-RateLimit-Limit: 1", "X-RateLimit-Remaining: 0", f"X-RateLimit-Reset: {time.time() + 50}")

    def send(connection: socket.socket, data: bytes) -> None:
        connection.sendall(data)
        reached.set()

    return {
        "for the rate limit": lambda connection: send(connection, response(PAGE, *used_up)),
        "for a retry": lambda connection: send(
            connection, response(b"", "Retry-After: 100", status="503 Service Unavailable")
        ),
        "for a response": lambda _: reached.set(),
        "for a body": lambda connection: send(connection, response(PAGE)[:-5]),
    }


@pytest.fixture(params=["for the rate limit", "for a retry", "for a response", "for a body"])
def waiting(request: pytest.FixtureRequest) -> Any:
    """Run a server that makes a client wait, and return its URL and what is set when a response was sent."""
    reached = threading.Event()
    with raw_server(waits(reached)[request.param]) as url:
        yield url, reached


def test_closing_ends_what_waits_in_another_thread(waiting: tuple[str, threading.Event]) -> None:
    """Whatever a thread waits for, it ends with one clear error when another one closes the client."""
    url, reached = waiting
    with ThreadPoolExecutor() as threads, TrafficClient("key", base_url=url, concurrency=2) as client:
        reads = [threads.submit(client.get_traffic(1, **DAY, page_size=size).to_list) for size in (24, 6)]
        assert reached.wait(20)
        for _ in range(100):  # it may be that one does not wait yet
            client.close()
            if not wait(reads, timeout=0.1).not_done:
                break
        errors = [error for read in reads if (error := read.exception(0))]
        assert errors
        assert {type(error) for error in errors} == {APIConnectionError}
        assert {str(error) for error in errors} == {CLOSED}


@contextlib.contextmanager
def no_connection(kind: str) -> Iterator[dict[str, Any]]:
    """Yield the options of a client that waits for its connection to be made, or for the TLS handshake."""
    if kind == "connect":
        with full_server("127.0.0.1") as port:
            yield {"base_url": f"http://127.0.0.1:{port}"}
        return
    hello = b"HTTP/1.1 200 OK\r\n\r\n" if kind == "handshake through a proxy" else b""
    with socket.create_server(("127.0.0.1", 0)) as listener, contextlib.ExitStack() as held:

        def serve() -> None:
            with contextlib.suppress(OSError):
                while True:
                    connection, _ = listener.accept()
                    held.enter_context(connection)
                    if hello:
                        connection.recv(65536)
                        connection.sendall(hello)

        thread = threading.Thread(target=serve)
        thread.start()
        address = f"127.0.0.1:{listener.getsockname()[1]}"
        proxies = {"handshake": None, "handshake through a proxy": f"http://{address}", "SOCKS": f"socks5://{address}"}
        yield {"base_url": f"https://{address}", "proxy": proxies[kind]}
        listener.shutdown(socket.SHUT_RDWR)
        thread.join()


NO_CONNECTION = pytest.mark.parametrize("kind", ["connect", "handshake", "handshake through a proxy", "SOCKS"])


@NO_CONNECTION
def test_closing_ends_what_has_no_connection_yet(kind: str) -> None:
    """A connection that is being made ends as a request does."""
    with no_connection(kind) as options, TrafficClient("key", timeout=30, max_retries=0, **options) as client:
        with ThreadPoolExecutor() as threads:
            read = threads.submit(client.get_traffic(1, **DAY).to_list)
            time.sleep(0.5)
            began = time.monotonic()
            client.close()
            with pytest.raises(APIConnectionError, match=CLOSED):
                read.result(60)
        assert time.monotonic() - began < 5


@NO_CONNECTION
def test_an_interrupt_leaves_no_thread_that_makes_a_connection(kind: str) -> None:
    """What is read side by side is cancelled, also before it has a connection."""
    with no_connection(kind) as options, TrafficClient("key", timeout=30, max_retries=0, **options) as client:
        with pytest.raises(KeyboardInterrupt), interrupt():
            client.get_traffic(1, **DAY, page_size=1).to_list()
        began = time.monotonic()
        for thread in threading.enumerate():
            if thread.name.startswith("apitally-traffic"):
                thread.join()
        assert time.monotonic() - began < 5


def test_a_refusal_that_comes_while_a_client_is_closed() -> None:
    """Without the retry that it asks for, the refusal says nothing: the error is that of the end."""

    def refuse(_: httpx.Request) -> httpx.Response:
        client.close()
        return httpx.Response(503, headers={"Retry-After": "100"})

    with (
        TrafficClient("key", transport=httpx.MockTransport(refuse)) as client,
        pytest.raises(APIConnectionError, match=CLOSED),
    ):
        client.get_traffic(1, **DAY).to_list()


def test_closing_a_transport_ends_what_reads_from_it() -> None:
    """So do several threads that close a client at the same time: one of them closes what the other was to wake up."""
    reached = threading.Event()
    with (
        raw_server(lambda _: reached.set()) as url,
        ThreadPoolExecutor() as threads,
        httpx.HTTPTransport() as transport,
        TrafficClient("key", base_url=url, transport=transport, max_retries=0, timeout=25) as client,
    ):
        read = threads.submit(client.get_traffic(1, **DAY).to_list)
        assert reached.wait(20)
        time.sleep(0.1)  # until it reads, which the test does not rely on
        transport.close()
        assert isinstance(read.exception(20), APIConnectionError)


def test_a_closed_client_retries_nothing(caplog: pytest.LogCaptureFixture) -> None:
    """No line of the log says that it would."""
    caplog.set_level(logging.INFO, "apitally_traffic")
    reached, released = threading.Event(), threading.Event()

    def wait_for_release(_: socket.socket) -> None:
        reached.set()
        released.wait(20)

    with (
        raw_server(wait_for_release) as url,
        ThreadPoolExecutor() as threads,
        TrafficClient("key", base_url=url) as client,
    ):
        read = threads.submit(client.get_traffic(1, **DAY).to_list)
        assert reached.wait(20)
        client.close()
        error = read.exception(20)
        released.set()
    assert str(error) == CLOSED
    assert [record.message for record in caplog.records if "retry" in record.message] == []


def test_closing_ends_what_waits_in_another_task(waiting: tuple[str, threading.Event]) -> None:
    """The same for tasks."""
    url, reached = waiting

    async def run() -> None:
        async with AsyncTrafficClient("key", base_url=url) as client:
            reads = [asyncio.create_task(client.get_traffic(1, **DAY).to_list()) for _ in range(2)]
            await asyncio.to_thread(reached.wait, 20)
            await asyncio.sleep(0.05)
            await client.aclose()
            outcomes = await asyncio.wait_for(asyncio.gather(*reads, return_exceptions=True), 20)
            errors = [outcome for outcome in outcomes if isinstance(outcome, BaseException)]
            assert errors
            assert {str(error) for error in errors} == {CLOSED}

    asyncio.run(run())


@pytest.mark.parametrize("kind", [TrafficClient, AsyncTrafficClient])
def test_a_closed_client_can_be_used_again(kind: Callable[..., Any]) -> None:
    """What comes after closing has new connections."""
    requests: list[httpx.Request] = []

    def handle(request: httpx.Request) -> httpx.Response:
        requests.append(request)
        return httpx.Response(200, content=PAGE)

    client = kind("key", transport=httpx.MockTransport(handle))

    async def run() -> None:
        await client.get_traffic(1, **DAY).to_list()
        await client.aclose()
        await client.get_traffic(1, **DAY).to_list()

    if kind is AsyncTrafficClient:
        asyncio.run(run())
    else:
        client.get_traffic(1, **DAY).to_list()
        client.close()
        client.get_traffic(1, **DAY).to_list()
    assert len(requests) == 2


def test_with_on_the_generated_client_leaves_the_client_open() -> None:
    """After `with client.api`, once or twice, the client and its `api` go on with the same connection."""
    connections = set()

    def respond(connection: socket.socket) -> None:
        connections.add(connection.fileno())
        connection.sendall(response(PAGE))

    with raw_server(respond) as url, TrafficClient("key", base_url=url) as client:
        for api in (client.api, client.api, client.api.with_headers({"X-A": "b"})):
            with api as entered:
                assert get_traffic.sync(client=entered, app_id=1) is not None
            assert get_traffic.sync(client=client.api, app_id=1) is not None
        assert client.get_traffic(1, **DAY).to_list() == []
    assert len(connections) == 1


def test_async_with_on_the_generated_client_leaves_the_client_open() -> None:
    """The same holds for `async with client.api`."""

    async def read(url: str) -> list[Any]:
        async with AsyncTrafficClient("key", base_url=url) as client:
            for _ in range(2):
                async with client.api as api:
                    assert await get_traffic.asyncio(client=api, app_id=1) is not None
            return await client.get_traffic(1, **DAY).to_list()

    with raw_server(lambda connection: connection.sendall(response(PAGE))) as url:
        assert asyncio.run(read(url)) == []


def test_the_generated_client_sends_with_its_client_alone() -> None:
    """Another client of httpx would send without the key; cookies, and some headers, are not sent."""
    with pytest.raises(ConfigurationError, match="pass `transport` to the client"):
        TrafficClient("key").api.set_httpx_client(httpx.Client())
    with pytest.raises(ConfigurationError, match="pass `transport` to the client"):
        AsyncTrafficClient("key").api.set_async_httpx_client(httpx.AsyncClient())
    with pytest.raises(ValueError, match="The header 'X' cannot be sent"):
        TrafficClient("key").api.with_headers({"X": "a\nb"})
    with pytest.raises(ValueError, match="is set by the client"):
        TrafficClient("key").api.with_headers({"Host": "evil.example"})
    for client in (TrafficClient("key"), AsyncTrafficClient("key")):
        with pytest.raises(ConfigurationError, match="sends no cookies"):
            client.api.with_cookies({"session": "1"})


@pytest.mark.parametrize("kind", [TrafficClient, AsyncTrafficClient])
def test_a_generated_client_with_other_options_is_another_client(kind: Callable[..., Any]) -> None:
    """`with_headers` and `with_timeout` change what the new client sends, and nothing of the first one."""
    sent = []

    def respond(request: httpx.Request) -> httpx.Response:
        sent.append((request.headers.get("X-A"), request.headers.get("X-B"), request.extensions["timeout"]["read"]))
        return httpx.Response(200, content=PAGE)

    async def read(client: Any) -> None:
        clients = [client.api, client.api.with_headers({"X-A": "1"})]
        clients.append(clients[1].with_timeout(httpx.Timeout(0.5)))
        clients.append(clients[2].with_headers({"x-a": "2", "X-B": "3"}))
        for api in [*clients, *clients]:
            if kind is TrafficClient:
                get_traffic.sync(client=api, app_id=1)
            else:
                await get_traffic.asyncio(client=api, app_id=1)

    client = kind("key", timeout=7, headers={"X-B": "0"}, transport=httpx.MockTransport(respond))
    asyncio.run(read(client))
    assert sent == [(None, "0", 7), ("1", "0", 7), ("1", "0", 0.5), ("2", "3", 0.5)] * 2
    with pytest.raises(ValueError, match=r"^timeout must be a positive number of seconds"):
        client.api.with_timeout(-1)


def test_closing_again_and_again_while_threads_read() -> None:
    """Whatever moment a request is in, it ends at once with the one error, and the next one finds a new connection."""
    messages: set[str] = set()
    is_over = threading.Event()

    def respond(connection: socket.socket) -> None:
        time.sleep(random.random() / 200)  # noqa: S311 - no secret
        connection.sendall(response(PAGE))

    def read(_: int) -> float:
        longest = 0.0
        while not is_over.is_set():
            began = time.monotonic()
            try:
                client.get_traffic(1, **DAY).to_list()
            except APIConnectionError as error:
                messages.add(str(error))
            longest = max(longest, time.monotonic() - began)
        return longest

    with (
        raw_server(respond) as url,
        TrafficClient("key", base_url=url, requests_per_minute=None, max_retries=0, timeout=30) as client,
        ThreadPoolExecutor(8) as threads,
    ):
        readers = threads.map(read, range(8))
        for _ in range(150):
            time.sleep(0.01)
            client.close()
        is_over.set()
        assert max(readers) < 10
    assert messages == {CLOSED}


def test_no_more_tasks_than_connections_are_in_the_pool() -> None:
    """It looks at all connections for each request that waits: the work would grow with the square of the tasks."""
    inside: list[int] = [0]

    class Transport(httpx.AsyncHTTPTransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            inside.append(inside[-1] + 1)
            try:
                return await super().handle_async_request(request)
            finally:
                inside.append(inside[-1] - 1)

    async def read(url: str) -> None:
        async with (
            Transport() as transport,
            AsyncTrafficClient("key", base_url=url, requests_per_minute=None, transport=transport) as client,
        ):
            await asyncio.gather(*(client.get_traffic(1, **DAY).to_list() for _ in range(300)))

    with raw_server(lambda connection: connection.sendall(response(PAGE))) as url:
        asyncio.run(read(url))
    assert len(inside) == 601
    assert max(inside) <= 100
