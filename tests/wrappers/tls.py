"""A certificate for a server on this machine, which clients trust, and a proxy in front of the server."""

import contextlib
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.wrappers.raw_server import raw_server

trustme = pytest.importorskip("trustme", reason="of the dependency group `test`")


def trusted_certificate(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Write a private key and a certificate for 127.0.0.1 into one file, and make `SSL_CERT_FILE` trust it."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(folder / "authority.pem"))
    server = folder / "server.pem"
    authority.issue_cert("127.0.0.1").private_key_and_cert_chain_pem.write_to_path(str(server))
    monkeypatch.setenv("SSL_CERT_FILE", str(folder / "authority.pem"))
    for name in ("ALL_PROXY", "HTTPS_PROXY", "all_proxy", "https_proxy", "SSLKEYLOGFILE"):
        monkeypatch.delenv(name, raising=False)
    return server


@contextlib.contextmanager
def tunnel(
    url: str,
    tls: ssl.SSLContext | None,
    send: Callable[[socket.socket, bytes], Any] = lambda connection, data: connection.sendall(data),
    gather_seconds: float = 0,
) -> Iterator[str]:
    """Run a proxy, and yield its URL: it sends to clients what it has received from a server after so many seconds."""
    address = urlsplit(url)

    def relay(source: socket.socket, target: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while received := source.recv(65536):
                target.sendall(received)

    def respond(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        with socket.create_connection((address.hostname or "", address.port or 0)) as server:
            threading.Thread(target=relay, args=(connection, server), daemon=True).start()
            while server.recv(1, socket.MSG_PEEK):
                time.sleep(gather_seconds)
                send(connection, server.recv(65536))

    with raw_server(respond, tls) as proxy:
        yield proxy
