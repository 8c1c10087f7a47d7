"""The connection to the server under test: its budget, its pace, its patience, and what it lets be seen of the key."""

import itertools
import json
import socket
import subprocess
import time
from base64 import b64encode
from base64 import urlsafe_b64encode as b64url
from collections.abc import Callable, Iterator
from contextlib import suppress
from urllib.parse import quote

import httpx
import pytest

from contract_tests.exchange import hide
from contract_tests.promises.promise import BrokenPromiseError
from contract_tests.wire.client import BudgetUsedUpError, Client, ServerGoneError, is_loopback
from contract_tests.wire.pacing import Pacer, wait_after_429
from tests.wrappers.raw_server import raw_server, response

KEY = "secret-Key"


def client_of(respond: Callable[[httpx.Request], httpx.Response], *, most: int = 600) -> tuple[Client, list[float]]:
    """Return a client whose requests a function handles, and the waits that it asks for."""
    waits: list[float] = []
    client = Client(
        "http://127.0.0.1:1",
        KEY,
        1,
        max_requests=most,
        requests_per_minute=100,
        transport=httpx.MockTransport(respond),
        sleep=waits.append,
    )
    return client, waits


def test_no_more_requests_than_allowed() -> None:
    """The request after the last one of the budget is not sent."""
    client, _ = client_of(lambda _: httpx.Response(200), most=3)
    for _ in range(3):
        client.get()
    with pytest.raises(BudgetUsedUpError, match="--max-requests"):
        client.get()
    assert client.sent == 3


def test_429_is_waited_out_and_counts_as_a_request() -> None:
    """A refused request is sent again after the wait that the server asks for, until it gets a response."""
    responses = itertools.chain(
        [httpx.Response(429, headers={"Retry-After": "7"})], itertools.repeat(httpx.Response(200))
    )
    client, waits = client_of(lambda _: next(responses))
    assert client.get().status == 200
    assert waits == [7.0]
    assert client.sent == 2


def test_a_server_that_only_refuses_is_given_up() -> None:
    """Without an end to the 429, the run stops with one sentence."""
    client, _ = client_of(lambda _: httpx.Response(429))
    with pytest.raises(ServerGoneError, match="429"):
        client.get()


def test_a_server_that_is_gone_is_one_sentence() -> None:
    """A connection that cannot be made ends in a sentence with the address."""

    def refuse(_: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused")

    client, _ = client_of(refuse)
    with pytest.raises(ServerGoneError, match=r"http://127.0.0.1:1 gives no response: refused"):
        client.get()


@pytest.mark.parametrize("pieces", [response(), b"HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n" + b"1" * 999])
def test_a_response_that_drips_is_given_up(pieces: bytes) -> None:
    """A response of which a byte comes now and then takes no longer than the timeout, in its head and its body."""

    def drip(connection: socket.socket) -> None:
        with suppress(OSError):
            for byte in pieces:
                connection.sendall(bytes([byte]))
                time.sleep(0.05)

    with raw_server(drip) as url:
        client = Client(url, KEY, 1, max_requests=10, requests_per_minute=100, timeout=0.3)
        with pytest.raises(ServerGoneError, match=r"none within 0\.3 seconds"):
            client.get()
        client.close()


def test_a_body_without_an_end_is_given_up() -> None:
    """A body is read no further than any page can be long."""
    sent = 0

    def endless() -> Iterator[bytes]:
        nonlocal sent
        while True:
            sent += 1_000_000
            yield b"0" * 1_000_000

    client, _ = client_of(lambda _: httpx.Response(200, content=endless()))
    with pytest.raises(ServerGoneError, match="one of more than 32 MB"):
        client.get()
    assert sent <= 4 * 34_000_000


@pytest.mark.parametrize("failures", [1, 2])
def test_a_gateway_that_fails_once_or_twice_is_unstable_and_no_finding(failures: int) -> None:
    """A 502 is asked again, at most twice; the failures are counted and listed, and are no evidence."""
    responses = itertools.chain(itertools.repeat(httpx.Response(502), failures), itertools.repeat(httpx.Response(200)))
    client, _ = client_of(lambda _: next(responses))
    assert client.get().status == 200
    assert (client.sent, len(client.unstable), len(client.exchanges)) == (failures + 1, failures, 1)


def test_a_gateway_that_keeps_failing_is_a_finding() -> None:
    """The third 503 in a row is the response."""
    client, _ = client_of(lambda _: httpx.Response(503))
    assert client.get().status == 503
    assert (client.sent, client.unstable) == (3, [])


def test_repeats_stay_within_the_budget() -> None:
    """A request that fails at a gateway is not repeated past the budget."""
    client, _ = client_of(lambda _: httpx.Response(504), most=2)
    with pytest.raises(BudgetUsedUpError):
        client.get()
    assert client.sent == 2


def test_a_connection_that_breaks_once_is_unstable() -> None:
    """A request whose connection breaks is sent again, and listed."""
    reactions = itertools.chain([httpx.ReadError("reset")], itertools.repeat(None))

    def respond(_: httpx.Request) -> httpx.Response:
        if error := next(reactions):
            raise error
        return httpx.Response(200)

    client, _ = client_of(respond)
    assert client.get().status == 200
    assert client.unstable == ["reset: GET /v1/apps/1/traffic"]


def test_a_request_that_alone_gets_no_response_is_a_finding() -> None:
    """Where the connection breaks at one request, each time, and a plain one is served, the server is not gone."""

    def respond(request: httpx.Request) -> httpx.Response:
        if "timezone" in request.url.params:
            raise httpx.RemoteProtocolError("Server disconnected without sending a response.")
        return httpx.Response(200)

    client, _ = client_of(respond)
    with pytest.raises(BrokenPromiseError, match="gets no response") as caught:
        client.get({"timezone": "x" * 5000})
    assert caught.value.promise_id == "requests.no-server-error"
    assert caught.value.got == "no response: Server disconnected without sending a response"
    assert "timezone=" in caught.value.exchanges[0].curl
    assert client.get().status == 200


def test_a_server_that_comes_to_fail_on_everything_is_given_up() -> None:
    """After eight 5xx in a row a plain request decides: where it fails, too, the run is over, else it goes on."""
    is_plain_well = True

    def respond(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200 if is_plain_well and dict(request.url.params) == {"limit": "1"} else 500)

    client, _ = client_of(respond)
    assert {client.get({"interval": "day"}).status for _ in range(15)} == {500}
    is_plain_well = False
    with pytest.raises(ServerGoneError, match=r"has responded 500 to the last 8 requests"):
        client.get({"interval": "day"})


def test_the_last_request_of_the_budget_says_nothing_about_the_server() -> None:
    """Where no plain request can be sent any more, eight 5xx in a row are eight responses."""
    client, _ = client_of(lambda _: httpx.Response(500), most=8)
    assert {client.get({"interval": "day"}).status for _ in range(8)} == {500}
    with pytest.raises(BudgetUsedUpError):
        client.get()


def test_a_body_that_cannot_be_decoded_is_no_error_of_the_suite() -> None:
    """A content coding that the body does not have is a response that does not come."""
    client, _ = client_of(lambda _: httpx.Response(200, headers={"content-encoding": "gzip"}, stream=_Garbage()))
    with pytest.raises(ServerGoneError, match="gives no response"):
        client.get()


class _Garbage(httpx.SyncByteStream):
    def __iter__(self) -> Iterator[bytes]:
        yield b"no gzip"


def test_evidence_never_carries_the_key() -> None:
    """No line, URL or body that is kept has the key in it, wherever the request or the response had it."""
    client, _ = client_of(lambda request: httpx.Response(200, text=f"you sent {request.headers.get('Api-Key')}"))
    exchanges = [
        client.get(),
        client.send("GET", "/?api_key={key}", {}),
        client.get(headers={"Api-Key": "Bearer {key}"}),
    ]
    for exchange in exchanges:
        assert KEY not in exchange.curl + exchange.summary + repr(exchange)
        assert KEY not in str(BrokenPromiseError("auth.key-exact", exchange.body.decode(), exchange))
    assert exchanges[0].curl == 'curl -sS -H "Api-Key: $APITALLY_API_KEY" http://127.0.0.1:1/v1/apps/1/traffic'


@pytest.mark.parametrize(
    "quoting",
    [
        b"HTTP/1.1 nothing %s\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nno header %s\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n%s\r\n",
    ],
    ids=["status line", "header", "chunk"],
)
def test_a_broken_response_that_quotes_the_key(quoting: bytes) -> None:
    """What the HTTP library quotes of a broken response is shown without the key."""
    broken = quoting % KEY.encode()
    answers = itertools.chain([broken, response()], itertools.repeat(broken))

    def respond(connection: socket.socket) -> None:
        connection.sendall(next(answers))

    with raw_server(respond) as url:
        client = Client(url, KEY, 1, max_requests=10, requests_per_minute=100)
        client.get()
        with pytest.raises(ServerGoneError) as raised:
            client.get()
        client.close()
    assert len(client.unstable) == 1
    for text in (str(raised.value), *client.unstable):
        assert KEY not in text
        assert "$APITALLY_API_KEY" in text


@pytest.mark.parametrize("key", ["long-plain", 'long"b\\c', "schlüssel/ö", "it's-long", "a+b %long"])
def test_the_key_is_hidden_however_it_is_quoted(key: str) -> None:
    """The key is replaced as it is, in other letters, quoted for a URL, JSON or Python, in hexadecimal and base64."""
    forms = (key, quote(key, safe=""), json.dumps(key), json.dumps(key, ensure_ascii=False), repr(key))
    coded = [code(f"{before}{key}".encode()).decode() for before in ("", "x", "xy") for code in (b64encode, b64url)]
    for form in (*forms, repr(key.encode()), key.swapcase(), key.encode().hex(), key.encode().hex().upper(), *coded):
        assert hide(f"before {form} after", key).count("$APITALLY_API_KEY") == 1, form


def test_a_short_key_is_hidden_as_it_is() -> None:
    """Other forms of a short key are words that any text may contain."""
    assert hide("a key, the KEY, 6b6579 and a2V5", "key") == "a $APITALLY_API_KEY, the KEY, 6b6579 and a2V5"


def test_a_curl_line_with_the_key_in_the_query_repeats_the_request() -> None:
    """Bash puts the key where the request had it."""
    client, _ = client_of(lambda _: httpx.Response(401))
    curl = client.send("GET", "/?api_key={key}&b={key}x", {"Cookie": "{key}x={key}"}).curl
    script = f"curl() {{ printf '%s\\n' \"$@\"; }}; {curl}"
    run = subprocess.run(
        ["/bin/bash", "-c", script], env={"APITALLY_API_KEY": KEY}, capture_output=True, text=True, check=True
    )
    assert run.stdout.splitlines() == [
        "-sS",
        "-H",
        f"Cookie: {KEY}x={KEY}",
        f"http://127.0.0.1:1/?api_key={KEY}&b={KEY}x",
    ]


def test_a_key_that_the_body_has_by_chance_leaves_it_as_it_is() -> None:
    """Bodies are judged as they came, even where the key is a word in them."""
    client, _ = client_of(lambda _: httpx.Response(200, json={"next_token": f"next {KEY}"}))
    exchange = client.get()
    assert exchange.json == {"next_token": f"next {KEY}"}
    assert "next $APITALLY_API_KEY" in exchange.summary


def test_forms_of_the_key_are_sent_as_bash_would_make_them() -> None:
    """A template's forms of the key are what goes over the wire, and bash's expansions in the evidence."""
    sent: list[str] = []

    def refuse(request: httpx.Request) -> httpx.Response:
        sent.append(request.headers["Api-Key"])
        return httpx.Response(401)

    client, _ = client_of(refuse)
    shown = [client.get(headers={"Api-Key": key}).curl for key in ("{key:without-last}", "{key:swapped-case}")]
    assert sent == [KEY[:-1], KEY.swapcase()]
    assert "${APITALLY_API_KEY%?}" in shown[0]
    assert "${APITALLY_API_KEY~~}" in shown[1]


def test_pace_spreads_requests_over_the_minute() -> None:
    """The request after the last one that a minute may hold waits until the first one is a minute old."""
    pacer = Pacer(2)
    pacer.sent(1000.0)
    pacer.sent(1010.0)
    assert pacer.wait(1020.0) == 40.0
    assert Pacer(None).wait(1020.0) == 0.0


def test_headers_close_the_window_until_its_reset() -> None:
    """Where nothing remains, the next request waits for the reset; where something does, it does not wait."""
    pacer = Pacer(None)
    pacer.observe({"x-ratelimit-remaining": "1", "x-ratelimit-reset": "1030"}, 1000.0)
    assert pacer.wait(1000.0) == 0.0
    pacer.observe({"x-ratelimit-remaining": "0", "x-ratelimit-reset": "1030"}, 1000.0)
    assert pacer.wait(1001.0) == 29.0


def test_waits_after_429_follow_the_headers_or_double() -> None:
    """Retry-After comes first, in seconds or as a date, then the reset; without either, waits double."""
    assert wait_after_429({"retry-after": "3"}, 1000.0, 0) == 3.0
    assert wait_after_429({"retry-after": "Thu, 01 Jan 1970 00:16:50 GMT"}, 1000.0, 0) == 10.0
    assert wait_after_429({"x-ratelimit-reset": "1004"}, 1000.0, 0) == 4.0
    assert wait_after_429({}, 1000.0, 3) == 2 * wait_after_429({}, 1000.0, 2)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://127.0.0.1:8", True),
        ("http://[::1]:8", True),
        ("http://localhost", True),
        ("https://api.apitally.io", False),
    ],
)
def test_loopback_addresses_are_known(url: str, expected: bool) -> None:
    """Only this machine's own addresses are asked without a pace."""
    assert is_loopback(url) is expected
