"""Requests that wait for the rate limit are sent in the order in which they came."""

import asyncio
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from apitally_api_client.api.metrics import get_traffic
from apitally_mock import MockServer
from apitally_traffic import APIConnectionError, AsyncTrafficClient, TrafficClient, TrafficQuery
from apitally_traffic._transport.request_queue import RequestQueue
from apitally_traffic.testing import fast_retries
from tests.wrappers.raw_server import PAGE

WINDOW_SECONDS = 0.3
MANY = list(range(1, 8))
DAY: dict[str, Any] = {"start": "2026-01-01", "end": "2026-01-02"}


class Limited(httpx.MockTransport):
    """An API that allows one request per short rate limit window, and remembers the consumers that were asked for."""

    def __init__(self, failing: int | None = None) -> None:
        super().__init__(self.respond)
        self.consumers: list[int] = []
        self._failing = failing

    def respond(self, request: httpx.Request) -> httpx.Response:
        consumer = int(request.url.params["consumer_id"])
        fails = consumer == self._failing and consumer not in self.consumers
        self.consumers.append(consumer)
        reset = str(time.time() + WINDOW_SECONDS)
        headers = {"X-RateLimit-Limit": "1", "X-RateLimit-Remaining": "0", "X-RateLimit-Reset": reset}
        return httpx.Response(503 if fails else 200, headers=headers, content=PAGE)


def read(client: TrafficClient, consumer: int) -> None:
    """Send a request."""
    get_traffic.sync(1, client=client.api, consumer_id=consumer)


def start(client: TrafficClient, consumer: int) -> threading.Thread:
    """Send a request in a thread, and wait until it has come to the rate limit."""
    thread = threading.Thread(target=read, args=[client, consumer])
    thread.start()
    time.sleep(0.02)
    return thread


def test_threads_take_turns() -> None:
    """None has to wait for one that came later."""
    api = Limited()
    with TrafficClient("key", transport=api) as client:
        threads = [start(client, consumer) for consumer in MANY]
        for thread in threads:
            thread.join(timeout=30)
    assert api.consumers == MANY


def test_tasks_take_turns() -> None:
    """The same, in an event loop; a task that is cancelled leaves its place to the next one."""
    api = Limited()

    async def send() -> None:
        async with AsyncTrafficClient("key", transport=api) as client:
            tasks = []
            for consumer in MANY:
                tasks.append(asyncio.create_task(get_traffic.asyncio(1, client=client.api, consumer_id=consumer)))
                await asyncio.sleep(0.02)
            tasks[2].cancel()
            await asyncio.wait(tasks, timeout=30)

    asyncio.run(send())
    assert api.consumers == [consumer for consumer in MANY if consumer != MANY[2]]


def test_a_retry_in_a_thread_goes_before_first_attempts() -> None:
    """Its deadline runs while it waits, and theirs do not."""
    api = Limited(failing=2)
    with TrafficClient("key", transport=api) as client, fast_retries():
        threads = [start(client, consumer) for consumer in MANY]
        for thread in threads:
            thread.join(timeout=30)
    assert api.consumers == [1, 2, *MANY[1:]]


def test_a_retry_in_a_task_goes_before_first_attempts() -> None:
    """The same, in an event loop."""
    api = Limited(failing=2)

    async def send() -> None:
        async with AsyncTrafficClient("key", transport=api) as client:
            requests = [get_traffic.asyncio(1, client=client.api, consumer_id=consumer) for consumer in MANY]
            await asyncio.gather(*requests)

    with fast_retries():
        asyncio.run(send())
    assert api.consumers == [1, 2, *MANY[1:]]


@pytest.mark.parametrize("kind", [TrafficClient, AsyncTrafficClient])
def test_each_request_counts_its_wait(kind: Callable[..., Any]) -> None:
    """`query.stats.seconds_waited` has it, whoever was first in the queue when the limit was used up."""
    with MockServer(rate_limit="3/1s") as server:
        client = kind(server.api_key, base_url=server.url)
        queries = [client.get_traffic(1, **DAY) for _ in range(9)]

        async def read() -> None:
            async with client:
                await asyncio.gather(*(query.to_list() for query in queries))

        if kind is AsyncTrafficClient:
            asyncio.run(read())
        else:
            with client, ThreadPoolExecutor(len(queries)) as pool:
                list(pool.map(TrafficQuery.to_list, queries))
    # The first three have the first second for themselves, and three more wait for the second one.
    waits = sorted(query.stats.seconds_waited for query in queries)
    assert min(waits[3:]) > 0
    assert min(waits[6:]) > 0.5


@pytest.mark.parametrize("kind", [TrafficClient, AsyncTrafficClient])
def test_what_was_not_sent_uses_nothing_of_the_limit(kind: Callable[..., Any]) -> None:
    """A server that accepts no connection is reported at once, however many requests there are."""
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    client = kind("key", base_url=f"http://127.0.0.1:{port}", requests_per_minute=1, concurrency=1)
    queries = [client.get_traffic(1, **DAY, consumer_id=consumer) for consumer in (1, 2, 3)]

    async def read() -> list[Any]:
        return await asyncio.gather(*(query.to_list() for query in queries), return_exceptions=True)

    with fast_retries():
        if kind is AsyncTrafficClient:
            assert [type(error) for error in asyncio.run(read())] == [APIConnectionError] * 3
        for query in queries if kind is TrafficClient else []:
            with pytest.raises(APIConnectionError, match="cannot be reached"):
                query.to_list()
    assert [query.stats.requests for query in queries] == [5, 5, 5]
    assert max(query.stats.seconds_waited for query in queries) < 30


def test_one_who_comes_back_goes_to_the_end() -> None:
    """Tasks that send one request after the other have the same share."""
    api = Limited()

    async def keep_sending(client: AsyncTrafficClient, consumer: int) -> None:
        for _ in range(2):
            await get_traffic.asyncio(1, client=client.api, consumer_id=consumer)

    async def send() -> None:
        async with AsyncTrafficClient("key", transport=api) as client:
            await get_traffic.asyncio(1, client=client.api, consumer_id=9)
            await asyncio.gather(*(keep_sending(client, consumer) for consumer in (1, 2, 3)))

    asyncio.run(send())
    assert api.consumers == [9, 1, 2, 3, 1, 2, 3]


def test_the_first_period_is_asked_for_first() -> None:
    """The slices of a query are sent in their order, where each waits for the rate limit."""
    api = Limited()
    starts: list[str] = []

    def respond(request: httpx.Request) -> httpx.Response:
        starts.append(request.url.params["start"])
        return api.respond(httpx.Request("GET", "https://api", params={"consumer_id": 1}))

    with TrafficClient("key", transport=httpx.MockTransport(respond)) as client:
        client.get_traffic(1, start="2026-01-01", end="2026-01-01T06:00", page_size=1).totals()
    assert starts == sorted(starts)
    assert len(starts) == 6


def test_a_request_that_has_lost_its_place_gets_another() -> None:
    """An error of a signal handler may come between taking the interrupted request out, and putting it back."""
    api = Limited()
    with TrafficClient("key", transport=api) as client:
        read(client, 1)
        thread = start(client, 2)
        assert thread.ident is not None
        assert client._transport._limiter._queue.pop(thread.ident) is not None  # noqa: SLF001 - what such an error does
        thread.join(timeout=10)
        assert api.consumers == [1, 2]


def test_a_signal_handler_while_a_request_leaves_the_queue(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a handler puts back in that moment leaves, too: it would stay the first, and all others wait for it."""
    queue: RequestQueue[int, str] = RequestQueue()
    queue.put(1, "waker", is_retry=False)

    class Interrupted(dict[int, str]):
        """The retries; a signal handler that sends a request runs after something was looked for in them."""

        def pop(self, *_: Any) -> None:  # type: ignore[override]
            monkeypatch.undo()
            assert queue.pop(1) == ("waker", False)
            queue.put_first(1, "waker", is_retry=False)

    monkeypatch.setattr(queue, "_retries", Interrupted())
    assert queue.pop(1) == ("waker", False)
    assert queue.first() is None


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signal")
def test_a_signal_handler_does_not_wait_for_what_it_interrupts() -> None:
    """Nor for one that stands behind that: the request of the other thread comes first, then the handler's."""
    api = Limited()
    with TrafficClient("key", transport=api) as client:
        read(client, 1)
        before = signal.signal(signal.SIGALRM, lambda *_: read(client, 4))
        other = threading.Timer(0.05, start, [client, 3])
        other.start()
        try:
            signal.setitimer(signal.ITIMER_REAL, 0.15)
            read(client, 2)
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, before)
        other.join(timeout=30)
    assert api.consumers == [1, 3, 4, 2]
