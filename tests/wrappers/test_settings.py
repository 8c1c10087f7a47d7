"""Where the key and the base URL come from, which are refused, and that the key stays inside."""

import copy
import json
import logging
import pickle
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from apitally_mock import MockServer
from apitally_traffic import APIConnectionError, ApitallyError, AsyncTrafficClient, ConfigurationError, TrafficClient
from apitally_traffic._settings import DEFAULT_BASE_URL, resolve_settings

KEY = "abcdefg.0123456789abcdef0123456789abcdef"
ROOT = Path(__file__).parents[2]


def write_auth_file(text: str) -> None:
    """Write the vendor's auth file into the home folder of the test."""
    path = Path.home() / ".apitally" / "auth.json"
    path.parent.mkdir()
    path.write_text(text)


def test_each_setting_comes_from_the_first_place_that_has_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """The argument wins over the environment, that over the auth file, and that over the spec's server."""
    write_auth_file(json.dumps({"api_key": "from-file", "api_base_url": "https://file.example"}))
    assert resolve_settings(None, None).api_key == "from-file"
    assert resolve_settings(None, None).base_url == "https://file.example"
    monkeypatch.setenv("APITALLY_API_KEY", "from-environment")
    monkeypatch.setenv("APITALLY_API_BASE_URL", "https://environment.example/")
    assert resolve_settings(None, None).api_key == "from-environment"
    assert resolve_settings(None, None).base_url == "https://environment.example"
    assert resolve_settings("argument", "https://argument.example").api_key == "argument"
    assert resolve_settings("argument", "https://argument.example").base_url == "https://argument.example"


def test_default_server_is_that_of_the_spec() -> None:
    """Without any setting the key goes to the server that the pinned spec names."""
    assert resolve_settings(KEY, None).base_url == DEFAULT_BASE_URL
    assert json.loads((ROOT / "openapi.json").read_text())["servers"] == [{"url": DEFAULT_BASE_URL}]


@pytest.mark.parametrize("arguments", [{"api_key": 123}, {"api_key": b"abc"}, {"base_url": httpx.URL("https://a.b")}])
def test_settings_of_another_type(arguments: dict[str, Any]) -> None:
    """What is no text is a TypeError that names the argument, and does not show it."""
    (name,) = arguments
    with pytest.raises(TypeError, match=f"^{name} must be a str, not [a-zA-Z]+.$"):
        TrafficClient(**{"api_key": KEY} | arguments)


@pytest.mark.parametrize("home", ["unknown", "unreadable", ".", "file"])
def test_a_key_that_is_given_needs_no_home(home: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """In a container without a home, or with one that nobody may read, a key from elsewhere is enough."""

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    def unknown() -> None:
        raise RuntimeError("Could not determine home directory.")

    if home == "unknown":
        monkeypatch.setattr(Path, "home", unknown)
    elif home == "unreadable":
        monkeypatch.setattr(Path, "read_text", refuse)
        with pytest.raises(ConfigurationError, match="cannot be read: Permission denied"):
            TrafficClient()
    else:
        (tmp_path / "file").touch()
        monkeypatch.chdir(tmp_path)
        write_auth_file(json.dumps({"api_base_url": "https://elsewhere.example"}))
        monkeypatch.setenv("HOME", home if home == "." else str(tmp_path / "file"))
    assert resolve_settings(KEY, None).base_url == DEFAULT_BASE_URL


@pytest.mark.parametrize(
    ("proxy", "sentence"),
    [
        ("ftp://user:pass@x:1", "in HTTPS_PROXY cannot be used: Unknown scheme"),
        ("http://[::1", "in HTTPS_PROXY cannot"),
    ],
)
def test_proxy_that_cannot_be_used(proxy: str, sentence: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy that httpx cannot use is named by its variable, and its password is not shown."""
    monkeypatch.setenv("HTTPS_PROXY", proxy)
    for kind in (TrafficClient, AsyncTrafficClient):
        with pytest.raises(ConfigurationError, match=sentence) as raised:
            kind(KEY)
        assert "pass" not in "".join(traceback.format_exception(raised.value))
        kind(KEY, base_url="http://127.0.0.1:9")


def test_proxy_without_a_scheme(monkeypatch: pytest.MonkeyPatch) -> None:
    """HTTPS_PROXY=host:port is the proxy that it is for every other tool: what comes back is that nobody listens."""
    monkeypatch.setenv("HTTPS_PROXY", "127.0.0.1:9")
    with (
        TrafficClient(KEY, base_url="https://api.example", max_retries=0) as client,
        pytest.raises(APIConnectionError, match="refused"),
    ):
        client.get_traffic(1).to_list()


def test_the_key_is_for_one_server() -> None:
    """Through the raw client too, the key goes to the server that it is for, and to no other."""
    asked: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(str(request.url))
        return httpx.Response(200, json={})

    with TrafficClient(KEY, base_url="https://a.example", transport=httpx.MockTransport(answer)) as client:
        for url in ("http://a.example/", "https://b.example/", "https://a.example:444/", "http://127.0.0.1/"):
            with pytest.raises(ConfigurationError, match=r"is for https://a.example, and is not sent to http"):
                client.api.get_httpx_client().get(url)
        client.api.get_httpx_client().get("https://a.example:443/v1/apps")
    assert asked == ["https://a.example/v1/apps"]


def test_no_key_says_where_to_put_one() -> None:
    """Without a key the message names the three places for it."""
    with pytest.raises(ConfigurationError, match=r"api_key, set APITALLY_API_KEY, .* ~/.apitally/auth.json"):
        TrafficClient()


@pytest.mark.parametrize("text", ["{", "[]", "[" * 100_000, f'"{KEY}"', f'{{"api_key": "{KEY}" "x"}}'])
def test_broken_auth_file_is_one_sentence_without_the_key(text: str) -> None:
    """A broken auth file is named, and not quoted: it may hold the key."""
    write_auth_file(text)
    with pytest.raises(ConfigurationError, match=r"auth.json must be a JSON object") as raised:
        TrafficClient()
    assert KEY not in "".join(traceback.format_exception(raised.value))


@pytest.mark.parametrize("key", ["two\nlines", "tab\there", "schlüssel", "zero\0"])
def test_key_that_cannot_be_a_header(key: str) -> None:
    """A key that no header can carry is refused before anything is sent, without showing it."""
    with pytest.raises(ConfigurationError, match="copy it again") as raised:
        TrafficClient(key)
    assert key not in str(raised.value)


@pytest.mark.parametrize(
    "url", ["http://localhost:8000", "http://127.0.0.1:8000", "http://[::1]:8000/", "https://a.example"]
)
def test_urls_that_a_key_may_be_sent_to(url: str) -> None:
    """Any https server may get the key, and plain http may on a loopback address."""
    assert resolve_settings(KEY, url).base_url == url.rstrip("/")


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("http://api.apitally.io", "unencrypted"),
        ("http://192.168.0.1", "unencrypted"),
        ("http://127.0.0.1.evil.example", "unencrypted"),
        ("api.apitally.io", "not an http"),
        ("ftp://api.apitally.io", "not an http"),
        ("https://", "not an http"),
        ("https://api.apitally.io:port", "not an http"),
        ("https://user:password@api.apitally.io", "must not carry a user"),
        ("https://api.apitally.io/?a=b", "must not carry a user"),
        ("https://api.apitally.io/?", "must not carry a user"),
        ("https://api.apitally.io#", "must not carry a user"),
        ("https://api.apitally.io ", "not an http"),
        ("https://a..b", "not an http"),
        ("https://xn--", "not an http"),
        (f"https://{'a' * 64}.example", "not an http"),
    ],
)
def test_urls_that_a_key_may_not_be_sent_to(url: str, sentence: str) -> None:
    """Any other URL is refused before anything is sent."""
    with pytest.raises(ConfigurationError, match=sentence) as raised:
        TrafficClient(KEY, base_url=url)
    assert "password" not in str(raised.value)


@pytest.mark.parametrize("timeout", [0, -1, float("nan"), float("inf"), 1e10, "30", True, None])
def test_timeout_must_be_a_positive_number(timeout: object) -> None:
    """A timeout that httpx would misread, None (for ever) included, is refused."""
    with pytest.raises((TypeError, ValueError), match="timeout must be a"):
        TrafficClient(KEY, timeout=timeout)  # type: ignore[arg-type]


def test_the_key_goes_to_the_server_and_nowhere_else(
    server: MockServer, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The key is in no repr, attribute, log record, error or traceback, of a success or a failure."""
    monkeypatch.setattr(logging.getLogger("httpcore"), "level", logging.DEBUG)
    caplog.set_level(logging.DEBUG)
    shown: list[object] = []
    with TrafficClient(KEY, base_url=server.url) as client:
        query = client.get_traffic(1)
        shown += [client, client.api, query, vars(client), vars(query)]
        with pytest.raises(ApitallyError) as refused:
            query.to_list()
    with (
        TrafficClient(KEY, base_url="http://127.0.0.1:9", max_retries=0) as client,
        pytest.raises(ApitallyError) as unreachable,
    ):
        client.get_traffic(1).to_list()
    for error in (refused.value, unreachable.value):
        shown += [
            error,
            vars(error),
            "".join(traceback.TracebackException.from_exception(error, capture_locals=True).format()),
        ]
    shown += [record.getMessage() for record in caplog.records]
    assert caplog.records
    assert [thing for thing in shown if KEY in repr(thing) or KEY in str(thing)] == []


@pytest.mark.parametrize("duplicate", [pickle.dumps, copy.deepcopy])
def test_nothing_that_holds_the_key_can_be_pickled(duplicate: Callable[[object], object]) -> None:
    """Clients and queries refuse to be pickled, with a sentence, even over a transport that could be."""
    transport = httpx.MockTransport(print)  # type: ignore[arg-type]
    for kind in (TrafficClient, AsyncTrafficClient):
        client = kind(KEY, transport=transport)
        for holder in (client, client.get_traffic(1)):
            with pytest.raises(TypeError, match="cannot be pickled") as raised:
                duplicate(holder)
            assert KEY not in str(raised.value)


def test_a_transport_that_is_handed_in_stays_open() -> None:
    """Closing the client closes its own connections, not those that belong to somebody else."""

    class Transport(httpx.MockTransport):
        closed = False

        def close(self) -> None:
            self.closed = True

    transport = Transport(lambda _: httpx.Response(200))
    TrafficClient(KEY, transport=transport).close()
    assert not transport.closed
