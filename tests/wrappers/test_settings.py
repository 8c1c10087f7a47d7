"""Where the key and the base URL come from, which are refused, and that the key stays inside."""

import copy
import json
import logging
import pickle
import traceback
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from apitally_mock import MockServer
from apitally_traffic import ApitallyError, AsyncTrafficClient, ConfigurationError, TrafficClient
from apitally_traffic.settings import DEFAULT_BASE_URL, resolve_settings

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


def test_no_key_says_where_to_put_one() -> None:
    """Without a key the message names the three places for it."""
    with pytest.raises(ConfigurationError, match=r"api_key, set APITALLY_API_KEY, .* ~/.apitally/auth.json"):
        TrafficClient()


@pytest.mark.parametrize("text", ["{", "[]", f'"{KEY}"', f'{{"api_key": "{KEY}" "x"}}'])
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
    ],
)
def test_urls_that_a_key_may_not_be_sent_to(url: str, sentence: str) -> None:
    """Any other URL is refused before anything is sent."""
    with pytest.raises(ConfigurationError, match=sentence) as raised:
        TrafficClient(KEY, base_url=url)
    assert "password" not in str(raised.value)


@pytest.mark.parametrize("timeout", [0, -1, float("nan"), "30", True, None])
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
