"""A message about a setting that cannot be used does not quote the key in it."""

import json
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from apitally_traffic import AsyncTrafficClient, ConfigurationError, TrafficClient

KEY = "abcdefg.0123456789abcdef0123456789abcdef"
CLIENTS = [TrafficClient, AsyncTrafficClient]


@pytest.mark.parametrize("kind", CLIENTS)
@pytest.mark.parametrize("source", ["base_url", "APITALLY_API_BASE_URL", "api_base_url"])
@pytest.mark.parametrize("url", [f"http://evil.example/{KEY}", f"ftp://{KEY}", f"https://a.b/ {'x' * 170}{KEY}"])
def test_the_key_in_a_base_url(
    kind: Callable[..., Any], source: str, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A base URL that is refused is quoted without the key, wherever it comes from."""
    if source == "api_base_url":
        (Path.home() / ".apitally").mkdir()
        (Path.home() / ".apitally" / "auth.json").write_text(json.dumps({"api_key": KEY, "api_base_url": url}))
    elif source != "base_url":
        monkeypatch.setenv(source, url)
    arguments = {"base_url": url} if source == "base_url" else {}
    with pytest.raises(ConfigurationError, match="…") as raised:
        kind(None if source == "api_base_url" else KEY, **arguments)
    shown = "".join(traceback.format_exception(raised.value))
    assert [end for end in range(len(KEY), 7, -1) if KEY[:end] in shown] == []


@pytest.mark.parametrize("kind", CLIENTS)
@pytest.mark.parametrize("source", ["proxy", "HTTPS_PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR", "SSLKEYLOGFILE"])
def test_the_key_in_another_setting(kind: Callable[..., Any], source: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither is it quoted in what is said about a proxy or a certificate."""
    for name in ("SSL_CERT_FILE", "SSL_CERT_DIR", "SSLKEYLOGFILE"):
        monkeypatch.delenv(name, raising=False)
    value = f"/nowhere/{KEY}/x" if source.startswith("SSL") else f"{KEY}://a:1"
    if source != "proxy":
        monkeypatch.setenv(source, value)
    with pytest.raises(ConfigurationError, match=source) as raised:
        kind(KEY, **({"proxy": value} if source == "proxy" else {}))
    assert KEY not in str(raised.value) + repr(vars(raised.value)) + str(raised.value.__context__)


@pytest.mark.parametrize("kind", CLIENTS)
def test_the_key_in_the_repr(kind: Callable[..., Any]) -> None:
    """A base URL that has the key in its path is shown without it, and headers are not shown."""
    client = kind(KEY, base_url=f"https://a.example/{KEY}", headers={"X-Gateway": KEY, "X-Other": "secret"})
    assert repr(client) == f"{kind.__name__}(base_url='https://a.example/…')"
    for api in (client.api, client.api.with_headers({"X-Further": KEY}), client.with_options(headers={"A": KEY}).api):
        assert repr(api) == str(api) == "ApiClient(base_url='https://a.example/…')"


@pytest.mark.parametrize("kind", CLIENTS)
@pytest.mark.parametrize("source", ["arguments", "environment", "file"])
def test_key_and_base_url_that_are_swapped(
    kind: Callable[..., Any], source: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The message says so, and quotes neither."""
    url = "https://api.example"
    if source == "environment":
        monkeypatch.setenv("APITALLY_API_KEY", url)
        monkeypatch.setenv("APITALLY_API_BASE_URL", KEY)
    elif source == "file":
        (Path.home() / ".apitally").mkdir()
        (Path.home() / ".apitally" / "auth.json").write_text(json.dumps({"api_key": url, "api_base_url": KEY}))
    with pytest.raises(ConfigurationError) as raised:
        kind(*([url] if source == "arguments" else []), **({"base_url": KEY} if source == "arguments" else {}))
    assert str(raised.value) == "The API key is a URL: give the key as api_key, and the URL as base_url."
