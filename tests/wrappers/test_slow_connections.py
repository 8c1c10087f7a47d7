"""No connection takes longer to be made, or to be read from, than the deadline allows."""

import contextlib
import socket
import ssl
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from apitally_traffic import APITimeoutError
from tests.wrappers.raw_server import PAGE, full_server, raw_server, response
from tests.wrappers.read_day import read_async, read_sync
from tests.wrappers.tls import trusted_certificate, tunnel

BOUNDS: dict[str, Any] = {"deadline": 1, "timeout": 20, "max_retries": 0}


def sender(drips_from: int) -> Callable[[socket.socket, bytes], None]:
    """Return what sends byte by byte where there are so many bytes or more."""

    def send(connection: socket.socket, data: bytes) -> None:
        drips = len(data) >= drips_from
        for part in [bytes([byte]) for byte in data] if drips else [data]:
            connection.sendall(part)
            time.sleep(0.05 if drips else 0)

    return send


@pytest.mark.parametrize("read", [read_sync, read_async])
@pytest.mark.parametrize(
    "drips_from",
    [pytest.param(1, id="handshake"), pytest.param(10_000, id="body"), pytest.param(10**9, id="nothing")],
)
def test_an_https_proxy_that_drips(read: Any, drips_from: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The deadline ends the TLS handshake with the server, and the record that its response is in."""
    certificate = trusted_certificate(tmp_path, monkeypatch)
    monkeypatch.setenv("NO_PROXY", "")
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate)
    body = response(PAGE + b" " * 15_000)
    with (
        raw_server(lambda connection: connection.sendall(body), tls) as url,
        tunnel(url, tls, sender(drips_from)) as proxy,
    ):
        if drips_from > len(body):
            assert read(base_url=url, proxy=proxy, **BOUNDS | {"deadline": 20}) == []
            return
        began = time.monotonic()
        with pytest.raises(APITimeoutError, match=r"through the proxy .* within the deadline of 1 s"):
            read(base_url=url, proxy=proxy, **BOUNDS)
        assert time.monotonic() - began < 10


@pytest.mark.parametrize("read", [read_sync, read_async])
def test_a_host_with_many_addresses_that_are_silent(read: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both the deadline and the timeout are for all of them."""
    resolve = socket.getaddrinfo
    addresses = [f"127.0.0.{number}" for number in range(2, 12)]

    def many(host: str | bytes, *arguments: Any, **options: Any) -> list[Any]:
        names = addresses if host in {"localhost", b"localhost"} else [host]
        return [found for name in names for found in resolve(name, *arguments, **options)]

    with contextlib.ExitStack() as stack:
        port = stack.enter_context(full_server(addresses[0]))
        for address in addresses[1:]:
            stack.enter_context(full_server(address, port))
        monkeypatch.setattr(socket, "getaddrinfo", many)
        began = time.monotonic()
        with pytest.raises(APITimeoutError, match=r"(within the deadline of 1|the connect timeout of 0.7) s"):
            read(base_url=f"http://localhost:{port}", **BOUNDS | {"timeout": 0.7})
        assert time.monotonic() - began < 4
