"""Limit every network operation of a sync exchange by its deadline, and interrupt it when its query is cancelled.

httpx's timeouts restart with each byte, so a server that sends a byte now and then could block a thread forever. A
network backend is httpcore's own extension point for this. The async transport does not need a deadline here, because
asyncio cancels what takes too long.
"""

import contextlib
import socket
import sys
import threading
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any
from weakref import WeakSet

import httpx

from apitally_traffic._cancellation import cancellable, check_cancellation
from apitally_traffic._transport.call import current_call
from apitally_traffic._transport.reuse import refuse_early_bytes
from apitally_traffic._transport.sockets import connected, shut_down
from apitally_traffic._transport.socks import SocksStream
from apitally_traffic._transport.tls import TlsStream, tls_over

if TYPE_CHECKING:
    import httpcore  # for type checkers only, because httpx imports it with the first transport


def bound_by_deadline(transport: httpx.HTTPTransport) -> httpx.HTTPTransport:
    """Install the backend in a transport of httpx, whose constructor does not accept one, unless it is installed."""
    pool = transport._pool  # noqa: SLF001 - httpx has no public name for it
    backend: Any = pool._network_backend  # noqa: SLF001
    is_socks = isinstance(pool, sys.modules["httpcore"].SOCKSProxy)
    bound: Any = backend if isinstance(backend, _Backend) else _Backend(backend, is_socks=is_socks)
    pool._network_backend = bound  # noqa: SLF001
    return transport


def close_inherited(transport: httpx.HTTPTransport) -> None:
    """Close a forked process's copies of the connections that it inherited; those of its parent stay open.

    This takes no lock of the transport, because another thread of the parent may have held it during the fork.
    """
    backend: Any = transport._pool._network_backend  # noqa: SLF001
    for stream in tuple(backend.streams) if isinstance(backend, _Backend) else ():
        with contextlib.suppress(OSError):
            stream.get_extra_info("socket").close()


class _Backend:
    """An httpcore.NetworkBackend around another; `is_socks` says that it connects to a SOCKS proxy."""

    def __init__(self, inner: "httpcore.NetworkBackend", *, is_socks: bool) -> None:
        self._inner = inner
        self._is_socks = is_socks
        self.streams: WeakSet[_Stream] = WeakSet()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> "_Stream | SocksStream":
        httpcore = sys.modules["httpcore"]
        try:
            connection = connected(host, port, local_address, _limit(timeout), _check)
            for option in (*(socket_options or ()), (socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)):
                connection.setsockopt(*option)
        except TimeoutError as error:
            raise httpcore.ConnectTimeout(str(error)) from error
        except OSError as error:
            raise httpcore.ConnectError(str(error)) from error
        stream = _Stream(httpcore._backends.sync.SyncStream(connection), self.streams)  # noqa: SLF001 - it has no public name
        return SocksStream(stream, timeout) if self._is_socks else stream

    def connect_unix_socket(
        self, path: str, timeout: float | None = None, socket_options: Iterable[Any] | None = None
    ) -> "_Stream":
        return _Stream(self._inner.connect_unix_socket(path, timeout, socket_options), self.streams)

    def sleep(self, seconds: float) -> None:
        self._inner.sleep(seconds)


class _Stream:
    """An httpcore.NetworkStream around another."""

    def __init__(self, inner: "httpcore.NetworkStream", streams: "WeakSet[_Stream]") -> None:
        self._stream = inner
        self._streams = streams
        self._lock = threading.Lock()
        self._users = 0
        self._is_new = True
        self._is_closed = False
        streams.add(self)

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        with self, _until_the_end(self._shut_down), cancellable(self._shut_down):
            return self._stream.read(max_bytes, _limit(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        if not buffer:  # httpcore writes the empty body of each request, twice
            return
        if self._is_new:
            self._is_new = False
            refuse_early_bytes(self._stream)
        with self, _until_the_end(self._shut_down), cancellable(self._shut_down):
            self._stream.write(buffer, _limit(timeout))

    def close(self) -> None:
        with self._lock:
            self._is_closed = True
            is_idle = not self._users
        self._shut_down()  # closing alone would not wake up a thread that reads from the socket
        if is_idle:
            self._stream.close()

    def start_tls(
        self, ssl_context: Any, server_hostname: str | None = None, timeout: float | None = None
    ) -> TlsStream:
        self._is_new = False
        return tls_over(self, ssl_context, server_hostname, timeout)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)

    def __enter__(self) -> None:
        """Keep the socket open during the block, because a new socket could get the number of a closed one."""
        with self._lock:
            self._users += 1

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._users -= 1
            is_over = self._is_closed and not self._users
        if is_over:
            self._stream.close()

    def _shut_down(self) -> None:
        shut_down(self.get_extra_info("socket"))


def _until_the_end(interrupt: Callable[[], None]) -> contextlib.AbstractContextManager[None]:
    call = current_call.get()
    return contextlib.nullcontext() if call is None else call.lifetime.interruptible(interrupt)


def _check() -> None:
    """Raise an error if the call has ended or its query was cancelled."""
    if (call := current_call.get()) is not None:
        call.check()
    check_cancellation()


def _limit(timeout: float | None) -> float | None:
    call = current_call.get()
    if call is None:
        return timeout
    call.check()
    return call.remaining() if timeout is None else min(timeout, call.remaining())
