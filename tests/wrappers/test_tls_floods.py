"""A server that goes on sending messages of TLS without data outlives neither a timeout nor an interrupt."""

import contextlib
import queue
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from apitally_traffic import APITimeoutError
from tests.sampling import exhaustive
from tests.wrappers.conftest import interrupt
from tests.wrappers.read_day import read_async, read_sync
from tests.wrappers.tls import trusted_certificate, tunnel

HELLO_REQUESTS = b"\x16\x03\x03\x00\x04\x00\x00\x00\x00" * 5000
FLOOD_SECONDS = 20


def send_hello_requests(connection: socket.socket, _: Path) -> None:
    """Ask the client to begin the handshake, over and over."""
    end = time.monotonic() + FLOOD_SECONDS
    while time.monotonic() < end:
        connection.sendall(HELLO_REQUESTS)


def send_session_tickets(connection: socket.socket, certificate: Path) -> None:
    """Send session tickets after the handshake."""
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate)
    tls.minimum_version = ssl.TLSVersion.TLSv1_3
    tls.num_tickets = 10**9
    timer = threading.Timer(FLOOD_SECONDS, connection.shutdown, [socket.SHUT_RDWR])
    timer.start()
    try:
        tls.wrap_socket(connection, server_side=True)
    finally:
        timer.cancel()


FLOODS = [send_hello_requests, send_session_tickets]
CASES = list(product(FLOODS, [read_sync, read_async], ["deadline", "timeout"]))
SAMPLE = [(send_hello_requests, read_sync, "deadline"), (send_session_tickets, read_async, "deadline")]


@contextlib.contextmanager
def flooding(
    flood: Callable[[socket.socket, Path], None], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[str, "queue.SimpleQueue[bool]"]]:
    """Run a server that floods; yield its URL, and a queue of whether the client left while it did, for each client."""
    certificate = trusted_certificate(folder, monkeypatch)
    left: queue.SimpleQueue[bool] = queue.SimpleQueue()

    def serve(connection: socket.socket) -> None:
        began = time.monotonic()
        with connection:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 65536)
            with contextlib.suppress(OSError):
                flood(connection, certificate)
        left.put(time.monotonic() - began < FLOOD_SECONDS - 1)

    def accept() -> None:
        with contextlib.suppress(OSError):
            while True:
                threading.Thread(target=serve, args=listener.accept()[:1], daemon=True).start()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=accept, daemon=True).start()
        yield f"https://127.0.0.1:{listener.getsockname()[1]}", left
        listener.shutdown(socket.SHUT_RDWR)


@pytest.mark.parametrize(
    ("flood", "read", "bound"), [*SAMPLE, *exhaustive(case for case in CASES if case not in SAMPLE)]
)
def test_a_flood_ends_in_time(
    flood: Any, read: Callable[..., list[Any]], bound: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each bound ends it, before the request is sent and after."""
    with flooding(flood, tmp_path, monkeypatch) as (url, left):
        with pytest.raises(APITimeoutError, match=f"{bound} of 1 s"):
            read(base_url=url, max_retries=0, **{"deadline": 30, "timeout": 30} | {bound: 1})
        assert left.get(timeout=2 * FLOOD_SECONDS)


@pytest.mark.parametrize("flood", [send_session_tickets, *exhaustive([send_hello_requests])])
def test_a_flood_through_a_proxy_ends_in_time(flood: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As a flood without one, where the proxy is reached by TLS, too."""
    with flooding(flood, tmp_path, monkeypatch) as (url, left):
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(tmp_path / "server.pem")
        with tunnel(url, tls) as proxy, pytest.raises(APITimeoutError, match="deadline of 1 s"):
            read_sync(base_url=url, proxy=proxy, deadline=1, max_retries=0)
        assert left.get(timeout=2 * FLOOD_SECONDS)


@pytest.mark.parametrize("flood", [send_hello_requests, *exhaustive([send_session_tickets])])
def test_an_interrupt_ends_a_flood(flood: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C is not left to OpenSSL."""
    with flooding(flood, tmp_path, monkeypatch) as (url, left):
        with pytest.raises(KeyboardInterrupt), interrupt():
            read_sync(base_url=url, deadline=30, timeout=30, max_retries=0)
        assert left.get(timeout=2 * FLOOD_SECONDS)
