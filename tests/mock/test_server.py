"""`MockServer` as tests use it: its journal, its settings and its arguments."""

import itertools
import time
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any, cast

import httpx
import pytest

from apitally_mock import App, MockServer
from apitally_mock._control.journal import Journal
from tests.mock.mock_endpoint import NOW, PATH, Endpoint


def test_the_journal_has_every_request(server: MockServer, client: httpx.Client, traffic: Endpoint) -> None:
    """The journal has requests and statuses in the order of arrival, without the control routes."""
    before = datetime.now(UTC)
    traffic.page(limit=3, timezone="Europe/Berlin")
    client.post(PATH)
    client.get("/nowhere?a=1&a=2&b=")
    client.get("/_mock/requests")
    first, second, third = server.requests
    assert (first.number, first.method, first.path, first.status) == (1, "GET", PATH, 200)
    assert first.query == {"limit": "3", "timezone": "Europe/Berlin"}
    assert before <= first.time <= second.time <= third.time <= datetime.now(UTC)
    assert (second.method, second.status) == ("POST", 405)
    assert (third.path, third.query, third.status) == ("/nowhere", {"a": "2", "b": ""}, 404)


def test_the_journal_never_holds_the_key(server: MockServer, client: httpx.Client) -> None:
    """The key is replaced where a client sends it in the URL, in any encoding."""
    client.get(f"/{server.api_key}?api_key={server.api_key}&mock%2Dkey=%6dock-key")
    assert server.api_key not in client.get("/_mock/requests").text
    assert server.requests[0].query["api_key"] == "[api key]"


def test_the_journal_keeps_the_last_ten_thousand() -> None:
    """The journal drops its oldest entries, and the numbers continue."""
    journal = Journal("key")
    for _ in range(10_050):
        journal.add("GET", PATH, b"")
    entries = journal.to_json()
    assert (len(entries), entries[0]["number"], entries[-1]["number"]) == (10_000, 51, 10_050)


def test_the_journal_keeps_a_bounded_number_of_bytes() -> None:
    """Long URLs push out older entries, and one that is longer than the bound is not kept."""
    journal = Journal("key")
    for number in range(200):
        journal.add("GET", PATH, b"x" * 100_000 if number % 2 else b"")
    entries = journal.to_json()
    assert 150 < len(entries) < 170
    assert entries[-1]["number"] == 200
    journal.add("GET", PATH, b"x" * 10_000_000)
    assert journal.to_json() == []


def test_a_reset_brings_everything_back(server: MockServer, traffic: Endpoint) -> None:
    """Journal, faults, clock, rate limit and latency are as at the start."""
    page = traffic.page()
    server.inject("status")
    server.set_now("2020-01-01T00:00:00Z")
    server.set_rate_limit("1/60s")
    server.set_latency(30)
    server.reset()
    assert server.requests == []
    began = time.monotonic()
    assert [traffic.page() for _ in range(3)] == [page] * 3
    assert time.monotonic() - began < 30


def test_apps_can_be_chosen() -> None:
    """Apps are given by ID, or with their environments and consumers."""
    with MockServer(apps={7: App(environments=(3,), consumers=(11, 12))}, now=NOW) as server:

        def requests(app_id: int, **filters: int) -> int:
            response = httpx.get(
                f"{server.url}/v1/apps/{app_id}/traffic", params=filters, headers={"Api-Key": server.api_key}
            )
            return sum(row["requests"] for row in response.raise_for_status().json()["data"])

        assert requests(7) == requests(7, app_env_id=3) == requests(7, consumer_id=11) + requests(7, consumer_id=12) > 0
        assert requests(7, app_env_id=1) == 0
        with pytest.raises(httpx.HTTPStatusError, match="404"):
            requests(1)
    with MockServer(apps=[5], now=NOW) as server:
        assert requests(5) > 0


@pytest.mark.parametrize(
    "now",
    [
        "2025-06-18T14:34:56.7+02:00",
        datetime(2025, 6, 18, 14, 34, 56, 700, tzinfo=timezone(timedelta(hours=2))),
    ],
)
def test_now_is_a_string_or_a_datetime(server: MockServer, traffic: Endpoint, now: datetime | str) -> None:
    """The clock stops at a time with any offset, at the start and later."""
    here = traffic.page()
    with MockServer(now=now) as other:
        response = httpx.get(other.url + PATH, headers={"Api-Key": other.api_key})
    server.set_now("2001-01-01T00:00:00Z")
    with pytest.raises(ValueError, match="now must be a date-time with an offset, not '2025-06-18'"):
        server.set_now(cast("Any", date(2025, 6, 18)))
    server.set_now(now)
    assert response.json() == here == traffic.page()


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"port": 65_536}, "port must be a whole number from 0 to 65535, not 65536"),
        ({"port": "80"}, "port must be a whole number"),
        ({"seed": 1.5}, "seed must be a whole number from .*, not 1.5"),
        ({"seed": 10**5000}, "seed must be a whole number from .*, not an integer of 16610 bits"),
        ({"api_key": ""}, "api_key must be one or more printable"),
        ({"api_key": "a\nb"}, "api_key must be one or more printable"),
        ({"apps": []}, "apps must name at least one app ID"),
        ({"apps": [0]}, "every ID in apps must be a whole number from 1"),
        ({"apps": 1}, "apps must be the IDs of the apps"),
        ({"apps": range(10**12)}, "apps must be no more than 100,000 IDs"),
        (
            {"apps": {1: App(consumers=cast("Any", itertools.count(1)))}},
            "consumers of app 1 must be no more than 100,000 IDs",
        ),
        ({"apps": {1: 2}}, "apps must map each ID to an App"),
        ({"apps": {1: App(environments=(0,))}}, "every environment and consumer ID of app 1"),
        (
            {"apps": {1: App(consumers=cast("Any", 5))}},
            "consumer ID of app 1 must be in a tuple, not 5",
        ),
        ({"now": "yesterday"}, "now must be a date-time with an offset"),
        (
            {"now": datetime.fromisoformat("2025-01-01")},
            "now must be a date-time with an offset, not .*: it needs an offset",
        ),
        ({"now": 5}, "now must be a date-time with an offset, not 5"),
        ({"now": date(2025, 1, 1)}, "now must be a date-time with an offset, not '2025-01-01'"),
        ({"rate_limit": 100}, "rate_limit must look like 100/60s"),
        ({"latency": -1}, "latency must be a number of seconds from 0 to 3600"),
        ({"latency": float("nan")}, "latency must be a number of seconds"),
        ({"data": "nowhere.csv"}, "there is no regular file 'nowhere.csv'"),
        ({"host": 5}, "host must be a name or an address"),
    ],
)
def test_a_bad_argument_is_refused_before_anything_starts(arguments: dict[str, Any], sentence: str) -> None:
    """A bad argument is a ValueError that names it and what it should be."""
    with pytest.raises(ValueError, match=sentence):
        MockServer(**arguments)


class Silent:
    """An object that cannot be written."""

    def __repr__(self) -> str:
        raise RuntimeError("no repr")


@pytest.mark.parametrize("name", ["host", "port", "seed", "api_key", "apps", "now", "rate_limit", "latency", "data"])
@pytest.mark.parametrize(
    "value", ["a" * 3000, "a\0b", "two\nlines", "\ud800", b"1", [Silent()], Silent(), ["x" * 3000], {1: "x" * 3000}]
)
def test_an_odd_argument_is_refused_in_one_line(name: str, value: Any) -> None:
    """Whatever is given is refused in one line of bounded length that names the argument, unless it is used."""
    if name == "api_key" and value == "a" * 3000:
        assert MockServer(api_key=value).api_key == value
        return
    with pytest.raises(ValueError, match=name) as raised:
        MockServer(**{name: value})
    assert len(str(raised.value)) < 600
    assert str(raised.value).isprintable()


def test_a_recording_may_be_named_relative_to_the_working_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A relative path is resolved when the server is made."""
    (tmp_path / "one.csv").write_text(
        "period_start,period_end,requests,bytes_received,bytes_sent\n2025-06-09T00:00:00Z,2025-06-09T01:00:00Z,1,2,3\n"
    )
    monkeypatch.chdir(tmp_path)
    server = MockServer(data="one.csv")
    monkeypatch.chdir("/")
    with server:
        assert httpx.get(server.url + PATH, headers={"Api-Key": server.api_key}).status_code == 200


def test_servers_are_independent() -> None:
    """Two servers at the same time have their own journals."""
    with MockServer() as one, MockServer() as other:
        httpx.get(one.url + PATH)
        assert (len(one.requests), len(other.requests)) == (1, 0)
