"""Tasks that are cancelled, whenever that is, take no connection with them."""

import asyncio
import contextlib
import socket
import subprocess
import sys
import threading
from typing import Any

import anyio
import httpx
import pytest

from apitally_mock import MockServer
from apitally_traffic import AsyncTrafficClient, AsyncTrafficQuery
from apitally_traffic.testing import fast_retries
from tests.sampling import exhaustive
from tests.wrappers.raw_server import PAGE, raw_server, response

TWO_DAYS: dict[str, Any] = {"start": "2026-01-01", "end": "2026-01-03", "page_size": 12}
# Of the event loop: a query takes about so many.
STEPS = range(200)


async def cancelled_after(steps: int, query: AsyncTrafficQuery, times: int) -> None:
    """Start to read a query, and cancel the task after some steps of the event loop."""
    task = asyncio.create_task(query.to_list())
    for _ in range(steps):
        await asyncio.sleep(0)
    with contextlib.suppress(asyncio.CancelledError):
        for _ in range(times):
            task.cancel()
            await asyncio.sleep(0)
        await task


@pytest.mark.parametrize(("latency", "times"), [(0.001, 1), (0, 3), *exhaustive([(0, 1), (0.001, 3)])])
def test_a_pool_serves_whoever_comes_after_cancelled_tasks(server: MockServer, latency: float, times: int) -> None:
    """Two connections are enough, however many tasks were cancelled while they used them, or closed a response."""
    server.set_latency(latency)

    async def run() -> None:
        transport = httpx.AsyncHTTPTransport(limits=httpx.Limits(max_connections=2))
        async with (
            transport,
            AsyncTrafficClient(
                server.api_key,
                base_url=server.url,
                transport=transport,
                concurrency=2,
                requests_per_minute=None,
                max_retries=0,
                timeout=5,
            ) as client,
        ):
            for steps in STEPS:
                await cancelled_after(steps, client.get_traffic(1, **TWO_DAYS), times)
            assert len(await client.get_traffic(1, **TWO_DAYS).to_list()) == 48
            assert not transport._pool._requests  # noqa: SLF001 - nothing else tells
            assert all(connection.is_idle() for connection in transport._pool.connections)  # noqa: SLF001

    asyncio.run(run())


def test_a_deadline_in_the_middle_of_closing_takes_no_connection() -> None:
    """A response that is complete just before its deadline has a connection that is free afterwards."""

    async def run(url: str) -> None:
        transport = httpx.AsyncHTTPTransport(limits=httpx.Limits(max_connections=1))
        options: dict[str, Any] = {"transport": transport, "max_retries": 0, "requests_per_minute": None}
        async with transport, AsyncTrafficClient("k" * 20, base_url=url, **options) as client:
            for milliseconds in range(1, 12):
                with contextlib.suppress(Exception):
                    await client.with_options(deadline=milliseconds / 2000).get_traffic(1, **TWO_DAYS).to_list()
            assert await client.get_traffic(1, **TWO_DAYS).to_list() == []

    with raw_server(lambda connection: connection.sendall(response(PAGE))) as url:
        asyncio.run(run(url))


def test_a_handshake_that_is_cancelled_closes_the_connection() -> None:
    """A server that does not reply in TLS is left at once."""
    ended = threading.Event()

    def accept(listener: socket.socket) -> None:
        connection, _ = listener.accept()
        with connection:
            connection.settimeout(20)
            while connection.recv(4096):
                started.set()
            ended.set()

    async def run(port: int) -> None:
        async with AsyncTrafficClient("k" * 20, base_url=f"https://127.0.0.1:{port}") as client:
            task = asyncio.create_task(client.get_traffic(1, **TWO_DAYS).to_list())
            assert await asyncio.to_thread(started.wait, 20)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert await asyncio.to_thread(ended.wait, 10)

    started = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=accept, args=[listener], daemon=True).start()
        asyncio.run(run(listener.getsockname()[1]))


LEFT = """
import asyncio, sys
from apitally_traffic import AsyncTrafficClient

async def main(url, method):
    global iterator
    client = AsyncTrafficClient("mock-key", base_url=url)
    query = client.get_traffic(1, start="2026-01-01", end="2026-03-01", page_size=24)
    iterator = aiter(getattr(query, method)())
    await anext(iterator)

asyncio.run(main(*sys.argv[1:]))
"""


@pytest.mark.parametrize("method", ["__aiter__", "pages"])
def test_an_iterator_that_is_left_at_the_end_of_the_loop_ends_quietly(server: MockServer, method: str) -> None:
    """`asyncio.run` closes all generators at once, those that wait for others too."""
    done = subprocess.run(
        [sys.executable, "-c", LEFT, server.url, method],
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("latency", [0, 0.05])
def test_what_is_under_way_has_ended_when_a_client_is_closed(server: MockServer, latency: float) -> None:
    """Its tasks too, in whatever turn of the event loop a loop over items is left: none connects any more."""
    server.set_latency(latency)

    async def read(turns: int) -> list[Any]:
        async with AsyncTrafficClient(server.api_key, base_url=server.url, requests_per_minute=None) as client:
            async for _ in client.get_traffic(1, **TWO_DAYS):
                break
            for _ in range(turns):
                await asyncio.sleep(0)
        for _ in range(3):  # in which the iterator, which nobody has closed, notices that they have ended
            await asyncio.sleep(0)
        return [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]

    for turns in range(0, 40, 2):
        assert asyncio.run(read(turns)) == []
    server.set_latency(0)


def test_anyio_knows_its_cancellation_of_a_wait() -> None:
    """A scope that ends in the moment in which a wait for a retry does is left as usual, and the task goes on."""

    async def read(client: AsyncTrafficClient, milliseconds: int) -> bool:
        with anyio.move_on_after(milliseconds / 1000) as scope:
            await client.get_traffic(1, **TWO_DAYS).to_list()
        return scope.cancelled_caught

    async def run() -> list[bool]:
        transport = httpx.MockTransport(lambda _: httpx.Response(503, headers={"Retry-After": "0"}))
        options: dict[str, Any] = {"requests_per_minute": None, "max_retries": 1000}
        async with AsyncTrafficClient("key", transport=transport, **options) as client:
            return [await read(client, number % 7) for number in range(300)]

    with fast_retries():
        assert asyncio.run(run()) == [True] * 300


@pytest.mark.parametrize("is_left", [False, True], ids=["while slices are read", "while the rest is ended"])
def test_a_cancellation_by_anyio_stays_in_its_scope(server: MockServer, *, is_left: bool) -> None:
    """Also where it comes while slices that are not needed any more are ended."""
    server.set_latency(0.005)

    async def leave_early(query: AsyncTrafficQuery, scope: anyio.CancelScope, begun: asyncio.Event) -> None:
        with scope:
            items = aiter(query)
            async for _ in items:
                break
            if is_left:
                begun.set()
            await items.aclose()

    async def run() -> None:
        async with AsyncTrafficClient(
            server.api_key, base_url=server.url, requests_per_minute=None, max_retries=0, timeout=5
        ) as client:
            for steps in range(40):
                scope, begun = anyio.CancelScope(), asyncio.Event()
                query = client.get_traffic(1, start="2026-01-01", end="2026-01-10", page_size=12)
                task = asyncio.create_task(leave_early(query, scope, begun))
                if is_left:
                    await begun.wait()
                for _ in range(steps):
                    await asyncio.sleep(0)
                scope.cancel()
                await task

    asyncio.run(run())
