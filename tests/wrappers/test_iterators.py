"""One iterator of a query in several threads or tasks."""

import asyncio
import copy
import pickle
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from apitally_api_client.api.metrics import get_traffic
from apitally_mock import MockServer
from apitally_traffic import AsyncTrafficClient, TrafficClient, paginate, paginate_async
from tests.wrappers.raw_server import PAGE

DAY: dict[str, Any] = {"start": "2026-01-01", "end": "2026-01-02"}


def listing(client: TrafficClient | AsyncTrafficClient, method: str) -> Any:
    """Return one of the iterators that a client has."""
    if method == "paginate":
        return paginate(get_traffic, client=client.api, app_id=1)
    if method == "paginate_async":
        return paginate_async(get_traffic, client=client.api, app_id=1)
    return getattr(client.get_traffic(1, **DAY), method)()


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
