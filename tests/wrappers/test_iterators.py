"""One iterator of a query in several threads or tasks."""

import asyncio
import contextlib
import copy
import gc
import pickle
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest

from apitally_api_client.api.metrics import get_traffic
from apitally_mock import MockServer
from apitally_traffic import (
    APIConnectionError,
    AsyncTrafficClient,
    NotFoundError,
    TrafficClient,
    TrafficItem,
    paginate,
    paginate_async,
)
from tests.wrappers.raw_server import PAGE

DAY: dict[str, Any] = {"start": "2026-01-01", "end": "2026-01-02"}


HOURS: dict[str, Any] = {"start": "2026-01-01T00", "end": "2026-01-01T03", "page_size": 1}


async def collected(items: AsyncIterator[Any]) -> list[Any]:
    """Return what an iterator has left."""
    return [item async for item in items]


def listing(client: TrafficClient | AsyncTrafficClient, method: str, **query: Any) -> Any:
    """Return one of the iterators that a client has."""
    if method == "paginate":
        return paginate(get_traffic, client=client.api, app_id=1)
    if method == "paginate_async":
        return paginate_async(get_traffic, client=client.api, app_id=1)
    return getattr(client.get_traffic(1, **query or DAY), method)()


@pytest.mark.parametrize("method", ["__iter__", "pages", "paginate"])
def test_one_iterator_in_several_threads(method: str) -> None:
    """While one thread waits for the next item, the others get a sentence, and nothing is lost."""
    asked, answer = threading.Event(), threading.Event()

    def handle(_: httpx.Request) -> httpx.Response:
        asked.set()
        assert answer.wait(20)
        return httpx.Response(200, content=PAGE)

    with ThreadPoolExecutor() as threads, TrafficClient("key", transport=httpx.MockTransport(handle)) as client:
        iterator = listing(client, method)
        first = threads.submit(list, iterator)
        assert asked.wait(20)
        others = [threads.submit(action) for action in (iterator.__next__, iterator.__next__, iterator.close)]
        for other in others:
            with pytest.raises(RuntimeError, match=r"^Two threads use one iterator at the same time: give each"):
                other.result(20)
        answer.set()
        assert len(first.result(20)) == (1 if method == "pages" else 0)


@pytest.mark.parametrize("method", ["__aiter__", "pages", "paginate_async"])
def test_one_iterator_in_several_tasks(method: str) -> None:
    """The same for tasks."""

    async def run() -> None:
        asked, answer = asyncio.Event(), asyncio.Event()

        async def handle(_: httpx.Request) -> httpx.Response:
            asked.set()
            await answer.wait()
            return httpx.Response(200, content=PAGE)

        async with AsyncTrafficClient("key", transport=httpx.MockTransport(handle)) as client:
            iterator = listing(client, method)

            async def collect() -> list[Any]:
                return [item async for item in iterator]

            first = asyncio.create_task(collect())
            await asked.wait()
            for action in (iterator.__anext__, iterator.aclose):
                with pytest.raises(RuntimeError, match=r"^Two tasks use one iterator at the same time: give"):
                    await action()
            answer.set()
            assert len(await first) == (1 if method == "pages" else 0)

    asyncio.run(run())


@pytest.mark.parametrize("method", ["__iter__", "pages", "paginate"])
def test_a_closed_iterator_has_nothing_left(server: MockServer, method: str) -> None:
    """Not even what was read before it was closed."""
    with TrafficClient(server.api_key, base_url=server.url) as client:
        iterator = listing(client, method)
        next(iterator)
        iterator.close()
        iterator.close()
        assert list(iterator) == []


def answers(*statuses: int) -> Callable[[httpx.Request], httpx.Response]:
    """Return the handler of a server whose responses have these statuses, each with a page of one item and a token."""
    left = list(enumerate(statuses, 1))

    def handle(request: httpx.Request) -> httpx.Response:
        number, status = left.pop(0)
        start = datetime.fromisoformat(request.url.params.get("start", "2026-01-01T00:00:00+00:00"))
        times = {"period_start": start.isoformat(), "period_end": (start + timedelta(hours=1)).isoformat()}
        row = times | {"requests": number, "bytes_received": 0, "bytes_sent": 0}
        is_listing = "start" not in request.url.params
        return httpx.Response(status, json={"data": [row], "has_more": is_listing, "next_token": str(number)})

    return handle


BROKEN_OFF = (
    r"^This iteration broke off with {}, and the rest of its items was not delivered: iterate over its query again"
)


@pytest.mark.parametrize("method", ["__iter__", "pages", "paginate"])
def test_what_broke_off_does_not_end_as_if_it_were_complete(method: str) -> None:
    """A loop that goes on after an error or an interruption would take what it has for everything."""
    handle = answers(200, 404, 200)
    with TrafficClient("key", transport=httpx.MockTransport(handle), requests_per_minute=None, concurrency=1) as client:
        iterator = listing(client, method, **HOURS)
        next(iterator)
        with pytest.raises(NotFoundError):
            next(iterator)
        for _ in range(2):
            with pytest.raises(RuntimeError, match=BROKEN_OFF.format("NotFoundError")) as raised:
                next(iterator)
            assert raised.value.__context__ is None
        iterator.close()


@pytest.mark.parametrize("method", ["__aiter__", "pages", "paginate_async"])
@pytest.mark.parametrize("interrupt", ["status", "wait_for"])
def test_what_broke_off_in_a_task(method: str, interrupt: str) -> None:
    """The same for tasks, also where `asyncio.wait_for` cancels the wait for an item."""

    async def run() -> None:
        respond = answers(200, 404 if interrupt == "status" else 200, 200, 200)

        async def handle(request: httpx.Request) -> httpx.Response:
            response = respond(request)
            if interrupt == "wait_for" and response.json()["data"][0]["requests"] == 2:
                await asyncio.sleep(20)
            return response

        transport = httpx.MockTransport(handle)
        async with AsyncTrafficClient("key", transport=transport, requests_per_minute=None, concurrency=1) as client:
            iterator = listing(client, method, **HOURS)
            await anext(iterator)
            expected = NotFoundError if interrupt == "status" else TimeoutError
            with pytest.raises(expected):
                await asyncio.wait_for(anext(iterator), 20 if interrupt == "status" else 0.1)
            cause = "NotFoundError" if interrupt == "status" else "CancelledError"
            for action in (iterator.__anext__, lambda: iterator.asend(None), iterator.__anext__):
                with pytest.raises(RuntimeError, match=BROKEN_OFF.format(cause)):
                    await action()
            await iterator.aclose()

    asyncio.run(run())


@pytest.mark.parametrize("method", ["__aiter__", "pages", "paginate_async"])
@pytest.mark.parametrize("way", ["asyncio.run ends", "a task is left", "it is closed"])
def test_an_iterator_outlives_its_event_loop(server: MockServer, method: str, way: str) -> None:
    """The end of the loop closes it, and what is left is not taken for nothing, as it is after `aclose`."""
    # One slice at a time: anyio warns of a connection that is just being made when the loop ends.
    client = AsyncTrafficClient(server.api_key, base_url=server.url, concurrency=1)
    items = listing(client, method, **HOURS)

    async def take_one(has_taken: asyncio.Event) -> None:
        async for _ in items:
            has_taken.set()
            if way == "a task is left":
                await asyncio.sleep(60)
            break
        if way == "it is closed":
            await items.aclose()

    async def leave_a_task() -> None:
        has_taken = asyncio.Event()
        left = asyncio.ensure_future(take_one(has_taken))
        await (has_taken.wait() if way == "a task is left" else left)

    async def take_all() -> list[Any]:
        return [item async for item in items]

    asyncio.run(leave_a_task())
    if way == "it is closed":
        assert asyncio.run(take_all()) == []
    else:
        with pytest.raises(RuntimeError, match="broke off with the end of its event loop"):
            asyncio.run(take_all())


@pytest.fixture
def _collected() -> Iterator[None]:
    """Free what the test leaves, and not in the midst of another one."""
    yield
    gc.collect()


@pytest.mark.parametrize("method", ["__aiter__", "pages"])
@pytest.mark.parametrize("use", ["anext", "aclose"])
@pytest.mark.parametrize("kind", ["closed", "idle", "running"])
@pytest.mark.filterwarnings(
    "ignore::pytest.PytestUnraisableExceptionWarning"
)  # of a loop that is closed while it is used
def test_an_iterator_in_another_event_loop(server: MockServer, method: str, use: str, kind: str) -> None:
    """Its requests belong to the first one, and nobody would wake up who waits for them in another."""
    client = AsyncTrafficClient(server.api_key, base_url=server.url)
    items = listing(client, method, **HOURS)
    first = asyncio.new_event_loop()
    server.set_latency(0.5)
    first.run_until_complete(anext(items))
    requests = asyncio.all_tasks(first)
    assert requests
    thread = threading.Thread(target=first.run_forever)
    if kind == "running":
        server.set_latency(5)
        thread.start()
    if kind == "closed":
        first.run_until_complete(client.aclose())
        first.close()

    async def go_on() -> None:
        await (items.aclose() if use == "aclose" else anext(items))

    reason = r"started in another|The client was closed"  # its tasks may have noticed that
    refused = pytest.raises((RuntimeError, APIConnectionError), match=reason)
    with refused if use == "anext" else contextlib.nullcontext():
        asyncio.run(asyncio.wait_for(go_on(), 5))
    if kind == "running":
        asyncio.run_coroutine_threadsafe(asyncio.wait(requests), first).result(3)
        first.call_soon_threadsafe(first.stop)
        thread.join()
    if kind != "closed":
        first.run_until_complete(asyncio.wait(requests))
        first.run_until_complete(client.aclose())
        first.close()


@pytest.mark.parametrize("method", ["__aiter__", "pages"])
@pytest.mark.parametrize("kind", ["idle", "running"])
def test_an_iterator_whose_requests_have_ended_in_another_event_loop(
    server: MockServer, method: str, kind: str
) -> None:
    """What has come there is delivered here, and what is left is read here."""
    client = AsyncTrafficClient(server.api_key, base_url=server.url)
    items = listing(client, method, **HOURS)
    first = asyncio.new_event_loop()
    expected = asyncio.run(collected(listing(client, method, **HOURS)))

    async def begin() -> Any:
        item = await anext(items)
        await asyncio.gather(*asyncio.all_tasks() - {asyncio.current_task()})
        return item

    taken = [first.run_until_complete(begin())]
    thread = threading.Thread(target=first.run_forever)
    if kind == "running":
        thread.start()
    taken += asyncio.run(asyncio.wait_for(collected(items), 20))
    assert taken == expected
    if kind == "running":
        first.call_soon_threadsafe(first.stop)
        thread.join()
    first.run_until_complete(client.aclose())
    first.close()


def test_an_item_that_was_interrupted_is_not_left_out(client: TrafficClient, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C may come while an item is made, which then is lost to whoever goes on."""
    iterator = iter(client.get_traffic(1, **DAY))
    next(iterator)
    made = iter([KeyboardInterrupt])

    def interrupted(*_: Any) -> None:
        raise next(made)

    with monkeypatch.context() as patch:
        patch.setattr(TrafficItem, "__init__", interrupted)
        with pytest.raises(KeyboardInterrupt):
            next(iterator)
    with pytest.raises(RuntimeError, match=BROKEN_OFF.format("KeyboardInterrupt")):
        next(iterator)


@pytest.mark.parametrize("duplicate", [copy.copy, copy.deepcopy, pickle.dumps])
def test_an_iterator_cannot_be_duplicated(client: TrafficClient, duplicate: Callable[[Any], Any]) -> None:
    """Two of them would share what is left."""
    iterator = iter(client.get_traffic(1, **DAY))
    next(iterator)
    with pytest.raises(TypeError, match=r"^An iterator cannot be copied or pickled: iterate over its query again\.$"):
        duplicate(iterator)
    assert len(list(iterator)) == 23


def test_errors_of_a_value_stay(client: TrafficClient, monkeypatch: pytest.MonkeyPatch) -> None:
    """A ValueError from the reading itself is not mistaken for a second user."""
    monkeypatch.setattr("apitally_traffic._query.base.BaseQuery._plan", lambda _: int("x"))
    with pytest.raises(ValueError, match="invalid literal"):
        next(iter(client.get_traffic(1, **DAY)))
