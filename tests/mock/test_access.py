"""Who may use the control routes, and how large a request may be."""

import asyncio
import json
import socket
from collections.abc import Iterator, MutableMapping
from typing import Any

import httpx
import pytest

from apitally_mock import MockServer
from apitally_mock._control import routes
from apitally_mock._control.state import State
from apitally_mock._traffic.synthetic import SyntheticTraffic
from apitally_mock.settings import App, Settings
from tests.mock.mock_endpoint import PATH


@pytest.fixture(scope="module")
def on_all_addresses() -> Iterator[MockServer]:
    """Run a server that listens on all addresses."""
    with MockServer(host="0.0.0.0") as server:  # noqa: S104 - the subject
        yield server


CONTROLS = [("GET", "/_mock/"), ("GET", "/_mock"), ("GET", "/_mock/requests"), ("POST", "/_mock/reset")]


@pytest.mark.parametrize(("method", "path"), CONTROLS)
@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:8000",
        "127.0.0.1.evil.example",
        "localhost.evil.example",
        "localhost..",
        "10.0.0.1",
        "[fe80::1]",
    ],
)
def test_control_requests_to_another_host_are_refused(client: httpx.Client, method: str, path: str, host: str) -> None:
    """A web page whose host name resolves to this machine sends that name."""
    response = client.request(method, path, headers={"Host": host})
    assert response.status_code == 403
    assert "loopback" in response.json()["detail"]


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "127.8.9.10:1", "localhost", "LOCALHOST:80", "a.localhost", "localhost.:80", "[::1]:9"]
)
def test_control_requests_to_a_loopback_address_are_served(client: httpx.Client, host: str) -> None:
    """Any name of this machine is fine, with any port, which may be forwarded."""
    assert client.get("/_mock/settings", headers={"Host": host}).status_code == 200


def test_a_server_on_all_addresses_is_controlled_by_any_of_them(on_all_addresses: MockServer) -> None:
    """An address is not a name that somebody else can make resolve to this machine."""
    for host, status in (("192.168.1.5:8000", 200), ("[2001:db8::1]", 200), ("evil.example", 403)):
        response = httpx.get(on_all_addresses.url + "/_mock/settings", headers={"Host": host})
        assert response.status_code == status


@pytest.mark.parametrize(("method", "path"), [*CONTROLS, ("DELETE", "/_mock/faults"), ("OPTIONS", "/_mock/faults")])
@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://127.0.0.1:1", "http://localhost", ""])
def test_control_requests_of_a_web_page_are_refused(client: httpx.Client, method: str, path: str, origin: str) -> None:
    """Browsers send the origin of the page, and any other than the server's own is refused."""
    response = client.request(method, path, headers={"Origin": origin})
    assert response.status_code == 403
    assert "Access-Control-Allow-Origin" not in response.headers


def test_control_requests_of_the_own_origin_are_served(client: httpx.Client, server: MockServer) -> None:
    """A page of the server itself may control it."""
    assert client.post("/_mock/reset", headers={"Origin": server.url}).status_code == 200


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize(
    ("name", "own", "others", "status"),
    [
        ("Origin", None, ["https://evil.example", "null", ""], 403),
        ("Content-Type", "application/json", ["text/plain", "application/x-www-form-urlencoded", ""], 415),
    ],
)
def test_a_header_that_comes_twice(
    client: httpx.Client, server: MockServer, name: str, own: str | None, others: list[str], method: str, status: int
) -> None:
    """Of two headers, none may be what alone is refused, wherever it stands."""
    right = own or server.url

    def ask(*values: str) -> int:
        headers = [("Content-Type", "application/json")] if name == "Origin" else []
        headers += [(name, value) for value in values]
        path = "/_mock/reset" if method == "POST" else "/_mock/settings"
        return client.request(method, path, headers=headers, content=b"{}").status_code

    assert ask(right, right) == 200
    for other in others:
        assert ask(other, right) == ask(right, other) == ask(right, other, right) == status


@pytest.mark.parametrize("kind", [None, "text/plain", "application/x-www-form-urlencoded", "text/json"])
@pytest.mark.parametrize("is_chunked", [False, True])
@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/_mock/faults", b'{"fault": "status"}'),
        ("POST", "/_mock/reset", b"{}"),
        ("DELETE", "/_mock/faults", b"{}"),
    ],
)
def test_bodies_must_be_declared_as_json(
    client: httpx.Client, kind: str | None, method: str, path: str, body: bytes, *, is_chunked: bool
) -> None:
    """A web page can send every other type to another site without asking first."""
    headers = {} if kind is None else {"Content-Type": kind}
    response = client.request(method, path, content=iter([body]) if is_chunked else body, headers=headers)
    assert response.status_code == 415
    assert "Content-Type: application/json" in response.json()["detail"]
    assert client.get("/_mock/faults").json() == []


@pytest.mark.parametrize("kind", ["application/json", "Application/JSON; charset=utf-8"])
def test_json_bodies_are_read(client: httpx.Client, kind: str) -> None:
    """The type is case-insensitive and may have parameters."""
    response = client.post("/_mock/faults", content=b'{"fault": "status"}', headers={"Content-Type": kind})
    assert response.status_code == 200


@pytest.mark.parametrize("is_chunked", [False, True])
def test_bodies_are_at_most_one_mebibyte(client: httpx.Client, *, is_chunked: bool) -> None:
    """A larger body is refused, with or without a declared length; the largest one is read."""
    for size, status in ((1024 * 1024, 200), (1024 * 1024 + 1, 413)):
        empty = json.dumps({"fault": "status", "body": ""})
        body = empty.replace('""', f'"{"x" * (size - len(empty))}"').encode()
        content = iter([body[:1000], body[1000:]]) if is_chunked else body
        response = client.post("/_mock/faults", content=content, headers={"Content-Type": "application/json"})
        assert response.status_code == status


@pytest.mark.parametrize(("method", "path"), [("POST", "/_mock/reset"), ("DELETE", "/_mock/faults")])
@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 200),
        (b" {} ", 200),
        (b'{"now": null}', 422),
        (b"[]", 422),
        (b"{", 422),
        (b"x", 422),
        (b"{" + b" " * 1024 * 1024 + b"}", 413),
    ],
)
def test_what_takes_no_options(client: httpx.Client, method: str, path: str, body: bytes, status: int) -> None:
    """The routes without options take no body or an empty object, and change nothing where they refuse."""
    client.post("/_mock/faults", json={"fault": "status"})
    response = client.request(method, path, content=body, headers={"Content-Type": "application/json"})
    assert response.status_code == status
    assert len(client.get("/_mock/faults").json()) == (0 if status == 200 else 1)
    assert status == 200 or response.json()["detail"].endswith(".")


@pytest.mark.parametrize("path", [PATH, "/_mock/", "/nowhere"])
@pytest.mark.parametrize("hosts", [b"", b"Host:\r\n", b"Host: a b\r\n", b"Host: x@y\r\n", b"Host: x\r\nHost: x\r\n"])
def test_a_request_without_one_valid_host_is_400(server: MockServer, path: str, hosts: bytes) -> None:
    """RFC 9112 asks for 400 where Host is missing, invalid or there twice."""
    host, port = server.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=3) as connection:
        connection.sendall(b"GET " + path.encode() + b" HTTP/1.1\r\nApi-Key: mock-key\r\n" + hosts + b"\r\n")
        assert connection.recv(100).split()[1] == b"400"


def ask_control(monkeypatch: pytest.MonkeyPatch, *messages: dict[str, Any]) -> tuple[int, dict[bytes, bytes]]:
    """Return status and headers for a control request whose body arrives in these messages, and then no more."""
    monkeypatch.setattr(routes, "_MAX_BODY_SECONDS", 0.01)
    arriving = list(messages)
    sent: list[MutableMapping[str, Any]] = []

    async def receive() -> dict[str, Any]:
        if not arriving:
            await asyncio.Event().wait()
        return arriving.pop(0)

    async def send(message: MutableMapping[str, Any]) -> None:
        sent.append(message)

    settings = Settings(
        host="127.0.0.1",
        port=0,
        seed=0,
        api_key="mock-key",
        apps={1: App()},
        now=None,
        rate_limit=None,
        latency=0.0,
        data=None,
    )
    application = routes.create_control(State(settings, SyntheticTraffic(0, settings.apps)))
    scope = {"type": "http", "method": "POST", "path": "/_mock/reset", "headers": [], "query_string": b""}
    asyncio.run(application(scope, receive, send))
    return sent[0]["status"], dict(sent[0]["headers"])


def test_a_body_that_never_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    """A body that does not end is given up after some seconds, and so is its connection."""
    status, headers = ask_control(monkeypatch, {"type": "http.request", "body": b"{", "more_body": True})
    assert (status, headers[b"connection"]) == (408, b"close")


def test_a_client_that_disconnects(monkeypatch: pytest.MonkeyPatch) -> None:
    """A client that is gone before its body has ended is no failure of the server."""
    assert ask_control(monkeypatch, {"type": "http.disconnect"})[0] == 400
