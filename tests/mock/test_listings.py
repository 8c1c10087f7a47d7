"""The listings of apps and consumers."""

from typing import Any

import httpx
import pytest

from apitally_mock import App, MockServer
from tests.mock.mock_endpoint import NOW, Endpoint

CONSUMERS = "/v1/apps/1/consumers"
RECORDING = (
    "app_id,consumer_id,period_start,period_end,requests,bytes_received,bytes_sent\n"
    "7,1,2025-06-09T00:00:00Z,2025-06-09T01:00:00Z,3600,1,1\n"
    "7,2,2025-06-09T00:00:00Z,2025-06-09T01:00:00Z,0,0,0\n"
    "7,1,2025-06-10T00:00:00Z,2025-06-10T01:00:00Z,3600,1,1\n"
)


def listed(client: httpx.Client, path: str = CONSUMERS, **parameters: object) -> list[dict[str, Any]]:
    """Return the items of all pages."""
    items: list[dict[str, Any]] = []
    token = None
    while True:
        query = {name: str(value) for name, value in parameters.items()} | ({"next_token": token} if token else {})
        response = client.get(path, params=query)
        assert response.status_code == 200, response.text
        items += response.json()["data"]
        token = response.json().get("next_token")
        assert response.json().get("has_more", False) == (token is not None)
        if token is None:
            return items


def test_apps_have_their_environments(client: httpx.Client) -> None:
    """The apps are those of the settings, each with its environments and a client ID of its own."""
    one, two = listed(client, "/v1/apps")
    assert (one["id"], two["id"]) == (1, 2)
    assert one["client_id"] != two["client_id"]
    assert set(one) == {"id", "name", "framework", "client_id", "envs", "created_at"}
    assert [(env["id"], env["name"]) for env in one["envs"]] == [(1, "prod"), (2, "dev")]
    for env in one["envs"]:
        assert set(env) == {"id", "name", "created_at", "last_sync_at"}
        assert one["created_at"] <= env["created_at"] <= env["last_sync_at"] < NOW


def test_consumers_are_ordered_by_descending_id(client: httpx.Client) -> None:
    """The consumers are those of the settings, with the fields of the vendor's schema."""
    consumers = listed(client)
    assert [consumer["id"] for consumer in consumers] == [5, 4, 3, 2, 1]
    for consumer in consumers:
        assert set(consumer) == {"id", "identifier", "name", "group", "created_at", "last_request_at"}
        assert consumer["created_at"] <= consumer["last_request_at"] < NOW


@pytest.mark.parametrize("limit", [1, 2, 4, 5, 6])
def test_pages_of_consumers_add_up(client: httpx.Client, limit: int) -> None:
    """Following the tokens returns each consumer once, with any page size."""
    assert listed(client, limit=limit) == listed(client)
    assert len(client.get(CONSUMERS, params={"limit": limit}).json()["data"]) == min(limit, 5)


def test_times_of_a_consumer_agree_with_its_traffic(client: httpx.Client, traffic: Endpoint) -> None:
    """There is traffic in the hours of the first and of the latest request, and none before or after."""
    for consumer in listed(client):
        first, latest = (consumer[name][:13] + ":00:00Z" for name in ("created_at", "last_request_at"))
        days = {"interval": "day", "consumer_id": consumer["id"], "limit": 1000}
        assert sum(row["requests"] for row in traffic.rows(**days, start="2009-12-31T00:00:00Z", end=first)[:-1]) == 0
        (before,) = traffic.page(consumer_id=consumer["id"], start=first, end=NOW, limit=1)["data"]
        after = traffic.rows(consumer_id=consumer["id"], start=latest, end=NOW)
        assert before["requests"] > 0
        assert [bool(row["requests"]) for row in after] == [True] + [False] * (len(after) - 1)


def test_requests_since_filters_consumers(client: httpx.Client) -> None:
    """Only consumers with a request at the given time or later are listed, on all pages."""
    consumers = listed(client)
    for since in sorted({consumer["last_request_at"] for consumer in consumers}):
        expected = [consumer for consumer in consumers if consumer["last_request_at"] >= since]
        assert listed(client, requests_since=since) == listed(client, requests_since=since, limit=1) == expected
    latest = max(consumer["last_request_at"] for consumer in consumers)
    assert listed(client, requests_since=latest.replace("Z", ".001Z")) == []
    assert listed(client, requests_since="2025-06-18T00:00:00") == listed(client, requests_since="2025-06-18T00:00:00Z")


def test_a_token_carries_the_filter(client: httpx.Client) -> None:
    """A token continues its query alone; with another filter, for another app or kind of query it is a 422."""
    since = {"requests_since": "2025-06-18T00:00:00Z"}
    page = client.get(CONSUMERS, params={**since, "limit": 2}).json()
    assert [consumer["id"] for consumer in page["data"]] == [4, 3]
    token = {"next_token": page["next_token"]}
    assert [consumer["id"] for consumer in client.get(CONSUMERS, params=token).json()["data"]] == [2, 1]
    refused = [
        client.get(CONSUMERS, params={**token, "requests_since": "2025-06-17T00:00:00Z"}),
        client.get("/v1/apps/2/consumers", params=token),
        client.get("/v1/apps/1/traffic", params=token),
        client.get(CONSUMERS, params={"next_token": "x"}),
    ]
    assert [response.status_code for response in refused] == [422] * 4
    assert refused[0].json()["detail"][0]["loc"] == ["query", "requests_since"]


@pytest.mark.parametrize(
    ("query", "parameter"),
    [("limit=0", "limit"), ("limit=1001", "limit"), ("requests_since=2025-06-18", "requests_since")],
)
def test_a_bad_parameter_is_422(client: httpx.Client, query: str, parameter: str) -> None:
    """The bounds and formats are those of the vendor's schema."""
    response = client.get(f"{CONSUMERS}?{query}")
    assert response.status_code == 422
    assert response.json()["detail"][0]["loc"] == ["query", parameter]


def test_listings_need_the_key_and_have_limits_and_faults(server: MockServer, client: httpx.Client) -> None:
    """Authentication, rate limit, journal and faults apply to all routes."""
    for path in ("/v1/apps", CONSUMERS):
        assert httpx.get(server.url + path).status_code == 401
    assert client.get("/v1/apps/3/consumers").status_code == 404
    server.inject("empty_page", at=4)
    page = client.get(CONSUMERS).json()
    assert (page["data"], page["has_more"]) == ([], True)
    assert len(client.get(CONSUMERS, params={"next_token": page["next_token"]}).json()["data"]) == 5
    server.set_rate_limit("1/60s")
    assert [client.get(path).status_code for path in ("/v1/apps", CONSUMERS)] == [200, 429]
    assert [entry.path for entry in server.requests][:2] == ["/v1/apps", CONSUMERS]


def test_a_consumer_exists_from_its_first_request_on(server: MockServer, client: httpx.Client) -> None:
    """Before the beginning of the app there are none, and no environment has been synced."""
    server.set_now("2001-01-01T00:00:00Z")
    assert listed(client) == []
    assert {env["last_sync_at"] for app in listed(client, "/v1/apps") for env in app["envs"]} == {None}


def test_a_recording_lists_its_own_apps_and_consumers(tmp_path: Any) -> None:
    """Apps and consumers are those of the file, with the times of their recorded requests."""
    (tmp_path / "one.csv").write_text(RECORDING, encoding="utf-8")
    with (
        MockServer(data=tmp_path / "one.csv") as server,
        httpx.Client(base_url=server.url, headers={"Api-Key": server.api_key}) as client,
    ):
        (app,) = listed(client, "/v1/apps")
        assert (app["id"], app["envs"], app["created_at"]) == (7, [], "2025-06-09T00:00:00Z")
        (consumer,) = listed(client, "/v1/apps/7/consumers")
        assert consumer["id"] == 1
        assert consumer["created_at"] == "2025-06-09T00:00:00Z"
        assert consumer["last_request_at"] == "2025-06-10T00:59:59Z"


def test_many_consumers_are_listed_in_time() -> None:
    """A page of 100 of 20,000 consumers costs no more than its page."""
    with MockServer(apps={1: App(consumers=tuple(range(1, 20_001)))}) as server:
        response = httpx.get(
            server.url + CONSUMERS, params={"limit": 100}, headers={"Api-Key": server.api_key}, timeout=30
        )
    assert [consumer["id"] for consumer in response.json()["data"]] == [*range(20_000, 19_900, -1)]
