"""Nothing that a client sends causes a 5xx or a hang."""

import asyncio
import socket
from contextlib import ExitStack
from urllib.parse import quote_from_bytes

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from apitally_mock import MockServer
from apitally_mock._time.timezones import zone_names
from tests.mock.mock_endpoint import PATH

PARAMETERS = ["start", "end", "interval", "timezone", "limit", "next_token", "app_env_id", "consumer_id", "x"]

years = st.sampled_from(["0000", "0001", "0002", "1582", "1883", "2011", "2018", "2025", "9998", "9999"])
times = st.builds(
    "{}-{}T{}{}".format,
    years,
    st.sampled_from(["01-01", "02-29", "03-30", "10-26", "11-04", "12-30", "12-31"]),
    st.sampled_from(["00:00:00", "02:30:00", "23:59:59.999999999", "23:59:60", "01:59"]),
    st.sampled_from(["", "Z", "+00:00", "-00:00", "+14:00", "-14:00", "+23:59", "-23:59"]),
)
plausible = {
    "start": times,
    "end": times,
    "interval": st.sampled_from(["hour", "day"]),
    "timezone": st.sampled_from(sorted(zone_names())),
    "limit": st.integers(1, 1000).map(str),
    "app_env_id": st.integers(1, 3).map(str),
    "consumer_id": st.integers(1, 6).map(str),
}
plausible_queries = st.fixed_dictionaries({}, optional=plausible)
garbage = st.binary(max_size=30) | st.text(max_size=20).map(str.encode) | st.integers().map(lambda n: str(n).encode())
hostile_pairs = st.lists(st.tuples(st.sampled_from(PARAMETERS).map(str.encode) | garbage, garbage), max_size=5)


def connected(server: MockServer) -> socket.socket:
    """Return a connection to the server."""
    host, port = server.url.removeprefix("http://").split(":")
    return socket.create_connection((host, int(port)), timeout=30)


@given(plausible_queries)
def test_every_plausible_query_gets_a_response(client: httpx.Client, query: dict[str, str]) -> None:
    """Any time in any zone returns a page or a 422; the token of the page continues it."""
    response = client.get(PATH, params=query)
    assert response.status_code in {200, 422}, response.text
    if response.status_code == 200 and response.json()["has_more"]:
        after = client.get(PATH, params=query | {"next_token": response.json()["next_token"]})
        is_stated = "start" in query and "end" in query
        assert after.status_code == 200 or not is_stated, after.text


@given(hostile_pairs)
def test_every_hostile_query_gets_a_response(client: httpx.Client, pairs: list[tuple[bytes, bytes]]) -> None:
    """Any bytes in any parameter, any number of times, return a page or a 422."""
    query = "&".join(f"{quote_from_bytes(name)}={quote_from_bytes(value)}" for name, value in pairs)
    response = client.get(f"{PATH}?{query}")
    assert response.status_code in {200, 422}, response.text


@given(garbage)
def test_every_hostile_path_gets_a_response(client: httpx.Client, app_id: bytes) -> None:
    """Any bytes as the app ID return a 404 or a 422, or a page if they are its digits."""
    response = client.get(f"/v1/apps/{quote_from_bytes(app_id, safe='')}/traffic")
    assert response.status_code in {200, 404, 422}, response.text


@pytest.mark.parametrize(
    "head",
    [
        b"GET " + PATH.encode() + b"?start=\xff\x00\xfe HTTP/1.1\r\nHost: x\r\nApi-Key: mock-key\r\n\r\n",
        b"GET /v1/apps/\xff/traffic HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET " + PATH.encode() + b" HTTP/1.1\r\nHost: x\r\nApi-Key: \xff\xfe\r\n\r\n",
        b"GET http://elsewhere" + PATH.encode() + b" HTTP/1.1\r\nHost: x\r\nApi-Key: mock-key\r\n\r\n",
        b"GET //[ HTTP/1.1\r\nHost: x\r\n\r\n",
        b"OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"GET / HTTP/9.9\r\n\r\n",
    ],
)
def test_invalid_http_does_no_harm(server: MockServer, client: httpx.Client, head: bytes) -> None:
    """Invalid HTTP gets a status below 500 or a closed connection, and the next client is served."""
    with connected(server) as connection:
        connection.sendall(head)
        connection.shutdown(socket.SHUT_WR)
        response = connection.recv(100)
    assert not response or int(response.split()[1]) < 500
    assert client.get(PATH).status_code == 200


HEAD = b"Host: x\r\nApi-Key: mock-key\r\n"


@pytest.mark.parametrize(
    ("request_bytes", "status"),
    [
        (b"GET %b HTTP/1.1\r\n%bX: %b\r\n\r\n" % (PATH.encode(), HEAD, b"x" * 1_000_000), 200),
        (b"GET %b HTTP/1.1\r\n%b%b\r\n" % (PATH.encode(), HEAD, b"X: 1\r\n" * 10_000), 200),
        (b"GET %b?a=%b HTTP/1.1\r\n%b\r\n" % (PATH.encode(), b"x" * 1_000_000, HEAD), None),
        (b"GET %b?%b HTTP/1.1\r\n%b\r\n" % (PATH.encode(), b"a=1&" * 10_000, HEAD), None),
        (b"GET %b?start=%%&end=%%zz HTTP/1.1\r\n%b\r\n" % (PATH.encode(), HEAD), 422),
        (b"GET /%%/%%zz/%%00/%%2e%%2e/%%2F HTTP/1.1\r\n%b\r\n" % HEAD, 404),
        (b"GET %b HTTP/1.1\r\nHost: x  \r\nApi-Key: mock-key \t\r\n\r\n" % PATH.encode(), 200),
        (b"GET %b HTTP/1.1\r\n%bConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n" % (PATH.encode(), HEAD), 200),
        (b"GET %b HTTP/1.0\r\n%b\r\n" % (PATH.encode(), HEAD), 200),
        (b"POST /%%5fmock/reset HTTP/1.1\r\n%b\r\n" % HEAD, 403),
        (b"POST //_mock/reset HTTP/1.1\r\n%b\r\n" % HEAD, 404),
        (b"POST /_mock/faults HTTP/1.1\r\nHost: [::1]\r\nContent-Length: -1\r\n\r\n", 400),
        (b"POST /_mock/faults HTTP/1.1\r\nHost: [::1]\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", None),
    ],
    ids=lambda value: str(value)[:80],  # pytest puts it into the environment of each process that is started
)
def test_extreme_requests_get_a_response(
    server: MockServer, client: httpx.Client, request_bytes: bytes, status: int | None
) -> None:
    """Huge, many or odd headers and parameters get a status below 500, and the next client is served."""
    with connected(server) as connection:
        connection.sendall(request_bytes)
        got = int(connection.recv(100).split()[1])
    assert got == status or (status is None and got < 500)
    assert client.get(PATH).status_code == 200


def test_pipelined_requests_are_all_served(server: MockServer) -> None:
    """A client may send requests before it has got the responses to earlier ones."""
    with connected(server) as connection:
        connection.sendall(b"GET %b?limit=1 HTTP/1.1\r\n%b\r\n" % (PATH.encode(), HEAD) * 300)
        received = b""
        while received.count(b"HTTP/1.1 200 OK") < 300:
            received += connection.recv(1_000_000)
    assert len(server.requests) == 300


def test_slow_clients_do_not_keep_others_waiting(server: MockServer, client: httpx.Client) -> None:
    """Two hundred connections that never finish their request do not delay the next client."""
    with ExitStack() as stack:
        for _ in range(200):
            stack.enter_context(connected(server)).sendall(b"GET / HTTP/1.1\r\nHost: x\r\nX-")
        assert client.get(PATH).status_code == 200


def test_two_hundred_clients_at_a_time_are_served(server: MockServer) -> None:
    """Each of them gets its own pages, and the journal has every request."""

    async def read() -> list[int]:
        limits = httpx.Limits(max_connections=200)
        async with httpx.AsyncClient(base_url=server.url, limits=limits, timeout=60) as client:
            requests = [
                client.get(PATH, params={"limit": 1 + number % 25}, headers={"Api-Key": server.api_key})
                for number in range(200)
            ]
            return [len(response.json()["data"]) for response in await asyncio.gather(*requests)]

    assert asyncio.run(read()) == [1 + number % 25 for number in range(200)]
    assert len(server.requests) == 200


def test_a_body_and_long_headers_do_no_harm(client: httpx.Client) -> None:
    """A GET with a body of a megabyte or a header of many kilobytes does not fail."""
    assert client.request("GET", PATH, content=b"x" * 1_000_000).status_code == 200
    assert client.get(PATH, headers={"X-Long": "x" * 30_000}).status_code < 500
