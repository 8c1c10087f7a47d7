"""One AsyncTrafficClient in several event loops: each has connections of its own, and all share the rate limit."""

import asyncio
import gc
import threading
import warnings
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from apitally_mock import MockServer
from apitally_traffic import AsyncTrafficClient, ConfigurationError
from tests.wrappers.raw_server import PAGE

# A loop that is closed in the middle leaves tasks and sockets to the garbage collector.
pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
DAY: dict[str, Any] = {"start": "2026-01-01", "end": "2026-01-02", "page_size": 3}


@pytest.fixture(autouse=True)
def _collect_garbage() -> Iterator[None]:
    """Destroy what a test leaves before the next one begins."""
    yield
    gc.collect()


def in_bare_loop(read: Coroutine[Any, Any, int]) -> int:
    """Run a coroutine in an event loop of its own, and close that without ending anything in it."""
    loop = asyncio.new_event_loop()
    try:
        return loop.run_until_complete(read)
    finally:
        loop.close()


@pytest.mark.parametrize("run", [asyncio.run, in_bare_loop])
def test_one_loop_after_another(server: MockServer, run: Callable[[Coroutine[Any, Any, int]], int]) -> None:
    """A client reads in one event loop after another, also through copies, and can be closed in any of them."""
    client = AsyncTrafficClient(server.api_key, base_url=server.url, requests_per_minute=None)
    clients = [client, client.with_options(max_retries=0), client.with_options(timeout=5)]

    async def read(asked: AsyncTrafficClient) -> int:
        return len(await asked.get_traffic(1, **DAY).to_list())

    for asked in clients:
        assert run(read(asked)) == 24
    asyncio.run(client.aclose())
    assert asyncio.run(read(client)) == 24


def test_connections_end_with_their_loop(server: MockServer) -> None:
    """`asyncio.run` leaves no open connection behind, even if the client is not closed in it."""
    client = AsyncTrafficClient(server.api_key, base_url=server.url, requests_per_minute=None)

    async def read() -> int:
        return len(await client.get_traffic(1, **DAY).to_list())

    with warnings.catch_warnings(record=True) as unclosed:
        warnings.simplefilter("always", ResourceWarning)
        assert [asyncio.run(read()) for _ in range(3)] == [24] * 3
        gc.collect()
    assert [str(warning.message) for warning in unclosed] == []


def test_loops_in_several_threads(server: MockServer) -> None:
    """Event loops that run at the same time do not disturb each other, while some of them close the client."""
    client = AsyncTrafficClient(server.api_key, base_url=server.url, requests_per_minute=None)

    async def read(number: int) -> int:
        items = [len(await client.get_traffic(1, **DAY).to_list()) for _ in range(10)]
        if number % 2:
            await client.aclose()
        return sum(items)

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(lambda number: asyncio.run(read(number)), range(8))) == [240] * 8


class Gate(httpx.AsyncBaseTransport):
    """Answers no request before it is opened."""

    def __init__(self) -> None:
        self.opened = threading.Event()
        self.asked = threading.Event()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:  # noqa: ARG002
        self.asked.set()
        await asyncio.get_running_loop().run_in_executor(None, self.opened.wait, 20)
        return httpx.Response(200, content=PAGE)


def test_the_rate_limit_is_shared() -> None:
    """The first request goes alone, in whichever event loop, and its response lets the others through."""
    gate = Gate()
    client = AsyncTrafficClient("key", transport=gate)

    async def read() -> list[Any]:
        return await client.get_traffic(1, **DAY).to_list()

    with ThreadPoolExecutor(3) as pool:
        results = [pool.submit(asyncio.run, read())]
        assert gate.asked.wait(20)
        gate.asked.clear()
        results += [pool.submit(asyncio.run, read()) for _ in range(2)]
        assert not gate.asked.wait(0.3)
        gate.opened.set()
        assert [result.result(20) for result in results] == [[]] * 3


@pytest.mark.parametrize("ends", ["paused", "closed"])
def test_a_dead_loop_keeps_no_permit(ends: str) -> None:
    """An event loop that ends in the middle of the first request does not block the others for ever."""
    gate = Gate()
    client = AsyncTrafficClient("key", transport=gate)
    query = client.get_traffic(1, **DAY)
    dead = asyncio.new_event_loop()
    tasks: list[asyncio.Task[Any]] = []

    async def begin() -> None:
        tasks.append(asyncio.create_task(query.to_list()))
        await asyncio.get_running_loop().run_in_executor(None, gate.asked.wait, 20)

    dead.run_until_complete(begin())
    if ends == "closed":
        dead.close()
    gate.opened.set()

    async def read() -> list[Any]:
        async with asyncio.timeout(20):
            return await query.to_list()

    assert asyncio.run(read()) == []
    if ends == "paused":
        assert dead.run_until_complete(tasks[0]) == []
        dead.close()


def test_a_transport_that_is_passed_in(server: MockServer) -> None:
    """A transport of the caller's own has one event loop at a time, and the error says what to do."""
    transport = httpx.AsyncHTTPTransport()
    client = AsyncTrafficClient(server.api_key, base_url=server.url, transport=transport, requests_per_minute=None)

    async def read() -> int:
        return len(await client.get_traffic(1, **DAY).to_list())

    async def read_and_close() -> int:
        number = await read()
        await transport.aclose()
        return number

    assert [asyncio.run(read_and_close()) for _ in range(2)] == [24, 24]
    with asyncio.Runner() as runner:
        assert runner.run(read()) == 24
        with pytest.raises(ConfigurationError, match="connections of another event loop"):
            asyncio.run(read())
        runner.run(transport.aclose())
