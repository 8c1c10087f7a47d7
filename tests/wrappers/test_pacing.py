"""The pacing arithmetic with simulated clocks, and the rate limiter against a server that has a limit."""

import asyncio
import itertools
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from email.utils import formatdate
from math import ceil, inf
from typing import Any

import httpx
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from apitally_api_client.api.metrics import get_traffic
from apitally_api_client.models import TrafficItem
from apitally_mock import MockServer
from apitally_traffic import APIConnectionError, AsyncTrafficClient, TrafficClient
from apitally_traffic._transport.pacing import Now, Pacer, Permit
from apitally_traffic.testing import fast_retries
from tests.wrappers.raw_server import PAGE, raw_server, response

EPOCH = 1_800_000_000.0
START = 0.7
"""Not a full second: there, a reset that is rounded down would be correct."""


@dataclass
class Server:
    """A simulated server that allows a number of requests per rate limit window, and counts those that it refuses."""

    limit: int = 100
    seconds: float = 60.0
    sends: str = "reset and date"
    clock_ahead: float = 0.0
    rounding: str = "up"
    opens_with_request: bool = True
    refused: int = 0
    served: list[float] = field(default_factory=list)
    _closes: float = -inf
    _used: int = 0

    def respond(self, at: float) -> dict[str, str]:
        """Count a request that arrives now, and return the headers of the response."""
        self.use(at)
        self.served.append(at)
        headers = {"x-ratelimit-limit": str(self.limit), "x-ratelimit-remaining": str(max(self.limit - self._used, 0))}
        closes = EPOCH + self._closes + self.clock_ahead
        headers["x-ratelimit-reset"] = str(ceil(closes) if self.rounding == "up" else int(closes))
        if self.sends == "reset in the past":
            headers["x-ratelimit-reset"] = str(int(EPOCH) - 1000)
        if "date" in self.sends:
            headers["date"] = formatdate(EPOCH + at + self.clock_ahead, usegmt=True)
        return {} if self.sends == "nothing" else headers

    def use(self, at: float) -> None:
        """Count a request of any client."""
        if at >= self._closes:
            begins = at if self.opens_with_request else at // self.seconds * self.seconds
            self._used, self._closes = 0, begins + self.seconds
        if self._used >= self.limit:
            self.refused += 1
        else:
            self._used += 1


def run(server: Server, pacer: Pacer, requests: int, *, concurrency: int = 16, trip: float = 0.05) -> float:
    """Send requests through the pacer with a simulated clock, and return how many seconds that takes."""
    now, started = START, 0
    in_flight: list[tuple[float, Permit, dict[str, str]]] = []

    def current() -> Now:
        return Now(now, EPOCH + now)

    while started < requests or in_flight:
        wait = inf
        while started < requests and len(in_flight) < concurrency:
            outcome = pacer.try_acquire(current())
            if not isinstance(outcome, Permit):
                wait = outcome
                break
            started += 1
            in_flight.append((now + trip, outcome, server.respond(now + trip / 2)))
        arrival = min((response[0] for response in in_flight), default=inf)
        assert min(arrival, now + wait) < inf, "the pacer would wait forever"
        now = max(min(arrival, now + wait), now)
        for arrived in [one for one in in_flight if one[0] <= now]:
            in_flight.remove(arrived)
            pacer.on_response(arrived[1], current(), arrived[2])
    return now - START


@pytest.mark.parametrize("rounding", ["up", "down"])
@pytest.mark.parametrize("opens_with_request", [True, False])
@pytest.mark.parametrize("sends", ["reset and date", "reset", "reset in the past", "nothing"])
def test_a_client_alone_meets_no_refusal(sends: str, opens_with_request: bool, rounding: str) -> None:
    """250 requests at 100 per minute: none is refused, and at most 5 % of the time is lost, with any headers."""
    server = Server(sends=sends, opens_with_request=opens_with_request, rounding=rounding)
    took = run(server, Pacer(100), 250)
    assert server.refused == 0
    assert took < 120 * 1.05


@pytest.mark.parametrize("remaining", ["0", "-1", "0, 0"])
@pytest.mark.parametrize(
    "reset", [None, "", "soon", "nan", "1e999", "-5", "0", "30", str(EPOCH - 1), str(EPOCH + 3600), str(EPOCH * 1000)]
)
def test_a_reset_that_makes_no_sense(remaining: str, reset: str | None) -> None:
    """Where nobody can say when the budget comes back, our own limit decides, and no request waits for a reset."""
    pacer, now = Pacer(3), Now(0.0, EPOCH)
    for _ in range(3):
        permit = pacer.try_acquire(now)
        assert isinstance(permit, Permit)
        pacer.on_response(
            permit, now, {"x-ratelimit-remaining": remaining} | ({"x-ratelimit-reset": reset} if reset else {})
        )
    assert pacer.try_acquire(now) == 60


@pytest.mark.parametrize("sends", ["reset and date", "reset"])
@pytest.mark.parametrize("hours", [-1, 1])
def test_a_clock_that_is_wrong_by_an_hour(hours: int, sends: str) -> None:
    """If our clock and the server's differ by an hour, the Date header is used, or else the documented minute."""
    server = Server(clock_ahead=hours * 3600.0, sends=sends)
    took = run(server, Pacer(100), 250)
    assert server.refused == 0
    assert took < 120 * 1.05


@pytest.mark.parametrize("hours", [-1, 1])
def test_the_date_header_corrects_a_wrong_clock(hours: int) -> None:
    """With a Date header, the reset is correct despite a wrong clock: no wait takes a minute."""
    server = Server(limit=10, seconds=4, clock_ahead=hours * 3600.0)
    assert run(server, Pacer(None), 25) < 20
    assert server.refused == 0


@pytest.mark.parametrize("rounding", ["up", "down"])
@pytest.mark.parametrize("left", [0.95, 2.0, 8.3, 31.95])
def test_a_rate_limit_window_that_others_have_started(left: float, rounding: str) -> None:
    """A client that starts in the middle of an exhausted rate limit window is not refused either."""
    server = Server(rounding=rounding)
    for _ in range(60):
        server.use(START - server.seconds + left)
    took = run(server, Pacer(100), 250)
    assert server.refused == 0
    assert took < left + 1 + 120 * 1.05


def test_a_late_response_of_an_earlier_rate_limit_window() -> None:
    """A response that was counted at the end of an exhausted rate limit window does not delay the next one."""
    pacer = Pacer(None)
    late = pacer.try_acquire(Now(59.97, EPOCH + 59.97))
    assert isinstance(late, Permit)
    now = Now(60.02, EPOCH + 60.02)
    pacer.on_response(late, now, {"x-ratelimit-remaining": "0", "x-ratelimit-reset": str(EPOCH + 60)})
    assert isinstance(pacer.try_acquire(now), Permit)


def test_a_reset_that_moves_to_an_earlier_time() -> None:
    """The latest response says when the rate limit window ends, if the server has started another one meanwhile."""
    pacer = Pacer(None)
    for remaining, reset in ((999, 58), (0, 3)):
        permit = pacer.try_acquire(Now(0.0, EPOCH))
        assert isinstance(permit, Permit)
        headers = {"x-ratelimit-remaining": str(remaining), "x-ratelimit-reset": str(EPOCH + reset)}
        pacer.on_response(permit, Now(0.0, EPOCH), headers)
    wait = pacer.try_acquire(Now(0.0, EPOCH))
    assert isinstance(wait, float)
    assert 3 <= wait <= 4


def test_another_user_of_the_key() -> None:
    """Requests of another user of the key show in the headers and reduce our budget; refusals are rare races."""

    class Shared(Server):
        def respond(self, at: float) -> dict[str, str]:
            self.use(at)
            return super().respond(at)

    server = Shared()
    took = run(server, Pacer(100), 250, concurrency=4)
    assert server.refused <= 4 * 5
    assert 240 <= took < 240 * 1.05 + 60


def test_doubled_headers() -> None:
    """Rate limit headers that a proxy repeats are understood; the smaller rest and the later reset count."""
    pacer = Pacer(None)
    first = pacer.try_acquire(Now(0, EPOCH))
    assert isinstance(first, Permit)
    reset = f"{EPOCH + 30}, {EPOCH + 40}"
    pacer.on_response(first, Now(1, EPOCH + 1), {"x-ratelimit-remaining": "0, 5", "x-ratelimit-reset": reset})
    wait = pacer.try_acquire(Now(1, EPOCH + 1))
    assert not isinstance(wait, Permit)
    assert 39 <= wait <= 41


def test_the_first_request_of_a_rate_limit_window_goes_alone() -> None:
    """Before the first response has told what is left, only one request is in flight."""
    pacer = Pacer(None)
    first = pacer.try_acquire(Now(0, EPOCH))
    assert isinstance(first, Permit)
    assert pacer.try_acquire(Now(0, EPOCH)) == inf
    pacer.on_response(first, Now(1, EPOCH + 1), {"x-ratelimit-remaining": "2", "x-ratelimit-reset": str(EPOCH + 30)})
    assert isinstance(pacer.try_acquire(Now(1, EPOCH + 1)), Permit)
    assert isinstance(pacer.try_acquire(Now(1, EPOCH + 1)), Permit)
    assert pacer.try_acquire(Now(1, EPOCH + 1)) == inf


def test_a_first_request_that_takes_long_is_not_waited_for() -> None:
    """Two seconds later the others go, and none of them alone."""
    pacer = Pacer(100)
    assert isinstance(pacer.try_acquire(Now(0.0, EPOCH)), Permit)
    assert pacer.try_acquire(Now(1.9, EPOCH + 1.9)) == inf
    for _ in range(99):
        assert isinstance(pacer.try_acquire(Now(2.0, EPOCH + 2)), Permit)
    assert not isinstance(pacer.try_acquire(Now(2.0, EPOCH + 2)), Permit)


@pytest.mark.parametrize("kind", [TrafficClient, AsyncTrafficClient])
def test_a_silent_server_does_not_hold_up_other_requests(kind: type[Any], server: MockServer) -> None:
    """A request that gets no response, the first of a client, delays the others by two seconds at most."""
    server.inject("latency", seconds=20, at=1)
    client = kind(server.api_key, base_url=server.url, timeout=60)
    first, second = (client.get_traffic(1, start="2026-01-01", end="2026-01-02") for _ in range(2))

    async def read_async() -> int:
        async with client:
            slow = asyncio.create_task(first.to_list())
            await asyncio.sleep(0.1)
            items = await asyncio.wait_for(second.to_list(), 15)
            slow.cancel()
            return len(items)

    if kind is AsyncTrafficClient:
        assert asyncio.run(read_async()) == 24
        return
    with ThreadPoolExecutor() as threads, client:
        slow = threads.submit(first.to_list)
        time.sleep(0.1)
        assert len(threads.submit(second.to_list).result(15)) == 24
        client.close()
        assert isinstance(slow.exception(15), APIConnectionError)


@pytest.mark.parametrize("kind", [TrafficClient, AsyncTrafficClient])
@pytest.mark.parametrize(("status", "seconds", "are_sent"), [("200 OK", 1.5, True), ("429 Refused", 0.3, False)])
def test_others_wait_for_the_headers_of_the_first_response(
    status: str, seconds: float, are_sent: bool, kind: type[Any]
) -> None:
    """They do not wait for its body, which may take long, unless the server refuses: then all have to wait."""
    others, numbers = threading.Event(), itertools.count()
    seen: list[bool] = []

    def respond(connection: socket.socket) -> None:
        if next(numbers):
            others.set()
            connection.sendall(response())
            return
        head, _, body = response(PAGE, status=status).partition(b"\r\n\r\n")
        connection.sendall(head + b"\r\n\r\n")
        seen.append(others.wait(seconds))
        connection.sendall(body)

    async def read_async(url: str) -> list[TrafficItem]:
        async with AsyncTrafficClient("key", base_url=url) as client:
            return await client.get_traffic(1, start="2026-01-01", end="2026-01-02", page_size=8).to_list()

    with raw_server(respond) as url, fast_retries():
        if kind is AsyncTrafficClient:
            assert asyncio.run(read_async(url)) == []
        else:
            with TrafficClient("key", base_url=url) as client:
                assert client.get_traffic(1, start="2026-01-01", end="2026-01-02", page_size=8).to_list() == []
    assert seen == [are_sent]


def test_tasks_go_in_the_order_in_which_they_came() -> None:
    """What is needed first is requested first."""
    starts = []

    async def respond(request: httpx.Request) -> httpx.Response:
        starts.append(request.url.params["start"])
        await asyncio.sleep(0.01)
        return httpx.Response(200, content=PAGE)

    async def read() -> None:
        async with AsyncTrafficClient("key", transport=httpx.MockTransport(respond), concurrency=24) as client:
            await client.get_traffic(1, start="2026-01-01", end="2026-01-02", page_size=1).to_list()

    asyncio.run(read())
    assert len(starts) == 24
    assert starts == sorted(starts)


def test_a_probe_that_fails_is_followed_by_another() -> None:
    """When the first request gets no response, the next one may go, alone again."""
    pacer = Pacer(None)
    first = pacer.try_acquire(Now(0, EPOCH))
    assert isinstance(first, Permit)
    pacer.on_failure(first, Now(0, EPOCH))
    assert isinstance(pacer.try_acquire(Now(0, EPOCH)), Permit)
    assert pacer.try_acquire(Now(0, EPOCH)) == inf


def test_a_pause_stops_all_requests() -> None:
    """When the server asks to wait, no request is sent before that."""
    pacer = Pacer(None)
    pacer.pause(Now(0, EPOCH), 7)
    assert pacer.try_acquire(Now(2, EPOCH + 2)) == 5
    assert isinstance(pacer.try_acquire(Now(7, EPOCH + 7)), Permit)


def test_own_limit_holds_over_any_minute_without_headers() -> None:
    """Without headers no period of a minute has more requests than the limit, even after a slow start."""
    pacer, now = Pacer(10), 0.0
    sent: list[float] = []
    while len(sent) < 35:
        outcome = pacer.try_acquire(Now(now, EPOCH + now))
        if isinstance(outcome, Permit):
            sent.append(now)
            pacer.on_response(outcome, Now(now, EPOCH + now), {})
            now += 50 if len(sent) == 1 else 0.1
        else:
            now += outcome
    assert all(later - earlier > 59.999 for earlier, later in zip(sent, sent[10:], strict=False))


@example(limit=1, seconds=2, concurrency=2, trip=2.0, opens_with_request=False)  # the first response comes too late
@given(
    limit=st.integers(1, 40),
    seconds=st.integers(2, 60),
    concurrency=st.integers(1, 20),
    trip=st.floats(0.001, 3),
    opens_with_request=st.booleans(),
)
def test_any_limit_is_kept(limit: int, seconds: int, concurrency: int, trip: float, opens_with_request: bool) -> None:
    """No request is refused, and all are sent, at any limit, rate limit window, concurrency and latency."""
    server = Server(limit=limit, seconds=seconds, opens_with_request=opens_with_request)
    run(server, Pacer(None), 3 * limit + 1, concurrency=concurrency, trip=trip)
    assert server.refused == 0


@pytest.fixture(scope="module")
def limited() -> Iterator[MockServer]:
    """Run a mock server that allows 20 requests in 2 seconds."""
    with MockServer(rate_limit="20/2s") as server:
        yield server


def test_threads_share_the_limit(limited: MockServer) -> None:
    """Sixteen threads send three times the limit: no request is refused, and the resets are used."""
    limited.reset()
    with TrafficClient(limited.api_key, base_url=limited.url) as client, ThreadPoolExecutor(16) as pool:
        began = time.monotonic()
        pages = list(pool.map(lambda _: get_traffic.sync(1, client=client.api, limit=1), range(60)))
        took = time.monotonic() - began
    assert len(pages) == 60
    assert [entry.status for entry in limited.requests] == [200] * 60
    assert took < 60, "a rate limit window of two seconds was assumed to be a minute"


def test_tasks_share_the_limit(limited: MockServer) -> None:
    """Sixty tasks of one event loop send three times the limit: no request is refused."""
    limited.reset()

    async def send() -> None:
        async with AsyncTrafficClient(limited.api_key, base_url=limited.url) as client:
            await asyncio.gather(*(get_traffic.asyncio(1, client=client.api, limit=1) for _ in range(60)))

    asyncio.run(send())
    assert [entry.status for entry in limited.requests] == [200] * 60


def test_reading_past_the_limit_loses_nothing(limited: MockServer) -> None:
    """A time window that takes more requests than the limit is read completely, without a refusal."""
    limited.reset()
    with TrafficClient(limited.api_key, base_url=limited.url) as client:
        for day in (1, 2, 3):
            query = client.get_traffic(1, start=f"2026-01-0{day}", end=f"2026-01-0{day + 1}", page_size=2)
            assert len(query.to_list()) == 24
    assert {entry.status for entry in limited.requests} == {200}


def test_a_retry_after_that_is_too_long_is_not_waited_for() -> None:
    """A Retry-After of an hour is raised at once, and does not delay other requests."""
    responses = iter([httpx.Response(429, headers={"Retry-After": "3600"}), httpx.Response(404)])
    began = time.monotonic()
    with TrafficClient("key", transport=httpx.MockTransport(lambda _: next(responses))) as client:
        for status in (429, 404):
            with pytest.raises(Exception, match=str(status)):
                client.get_traffic(1).to_list()
    assert time.monotonic() - began < 5
