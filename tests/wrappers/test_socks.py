"""SOCKS proxies: whatever they reply, and however slowly, a client gets through or says what is wrong."""

import asyncio
import contextlib
import socket
import ssl
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

import httpx
import pytest
from freezegun import freeze_time

from apitally_traffic import APIConnectionError, APITimeoutError, AsyncTrafficClient, ConfigurationError, TrafficClient
from apitally_traffic.testing import fast_retries
from tests.wrappers.raw_server import raw_server, response
from tests.wrappers.read_day import DAY, read_async, read_sync
from tests.wrappers.tls import trusted_certificate

pytest.importorskip("socksio", reason="of the dependency group `test`")

READS = pytest.mark.parametrize("read", [read_sync, read_async])
BOUNDS: dict[str, Any] = {"base_url": "https://127.0.0.1:9", "timeout": 20, "deadline": 30, "max_retries": 0}
CONNECTED = b"\5\0\0\1\x7f\0\0\1\0\0"


class SocksProxy:
    """A SOCKS proxy that replies with whatever bytes a test wants.

    Attributes:
        port: where it listens.
        heard: what it has received, in its order.
        connections: the number of connections.
    """

    def __init__(self, talk: "Talk") -> None:
        """Let each connection be served by `talk`."""
        self.heard: list[bytes] = []
        self.connections = 0
        self._talk = talk
        self._open: list[socket.socket] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        with self._listener:
            self._listener.shutdown(socket.SHUT_RDWR)
            for connection in self._open:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)

    def url(self, user: str = "") -> str:
        """Return the URL of the proxy."""
        return f"socks5://{user}127.0.0.1:{self.port}"

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                self.connections += 1
                self._open.append(connection)
                threading.Thread(target=self._serve, args=[connection], daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError), connection:
            self._talk(self, connection)


Talk = Callable[["SocksProxy", socket.socket], Any]


def replying(*replies: bytes, pause: float = 0, then: Talk = lambda *_: None) -> Talk:
    """Return what sends a reply to each message, in one piece or byte by byte."""

    def talk(proxy: SocksProxy, connection: socket.socket) -> None:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for reply in replies:
            proxy.heard.append(connection.recv(65536))
            for part in [bytes([byte]) for byte in reply] if pause else [reply]:
                connection.sendall(part)
                time.sleep(pause)
        then(proxy, connection)

    return talk


def relaying(server: str) -> Talk:
    """Return what is the tunnel to a server."""
    address = urlsplit(server)

    def talk(_: SocksProxy, connection: socket.socket) -> None:
        with socket.create_connection((address.hostname or "", address.port or 0)) as upstream:
            threading.Thread(target=relay, args=[connection, upstream], daemon=True).start()
            relay(upstream, connection)

    return talk


def relay(source: socket.socket, target: socket.socket) -> None:
    """Pass on what comes from one side."""
    with contextlib.suppress(OSError):
        while received := source.recv(65536):
            target.sendall(received)


def silent(_: SocksProxy, connection: socket.socket) -> None:
    """Wait until the client goes."""
    while connection.recv(65536):
        pass


@pytest.fixture(autouse=True)
def _use_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "")


@READS
@pytest.mark.parametrize("pause", [0, 0.002], ids=["at once", "byte by byte"])
@pytest.mark.parametrize(
    "connected",
    [
        CONNECTED,
        b"\5\0\0\3\x09localhost\0\0",
        b"\5\0\0\3\xc8" + b"\xff" * 200 + b"\0\0",
        b"\5\0\0\3\0\0\0",
        b"\5\0\0\4" + b"\0" * 18,
    ],
    ids=["IPv4", "name", "bytes", "empty name", "IPv6"],
)
def test_a_proxy_that_connects(
    read: Any, pause: float, connected: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its replies may come in any number of segments, with any kind of address."""
    certificate = trusted_certificate(tmp_path, monkeypatch)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate)
    with (
        raw_server(lambda connection: connection.sendall(response()), tls) as url,
        SocksProxy(replying(b"\5\2", b"\1\0", connected, pause=pause, then=relaying(url))) as proxy,
    ):
        assert read(**BOUNDS | {"base_url": url}, proxy=proxy.url("me:secret@")) == []
        port = urlsplit(url).port or 0
    assert proxy.heard == [b"\5\1\2", b"\1\2me\6secret", b"\5\1\0\1\x7f\0\0\1" + port.to_bytes(2, "big")]


REFUSALS = {
    "an HTTP proxy": ("", [b"HTTP/1.1 400 Bad Request\r\n\r\n"], "is not SOCKS5; check the scheme and the port"),
    "SOCKS4": ("", [b"\0\x5a"], "is not SOCKS5"),
    "closes at once": ("", [b""], "closed the connection before its reply was complete"),
    "closes in a reply": ("", [b"\5"], "closed the connection before its reply was complete"),
    "closes before it connects": ("", [b"\5\0", b""], "closed the connection before its reply was complete"),
    "closes in the address": ("", [b"\5\0", b"\5\0\0\1\x7f"], "closed the connection before its reply was complete"),
    "wants a user": ("", [b"\5\xff"], "does not accept a connection without a user; check the user and the password"),
    "takes another method": ("", [b"\5\1"], "does not accept a connection without a user"),
    "an unknown method": ("", [b"\5\x77"], "does not accept a connection without a user"),
    "wants no user": ("me:secret@", [b"\5\xff"], "does not accept a user and a password; check"),
    "another password": ("me:secret@", [b"\5\2", b"\1\1"], "refused the user or the password; check"),
    "refused": (
        "",
        [b"\5\0", b"\5\5\0\1" + b"\0" * 6],
        r"could not connect: the connection was refused \(SOCKS reply 5\)",
    ),
    "a short refusal": ("", [b"\5\0", b"\5\4"], r"could not connect: the host is unreachable \(SOCKS reply 4\)"),
    "an unknown refusal": ("", [b"\5\0", b"\5\x63\0\1"], r"could not connect: an unknown reason \(SOCKS reply 99\)"),
    "an unknown address": ("", [b"\5\0", b"\5\0\0\7" + b"\0" * 6], "is not SOCKS5"),
    "another version": ("", [b"\5\0", b"\4\0\0\1" + b"\0" * 6], "is not SOCKS5"),
}


@READS
@pytest.mark.parametrize("case", REFUSALS)
def test_a_proxy_that_does_not_connect(read: Any, case: str) -> None:
    """The error names the proxy and says why, without the password; the request is tried again."""
    user, replies, reason = REFUSALS[case]
    with SocksProxy(replying(*replies)) as proxy, fast_retries():
        with pytest.raises(APIConnectionError, match=f"the (reply of the )?proxy {reason}") as raised:
            read(**BOUNDS | {"max_retries": 1}, proxy=proxy.url(user))
        assert f"through the proxy {proxy.url()} of the argument `proxy`" in str(raised.value)
        assert "secret" not in str(raised.value)
        assert type(raised.value) is APIConnectionError
        assert proxy.connections == 2


@READS
def test_a_proxy_that_sends_first(read: Any) -> None:
    """Another protocol may begin so, such as SSH."""

    def greet(_: SocksProxy, connection: socket.socket) -> None:
        connection.sendall(b"SSH-2.0-OpenSSH\r\n")
        connection.recv(65536)

    with SocksProxy(greet) as proxy, pytest.raises(APIConnectionError, match="through the proxy socks5://"):
        read(**BOUNDS, proxy=proxy.url())


@READS
@pytest.mark.parametrize("frozen", [False, True], ids=["real time", "frozen time"])
@pytest.mark.parametrize(
    "talk",
    [
        silent,
        replying(b"\5\0", then=silent),
        replying(b"\5\0", b"\5\0\0\3\xff" + b"x" * 257, pause=0.2),
    ],
    ids=["silent", "silent later", "slow"],
)
def test_the_connect_timeout_is_for_the_whole_handshake(read: Any, talk: Talk, *, frozen: bool) -> None:
    """A proxy that is silent, or sends a byte now and then, is given up long before the deadline."""
    timeout = httpx.Timeout(20, connect=0.5)
    freeze = freeze_time("2026-03-01") if frozen else contextlib.nullcontext()
    began = time.monotonic()
    with SocksProxy(talk) as proxy, freeze, pytest.raises(APITimeoutError) as raised:
        read(**BOUNDS | {"timeout": timeout}, proxy=proxy.url())
    assert time.monotonic() - began < 5
    told = f"through the proxy {proxy.url()} of the argument `proxy`: the connect timeout of 0.5 s has passed."
    assert told in str(raised.value)


@READS
def test_the_deadline_ends_a_handshake(read: Any) -> None:
    """It may be shorter than the timeout, or there may be none."""
    with SocksProxy(silent) as proxy, pytest.raises(APITimeoutError, match=r"within the deadline of 0\.5 s"):
        read(**BOUNDS | {"deadline": 0.5, "timeout": httpx.Timeout(None)}, proxy=proxy.url())


def test_a_task_that_is_cancelled_in_a_handshake() -> None:
    """Its connection is closed."""
    ended = threading.Event()

    def talk(proxy: SocksProxy, connection: socket.socket) -> None:
        silent(proxy, connection)
        ended.set()

    async def cancel(url: str) -> None:
        async with AsyncTrafficClient("key", proxy=url, **BOUNDS) as client:
            task = asyncio.create_task(client.get_traffic(1, **DAY).to_list())
            await asyncio.sleep(0.2)
            task.cancel()
            await asyncio.wait([task])
            assert task.cancelled()
            assert await asyncio.to_thread(ended.wait, 5)

    with SocksProxy(talk) as proxy:
        asyncio.run(cancel(proxy.url()))


def read_through(kind: Callable[..., Any], proxy: SocksProxy, base_url: str) -> list[Any]:
    """Read two days without TLS, which only a transport of one's own sends through a proxy."""
    options: dict[str, Any] = {"base_url": base_url, "max_retries": 0}

    async def read() -> list[Any]:
        async with (
            httpx.AsyncHTTPTransport(proxy=proxy.url()) as transport,
            AsyncTrafficClient("key", transport=transport, **options) as client,
        ):
            return [await client.get_traffic(1, **DAY).to_list() for _ in range(2)]

    if kind is AsyncTrafficClient:
        return asyncio.run(read())
    with (
        httpx.HTTPTransport(proxy=proxy.url()) as transport,
        TrafficClient("key", transport=transport, **options) as client,
    ):
        return [client.get_traffic(1, **DAY).to_list() for _ in range(2)]


KINDS = pytest.mark.parametrize("kind", [TrafficClient, AsyncTrafficClient])


@KINDS
def test_a_tunnel_without_tls(kind: Callable[..., Any]) -> None:
    """The connection is used again."""
    with (
        raw_server(lambda connection: connection.sendall(response())) as url,
        SocksProxy(replying(b"\5\0", CONNECTED, then=relaying(url))) as proxy,
    ):
        assert read_through(kind, proxy, url) == [[], []]
        assert proxy.connections == 1


@KINDS
def test_a_response_that_comes_with_the_last_reply(kind: Callable[..., Any]) -> None:
    """It belongs to no request of this client."""
    with (
        SocksProxy(replying(b"\5\0", CONNECTED + response(), then=silent)) as proxy,
        pytest.raises(APIConnectionError, match="before it was asked"),
    ):
        read_through(kind, proxy, "http://127.0.0.1:9")


@KINDS
@pytest.mark.parametrize("user", ["u" * 256 + ":secret@", "me:" + "secret" * 43 + "@"])
def test_a_user_that_is_too_long(kind: Callable[..., Any], user: str) -> None:
    """SOCKS gives the length in one byte."""
    with pytest.raises(ConfigurationError, match="may each have up to 255 bytes") as raised:
        kind("key", proxy=f"socks5://{user}127.0.0.1:9")
    assert "secret" not in str(raised.value)
    kind("key", proxy=f"http://{user}127.0.0.1:9")
    kind("key", proxy=f"socks5://{'u' * 255}:{'p' * 255}@127.0.0.1:9")


@KINDS
def test_a_host_that_is_too_long(kind: Callable[..., Any]) -> None:
    """So is that of a name."""
    host = ".".join(["a" * 60] * 5)
    with pytest.raises(ConfigurationError, match="is too long for a SOCKS proxy"):
        kind("key", base_url=f"https://{host}", proxy="socks5://127.0.0.1:9")
    kind("key", base_url=f"https://{host}", proxy="http://127.0.0.1:9")
