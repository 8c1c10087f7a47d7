"""Failed attempts keep no body, and an error is gone as soon as the program drops it: there is no reference cycle."""

import asyncio
import gc
import gzip
import tracemalloc
import weakref
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import httpx
import pytest

from apitally_traffic import ApitallyError, AsyncTrafficClient, TrafficClient
from apitally_traffic._clock import timeout
from apitally_traffic.testing import fast_retries

SIZE, PIECE = 3_000_000, 50_000
QUERY: dict[str, Any] = {"start": "2026-01-01", "end": "2026-01-02", "page_size": 12}


@pytest.fixture(autouse=True)
def _no_collector() -> Iterator[None]:
    gc.collect()
    gc.disable()
    tracemalloc.start()
    yield
    tracemalloc.stop()
    gc.enable()


class Stream(httpx.SyncByteStream, httpx.AsyncByteStream):
    """A body that arrives in pieces, and keeps none that has arrived."""

    def __init__(self, content: bytes) -> None:
        self._pieces = deque(content[begin : begin + PIECE] for begin in range(0, len(content), PIECE))

    def __iter__(self) -> Iterator[bytes]:
        while self._pieces:
            yield self._pieces.popleft()

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in self:
            yield piece


class Server:
    """Sends the same large body each time, and records how much memory is in use before it makes one."""

    def __init__(self, status: int, content: Callable[[], bytes], headers: dict[str, str]) -> None:
        self.in_use: list[int] = []
        self._status, self._content, self._headers = status, content, headers

    def __call__(self, request: httpx.Request) -> httpx.Response:  # noqa: ARG002 - the same for each
        self.in_use.append(tracemalloc.get_traced_memory()[0])
        return httpx.Response(self._status, stream=Stream(self._content()), headers=self._headers)


def fail(kind: str, server: Server, concurrency: int, take: Callable[[ApitallyError], object]) -> None:
    """Pass the error of a query to a function. In a coroutine: `asyncio.run` keeps the errors that it raises."""
    options: dict[str, Any] = {"max_retries": 3, "concurrency": concurrency, "requests_per_minute": None}
    transport = httpx.MockTransport(server)

    async def fail_async() -> None:
        async with AsyncTrafficClient("key", transport=transport, **options) as client:
            try:
                await client.get_traffic(1, **QUERY).to_list()
            except ApitallyError as error:
                take(error)

    if kind == "async":
        asyncio.run(fail_async())
        return
    with TrafficClient("key", transport=transport, **options) as client:
        try:
            client.get_traffic(1, **QUERY).to_list()
        except ApitallyError as error:
            take(error)


@pytest.mark.parametrize("kind", ["sync", "async"])
@pytest.mark.parametrize(
    ("status", "content", "headers"),
    [
        (503, lambda: b" " * SIZE, {}),
        (200, lambda: b" " * SIZE, {}),
        (200, lambda: b'{"has_more": true, "x": "' + b"x" * SIZE + b'"}', {}),
        (200, lambda: gzip.compress(b" " * SIZE, 0) + b"x", {"content-encoding": "gzip"}),
    ],
    ids=["refusal", "no JSON", "incomplete", "not compressed"],
)
def test_failed_attempts_keep_no_body(
    kind: str, status: int, content: Callable[[], bytes], headers: dict[str, str]
) -> None:
    """Neither while the next attempt is made, nor in the error that the program gets."""
    server = Server(status, content, headers)
    with fast_retries():
        fail(kind, server, 1, lambda _: server.in_use.append(tracemalloc.get_traced_memory()[0]))
    before, *after = server.in_use
    assert len(after) == 4
    assert max(after) - before < SIZE / 2


@pytest.mark.parametrize("kind", ["sync", "async"])
@pytest.mark.parametrize("concurrency", [1, 2])
def test_dropped_errors_are_gone(kind: str, concurrency: int) -> None:
    """No frame that an error passes refers to it."""
    errors: list[weakref.ref[ApitallyError]] = []
    with fast_retries():
        fail(kind, Server(503, lambda: b" ", {}), concurrency, lambda error: errors.append(weakref.ref(error)))
    assert [error() for error in errors] == [None]


@pytest.mark.parametrize("ends_by", ["time", "call"])
def test_a_wait_that_took_too_long_keeps_nothing(ends_by: str) -> None:
    """Whoever waited, such as a request for the rate limit, goes on, and what it has later on is freed as usual."""
    kept: list[weakref.ref[Stream]] = []
    ended: list[str] = []

    async def wait() -> None:
        loop = asyncio.get_running_loop()
        try:
            async with timeout(0.01 if ends_by == "time" else 20) as end:
                loop.call_later(0.01, end)
                await loop.create_future()
        except TimeoutError:
            ended.append(ends_by)

    async def go_on() -> None:
        await wait()
        stream = Stream(b"")
        kept.append(weakref.ref(stream))

    asyncio.run(go_on())
    assert (kept[0](), ended) == (None, [ends_by])
