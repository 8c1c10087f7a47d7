"""Bound every network operation of a sync exchange by its deadline, and interrupt it when its query is cancelled.

httpx's timeouts restart with each byte, so a server that sends one now and then could keep a thread for ever. A network
backend is httpcore's own place for this. The async transport needs none: asyncio cancels what takes too long.
"""

import contextlib
import socket
import ssl
import threading
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any
from weakref import WeakSet

import httpx

from apitally_traffic._cancellation import current
from apitally_traffic._clock import monotonic
from apitally_traffic._transport.call import current_call

if TYPE_CHECKING:
    import httpcore  # httpx imports it when it makes a transport, and not before


def bound_by_deadline(transport: httpx.HTTPTransport) -> httpx.HTTPTransport:
    """Install the backend in one of httpx's transports, whose constructor does not accept it, unless it is there."""
    pool = transport._pool  # noqa: SLF001 - httpx has no public name for it
    backend: Any = pool._network_backend  # noqa: SLF001
    bound: Any = backend if isinstance(backend, _Backend) else _Backend(backend)
    pool._network_backend = bound  # noqa: SLF001
    return transport


def close_inherited(transport: httpx.HTTPTransport) -> None:
    """Close this process' copies of the connections that it inherited by a fork; those of its parent stay open.

    It takes no lock of the transport: another thread of the parent may have held it at the moment of the fork.
    """
    backend: Any = transport._pool._network_backend  # noqa: SLF001
    for stream in tuple(backend.streams) if isinstance(backend, _Backend) else ():
        with contextlib.suppress(OSError):
            stream.get_extra_info("socket").close()


class _Backend:
    """An httpcore.NetworkBackend around another."""

    def __init__(self, inner: "httpcore.NetworkBackend") -> None:
        self._inner = inner
        self.streams: WeakSet[_Stream] = WeakSet()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> "_Stream":
        *others, last = _addresses(host, port)

        def connect(address: str) -> _Stream:
            limit = _limit(timeout)
            return _Stream(self._inner.connect_tcp(address, port, limit, local_address, socket_options), self.streams)

        for address in others:  # each within the deadline: Python would try all of them with one limit
            with contextlib.suppress(Exception):
                return connect(address)
        return connect(last)

    def connect_unix_socket(
        self, path: str, timeout: float | None = None, socket_options: Iterable[Any] | None = None
    ) -> "_Stream":
        return _Stream(self._inner.connect_unix_socket(path, timeout, socket_options), self.streams)

    def sleep(self, seconds: float) -> None:
        self._inner.sleep(seconds)


class _Stream:
    """An httpcore.NetworkStream around another."""

    def __init__(self, inner: "httpcore.NetworkStream", streams: "WeakSet[_Stream]") -> None:
        self._inner = inner
        self._streams = streams
        self._lock = threading.Lock()
        self._users = 0
        self._is_closed = False
        streams.add(self)

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        with self, self._until_the_end(), self._interruptible():
            return self._inner.read(max_bytes, _limit(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        if not buffer:  # httpcore writes the empty body of each request, twice
            return
        with self, self._until_the_end(), self._interruptible():
            self._inner.write(buffer, _limit(timeout))

    def close(self) -> None:
        with self._lock:
            self._is_closed = True
            is_idle = not self._users
        self._shut_down()  # what is closed alone keeps a thread waiting that reads from it
        if is_idle:
            self._inner.close()

    def start_tls(
        self, ssl_context: Any, server_hostname: str | None = None, timeout: float | None = None
    ) -> "_Stream":
        with self, self._until_the_end(), self._interruptible():
            limit = _limit(timeout)
            outer = self.get_extra_info("socket")
            if type(outer) is ssl.SSLSocket:
                outer.__class__ = _OuterSocket
            return _Stream(self._inner.start_tls(ssl_context, server_hostname, limit), self._streams)

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)

    def __enter__(self) -> None:
        """Keep the socket open during the block: its number could be given to another one, which it then reads from."""
        with self._lock:
            self._users += 1

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._users -= 1
            is_over = self._is_closed and not self._users
        if is_over:
            self._inner.close()

    def _until_the_end(self) -> contextlib.AbstractContextManager[None]:
        call = current_call.get()
        return contextlib.nullcontext() if call is None else call.lifetime.interruptible(self._shut_down)

    def _interruptible(self) -> contextlib.AbstractContextManager[None]:
        cancellation = current.get()
        return contextlib.nullcontext() if cancellation is None else cancellation.interruptible(self._shut_down)

    def _shut_down(self) -> None:
        """Wake up the thread that is blocked in this stream, if there is one; there is no other."""
        with contextlib.suppress(OSError):
            # Not the socket's own method: that of a TLS socket would take its state from the blocked thread.
            socket.socket.shutdown(self.get_extra_info("socket"), socket.SHUT_RDWR)


class _OuterSocket(ssl.SSLSocket):
    """The socket of TLS to a proxy that TLS to the server goes through.

    Its timeout is for all that is done until it is set again. httpcore sets it once, and then reads, byte by byte if
    the proxy likes, until a record of the inner TLS is complete.
    """

    _end: float | None = None

    def settimeout(self, value: float | None) -> None:
        self._end = None if value is None else monotonic() + value
        super().settimeout(value)

    def recv(self, buflen: int = 1024, flags: int = 0) -> bytes:
        self._shorten_timeout()
        return super().recv(buflen, flags)

    def send(self, data: Any, flags: int = 0) -> int:
        self._shorten_timeout()
        return super().send(data, flags)

    def _shorten_timeout(self) -> None:
        if self._end is None:
            return
        left = self._end - monotonic()
        if left <= 0:
            raise TimeoutError("timed out")
        super().settimeout(left)


def _addresses(host: str, port: int) -> list[str]:
    """Return the addresses of a host, or its name if it has none."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        return [socket.getnameinfo(address, socket.NI_NUMERICHOST | socket.NI_NUMERICSERV)[0] for *_, address in found]
    except OSError:
        return [host]


def _limit(timeout: float | None) -> float | None:
    call = current_call.get()
    if call is None:
        return timeout
    call.check()
    return call.remaining() if timeout is None else min(timeout, call.remaining())
