"""Each fault of the mock server, once and for ever, for threads and for tasks."""

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
from apitally_traffic.transport import retry
from tests.wrappers.conftest import interrupt

WINDOW: dict[str, Any] = {"start": "2026-01-01", "end": "2026-01-03", "page_size": 12}
PASSING: dict[str, tuple[dict[str, Any], type[ApitallyError]]] = {
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
LASTING = {"has_more_without_token": PaginationError, "repeated_token": PaginationError, "token_cycle": PaginationError}

Read = Callable[..., list[TrafficItem]]


def read_with_threads(server: MockServer, **options: Any) -> list[TrafficItem]:
    """Read the window with a TrafficClient."""
    settings: dict[str, Any] = {"max_retries": 2, "timeout": 0.5, "requests_per_minute": None} | options
    with TrafficClient(server.api_key, base_url=server.url, **settings) as client:
        return list(client.get_traffic(1, **WINDOW))


def read_with_tasks(server: MockServer, **options: Any) -> list[TrafficItem]:
    """Read the window with an AsyncTrafficClient."""
    settings: dict[str, Any] = {"max_retries": 2, "timeout": 0.5, "requests_per_minute": None} | options

    async def read() -> list[TrafficItem]:
        async with AsyncTrafficClient(server.api_key, base_url=server.url, **settings) as client:
            return [item async for item in client.get_traffic(1, **WINDOW)]

    return asyncio.run(read())


@pytest.fixture(params=[read_with_threads, read_with_tasks], ids=["threads", "tasks"])
def read(request: pytest.FixtureRequest) -> Read:
    """Return a way to read the window."""
    chosen: Read = request.param
    return chosen


@pytest.fixture(autouse=True)
def _short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait for hundredths of a second where the package waits for seconds."""
    monkeypatch.setattr(retry, "FIRST_BACKOFF", 0.02)
    monkeypatch.setattr(retry, "LEAST_HOLD", 0.02)


@pytest.fixture
def whole(server: MockServer) -> list[TrafficItem]:
    """Return what an undisturbed reading gives."""
    return read_with_threads(server)


@pytest.mark.parametrize("fault", PASSING)
def test_a_fault_that_passes_is_healed(server: MockServer, whole: list[TrafficItem], read: Read, fault: str) -> None:
    """After a fault of one request the data is exact: nothing is lost, nothing doubled."""
    server.inject(**PASSING[fault][0], at=2 + len(server.requests))
    assert read(server) == whole


@pytest.mark.parametrize("fault", PASSING)
def test_a_fault_for_ever_is_a_typed_error(
    server: MockServer, whole: list[TrafficItem], read: Read, fault: str
) -> None:
    """A fault that stays ends in its error, after the first attempt and as many more as allowed."""
    server.inject(**PASSING[fault][0])
    before = len(server.requests)
    with pytest.raises(ApitallyError) as raised:
        read(server, concurrency=1)
    assert type(raised.value) is PASSING[fault][1]
    assert len(server.requests) - before == 3
    assert len(whole) == 48


@pytest.mark.parametrize("fault", LASTING)
def test_a_cursor_that_leads_nowhere_is_not_tried_again(
    server: MockServer, whole: list[TrafficItem], read: Read, fault: str
) -> None:
    """What the server says of its pages is no accident of the network: it is raised at once."""
    server.inject("empty_page")
    server.inject(fault)
    with pytest.raises(LASTING[fault]):
        read(server, concurrency=1)
    assert whole


@pytest.mark.parametrize("fault", ["duplicated_rows", "empty_page"])
def test_free_choices_are_taken(server: MockServer, whole: list[TrafficItem], read: Read, fault: str) -> None:
    """Rows that come twice are delivered once, and an empty page with a token is followed."""
    server.inject(fault, times=3)
    assert read(server) == whole


@pytest.mark.parametrize("status", [401, 403, 404, 422, 501, 599])
def test_refusals_are_not_tried_again(server: MockServer, whole: list[TrafficItem], read: Read, status: int) -> None:
    """An answer that will be the same next time is raised at once."""
    server.inject("status", status=status)
    before = len(server.requests)
    with pytest.raises(ApitallyError):
        read(server, concurrency=1)
    assert len(server.requests) - before == 1
    assert whole


def test_error_says_where_to_resume(server: MockServer, whole: list[TrafficItem]) -> None:
    """When a later slice fails, `resume_from` leads to exactly what is missing; a list that is lost has none."""
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
    server.inject("status", status=429, retry_after=1, at=1 + len(server.requests))
    began = time.monotonic()
    assert read(server) == whole
    assert time.monotonic() - began >= 1


def test_a_refused_key_rests(server: MockServer, whole: list[TrafficItem], read: Read, monkeypatch: Any) -> None:
    """After a 429 no request of the client goes out for a moment, even where the server asks for no wait."""
    monkeypatch.setattr(retry, "LEAST_HOLD", 0.7)
    server.inject("status", status=429, retry_after=0, at=1 + len(server.requests))
    began = time.monotonic()
    assert read(server) == whole
    assert time.monotonic() - began >= 0.7


@pytest.mark.parametrize(
    ("headers", "wait"),
    [
        ({"retry-after": "7"}, 7),
        ({"retry-after": "Thu, 01 Jan 2026 00:00:09 GMT", "date": "Thu, 01 Jan 2026 00:00:00 GMT"}, 9),
        ({"retry-after": "Thu, 01 Jan 2026 00:00:00 GMT", "date": "Thu, 01 Jan 2026 00:00:09 GMT"}, 0),
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
        ({"x-ratelimit-remaining": "0", "x-ratelimit-reset": "1e300"}, None),
        ({}, None),
    ],
)
def test_what_a_server_asks_to_wait(headers: dict[str, str], wait: float | None) -> None:
    """Retry-After counts first, then the reset of a limit that is used up, both on the server's clock."""
    assert retry.asked_wait(RateLimitError("", status_code=429, headers=headers)) == wait


def test_rate_limit_error_carries_the_numbers() -> None:
    """A RateLimitError has what the headers say, as numbers and an instant; None where they do not."""
    headers = {"retry-after": "7", "x-ratelimit-limit": "100", "x-ratelimit-remaining": "0", "x-ratelimit-reset": "60"}
    error = RateLimitError("", headers=headers)
    assert (error.retry_after, error.limit, error.remaining) == (7, 100, 0)
    assert error.reset_at is not None
    assert error.reset_at.timestamp() == 60
    assert RateLimitError("", headers={"x-ratelimit-reset": "1767225605000"}).reset_at is None
    bare = RateLimitError("")
    assert (bare.retry_after, bare.limit, bare.remaining, bare.reset_at) == (None, None, None, None)


def test_backoff_doubles_and_is_jittered(monkeypatch: pytest.MonkeyPatch) -> None:
    """Waits are drawn from nothing to a bound that doubles, up to the longest."""
    monkeypatch.setattr(retry, "FIRST_BACKOFF", 0.5)
    for attempt, bound in [(1, 0.5), (2, 1), (3, 2), (10, retry.LONGEST_BACKOFF)]:
        drawn = [retry.backoff(attempt) for _ in range(300)]
        assert 0 <= min(drawn) < bound * 0.1
        assert bound * 0.9 < max(drawn) <= bound
    assert retry.backoff(5000) <= retry.LONGEST_BACKOFF


def test_waits_and_retries_are_logged(
    server: MockServer, whole: list[TrafficItem], caplog: pytest.LogCaptureFixture
) -> None:
    """One DEBUG line for each request, and one INFO line for each retry, in the package's own logger."""
    caplog.set_level(logging.DEBUG, "apitally_traffic")
    server.inject("status", status=503, at=2 + len(server.requests))
    assert read_with_threads(server, concurrency=1) == whole
    lines = [record for record in caplog.records if record.name == "apitally_traffic"]
    assert [line.levelname for line in lines].count("DEBUG") == 5
    (retried,) = [line.getMessage() for line in lines if line.levelname == "INFO"]
    assert retried.startswith("retry 1 of 2 in 0.0")
    assert retried.endswith("after ServerError")


def test_cancellation_of_a_waiting_task_is_clean(server: MockServer) -> None:
    """A task that is cancelled while it waits for a retry ends at once, and the client is usable again."""
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
def test_interrupt_of_a_waiting_thread_returns_at_once(server: MockServer, concurrency: int) -> None:
    """Ctrl-C during a wait ends the reading at once, and leaves no thread behind."""
    server.inject("status", status=503, retry_after=60)
    with TrafficClient(server.api_key, base_url=server.url, concurrency=concurrency) as client:
        began = time.monotonic()
        with pytest.raises(KeyboardInterrupt), interrupt():
            client.get_traffic(1, **WINDOW).to_list()
    assert time.monotonic() - began < 10
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("apitally-traffic")]


def test_a_transport_that_breaks_the_rules_does_not_jam_the_gate() -> None:
    """An exception of somebody else's transport passes through, and the next request is not held up by it."""
    answers: Iterator[Exception | httpx.Response] = iter([RuntimeError("mine"), httpx.Response(404)])

    def handle(_: httpx.Request) -> httpx.Response:
        answer = next(answers)
        if isinstance(answer, Exception):
            raise answer
        return answer

    with TrafficClient("key", transport=httpx.MockTransport(handle)) as client:
        with pytest.raises(RuntimeError, match="mine"):
            client.get_traffic(1).to_list()
        with pytest.raises(ApitallyError, match="404"):
            client.get_traffic(1).to_list()
