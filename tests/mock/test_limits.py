"""The rate limit, the latency and the clock."""

import time

import httpx
import pytest

from apitally_mock import MockServer
from tests.mock.mock_endpoint import PATH, Endpoint


def headers(response: httpx.Response) -> tuple[int, int, int]:
    limit, remaining, reset = (response.headers[f"X-RateLimit-{name}"] for name in ("Limit", "Remaining", "Reset"))
    return int(limit), int(remaining), int(reset)


def test_without_a_limit_the_headers_always_say_that_there_is_room(traffic: Endpoint) -> None:
    """Without a limit, the headers are there, and the remainder never goes down."""
    seen = {headers(traffic.response())[:2] for _ in range(3)}
    assert seen == {(1_000_000, 1_000_000)}


def test_past_the_limit_requests_are_refused_until_the_reset(server: MockServer, traffic: Endpoint) -> None:
    """Every request with the key counts; after the reset in the header there is room again."""
    server.set_now(None)
    server.set_rate_limit("3/2s")
    responses = [
        traffic.response(),
        traffic.response(limit=0),
        traffic.response(),
        traffic.response(),
        traffic.response(),
    ]
    assert [response.status_code for response in responses] == [200, 422, 200, 429, 429]
    assert [headers(response)[1] for response in responses] == [2, 1, 0, 0, 0]
    assert responses[-1].json() == {"detail": "Rate limit exceeded"}
    limit, _, reset = headers(responses[-1])
    assert limit == 3
    assert 0 < reset - time.time() <= 3
    time.sleep(reset - time.time())
    assert traffic.response().status_code == 200


@pytest.mark.parametrize("path", [PATH, PATH + "?limit=0", "/v1/apps/3/traffic", "/nowhere"])
@pytest.mark.parametrize("key", ["mock-key", "wrong"])
def test_every_response_has_the_headers(server: MockServer, path: str, key: str) -> None:
    """Every response has the headers, errors too, and a request without the right key does not count."""
    server.set_now(None)
    server.set_rate_limit("100/60s")
    limit, remaining, reset = headers(httpx.get(server.url + path, headers={"Api-Key": key}))
    uses = key == "mock-key" and path != "/nowhere"
    assert (limit, remaining) == (100, 99 if uses else 100)
    assert 58 <= reset - time.time() <= 60


def test_latency_delays_every_response(server: MockServer, traffic: Endpoint) -> None:
    """Each response waits for as long as is set, until it is set back."""
    server.set_latency(0.5)
    began = time.monotonic()
    traffic.page()
    assert time.monotonic() - began >= 0.5
    server.set_latency(30)
    server.set_latency(0)
    began = time.monotonic()
    traffic.page()
    assert time.monotonic() - began < 30


def test_without_now_the_clock_is_that_of_the_machine(server: MockServer, traffic: Endpoint) -> None:
    """With `None`, the last period is the current one."""
    server.set_now(None)
    now = time.strftime("%Y-%m-%dT%H:", time.gmtime(time.time() - 1))
    assert traffic.starts()[-1] >= now + "00:00Z"


@pytest.mark.parametrize("bad", ["", "100", "0/60s", "100/0s", "100/60", "-1/60s", "1e3/60s"])
def test_a_bad_rate_limit_is_refused(server: MockServer, bad: str) -> None:
    """A rate limit of another form is a ValueError, at the start and later."""
    with pytest.raises(ValueError, match="rate_limit must look like 100/60s"):
        MockServer(rate_limit=bad)
    with pytest.raises(ValueError, match="rate_limit must look like 100/60s"):
        server.set_rate_limit(bad)
