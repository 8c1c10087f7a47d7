"""The sources of the key and the base URL, which of them are refused, and that the key stays secret."""

import copy
import json
import logging
import os
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


def key_and_url(api_key: str | None, base_url: str | None) -> tuple[str, str]:
    """Resolve the settings, and return the two."""
    settings = resolve_settings(api_key, base_url)
    return settings.api_key, settings.base_url


def test_each_setting_comes_from_the_first_source_that_has_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """The argument has precedence over the environment, that over the auth file, and that over the spec's server."""
    write_auth_file(json.dumps({"api_key": "from-file", "api_base_url": "https://file.example"}))
    assert resolve_settings(None, None).api_key == "from-file"
    assert resolve_settings(None, None).base_url == "https://file.example"
    monkeypatch.setenv("APITALLY_API_KEY", "from-environment")
    monkeypatch.setenv("APITALLY_API_BASE_URL", "https://environment.example/")
    assert resolve_settings(None, None).api_key == "from-environment"
    assert resolve_settings(None, None).base_url == "https://environment.example"
    assert resolve_settings("argument", "https://argument.example").api_key == "argument"
    assert resolve_settings("argument", "https://argument.example").base_url == "https://argument.example"


@pytest.mark.parametrize("around", [" ", "\n", "\t\r\n", "\u00a0"])
def test_white_space_around_a_setting_is_trimmed(monkeypatch: pytest.MonkeyPatch, around: str) -> None:
    """A key and a URL that were copied with white space around them are used without it, and blank ones are unset."""
    key, url = f"{around}{KEY}{around}", f"{around}https://argument.example/{around}"
    expected = (KEY, "https://argument.example")
    assert key_and_url(key, url) == expected
    monkeypatch.setenv("APITALLY_API_KEY", key)
    monkeypatch.setenv("APITALLY_API_BASE_URL", url)
    assert key_and_url(around, around) == expected
    write_auth_file(json.dumps({"api_key": key, "api_base_url": url}))
    monkeypatch.setenv("APITALLY_API_KEY", around)
    monkeypatch.setenv("APITALLY_API_BASE_URL", around)
    assert key_and_url(None, None) == expected
    monkeypatch.delenv("APITALLY_API_KEY")
    (Path.home() / ".apitally" / "auth.json").write_text(json.dumps({"api_key": around}))
    with pytest.raises(ConfigurationError, match="No API key"):
        resolve_settings(None, None)
    assert resolve_settings(KEY, None).base_url == DEFAULT_BASE_URL


def test_default_server_is_that_of_the_spec() -> None:
    """Without any setting the key goes to the server that the pinned spec names."""
    assert resolve_settings(KEY, None).base_url == DEFAULT_BASE_URL
    assert json.loads((ROOT / "openapi.json").read_text())["servers"] == [{"url": DEFAULT_BASE_URL}]


@pytest.mark.parametrize("arguments", [{"api_key": 123}, {"api_key": b"abc"}, {"base_url": httpx.URL("https://a.b")}])
def test_settings_of_another_type(arguments: dict[str, Any]) -> None:
    """An argument that is not a string is a TypeError that names it, and does not show its value."""
    (name,) = arguments
    with pytest.raises(TypeError, match=f"^{name} must be a str, not [a-zA-Z]+.$"):
        TrafficClient(**{"api_key": KEY} | arguments)


@pytest.mark.parametrize("home", ["unknown", "unreadable", ".", "file"])
def test_a_key_that_is_given_needs_no_home(home: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Without a home folder, or with one that cannot be read, a key from elsewhere is enough."""

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
        ("ftp://user:pass@x:1", "in HTTPS_PROXY cannot be used: It must begin with http://"),
        ("http://[::1", "in HTTPS_PROXY cannot"),
        ("http://user:pass@127.0.0.1:103531", r"in HTTPS_PROXY cannot be used: Its port must be from 1 to 65535\.$"),
        ("http://127.0.0.1:0", "Its port must be from 1 to 65535"),
        (":8080", r"in HTTPS_PROXY cannot be used: It names no host\.$"),
        ("http://user:pass/1@x:1", "It is not a valid URL; before the host, / is written %2F"),
        ("http://user:pass#1@x:1", "It is not a valid URL"),
        ("http://user:1:pass@x:pass", "It is not a valid URL"),
        ("http://user:pass@/proxy", "It names no host"),
        ("http://two hosts:1", "It names no host"),
        ("http://a..b:1", "It names no host"),
        ("http://user%3Apass%40proxy:1", "It names no host"),
        ("http://domain/user:pass@proxy:1", "Nothing may follow its host and port; before the host, / is written %2F"),
        ("http:/user:pass@proxy:1", "Nothing may follow its host and port"),
        ("domain/user:pass@proxy", "Nothing may follow its host and port"),
        ("http://user:123?pass@proxy:1", "Nothing may follow its host and port"),
        ("http://user:123#pass@proxy:1", "Nothing may follow its host and port"),
        ("http://[abc:1", "It names no host"),
        ("http://user:pass\udcff@127.0.0.1:1", r"cannot be used: It is not UTF-8\.$"),
        ("http://127.0.0.1:1/\udcff", r"cannot be used: It is not UTF-8\.$"),
    ],
)
def test_proxy_that_cannot_be_used(proxy: str, sentence: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy that httpx cannot use is a ConfigurationError that names the variable, and hides the password."""
    monkeypatch.setenv("HTTPS_PROXY", proxy)
    for kind in (TrafficClient, AsyncTrafficClient):
        with pytest.raises(ConfigurationError, match=sentence) as raised:
            kind(KEY)
        assert "pass" not in "".join(traceback.format_exception(raised.value))
        kind(KEY, base_url="http://127.0.0.1:9")


@pytest.mark.parametrize("kind", [TrafficClient, AsyncTrafficClient])
def test_blank_proxies(kind: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """A blank variable is unset, as others are; a blank argument is an error in one sentence."""
    monkeypatch.setenv("HTTPS_PROXY", " ")
    monkeypatch.setenv("ALL_PROXY", "")
    kind(KEY)
    with pytest.raises(
        ConfigurationError, match=r"^The proxy in the argument `proxy` cannot be used: It is empty; pass None .*\.$"
    ):
        kind(KEY, proxy="")
    kind(KEY, proxy=" http://127.0.0.1:9\n")


def test_proxy_without_a_scheme(monkeypatch: pytest.MonkeyPatch) -> None:
    """HTTPS_PROXY=host:port without a scheme is used as other tools use it."""
    monkeypatch.setenv("HTTPS_PROXY", "127.0.0.1:9")
    with (
        TrafficClient(KEY, base_url="https://api.example", max_retries=0) as client,
        pytest.raises(APIConnectionError, match="refused"),
    ):
        client.get_traffic(1).to_list()


def test_the_key_is_for_one_server() -> None:
    """The key is sent to the server that it is for, and to no other, also by the raw client."""
    requested: list[str] = []

    def respond(request: httpx.Request) -> httpx.Response:
        requested.append(str(request.url))
        return httpx.Response(200, json={})

    with TrafficClient(KEY, base_url="https://a.example", transport=httpx.MockTransport(respond)) as client:
        for url in ("http://a.example/", "https://b.example/", "https://a.example:444/", "http://127.0.0.1/"):
            with pytest.raises(ConfigurationError, match=r"is for https://a.example, and is not sent to http"):
                client.api.get_httpx_client().get(url)
        client.api.get_httpx_client().get("https://a.example:443/v1/apps")
    assert requested == ["https://a.example/v1/apps"]


def test_no_key_says_where_to_put_one() -> None:
    """Without a key the message names the three places for it."""
    with pytest.raises(ConfigurationError, match=r"api_key, set APITALLY_API_KEY, .* ~/.apitally/auth.json"):
        TrafficClient()


@pytest.mark.parametrize("text", ["{", "[]", "[" * 100_000, f'"{KEY}"', f'{{"api_key": "{KEY}" "x"}}'])
def test_broken_auth_file_is_one_sentence_without_the_key(text: str) -> None:
    """A broken auth file is named, and not quoted: it may contain the key."""
    write_auth_file(text)
    with pytest.raises(ConfigurationError, match=r"auth.json must be a JSON object") as raised:
        TrafficClient()
    assert KEY not in "".join(traceback.format_exception(raised.value))


@pytest.mark.parametrize("key", ["two\nlines", "tab\there", "schlüssel", "zero\0"])
def test_key_that_cannot_be_a_header(key: str) -> None:
    """A key that cannot be sent in a header is refused before anything is sent, without showing it."""
    with pytest.raises(ConfigurationError, match="copy it again") as raised:
        TrafficClient(key)
    assert key not in str(raised.value)


@pytest.mark.parametrize(
    "url", ["http://localhost:8000", "http://127.0.0.1:8000", "http://[::1]:8000/", "https://a.example"]
)
def test_urls_that_a_key_may_be_sent_to(url: str) -> None:
    """The key may be sent to any https server, and by plain http to a loopback address."""
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
        ("https://api.apit ally.io", "not an http"),
        ("https://a..b", "not an http"),
        ("https://[abc", "not an http"),
        ("https://xn--", "not an http"),
        (f"https://{'a' * 64}.example", "not an http"),
    ],
)
def test_urls_that_a_key_may_not_be_sent_to(url: str, sentence: str) -> None:
    """Any other URL is refused before anything is sent."""
    with pytest.raises(ConfigurationError, match=sentence) as raised:
        TrafficClient(KEY, base_url=url)
    assert "password" not in str(raised.value)


@pytest.mark.parametrize("source", ["argument", "environment", "file"])
@pytest.mark.parametrize(
    "url",
    [
        "",
        "{}://a.example",
        "https://user:password{}@a.example",
        "https://a.example/{}",
        "https://a.example?{}",
        "http://[::1]#{}",
    ],
)
def test_a_base_url_that_is_not_utf_8(source: str, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A byte of the environment, or an escape of the file, that is no character is one printable sentence."""
    url = url.format("\udcff") or "\ud800"
    if source == "file":
        write_auth_file(json.dumps({"api_base_url": url}))
    elif source == "environment":
        monkeypatch.setenv("APITALLY_API_BASE_URL", url.replace("\ud800", "\udc80"))
    for kind in (TrafficClient, AsyncTrafficClient):
        with pytest.raises(ConfigurationError, match=r"^The base URL '.*' is not an http\(s\) URL such as") as raised:
            kind(KEY, base_url=url if source == "argument" else None)
        assert str(raised.value).isprintable()
        assert "password" not in str(raised.value)


@pytest.mark.parametrize("url", ["ftp://user:password@a.example", "https://user:pass/word@a b", "user:password@"])
def test_a_base_url_with_a_user_that_is_none(url: str) -> None:
    """Of what is no URL, nothing is quoted that may be a password."""
    with pytest.raises(ConfigurationError, match=r"^The base URL '…@.*' is not an http\(s\) URL ") as raised:
        TrafficClient(KEY, base_url=url)
    assert "pass" not in str(raised.value)


@pytest.mark.parametrize("timeout", [0, -1, float("nan"), float("inf"), 1e10, "30", True, None])
def test_timeout_must_be_a_positive_number(timeout: object) -> None:
    """A timeout that httpx would misinterpret is refused, and None (no timeout) as well."""
    with pytest.raises((TypeError, ValueError), match="timeout must be a"):
        TrafficClient(KEY, timeout=timeout)  # type: ignore[arg-type]


def test_the_key_goes_to_the_server_and_nowhere_else(
    server: MockServer, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The key is in no repr, attribute, log record, error or traceback, after success and failure."""
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
    """Clients and queries refuse to be pickled, with a sentence, even with a transport that could be."""
    transport = httpx.MockTransport(print)  # type: ignore[arg-type]
    for kind in (TrafficClient, AsyncTrafficClient):
        client = kind(KEY, transport=transport)
        for holder in (client, client.get_traffic(1)):
            with pytest.raises(TypeError, match="cannot be pickled") as raised:
                duplicate(holder)
            assert KEY not in str(raised.value)


def test_a_transport_that_is_passed_in_stays_open() -> None:
    """Closing the client closes its own connections, and not a transport that was passed in."""

    class Transport(httpx.MockTransport):
        closed = False

        def close(self) -> None:
            self.closed = True

    transport = Transport(lambda _: httpx.Response(200))
    TrafficClient(KEY, transport=transport).close()
    assert not transport.closed


def test_auth_file_with_a_byte_order_mark() -> None:
    """A file that PowerShell wrote begins with a byte order mark."""
    write_auth_file("\ufeff" + json.dumps({"api_key": "from-file"}))
    assert resolve_settings(None, None).api_key == "from-file"


@pytest.mark.parametrize("kind", ["pipe", "large"])
def test_auth_file_that_is_no_file_of_a_person(kind: str) -> None:
    """A named pipe would never end, and a large file is not read."""
    write_auth_file("{}" + " " * 2**20)
    if kind == "pipe":
        (Path.home() / ".apitally" / "auth.json").unlink()
        os.mkfifo(Path.home() / ".apitally" / "auth.json")
    with pytest.raises(ConfigurationError, match=r"^~/.apitally/auth.json must be a regular file of at most 1 MiB\.$"):
        TrafficClient()


@pytest.mark.parametrize("url", ["http://[::ffff:127.0.0.1]:80", "http://localhost.:80", "http://LOCALHOST"])
def test_other_names_of_this_machine(url: str) -> None:
    """Loopback has more than one spelling."""
    assert resolve_settings(KEY, url).base_url == url


@pytest.mark.parametrize("port", ["0", "65536", "99999999"])
def test_ports_that_do_not_exist(port: str) -> None:
    """A port out of range is refused before anything is sent."""
    with pytest.raises(ConfigurationError, match="is not an http"):
        TrafficClient(KEY, base_url=f"https://a.example:{port}")
