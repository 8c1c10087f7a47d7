"""Slices that are read concurrently: the same items, no unneeded request, and nothing left behind."""

import asyncio
import gc
import subprocess
import sys
import threading
import time
from contextlib import ExitStack
from typing import Any

import httpx
import pytest

from apitally_mock import MockServer
from apitally_traffic import AsyncTrafficClient, NotFoundError, ServerError, TrafficClient, TrafficItem
from apitally_traffic._cancellation import Cancellation, CancellationError
from tests.wrappers.conftest import interrupt

DAY: dict[str, Any] = {"start": "2026-01-01", "end": "2026-01-02"}
UNLIMITED: dict[str, Any] = {"requests_per_minute": None}


def our_threads() -> list[threading.Thread]:
    """Return the running worker threads."""
    return [thread for thread in threading.enumerate() if thread.name.startswith("apitally-traffic")]


async def read_async(server: MockServer, concurrency: int, **arguments: Any) -> list[TrafficItem]:
    """Read a window with the async client."""
    async with AsyncTrafficClient(server.api_key, base_url=server.url, concurrency=concurrency, **UNLIMITED) as client:
        return [item async for item in client.get_traffic(1, **arguments)]


@pytest.mark.parametrize("concurrency", [1, 2, 3, 8, 64])
@pytest.mark.parametrize("page_size", [1, 2, 5, 23, 24, 25, 1000])
def test_concurrency_does_not_change_the_items(server: MockServer, page_size: int, concurrency: int) -> None:
    """Each period comes once, oldest first, sync and async, at any concurrency and page size."""
    with TrafficClient(server.api_key, base_url=server.url, concurrency=concurrency, **UNLIMITED) as client:
        query = client.get_traffic(1, **DAY, page_size=page_size)
        items = list(query)
        assert [item.period_start for item in items] == [period.start for period in query.window.periods()]
        assert [item for page in query.pages() for item in page.data] == items
    assert asyncio.run(read_async(server, concurrency, **DAY, page_size=page_size)) == items


@pytest.mark.parametrize(("max_items", "requests"), [(1, 1), (4, 1), (5, 2), (13, 4), (24, 6), (99, 6)])
@pytest.mark.parametrize("concurrency", [1, 3, 8])
def test_no_slice_is_fetched_that_is_not_needed(
    server: MockServer, concurrency: int, max_items: int, requests: int
) -> None:
    """`max_items` limits what is fetched as well as what is delivered, sync and async."""
    arguments: dict[str, Any] = {**DAY, "page_size": 4, "max_items": max_items}
    server.reset()
    with TrafficClient(server.api_key, base_url=server.url, concurrency=concurrency, **UNLIMITED) as client:
        items = client.get_traffic(1, **arguments).to_list()
        assert len(items) == min(max_items, 24)
        assert len(server.requests) == requests
        assert sum(len(page.data) for page in client.get_traffic(1, **arguments).pages()) >= len(items)
    server.reset()
    assert asyncio.run(read_async(server, concurrency, **arguments)) == items
    assert len(server.requests) == requests


def sent_soon(server: MockServer, requests: int) -> bool:
    """Wait until a server has had so many requests, and return whether they stay that many."""
    end = time.monotonic() + 10
    while len(server.requests) < requests and time.monotonic() < end:
        time.sleep(0.01)
    time.sleep(0.1)
    return len(server.requests) == requests


def test_slices_are_read_concurrently(server: MockServer) -> None:
    """Eight slices of a slow server take two round trips, the first request's and one for all others, and not eight."""
    server.reset()
    server.inject("latency", seconds=1)
    with TrafficClient(server.api_key, base_url=server.url, **UNLIMITED) as client:
        began = time.monotonic()
        assert len(client.get_traffic(1, **DAY, page_size=3).to_list()) == 24
        took = time.monotonic() - began
    server.reset()
    assert 2 <= took < 7


@pytest.mark.parametrize(("concurrency", "requests"), [(1, 1), (2, 3), (3, 4)])
def test_a_caller_who_takes_time_holds_up_nothing(server: MockServer, concurrency: int, requests: int) -> None:
    """While it handles the items of a slice, as many others are read as may be at a time; a single one is not."""
    server.reset()
    with TrafficClient(server.api_key, base_url=server.url, concurrency=concurrency, **UNLIMITED) as client:
        items = iter(client.get_traffic(1, **DAY, page_size=4))
        next(items)
        assert sent_soon(server, requests)
        assert 1 + len(list(items)) == 24


def test_a_task_that_takes_time_holds_up_nothing(server: MockServer) -> None:
    """As in threads."""
    server.reset()

    async def read() -> int:
        async with AsyncTrafficClient(server.api_key, base_url=server.url, concurrency=2, **UNLIMITED) as client:
            items = aiter(client.get_traffic(1, **DAY, page_size=4))
            await anext(items)
            assert await asyncio.to_thread(sent_soon, server, 3)
            return 1 + len([item async for item in items])

    assert asyncio.run(read()) == 24


def test_abandoned_iteration_leaves_no_thread(server: MockServer) -> None:
    """Leaving a loop early ends its threads, and the client stays usable."""
    server.reset()
    with TrafficClient(server.api_key, base_url=server.url, **UNLIMITED) as client:
        for _ in client.get_traffic(1, **DAY, page_size=1):
            break
        gc.collect()
        assert our_threads() == []
        assert len(client.get_traffic(1, **DAY).to_list()) == 24


def test_a_cancelled_slice_requests_no_further_page() -> None:
    """A cancelled slice of many pages ends with the page in flight."""
    requested: list[str] = []

    def respond(request: httpx.Request) -> httpx.Response:
        requested.append(str(request.url))
        time.sleep(0.02)
        if request.url.params["start"].startswith("2026-01-01T00"):
            return httpx.Response(404)
        return httpx.Response(200, json={"data": [], "has_more": True, "next_token": f"{len(requested)}"})

    with (
        TrafficClient("key", transport=httpx.MockTransport(respond), **UNLIMITED) as client,
        pytest.raises(NotFoundError),
    ):
        client.get_traffic(1, **DAY, page_size=3).to_list()
    assert len(requested) < 24
    assert our_threads() == []


HELD = """
import sys, httpx
from apitally_traffic import TrafficClient

def respond(request):
    if request.url.params["start"].startswith("2026-01-01T00"):
        return httpx.Response(200, json={"data": [], "has_more": False, "next_token": None})
    return httpx.Response(503, headers={"Retry-After": "60"})

client = TrafficClient("key", transport=httpx.MockTransport(respond), requests_per_minute=None)
pages = client.get_traffic(1, start="2026-01-01", end="2026-01-02", page_size=3).pages()
next(pages)
"""


def test_threads_that_share_a_connection_are_all_interrupted() -> None:
    """With HTTP/2, the end of one thread's request leaves that of another, on the same connection, interruptible."""
    connection = threading.Event()
    cancellation = Cancellation()
    with ExitStack() as blocks:
        blocks.enter_context(pytest.raises(CancellationError))
        blocks.enter_context(cancellation.interruptible(connection.set))
        with cancellation.interruptible(connection.set):
            pass
        cancellation.cancel()
    assert connection.is_set()


def test_an_iterator_that_is_collected_in_its_own_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    """The garbage collector runs in any thread, and may find the iterator there for which the thread reads."""
    unraisable: list[Any] = []
    monkeypatch.setattr(sys, "unraisablehook", lambda error: unraisable.append(error.exc_value))
    collected = threading.Event()

    def respond(request: httpx.Request) -> httpx.Response:
        if is_garbage.is_set():
            gc.collect()
            collected.set()
        elif request.url.params["start"] != "2026-01-01T00:00:00+00:00":
            is_garbage.wait(20)
            gc.collect()
            collected.set()
        return httpx.Response(200, json={"data": [], "has_more": False, "next_token": None})

    is_garbage = threading.Event()
    gc.disable()
    try:
        with TrafficClient("key", transport=httpx.MockTransport(respond), concurrency=2, **UNLIMITED) as client:
            pages = [client.get_traffic(1, **DAY, page_size=4).pages()]
            next(pages[0])
            pages[0].cycle = pages  # type: ignore[attr-defined]
            del pages
            is_garbage.set()
            assert collected.wait(20)
    finally:
        gc.enable()
    assert not unraisable


def test_an_iterator_that_is_held_does_not_keep_the_program_alive() -> None:
    """A program ends with its last line, even if an unfinished query still waits for something."""
    done = subprocess.run([sys.executable, "-c", HELD], capture_output=True, text=True, timeout=30, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("concurrency", [1, 4])
def test_an_interrupt_does_not_wait_for_a_silent_server(server: MockServer, concurrency: int) -> None:
    """Ctrl-C ends the query at once, although the server does not respond."""
    server.reset()
    server.inject("latency", seconds=20)
    settings: dict[str, Any] = {"concurrency": concurrency, "timeout": 6, **UNLIMITED}
    with TrafficClient(server.api_key, base_url=server.url, **settings) as client:
        began = time.monotonic()
        with pytest.raises(KeyboardInterrupt), interrupt():
            client.get_traffic(1, **DAY, page_size=1).to_list()
        assert time.monotonic() - began < 4
    for thread in our_threads():
        thread.join()
    server.reset()


def test_abandoned_iteration_leaves_no_task(server: MockServer) -> None:
    """Leaving an `async for` early ends its tasks in the next iterations of the event loop."""

    async def leave() -> tuple[int, int]:
        async with AsyncTrafficClient(server.api_key, base_url=server.url, **UNLIMITED) as client:
            async for _ in client.get_traffic(1, **DAY, page_size=1):
                break
            gc.collect()
            await asyncio.sleep(0.3)
            return len(asyncio.all_tasks()), len(await client.get_traffic(1, **DAY).to_list())

    assert asyncio.run(leave()) == (1, 24)


def test_failure_of_a_slice_ends_the_others(server: MockServer) -> None:
    """When the first slice fails, no thread and no task continues with the others."""
    server.reset()
    server.inject("status", status=500)
    with TrafficClient(server.api_key, base_url=server.url, max_retries=0, **UNLIMITED) as client:
        with pytest.raises(ServerError):
            list(client.get_traffic(1, **DAY, page_size=1))
        assert our_threads() == []

    async def fail() -> int:
        async with AsyncTrafficClient(server.api_key, base_url=server.url, max_retries=0, **UNLIMITED) as client:
            with pytest.raises(ServerError):
                await client.get_traffic(1, **DAY, page_size=1).to_list()
            return len(asyncio.all_tasks())

    assert asyncio.run(fail()) == 1
    server.reset()


@pytest.mark.parametrize("available", [0, 2])
def test_threads_that_cannot_be_started(server: MockServer, monkeypatch: pytest.MonkeyPatch, available: int) -> None:
    """If the system refuses more threads, the query goes on with those that run, and its own."""
    start = threading.Thread.start
    started: list[threading.Thread] = []

    def limited(thread: threading.Thread) -> None:
        if thread.name == "apitally-traffic" and len(started) == available:
            raise RuntimeError("can't start new thread")
        started.append(thread)
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", limited)
    with TrafficClient(server.api_key, base_url=server.url, **UNLIMITED) as client:
        assert len(client.get_traffic(1, **DAY, page_size=3).to_list()) == 24
    assert len([thread for thread in started if thread.name == "apitally-traffic"]) == available


def test_connections_are_closed_with_the_client(server: MockServer) -> None:
    """Closing the client closes its connections: the pool is empty."""
    client = TrafficClient(server.api_key, base_url=server.url, **UNLIMITED)
    assert len(client.get_traffic(1, **DAY, page_size=2).to_list()) == 24
    pool = client._transport._inner._pool  # type: ignore[union-attr]  # noqa: SLF001
    assert pool.connections
    client.close()
    assert not pool.connections


def test_one_client_for_many_threads(server: MockServer) -> None:
    """Threads that share a client get what each of them requested."""
    days = [f"2026-02-{day:02}" for day in range(1, 15)]
    seen: dict[str, list[TrafficItem]] = {}
    with TrafficClient(server.api_key, base_url=server.url, **UNLIMITED) as client:

        def read(day: str) -> None:
            seen[day] = client.get_traffic(1, start=day, end=f"{day}T12:00", page_size=3).to_list()

        threads = [threading.Thread(target=read, args=(day,)) for day in days]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert {day: [item.period_start.isoformat()[:10] for item in items] for day, items in seen.items()} == {
        day: [day] * 12 for day in days
    }


def test_max_items_with_missing_periods() -> None:
    """If the server leaves out periods, further slices are fetched until there are enough items."""

    def every_sixth_hour(request: httpx.Request) -> httpx.Response:
        start = request.url.params["start"]
        hour = int(start[11:13])
        data = [
            {
                "period_start": start,
                "period_end": f"{start[:11]}{hour + 1:02}:00:00+00:00",
                "requests": hour,
                "bytes_received": 0,
                "bytes_sent": 0,
            }
        ]
        return httpx.Response(200, json={"data": data if hour % 6 == 0 else [], "has_more": False, "next_token": None})

    with TrafficClient("key", transport=httpx.MockTransport(every_sixth_hour), **UNLIMITED) as client:
        items = client.get_traffic(1, **DAY, page_size=1, max_items=3).to_list()
    assert [item.requests for item in items] == [0, 6, 12]


def test_progress_with_max_items_counts_items() -> None:
    """With `max_items`, slices without items do not count as progress, and the last call has the number expected."""
    calls: list[tuple[int, int]] = []

    def empty(_: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json={"data": [], "has_more": False, "next_token": None})

    with TrafficClient("key", transport=httpx.MockTransport(empty), **UNLIMITED) as client:
        query = client.get_traffic(1, **DAY, page_size=8, max_items=5)
        assert query.to_list(progress=lambda *numbers: calls.append(numbers)) == []
    assert calls == [(0, 5), (0, 5), (5, 5)]
