"""The options of a client, and clients that share connections and rate limit with other options."""

import asyncio
import io
import logging
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from apitally_api_client.api.metrics import get_traffic
from apitally_mock import MockServer
from apitally_traffic import (
    APIConnectionError,
    APITimeoutError,
    AsyncTrafficClient,
    ConfigurationError,
    ServerError,
    TrafficClient,
)
from apitally_traffic.testing import fast_retries
from tests.sampling import exhaustive
from tests.wrappers.raw_server import PAGE

DAY: dict[str, Any] = {"start": "2026-01-01", "end": "2026-01-02"}
NO_SCHEME = "The proxy in the argument `proxy` cannot be used: It must begin with http://, "
KINDS = pytest.mark.parametrize("kind", [TrafficClient, AsyncTrafficClient])


def recording(requests: list[httpx.Request], status: int = 200) -> httpx.MockTransport:
    """Return a transport that records requests, and responds with an empty page."""

    def handle(request: httpx.Request) -> httpx.Response:
        requests.append(request)
        return httpx.Response(status, content=PAGE)

    return httpx.MockTransport(handle)


def read(client: TrafficClient | AsyncTrafficClient) -> None:
    """Read a day, sync or async."""
    if isinstance(client, TrafficClient):
        client.get_traffic(1, **DAY).to_list()
    else:
        asyncio.run(client.get_traffic(1, **DAY).to_list())


@KINDS
def test_headers_are_sent_with_each_request(kind: Callable[..., Any]) -> None:
    """`headers` come with each request, those of `with_options` in addition; the key stays that of the client."""
    requests: list[httpx.Request] = []
    client = kind("the-key-itself", headers={"X-Team": "a", "User-Agent": "mine"}, transport=recording(requests))
    read(client)
    read(client.with_options(headers={"X-Run": "7", "X-Team": "b"}))
    read(client)
    sent = [(r.headers["X-Team"], r.headers.get("X-Run"), r.headers["User-Agent"]) for r in requests]
    assert sent == [("a", None, "mine"), ("b", "7", "mine"), ("a", None, "mine")]
    read(client.with_options(headers={"x-team": "c", "user-agent": "yours"}))
    assert [requests[-1].headers.get_list(name) for name in ("X-Team", "User-Agent")] == [["c"], ["yours"]]
    assert {request.headers["Api-Key"] for request in requests} == {"the-key-itself"}


@KINDS
@pytest.mark.parametrize(
    ("headers", "error"),
    [
        ({"X-A": "two\r\nlines"}, ValueError),
        ({"X A": "b"}, ValueError),
        ({"": "b"}, ValueError),
        ({"X-A": "€"}, ValueError),
        ({"X-Team": "Zürich"}, ValueError),
        ({"api-key": "other"}, ValueError),
        ({"X-A": "a", "x-a": "b"}, ValueError),
        ({"X-A": "analytics "}, ValueError),
        ({"X-A": "\ta"}, ValueError),
        ({"X-A": " "}, ValueError),
        ({"Cookie": "a=b"}, ValueError),
        ({"Range": "bytes=0-5"}, ValueError),
        ({"if-none-match": '"a"'}, ValueError),
        ({"Expect": "100-continue"}, ValueError),
        ({"accept-encoding": "br"}, ValueError),
        ({"Content-Length": "5"}, ValueError),
        ({"transfer-encoding": "chunked"}, ValueError),
        ({"X-A": 1}, TypeError),
        ({b"X-A": "b"}, TypeError),
        ([("X-A", "b")], TypeError),
    ],
)
def test_headers_that_cannot_be_sent(kind: Callable[..., Any], headers: Any, error: type[Exception]) -> None:
    """A header that HTTP does not allow, or that would replace the key or the framing, is refused at once."""
    with pytest.raises(error, match=r"header"):
        kind("key", headers=headers)
    with pytest.raises(error, match=r"header"):
        kind("key", transport=recording([])).with_options(headers=headers)


@pytest.mark.parametrize(
    ("kind", "transport"),
    [
        (TrafficClient, httpx.AsyncHTTPTransport()),
        (AsyncTrafficClient, httpx.HTTPTransport()),
        (TrafficClient, httpx.Client()),
        (AsyncTrafficClient, httpx.AsyncClient()),
        (TrafficClient, 5),
        (AsyncTrafficClient, httpx.MockTransport),
    ],
)
def test_a_transport_of_another_kind(kind: Callable[..., Any], transport: Any) -> None:
    """What cannot send the requests of a client is refused when the client is made."""
    with pytest.raises(TypeError, match=r"^transport must be an httpx.(Async)?BaseTransport, not [A-Za-z]+\.$"):
        kind("key", transport=transport)


def test_with_options_shares_connections_and_rate_limit() -> None:
    """Clients with other options use the same connections and the same budget of requests."""
    requests: list[httpx.Request] = []
    with TrafficClient("key", requests_per_minute=3, transport=recording(requests)) as client:
        other = client.with_options(timeout=5)
        assert other._transport is client._transport  # noqa: SLF001 - nothing public shows it without waiting a minute
        assert repr(other) == repr(client)


@KINDS
def test_with_options_changes_retries(kind: Callable[..., Any]) -> None:
    """`max_retries` of `with_options` applies to that client, and that of the original one stays."""
    requests: list[httpx.Request] = []
    client = kind("key", max_retries=2, requests_per_minute=None, transport=recording(requests, 503))
    with fast_retries():
        for changed, attempts in ((client, 3), (client.with_options(max_retries=0), 1), (client, 3)):
            requests.clear()
            with pytest.raises(ServerError):
                read(changed)
            assert len(requests) == attempts


def test_with_options_changes_timeout_and_deadline(server: MockServer) -> None:
    """`timeout` and `deadline` of `with_options` apply to that client, and what is not given stays."""
    server.inject("latency", seconds=1.5)
    with TrafficClient(server.api_key, base_url=server.url, max_retries=0) as client:
        with pytest.raises(APITimeoutError, match=r"read timeout of 0.1 s"):
            read(client.with_options(timeout=0.1))
        with pytest.raises(APITimeoutError, match=r"deadline of 0.1 s"):
            read(client.with_options(deadline=0.1))
        read(client)


@KINDS
@pytest.mark.parametrize(
    "options",
    [
        {"timeout": httpx.Timeout(5, read=-1)},
        {"timeout": 0},
        {"deadline": 0},
        {"deadline": float("nan")},
        {"deadline": "60"},
        {"max_retries": -1},
        {"max_retries": 1.5},
    ],
)
def test_options_out_of_bounds(kind: Callable[..., Any], options: dict[str, Any]) -> None:
    """An invalid option is refused with its name, by the client and by `with_options`."""
    (name,) = options
    with pytest.raises((TypeError, ValueError), match=f"^{name}"):
        kind("key", **options)
    with pytest.raises((TypeError, ValueError), match=f"^{name}"):
        kind("key", transport=recording([])).with_options(**options)


def test_timeouts_of_httpx_are_accepted(server: MockServer) -> None:
    """`timeout` may be an httpx.Timeout, whose parts may be None: the deadline still holds."""
    with TrafficClient(server.api_key, base_url=server.url, timeout=httpx.Timeout(None)) as client:
        read(client)


@KINDS
def test_a_proxy_of_ones_own(kind: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """`proxy` is used instead of the one in the environment, for every server that is not on this machine."""
    monkeypatch.setenv("HTTPS_PROXY", "ftp://unusable:1")
    client = kind("key", proxy="http://user:secret@127.0.0.1:9", max_retries=0)
    with pytest.raises(APIConnectionError) as raised:
        read(client)
    assert "secret" not in str(raised.value)
    with pytest.raises(ConfigurationError, match=NO_SCHEME):
        kind("key", proxy="ftp://user:secret@127.0.0.1:9")
    for text in ("x", "proxy", "e", "localhost:3128"):
        with pytest.raises(ConfigurationError, match=NO_SCHEME):
            kind("key", proxy=text)
    with pytest.raises(ConfigurationError, match="proxy is not used for"):
        kind("key", base_url="http://127.0.0.1:9", proxy="http://127.0.0.1:9")
    for wrong in ("ftp://127.0.0.1:9", "http://[::1", "http://127.0.0.1:99999", ""):
        with pytest.raises(ConfigurationError, match=r"^The proxy in the argument `proxy` cannot be used: "):
            kind("key", base_url="http://127.0.0.1:9", proxy=wrong)


@KINDS
@pytest.mark.parametrize("options", [{"proxy": "http://127.0.0.1:9"}, {"http2": True}])
def test_options_of_a_transport_that_is_passed_in(kind: Callable[..., Any], options: dict[str, Any]) -> None:
    """`proxy` and `http2` are refused with a transport of one's own, on which they would have no effect."""
    with pytest.raises(ValueError, match="have no effect"):
        kind("key", transport=recording([]), **options)


def test_missing_http2_names_the_package(monkeypatch: pytest.MonkeyPatch) -> None:
    """`http2=True` without the extra is an ImportError with the command that installs what is missing."""
    monkeypatch.setitem(sys.modules, "h2", None)
    with pytest.raises(ImportError, match=r"needs h2: .* pip install 'apitally-traffic\[http2\]'"):
        TrafficClient("key", http2=True)


@pytest.mark.parametrize("own", ["", *exhaustive(["before", "after"])])
@pytest.mark.parametrize(
    ("level", "lines"),
    [
        ("debug", ["DEBUG GET", "INFO retry", "DEBUG GET", "DEBUG GET"]),
        ("INFO", ["INFO retry"]),
        (" ", []),
        (None, []),
    ],
)
def test_logging_from_the_environment(server: MockServer, level: str | None, lines: list[str], own: str) -> None:
    """`APITALLY_LOG` writes the log lines of that level to stderr, once; without it nothing is written."""
    server.inject("status", status=503, at=1)
    configure = "logging.basicConfig(format='now %(name)s %(levelname)s %(message)s')\n"
    program = (
        "import logging, sys; from apitally_traffic import TrafficClient\n"
        f"{configure if own == 'before' else ''}"
        "for _ in range(2):\n"
        "    with TrafficClient('mock-key', base_url=sys.argv[1]) as client:\n"
        f"        {configure if own == 'after' else ''}\n"
        "        client.get_traffic(1, start='2026-01-01', end='2026-01-02').to_list()\n"
    )
    environment = {"PATH": ""} | ({} if level is None else {"APITALLY_LOG": level})
    run = subprocess.run(
        [sys.executable, "-c", program, server.url], env=environment, capture_output=True, text=True, check=True
    )
    written = run.stderr.splitlines()
    assert [" ".join(line.partition(" apitally_traffic ")[2].split()[:2]) for line in written] == lines


class Broken:
    """A stream that cannot be written to."""

    def write(self, text: str) -> int:
        """Fail as no file does."""
        raise RuntimeError(text)


@pytest.mark.parametrize("stream", ["none", "closed", "broken", "no stream"])
def test_a_log_line_that_cannot_be_written_costs_no_rows(stream: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever has become of stderr, and nothing goes to stdout instead."""
    closed = io.StringIO()
    closed.close()
    streams: dict[str, Any] = {"none": None, "closed": closed, "broken": Broken(), "no stream": object()}
    monkeypatch.setenv("APITALLY_LOG", "debug")
    monkeypatch.setattr(logging.getLogger(), "handlers", [])
    logger = logging.getLogger("apitally_traffic")
    monkeypatch.setattr(sys, "stderr", streams[stream])
    monkeypatch.setattr(sys, "stdout", written := io.StringIO())
    try:
        with TrafficClient("key", transport=recording([])) as client:
            assert logger.handlers
            assert client.get_traffic(1, **DAY).to_list() == []
    finally:
        logger.handlers.clear()
        logger.setLevel(logging.NOTSET)
    assert written.getvalue() == ""


def test_logging_level_that_does_not_exist(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another value of `APITALLY_LOG` is a ConfigurationError, and changes nothing."""
    monkeypatch.setenv("APITALLY_LOG", "verbose")
    with pytest.raises(ConfigurationError, match="APITALLY_LOG must be debug or info, not 'verbose'"):
        TrafficClient("key")
    assert logging.getLogger("apitally_traffic").handlers == []


@KINDS
def test_statistics_of_a_query(server: MockServer, kind: Callable[..., Any]) -> None:
    """`query.stats` counts requests and retries over all iterations, and has the last response."""
    server.inject("status", status=503, at=2)
    client = kind(server.api_key, base_url=server.url, requests_per_minute=None, concurrency=1)

    async def collect(query: Any) -> None:
        async with client:
            await query.to_list()

    query = client.get_traffic(1, **DAY, page_size=12)
    assert (query.stats.requests, query.stats.retries, query.stats.status_code) == (0, 0, None)
    with fast_retries():
        if kind is TrafficClient:
            query.to_list()
            client.close()
        else:
            asyncio.run(collect(query))
    assert (query.stats.requests, query.stats.retries, query.stats.status_code) == (3, 1, 200)
    assert query.stats.headers["content-type"] == "application/json"
    assert query.stats.seconds_waited == 0
    assert repr(query.stats) == "QueryStats(requests=3, retries=1, seconds_waited=0.0, status_code=200)"


@KINDS
@pytest.mark.parametrize("header", [{"Retry-After": "1"}, {}])
def test_statistics_of_a_refusal(server: MockServer, kind: Callable[..., Any], header: dict[str, str]) -> None:
    """The wait after a 429 is one for the rate limit, whether the server or the client says how long it is."""
    server.inject("status", status=429, headers=header, at=1)
    client = kind(server.api_key, base_url=server.url)
    query = client.get_traffic(1, **DAY)

    async def collect() -> None:
        async with client:
            await query.to_list()

    began = time.monotonic()
    if kind is AsyncTrafficClient:
        asyncio.run(collect())
    else:
        query.to_list()
        client.close()
    assert query.stats.retries == 1
    assert 0.9 < query.stats.seconds_waited <= time.monotonic() - began


def test_statistics_of_waiting() -> None:
    """`query.stats.seconds_waited` is the time for which requests waited for the rate limit."""
    with MockServer(rate_limit="1/1s") as server, TrafficClient(server.api_key, base_url=server.url) as client:
        query = client.get_traffic(1, **DAY, page_size=6)
        query.to_list()
        assert query.stats.requests == 4
        # Each of the four needs a window of its own; where the first of them began is chance.
        assert 1 < query.stats.seconds_waited < 60


@KINDS
def test_one_wait_is_logged_once(kind: Callable[..., Any], caplog: pytest.LogCaptureFixture) -> None:
    """However many requests wait for the same end of a rate limit window."""
    requests: list[httpx.Request] = []

    def handle(request: httpx.Request) -> httpx.Response:
        requests.append(request)
        left, seconds = (0, 2) if len(requests) == 1 else (90, 60)
        limit = {"limit": 100, "remaining": left, "reset": int(time.time()) + seconds}
        headers = {f"X-RateLimit-{name}": str(value) for name, value in limit.items()}
        return httpx.Response(200, content=PAGE, headers=headers)

    client = kind("key", transport=httpx.MockTransport(handle))
    query = client.get_traffic(1, **DAY, page_size=4)
    with caplog.at_level(logging.INFO, "apitally_traffic"):
        asyncio.run(query.to_list()) if kind is AsyncTrafficClient else query.to_list()
    assert len(requests) == 6
    assert len([record for record in caplog.records if "for the rate limit" in record.getMessage()]) <= 1


def test_raw_functions_have_the_options(server: MockServer) -> None:
    """The `api` of a client with other options has them, too."""
    server.inject("latency", seconds=1.5)
    with (
        TrafficClient(server.api_key, base_url=server.url, max_retries=0) as client,
        pytest.raises(APITimeoutError),
    ):
        get_traffic.sync(1, client=client.with_options(deadline=0.1).api)


def test_tasks_wait_for_a_connection_as_long_as_they_may() -> None:
    """The part `pool` of a timeout bounds the wait for one of a hundred connections, for tasks as for threads."""
    failed = asyncio.run(refused_by_the_pool())
    assert {str(error) for error in failed} == {str(failed[0])}
    assert "the pool timeout of 0.05 s has passed" in str(failed[0])


async def refused_by_the_pool() -> list[APITimeoutError]:
    """Send 105 requests, of which none is responded to until five have failed; return how these did."""
    failed: list[APITimeoutError] = []
    are_refused = asyncio.Event()
    responses = iter([PAGE])

    async def respond(_: httpx.Request) -> httpx.Response:
        if next(responses, None) is None:
            await are_refused.wait()
        return httpx.Response(200, content=PAGE)

    options: dict[str, Any] = {"timeout": httpx.Timeout(60, pool=0.05), "max_retries": 0, "requests_per_minute": None}
    async with AsyncTrafficClient("key", transport=httpx.MockTransport(respond), **options) as client:
        await client.get_traffic(1, **DAY).to_list()

        async def read_one() -> None:
            try:
                await client.get_traffic(1, **DAY).to_list()
            except APITimeoutError as error:
                failed.append(error)
                if len(failed) == 5:
                    are_refused.set()

        async with asyncio.timeout(30):
            await asyncio.gather(*(read_one() for _ in range(105)))
        await client.get_traffic(1, **DAY).to_list()
    return failed
