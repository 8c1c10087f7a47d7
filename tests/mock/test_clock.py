"""The clock of the API in the headers of its responses: what clients judge by, and wait for."""

import time
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

import httpx
import pytest

from apitally_mock import MockServer
from tests.mock.mock_endpoint import NOW, PATH, Endpoint

TOO_LATE = "9999-12-29T00:00:00Z"


def date(response: httpx.Response) -> datetime:
    (text,) = response.headers.get_list("Date")
    return parsedate_to_datetime(text)


@pytest.mark.parametrize("path", [PATH, PATH + "?limit=0", "/nowhere", "/_mock/settings"])
def test_every_response_has_the_date_of_the_clock(server: MockServer, client: httpx.Client, path: str) -> None:
    """At the start, after the clock was stopped at another time, and when it runs."""
    assert date(client.get(path)) == datetime.fromisoformat(NOW)
    server.set_now("0999-01-01T00:00:00+01:00")
    assert date(client.get(path)) == datetime(998, 12, 31, 23, tzinfo=UTC)
    server.set_now(None)
    assert abs(date(client.get(path)) - datetime.now(UTC)) < timedelta(seconds=60)


@pytest.mark.parametrize("now", ["2001-01-01T00:00:00Z", "2099-01-01T00:00:00Z"])
def test_the_reset_is_as_far_from_the_date_as_the_real_end_of_the_window(
    server: MockServer, traffic: Endpoint, now: str
) -> None:
    """Clients sleep in real time: the limit goes on while the clock stands still, and the reset comes nearer."""
    server.set_rate_limit("1/3s")
    server.set_now(now)
    first, second = traffic.response(), traffic.response()
    waits = [int(response.headers["X-RateLimit-Reset"]) - date(response).timestamp() for response in (first, second)]
    assert (first.status_code, second.status_code) == (200, 429)
    assert 0 < waits[1] <= waits[0] <= 3
    time.sleep(waits[1])
    assert traffic.response().status_code == 200


@pytest.mark.parametrize(("now", "expected"), [(NOW, NOW), (TOO_LATE, "9999-12-31T23:59:59Z")])
def test_a_retry_after_date_counts_from_the_clock(
    server: MockServer, traffic: Endpoint, now: str, expected: str
) -> None:
    """It is that many seconds after the Date, and no later than dates can be."""
    server.set_now(now)
    seconds = 86_400 if now == NOW else 10**9
    server.inject("status", status=429, retry_after=seconds, retry_after_form="date")
    until = parsedate_to_datetime(traffic.response().headers["Retry-After"])
    assert until == datetime.fromisoformat(expected) + timedelta(days=now == NOW)


def test_a_fault_can_replace_the_date(server: MockServer, traffic: Endpoint) -> None:
    """The header is sent once, with the value of the fault."""
    server.inject("status", headers={"date": "yesterday"})
    assert traffic.response().headers.get_list("Date") == ["yesterday"]
