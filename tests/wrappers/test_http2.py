"""The client over HTTP/2, with TLS, against a server that speaks it."""

import asyncio
import contextlib
import gc
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from pathlib import Path
from typing import Any

import httpcore
import httpx
import pytest
from starlette.types import ASGIApp, Receive, Scope, Send

from apitally_mock._control.application import MockApplication
from apitally_mock._traffic.synthetic import SyntheticTraffic
from apitally_mock.settings import Settings
from apitally_traffic import APITimeoutError, AsyncTrafficClient, TrafficClient, TrafficItem
from apitally_traffic.testing import fast_retries
from tests.wrappers.tls import trusted_certificate

hypercorn = pytest.importorskip("hypercorn.config", reason="of the dependency group `test`")
serve = pytest.importorskip("hypercorn.asyncio").serve

pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
KINDS = pytest.mark.parametrize("kind", [TrafficClient, AsyncTrafficClient])
MONTHS: dict[str, Any] = {"start": "2025-01-01", "end": "2025-04-01", "page_size": 100}
DAY: dict[str, Any] = {"start": "2025-01-01", "end": "2025-01-02"}
HOURS = 90 * 24

_DEFAULTS: dict[str, Any] = {
    "host": "127.0.0.1",
    "port": 0,
    "seed": 0,
    "api_key": "mock-key",
    "apps": (1, 2),
    "now": None,
    "rate_limit": None,
    "latency": 0.0,
    "data": None,
}


class Recorder:
    """Records how an application is called: the versions of HTTP, the connections, and most requests on one of them."""

    def __init__(self, application: ASGIApp) -> None:
        """Wrap an application."""
        self.versions: list[str] = []
        self.connections: set[Any] = set()
        self.most_at_once = 0
        self._open: Counter[Any] = Counter()
        self._application = application

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] == "http":
            self.versions.append(scope["http_version"])
            self.connections.add(scope["client"])
            self._open[scope["client"]] += 1
            self.most_at_once = max(self.most_at_once, self._open[scope["client"]])
            await self._application(scope, receive, send)
            self._open[scope["client"]] -= 1


@pytest.fixture
def http2_server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., tuple[str, Recorder]]]:
    """Return a function that runs a mock server with HTTP/2 and TLS, whose certificate is trusted."""
    certificate = trusted_certificate(tmp_path, monkeypatch)

    with contextlib.ExitStack() as stack:

        def run(*, keep_alive_max_requests: int = 1000, **settings: Any) -> tuple[str, Recorder]:
            listener = socket.create_server(("127.0.0.1", 0))
            url = f"https://127.0.0.1:{listener.getsockname()[1]}"
            checked = Settings.checked(**_DEFAULTS | settings)
            recorder = Recorder(MockApplication(checked, SyntheticTraffic(0, checked.apps), {"127.0.0.1"}))
            config = hypercorn.Config()
            config.bind = [f"fd://{listener.detach()}"]  # hypercorn closes it
            config.certfile = config.keyfile = str(certificate)
            config.keep_alive_max_requests = keep_alive_max_requests
            config.include_date_header = False  # the application sends it
            config.graceful_timeout = 0.1
            runner, end = asyncio.Runner(loop_factory=asyncio.new_event_loop), asyncio.Event()
            loop = runner.get_loop()

            def work() -> None:
                with runner:
                    runner.run(serve(recorder, config, shutdown_trigger=end.wait))

            server = threading.Thread(target=work)
            server.start()

            def stop() -> None:
                loop.call_soon_threadsafe(end.set)
                server.join()
                gc.collect()  # hypercorn leaves tasks behind: their warnings are not to reach another test

            stack.callback(stop)
            return url, recorder

        yield run


def read(client: TrafficClient | AsyncTrafficClient, **arguments: Any) -> list[TrafficItem]:
    """Read a window, and close the client."""

    async def read_async(client: AsyncTrafficClient) -> list[TrafficItem]:
        async with client:
            return await client.get_traffic(1, **arguments).to_list()

    if isinstance(client, AsyncTrafficClient):
        return asyncio.run(read_async(client))
    with client:
        return client.get_traffic(1, **arguments).to_list()


@KINDS
def test_pages(kind: Callable[..., Any], http2_server: Callable[..., Any]) -> None:
    """All slices of a window are read, with HTTP/2."""
    url, recorder = http2_server()
    items = read(kind("mock-key", base_url=url, http2=True), **MONTHS)
    assert len({item.period_start for item in items}) == len(items) == HOURS
    assert recorder.versions == ["2"] * 22


@KINDS
def test_connections(kind: Callable[..., Any], http2_server: Callable[..., Any]) -> None:
    """Requests in flight do not share a connection, where httpcore would let one harm the others."""
    url, recorder = http2_server(latency=0.05)
    assert len(read(kind("mock-key", base_url=url, http2=True, concurrency=8), **MONTHS)) == HOURS
    assert 1 < len(recorder.connections) <= 8
    assert recorder.most_at_once == 1


@KINDS
def test_the_rate_limit(kind: Callable[..., Any], http2_server: Callable[..., Any]) -> None:
    """All requests keep to the limit: none is refused, and all are sent."""
    url, recorder = http2_server(rate_limit="15/1s")
    assert len(read(kind("mock-key", base_url=url, http2=True, max_retries=0), **MONTHS)) == HOURS
    assert len(recorder.versions) == 22


@KINDS
def test_the_deadline(kind: Callable[..., Any], http2_server: Callable[..., Any]) -> None:
    """A deadline ends the request, and the client can be used again."""
    url, _ = http2_server(latency=0.5)
    client = kind("mock-key", base_url=url, http2=True, max_retries=0)
    with pytest.raises(APITimeoutError, match=r"within the deadline of 0.1 s"):
        read(client.with_options(deadline=0.1), **DAY)
    assert len(read(client, **DAY)) == 24


@KINDS
def test_a_server_that_ends_connections(kind: Callable[..., Any], http2_server: Callable[..., Any]) -> None:
    """A GOAWAY, also while requests are in flight, loses nothing."""
    url, recorder = http2_server(keep_alive_max_requests=1, latency=0.01)
    with fast_retries():
        items = read(kind("mock-key", base_url=url, http2=True, requests_per_minute=None, max_retries=20), **MONTHS)
    assert len({item.period_start for item in items}) == len(items) == HOURS
    assert set(recorder.versions) == {"2"}
    assert len(recorder.connections) >= 9


def test_closing(http2_server: Callable[..., Any]) -> None:
    """Closing a client ends the requests of all threads."""
    url, recorder = http2_server(latency=3)
    with ThreadPoolExecutor() as threads, TrafficClient("mock-key", base_url=url, http2=True, timeout=60) as client:
        reads = [threads.submit(client.get_traffic(1, **DAY).to_list) for _ in range(3)]
        for _ in range(200):
            if recorder.versions:
                client.close()
            if not wait(reads, timeout=0.1).not_done:
                break
        assert {str(read.exception(0)) for read in reads} == {"The client was closed before the response was complete."}


def test_cancelled_tasks_leave_no_broken_connection(http2_server: Callable[..., Any]) -> None:
    """Whenever a task is cancelled, also while its connection is set up, the next one needs no retry."""
    url, _ = http2_server()

    async def run() -> None:
        options: dict[str, Any] = {"http2": True, "max_retries": 0, "requests_per_minute": None}
        async with AsyncTrafficClient("mock-key", base_url=url, **options) as client:
            for steps in range(200):
                task = asyncio.create_task(client.get_traffic(1, **DAY, page_size=6).to_list())
                for _ in range(steps):
                    await asyncio.sleep(0)
                task.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await task
            assert len(await client.get_traffic(1, **DAY).to_list()) == 24

    asyncio.run(run())


def test_cancelled_tasks_leave_the_connections_of_others(http2_server: Callable[..., Any]) -> None:
    """Other tasks need no retry, also not those that have just connected: their connection is not taken for idle."""
    url, _ = http2_server()

    async def run() -> None:
        options: dict[str, Any] = {"http2": True, "max_retries": 0, "requests_per_minute": None}
        async with AsyncTrafficClient("mock-key", base_url=url, **options) as client:

            async def read_on() -> None:
                for _ in range(10):
                    assert len(await client.get_traffic(1, **DAY).to_list()) == 24

            async def leave(seconds: float) -> None:
                for _ in range(10):
                    with contextlib.suppress(TimeoutError):
                        await asyncio.wait_for(client.get_traffic(1, **DAY).to_list(), seconds)

            await asyncio.gather(*(read_on() for _ in range(8)), *(leave(number / 100) for number in range(1, 5)))

    asyncio.run(run())


def test_a_request_that_waited_for_a_connection_that_broke_finds_another(http2_server: Callable[..., Any]) -> None:
    """By itself, httpcore would raise for it what ended the request of another thread."""
    url, _ = http2_server()
    with (
        httpx.HTTPTransport(http2=True, verify=httpx.create_ssl_context()) as transport,
        TrafficClient("mock-key", base_url=url, transport=transport) as client,
    ):
        assert len(client.get_traffic(1, **DAY).to_list()) == 24
        connection: Any = transport._pool.connections[0]  # noqa: SLF001 - the pool lets no test between its steps
        connection._connection._connection_error = True  # noqa: SLF001
        with pytest.raises(httpcore.ConnectionNotAvailable):
            connection.handle_request(httpcore.Request("GET", url))


def test_failures_of_one_thread_are_not_those_of_another(http2_server: Callable[..., Any]) -> None:
    """Where other threads run into their deadlines, a query needs no retry."""
    url, _ = http2_server()
    end = time.monotonic() + 2
    options: dict[str, Any] = {"http2": True, "max_retries": 0, "requests_per_minute": None}

    with TrafficClient("mock-key", base_url=url, **options) as client, ThreadPoolExecutor() as threads:

        def hurry(deadline: float) -> None:
            while time.monotonic() < end:
                hurried = client.with_options(deadline=deadline)
                with contextlib.suppress(APITimeoutError):
                    next(iter(hurried.get_traffic(1, **DAY, page_size=3)))

        def read_on() -> None:
            while time.monotonic() < end:
                assert len(client.get_traffic(1, **DAY, page_size=3).to_list()) == 24

        others = [threads.submit(hurry, deadline) for deadline in (0.01, 0.02, 0.04)]
        for work in [*(threads.submit(read_on) for _ in range(3)), *others]:
            work.result(60)


@KINDS
def test_without_the_option(kind: Callable[..., Any], http2_server: Callable[..., Any]) -> None:
    """Without `http2=True` the same server is asked with HTTP/1.1."""
    url, recorder = http2_server()
    assert len(read(kind("mock-key", base_url=url), **DAY)) == 24
    assert recorder.versions == ["1.1"]
