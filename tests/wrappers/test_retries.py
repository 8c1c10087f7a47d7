"""Each fault of the mock server, once and permanently, sync and async."""

import asyncio
import logging
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from apitally_mock import MockServer
from apitally_traffic import (
    APIConnectionError,
    ApitallyError,
    APITimeoutError,
    AsyncTrafficClient,
    PaginationError,
    RateLimitError,
    ResponseError,
    ServerError,
    TrafficClient,
    TrafficItem,
    UnexpectedStatusError,
)
from apitally_traffic._transport.retry import Waits, backoff, requested_wait
from apitally_traffic.testing import fast_retries
from tests.wrappers.conftest import interrupt

WINDOW: dict[str, Any] = {"start": "2026-01-01", "end": "2026-01-03", "page_size": 12}
TEMPORARY: dict[str, tuple[dict[str, Any], type[ApitallyError]]] = {
    "408": ({"fault": "status", "status": 408}, UnexpectedStatusError),
    "429 alone": ({"fault": "status", "status": 429}, RateLimitError),
    "429 seconds": ({"fault": "status", "status": 429, "retry_after": 0}, RateLimitError),
    "429 date": (
        {"fault": "status", "status": 429, "retry_after": 0, "retry_after_form": "date"},
        RateLimitError,
    ),
    "500": ({"fault": "status", "status": 500}, ServerError),
    "502": ({"fault": "status", "status": 502}, ServerError),
    "503": ({"fault": "status", "status": 503}, ServerError),
    "504": ({"fault": "status", "status": 504}, ServerError),
    "520": ({"fault": "status", "status": 520}, ServerError),
    "html": ({"fault": "html"}, ResponseError),
    "slow": ({"fault": "latency", "seconds": 1.0}, APITimeoutError),
    "dropped before": ({"fault": "drop_before"}, APIConnectionError),
    "dropped inside": ({"fault": "drop_inside"}, APIConnectionError),
    "truncated": ({"fault": "truncated_json"}, ResponseError),
    "garbage": ({"fault": "garbage_json"}, ResponseError),
    "wrong type": ({"fault": "wrong_type"}, ResponseError),
    "missing field": ({"fault": "missing_field"}, ResponseError),
}
CURSOR_FAULTS = {
    "has_more_without_token": PaginationError,
    "repeated_token": PaginationError,
    "token_cycle": PaginationError,
}

Read = Callable[..., list[TrafficItem]]


def read_sync(server: MockServer, **options: Any) -> list[TrafficItem]:
    """Read the window with a TrafficClient."""
    settings: dict[str, Any] = {"max_retries": 2, "timeout": 0.5, "requests_per_minute": None} | options
    with TrafficClient(server.api_key, base_url=server.url, **settings) as client:
        return list(client.get_traffic(1, **WINDOW))


def read_async(server: MockServer, **options: Any) -> list[TrafficItem]:
    """Read the window with an AsyncTrafficClient."""
    settings: dict[str, Any] = {"max_retries": 2, "timeout": 0.5, "requests_per_minute": None} | options

    async def read() -> list[TrafficItem]:
        async with AsyncTrafficClient(server.api_key, base_url=server.url, **settings) as client:
            return [item async for item in client.get_traffic(1, **WINDOW)]

    return asyncio.run(read())


@pytest.fixture(params=[read_sync, read_async], ids=["sync", "async"])
def read(request: pytest.FixtureRequest) -> Read:
    """Return a way to read the window."""
    chosen: Read = request.param
    return chosen


@pytest.fixture(autouse=True)
def _fast_retries() -> Iterator[None]:
    """Wait for hundredths of a second instead of seconds."""
    with fast_retries(backoff=0.02, pause=0.02):
        yield


@pytest.fixture
def whole(server: MockServer) -> list[TrafficItem]:
    """Return the items without any fault, and leave the server's journal empty."""
    items = read_sync(server)
    server.reset()
    return items


@pytest.mark.parametrize("fault", TEMPORARY)
def test_a_temporary_fault_does_not_show(server: MockServer, whole: list[TrafficItem], read: Read, fault: str) -> None:
    """After a fault of one request the data is exact: nothing is lost, nothing doubled."""
    server.inject(**TEMPORARY[fault][0], at=2)
    assert read(server) == whole


@pytest.mark.parametrize("fault", TEMPORARY)
def test_a_permanent_fault_is_a_typed_error(server: MockServer, read: Read, fault: str) -> None:
    """A permanent fault ends in its error, after the first attempt and the allowed number of retries."""
    server.inject(**TEMPORARY[fault][0])
    with pytest.raises(ApitallyError) as raised:
        read(server, concurrency=1)
    assert type(raised.value) is TEMPORARY[fault][1]
    assert len(server.requests) == 3


@pytest.mark.parametrize("fault", CURSOR_FAULTS)
def test_a_cursor_fault_is_not_retried(server: MockServer, read: Read, fault: str) -> None:
    """A cursor that leads nowhere is not a network fault: the error is raised at once."""
    server.inject("empty_page")
    server.inject(fault)
    with pytest.raises(CURSOR_FAULTS[fault]):
        read(server, concurrency=1)


@pytest.mark.parametrize("fault", ["duplicated_rows", "empty_page"])
def test_free_choices_of_a_server_do_not_show(
    server: MockServer, whole: list[TrafficItem], read: Read, fault: str
) -> None:
    """Rows that come twice are delivered once, and an empty page with a token is followed."""
    server.inject(fault, times=3)
    assert read(server) == whole


@pytest.mark.parametrize("status", [401, 403, 404, 422, 501, 599])
def test_refusals_are_not_retried(server: MockServer, read: Read, status: int) -> None:
    """A response that would be the same after a retry is raised at once."""
    server.inject("status", status=status)
    with pytest.raises(ApitallyError):
        read(server, concurrency=1)
    assert len(server.requests) == 1


def test_error_says_where_to_resume(server: MockServer, whole: list[TrafficItem]) -> None:
    """After the failure of a later slice, `resume_from` gives exactly the missing items; a lost list has none."""
    settings: dict[str, Any] = {"max_retries": 0, "concurrency": 1, "requests_per_minute": None}
    delivered: list[TrafficItem] = []
    with TrafficClient(server.api_key, base_url=server.url, **settings) as client:
        server.inject("status", status=500, at=3 + len(server.requests))
        query = client.get_traffic(1, **WINDOW)
        with pytest.raises(ServerError, match="resume from there") as raised:
            delivered.extend(query)
        assert raised.value.resume_from == delivered[-1].period_end
        rest = client.get_traffic(1, **WINDOW | {"start": raised.value.resume_from}).to_list()
        assert delivered + rest == whole
        server.inject("status", status=500, at=3 + len(server.requests))
        with pytest.raises(ServerError) as lost:
            query.to_list()
        assert lost.value.resume_from is None


def test_retry_after_is_waited_for(server: MockServer, whole: list[TrafficItem], read: Read) -> None:
    """A Retry-After, in seconds or as a date, is waited for; the retry does not come before it."""
    server.inject("status", status=429, retry_after=1, at=1)
    began = time.monotonic()
    assert read(server) == whole
    assert time.monotonic() - began >= 1


def test_a_client_pauses_after_a_429(server: MockServer, whole: list[TrafficItem], read: Read) -> None:
    """After a 429 the client sends no request for a short time, even if the server asks for no wait."""
    server.inject("status", status=429, retry_after=0, at=1)
    began = time.monotonic()
    with fast_retries(pause=0.7):
        assert read(server) == whole
    assert time.monotonic() - began >= 0.7


@pytest.mark.parametrize(
    ("headers", "wait"),
    [
        ({"retry-after": "7"}, 7),
        ({"retry-after": "Thu, 01 Jan 2026 00:00:09 GMT", "date": "Thu, 01 Jan 2026 00:00:00 GMT"}, 9),
        ({"retry-after": "Thu, 01 Jan 2026 00:00:00 GMT", "date": "Thu, 01 Jan 2026 00:00:09 GMT"}, 0),
        ({"retry-after": "3, 3"}, 3),
        ({"retry-after": "3,7, 5"}, 7),
        ({"retry-after": "3s"}, 3),
        ({"retry-after": "2.5 s"}, 2.5),
        ({"retry-after": "soon, 4"}, 4),
        ({"retry-after": "1_0"}, None),
        (
            {
                "retry-after": "Thu, 01 Jan 2026 00:00:09 GMT, Thu, 01 Jan 2026 00:00:04 GMT",
                "date": "Thu, 01 Jan 2026 00:00:00 GMT, Thu, 01 Jan 2026 00:00:00 GMT",
            },
            9,
        ),
        ({"retry-after": "11, Thu, 01 Jan 2026 00:00:09 GMT", "date": "Thu, 01 Jan 2026 00:00:00 GMT"}, 11),
        (
            {
                "x-ratelimit-remaining": "0, 0",
                "x-ratelimit-reset": "1767225605, 1767225603",
                "date": "Thu, 01 Jan 2026 00:00:00 GMT",
            },
            6,
        ),
        pytest.param({"retry-after": "9" * 300}, None, id="300 digits"),
        pytest.param({"retry-after": "9" * 400}, None, id="400 digits"),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "-3"}, None),
        ({"retry-after": "nan"}, None),
        ({"x-ratelimit-remaining": "0", "x-ratelimit-reset": "1767225605", "date": "Thu, 01 Jan 2026 00:00:00 GMT"}, 6),
        (
            {"x-ratelimit-remaining": "9", "x-ratelimit-reset": "1767225605", "date": "Thu, 01 Jan 2026 00:00:00 GMT"},
            None,
        ),
        ({"retry-after": "1", "x-ratelimit-remaining": "0", "x-ratelimit-reset": "9999999999"}, 1),
        ({"x-ratelimit-remaining": "0", "x-ratelimit-reset": "1767225605000"}, None),
        ({"x-ratelimit-remaining": "0", "x-ratelimit-reset": "99999999999"}, None),
        ({"x-ratelimit-remaining": "0", "x-ratelimit-reset": "1e300"}, None),
        ({}, None),
    ],
)
def test_the_wait_that_a_server_asks_for(headers: dict[str, str], wait: float | None) -> None:
    """Retry-After comes first, then the reset of an exhausted limit, both by the server's clock."""
    assert requested_wait(RateLimitError("", status_code=429, headers=headers)) == wait


def test_rate_limit_error_carries_the_numbers() -> None:
    """A RateLimitError has the values of the headers, as numbers and a datetime; None for those that make no sense."""
    headers = {"retry-after": "7", "x-ratelimit-limit": "100", "x-ratelimit-remaining": "0", "x-ratelimit-reset": "60"}
    error = RateLimitError("", headers=headers)
    assert (error.retry_after, error.limit, error.remaining) == (7, 100, 0)
    assert error.reset_at is not None
    assert error.reset_at.timestamp() == 60
    assert RateLimitError("", headers={"x-ratelimit-reset": "1767225605000"}).reset_at is None
    doubled = RateLimitError("", headers={"x-ratelimit-limit": "100, 100", "x-ratelimit-remaining": "4, 3"})
    assert (doubled.limit, doubled.remaining) == (100, 3)
    for absurd, sensible in [("2, 99999999999999999999", 2), ("1e400", None), ("Fri, 31 Dec 9999 23:59:59 GMT, 3", 3)]:
        assert RateLimitError("", headers={"retry-after": absurd}).retry_after == sensible
    for digits in (20, 310, 5000):
        large = RateLimitError("", headers=dict.fromkeys(("x-ratelimit-limit", "x-ratelimit-remaining"), "9" * digits))
        assert (large.limit, large.remaining) == (None, None)
    bare = RateLimitError("")
    assert (bare.retry_after, bare.limit, bare.remaining, bare.reset_at) == (None, None, None, None)


def test_shortened_waits_nest() -> None:
    """At the end of a block, the waits are those of the block around it, also where two blocks have the same."""
    with fast_retries(), fast_retries(backoff=5.0):
        with fast_retries():
            assert backoff(1) == 0
        assert any(backoff(1) > 0 for _ in range(10))
    with fast_retries(backoff=Waits().first_backoff, pause=Waits().min_pause):
        pass
    outer, inner = fast_retries(), fast_retries(backoff=5.0)
    outer.__enter__()
    inner.__enter__()
    outer.__exit__(None, None, None)  # another thread may end its block first
    assert any(backoff(1) > 0 for _ in range(10))
    inner.__exit__(None, None, None)


def test_backoff_doubles_and_is_jittered() -> None:
    """Waits are drawn from zero to a bound that doubles, up to the maximum."""
    with fast_retries(backoff=0.5):
        for attempt, bound in [(1, 0.5), (2, 1), (3, 2), (10, Waits().max_backoff)]:
            drawn = [backoff(attempt) for _ in range(300)]
            assert 0 <= min(drawn) < bound * 0.1
            assert bound * 0.9 < max(drawn) <= bound
        assert backoff(5000) <= Waits().max_backoff


def test_waits_and_retries_are_logged(
    server: MockServer, whole: list[TrafficItem], caplog: pytest.LogCaptureFixture
) -> None:
    """One DEBUG line for each request, and one INFO line for each retry, in the package's own logger."""
    caplog.set_level(logging.DEBUG, "apitally_traffic")
    server.inject("status", status=503, at=2)
    assert read_sync(server, concurrency=1) == whole
    lines = [record for record in caplog.records if record.name == "apitally_traffic"]
    assert [line.levelname for line in lines].count("DEBUG") == 5
    (retried,) = [line.getMessage() for line in lines if line.levelname == "INFO"]
    assert retried.startswith("retry 1 of 2 in 0.0")
    assert retried.endswith("after ServerError")


def test_cancellation_of_a_waiting_task_is_clean(server: MockServer) -> None:
    """A task that is cancelled while it waits for a retry ends at once, and the client stays usable."""
    server.inject("status", status=503, retry_after=60)

    async def read() -> int:
        async with AsyncTrafficClient(server.api_key, base_url=server.url) as client:
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.5):
                    await client.get_traffic(1, **WINDOW).to_list()
            assert len(asyncio.all_tasks()) == 1
            await asyncio.to_thread(server.reset)
            return len(await client.get_traffic(1, **WINDOW).to_list())

    began = time.monotonic()
    assert asyncio.run(read()) == 48
    assert time.monotonic() - began < 10


@pytest.mark.parametrize("concurrency", [1, 4])
def test_an_interrupted_wait_ends_at_once(server: MockServer, concurrency: int) -> None:
    """Ctrl-C during a wait ends the query at once, and leaves no thread behind."""
    server.inject("status", status=503, retry_after=60)
    with TrafficClient(server.api_key, base_url=server.url, concurrency=concurrency) as client:
        began = time.monotonic()
        with pytest.raises(KeyboardInterrupt), interrupt():
            client.get_traffic(1, **WINDOW).to_list()
    assert time.monotonic() - began < 10
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("apitally-traffic")]


def test_an_exception_of_a_custom_transport_does_not_block_the_rate_limiter() -> None:
    """An unexpected exception of a custom transport reaches the caller, and does not delay the next request."""
    responses: Iterator[Exception | httpx.Response] = iter([RuntimeError("mine"), httpx.Response(404)])

    def handle(_: httpx.Request) -> httpx.Response:
        response = next(responses)
        if isinstance(response, Exception):
            raise response
        return response

    with TrafficClient("key", transport=httpx.MockTransport(handle)) as client:
        with pytest.raises(RuntimeError, match="mine"):
            client.get_traffic(1).to_list()
        with pytest.raises(ApitallyError, match="404"):
            client.get_traffic(1).to_list()
