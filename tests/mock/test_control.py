"""The control routes under `/_mock/`."""

import httpx
import pytest

from apitally_mock import MockServer
from apitally_mock._faults.injections import FAULTS
from tests.mock.mock_endpoint import PATH, Endpoint


def test_the_index_lists_everything(client: httpx.Client) -> None:
    """The index is plain text with the apps, the routes, and every fault with its options."""
    response = client.get("/_mock/")
    assert response.headers["Content-Type"].startswith("text/plain")
    assert "app 1: environments 1, 2; consumers 1, 2, 3, 4, 5" in response.text
    for name, kind in FAULTS.items():
        assert f"{name}: " in response.text
        assert all(option in response.text for option in kind.model_fields)


def test_the_index_is_found_without_its_slash(client: httpx.Client) -> None:
    """`/_mock` redirects to `/_mock/`."""
    assert client.get("/_mock", follow_redirects=True).text == client.get("/_mock/").text


def test_settings_can_be_read_and_changed(client: httpx.Client, traffic: Endpoint) -> None:
    """PATCH changes some settings or all, `null` removes one, and a reset brings back the first ones."""
    assert client.get("/_mock/settings").json() == {
        "now": "2025-06-18T12:34:56+00:00",
        "rate_limit": None,
        "latency": 0.0,
    }
    changed = client.patch("/_mock/settings", json={"now": "2025-01-01T00:30:00+01:00", "rate_limit": "5/60s"}).json()
    assert changed == {"now": "2024-12-31T23:30:00+00:00", "rate_limit": "5/60s", "latency": 0.0}
    assert traffic.starts()[-1] == "2024-12-31T23:00:00Z"
    assert client.patch("/_mock/settings", json=changed | {"rate_limit": None}).json()["rate_limit"] is None
    assert client.post("/_mock/reset").json()["now"] == "2025-06-18T12:34:56+00:00"


@pytest.mark.parametrize("now", ["0001-01-03T00:00:00+00:00", "9999-12-29T23:59:59+00:00"])
def test_the_clock_can_stop_at_the_ends_of_the_calendar(client: httpx.Client, now: str) -> None:
    """All routes work at the first and at the last time that the clock can have."""
    headers = {"Content-Type": "application/json"}
    assert client.patch("/_mock/settings", json={"now": now}, headers=headers).json()["now"] == now
    for path in (PATH, PATH + "?interval=day", "/v1/apps", "/v1/apps/1/consumers"):
        assert client.get(path).status_code == 200


def test_faults_can_be_injected_listed_and_cleared(client: httpx.Client, traffic: Endpoint) -> None:
    """The list has each fault with its options and the number of requests that it has happened to."""
    client.post("/_mock/faults", json={"fault": "status", "times": 2, "status": 500})
    assert traffic.response().status_code == 500
    (fault,) = client.get("/_mock/faults").json()
    assert (fault["fault"], fault["times"], fault["status"], fault["fired"]) == ("status", 2, 500, 1)
    assert client.delete("/_mock/faults").json() == []
    assert traffic.response().status_code == 200


def test_the_journal_can_be_read(server: MockServer, client: httpx.Client) -> None:
    """It has the same entries as `MockServer.requests`."""
    client.get(PATH, params={"limit": 2})
    (entry,) = client.get("/_mock/requests").json()
    assert entry | {"time": None} == {
        "number": 1,
        "method": "GET",
        "path": PATH,
        "query": {"limit": "2"},
        "status": 200,
        "time": None,
    }
    assert entry["time"] == server.requests[0].time.isoformat()


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "sentence"),
    [
        ("PATCH", "settings", b"[]", 422, "The body must be a JSON object."),
        ("PATCH", "settings", b"{", 422, "The body must be a JSON object."),
        ("PATCH", "settings", b"\xff", 422, "The body must be a JSON object."),
        ("PATCH", "settings", b'{"seed": 1}', 422, "There is no setting 'seed' that can be changed."),
        ("PATCH", "settings", b'{"latency": "1"}', 422, "latency must be a number of seconds"),
        ("PATCH", "settings", b"[" * 100_000, 422, "The body must be a JSON object."),
        ("PATCH", "settings", b'{"latency": ' + b"9" * 5000 + b"}", 422, "The body must be a JSON object."),
        ("PATCH", "settings", b'{"latency": 1e999}', 422, "latency must be a number of seconds"),
        ("PATCH", "settings", b'{"rate_limit": "1/' + b"9" * 400 + b's"}', 422, "rate_limit must look like 100/60s"),
        ("PATCH", "settings", b'{"now": "0001-01-01T00:00:00+14:00"}', 422, "now must be from 0001-01-03T00:00:00Z"),
        ("PATCH", "settings", b'{"now": "9999-12-31T23:59:60Z"}', 422, "now must be from 0001-01-03T00:00:00Z"),
        ("PATCH", "settings", b'{"latency": 1, "now": 5}', 422, "now must be a date-time with an offset"),
        ("POST", "faults", b"{}", 422, "There is no fault None."),
        ("POST", "faults", b'{"fault": []}', 422, "There is no fault []."),
        ("POST", "faults", b'{"fault": "html", "at": "x"}', 422, "The fault html cannot have at='x'"),
        ("GET", "reset", b"", 405, "Method Not Allowed"),
        ("GET", "nothing", b"", 404, "Not Found"),
    ],
)
def test_a_bad_control_request_gets_a_sentence(
    client: httpx.Client, method: str, path: str, body: bytes, status: int, sentence: str
) -> None:
    """It is refused with a reason, and changes nothing."""
    before = client.get("/_mock/settings").json()
    headers = {"Content-Type": "application/json"} if body else {}
    response = client.request(method, f"/_mock/{path}", content=body, headers=headers)
    assert response.status_code == status
    assert response.json()["detail"].startswith(sentence)
    assert client.get("/_mock/settings").json() == before
    assert client.get("/_mock/faults").json() == []
