"""Proxies, certificates and HTTP/2: what the environment says is followed, or refused with the name of the variable."""

import asyncio
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import certifi
import httpx
import pytest

from apitally_traffic import APIConnectionError, AsyncTrafficClient, ConfigurationError, TrafficClient

KINDS = pytest.mark.parametrize("kind", [TrafficClient, AsyncTrafficClient])
pytestmark = pytest.mark.usefixtures("plain_environment")


@KINDS
@pytest.mark.parametrize(
    ("variable", "content", "reason"),
    [
        ("SSL_CERT_FILE", None, "No such file"),
        ("SSL_CERT_FILE", "", "NO_CERTIFICATE_OR_CRL_FOUND|no certificate"),
        ("SSL_CERT_FILE", "-----BEGIN CERTIFICATE-----\nnonsense\n-----END CERTIFICATE-----\n", "."),
        ("SSL_CERT_FILE", "folder", "It is not a regular file"),
        ("SSL_CERT_DIR", None, "No such file"),
        ("SSL_CERT_DIR", "a file", "Not a directory"),
        ("SSL_CERT_DIR", "folder", "No certificate has a name such as 1a2b3c4d.0"),
        ("SSLKEYLOGFILE", "folder", "It is not a regular file"),
        ("SSLKEYLOGFILE", "pipe", "It is not a regular file"),
        ("SSL_CERT_FILE", "pipe", "It is not a regular file"),
        ("SSLKEYLOGFILE", "slash", "Is a directory"),
        ("SSLKEYLOGFILE", "read-only", "Invalid argument"),
        ("SSLKEYLOGFILE", "file and slash", "Not a directory|Is a directory"),
        ("SSL_CERT_FILE", "file and slash", "Not a directory|Is a directory"),
        ("SSL_CERT_DIR", "folder of a pipe", "No certificate has a name such as 1a2b3c4d.0"),
    ],
)
def test_certificates_that_cannot_be_used(
    kind: Callable[..., Any],
    variable: str,
    content: str | None,
    reason: str,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    """A file or folder in the environment that cannot be used is a ConfigurationError that names the variable."""
    path = tmp_path / "named"
    end = ""
    if content == "folder":
        path.mkdir()
    elif content == "pipe":
        os.mkfifo(path)
    elif content == "folder of a pipe":
        path.mkdir()
        os.mkfifo(path / "1a2b3c4d.0")
    elif content == "read-only":
        if not Path("/proc/version").exists():
            pytest.skip("this system has no /proc")
        path.symlink_to("/proc/version")  # opened, and not written to, not even by root
    elif content == "slash":
        end = os.sep
    elif content == "file and slash":
        path.write_text("a file")
        end = os.sep
    elif content is not None:
        path.write_text(content)
    monkeypatch.setenv(variable, f"{path}{end}")
    with pytest.raises(ConfigurationError, match=rf"named/?' in {variable} cannot be used: .*({reason})"):
        kind("key")
    kind("key", base_url="http://127.0.0.1:9")
    kind("key", transport=httpx.MockTransport(lambda _: httpx.Response(200)))


def test_certificates_that_can_be_used(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Certificates and a key log that the environment names are used."""
    log = tmp_path / "keys.log"
    for variable, value in {
        "SSL_CERT_FILE": certifi.where(),
        "SSL_CERT_DIR": "ignored",
        "SSLKEYLOGFILE": str(log),
    }.items():
        monkeypatch.setenv(variable, value)
    TrafficClient("key").close()
    assert log.exists()
    monkeypatch.delenv("SSL_CERT_FILE")
    (tmp_path / "1a2b3c4d.0").write_bytes(Path(certifi.where()).read_bytes())
    for folders in (str(tmp_path), f"missing{os.pathsep}{tmp_path}"):
        monkeypatch.setenv("SSL_CERT_DIR", folders)
        TrafficClient("key").close()


@KINDS
@pytest.mark.parametrize("address", ["http://user:secret@nosuch.invalid:1", "user:secret@127.0.0.1:9"])
@pytest.mark.parametrize("source", ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "proxy"])
def test_a_proxy_that_cannot_be_reached(
    kind: Callable[..., Any], source: str, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The error names the proxy, and the variable or the argument that it comes from, and not the password."""
    host = address.partition("@")[2]
    if source == "proxy":
        client = kind("key", max_retries=0, proxy=f"http://user:secret@{host}")
    else:
        monkeypatch.setenv(source, address)
        client = kind("key", max_retries=0)
    query = client.get_traffic(1, start="2026-01-01", end="2026-01-02")
    with pytest.raises(APIConnectionError) as raised:
        asyncio.run(query.to_list()) if kind is AsyncTrafficClient else query.to_list()
    name = "the argument `proxy`" if source == "proxy" else source.upper()
    place = f"https://api.apitally.io cannot be reached through the proxy http://{host} of {name}, or closed"
    assert str(raised.value).startswith(place)
    assert "secret" not in str(raised.value)


@pytest.mark.parametrize(
    ("no_proxy", "base_url", "excluded"),
    [
        ("", "https://a.test", False),
        ("*", "https://a.test", True),
        *((entry, "https://a.test", False) for entry in (" * ", "* ", "\t*", "*,", ",*", "*,*", "*.test")),
        ("a.test", "https://a.test", True),
        ("A.Test", "https://a.test", True),
        (".a.test", "https://a.test", True),
        ("a.test.", "https://a.test", True),
        ("test", "https://a.test", True),
        ("b.test,a.test", "https://a.test", True),
        ("b.test a.test", "https://a.test", True),
        ("b.test", "https://a.test", False),
        ("nota.test", "https://a.test", False),
        ("a.test", "https://nota.test", False),
        ("a.test:443", "https://a.test", True),
        ("a.test:8443", "https://a.test", False),
        ("a.test:8443", "https://a.test:8443", True),
        ("192.0.2.0/24", "https://192.0.2.7", True),
        ("192.0.2.7", "https://192.0.2.7", True),
        ("192.0.3.0/24", "https://192.0.2.7", False),
        ("2001:db8::/32", "https://[2001:db8::1]", True),
        *((entry, "https://[::1]", False) for entry in ("[::1]", "[::1", "::1]", "[::1]/128", "[::1/128]", "::1%lo")),
        *((entry, "https://[::1]", True) for entry in ("::1", "::1/127", "::2/126", "::1/128", "::1/0", "0:0::0:1")),
        *((entry, "https://[::1]", False) for entry in ("::1/129", "::2", "::2/127", "::ffff:0:1", "::1:443")),
        ("[::1]:443", "https://[::1]", True),
        ("[::1]:443", "https://[::1]:444", False),
        ("2001:db9::/32", "https://[2001:db8::1]", False),
        ("192.0.2.0/24", "https://a.test", False),
        ("nonsense/99", "https://192.0.2.7", False),
        ("0.0.0.0/0", "https://192.0.2.7", False),
        ("192.0.2.7/0", "https://192.0.2.7", True),
        ("::/0", "https://[2001:db8::1]", False),
        ("192.0.2.0/24:443", "https://192.0.2.7", True),
        (".0.2.7", "https://192.0.2.7", False),
        ("2.7", "https://192.0.2.7", False),
        ("192.0.2.7.", "https://192.0.2.7", False),
        ("192.0.2.7/255.255.255.0", "https://192.0.2.7", False),
        ("192.0.2.7/0.0.0.255", "https://192.0.2.7", False),
        ("192.0.2.7/24x", "https://192.0.2.7", False),
        ("a.test:\u00b2", "https://a.test", False),
        pytest.param("a.test:" + "1" * 5000, "https://a.test", False, id="long port"),
        pytest.param("a.test" + ":443" * 5000, "https://a.test", False, id="many ports"),
        ("b.test\na.test", "https://a.test", False),
        ("192.0.2.7\t", "https://192.0.2.7", True),
        ("..a.test", "https://a.test", False),
        ("a.test..", "https://a.test", False),
        ("a.test.", "https://a.test.", True),
        (".", "https://a.test", False),
        ("a.test,*", "https://b.test", False),
    ],
)
def test_no_proxy(no_proxy: str, base_url: str, *, excluded: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """NO_PROXY lists hosts with their subdomains, addresses and CIDR blocks, each with or without a port, or `*`."""
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("NO_PROXY", no_proxy)
    used: list[httpx.Proxy | None] = []
    make = httpx.HTTPTransport.__init__

    def recording(self: httpx.HTTPTransport, **arguments: Any) -> None:
        used.append(arguments.get("proxy"))
        make(self, **arguments)

    monkeypatch.setattr(httpx.HTTPTransport, "__init__", recording)
    TrafficClient("key", base_url=base_url).close()
    assert (used[-1] is None) == excluded
