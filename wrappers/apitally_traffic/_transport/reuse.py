"""Decide when a connection may be used again: httpcore is too generous in two cases.

On a connection may wait bytes that no request asked for, which would be taken for the next response. httpcore looks for
them in the socket alone; they may be further on, in the buffers of the HTTP parser, TLS or asyncio. And it looks before
it chooses a connection for a request, which another thread may use, or close, in between. On HTTP/2 connections it does
not look at all, and sends requests to servers that have said, or shown, that they go away.

And httpcore lets several requests share an HTTP/2 connection, where one of them can harm the others: threads get the
same number twice; one that times out ends all; and all wait for ever where the server lowers its limit of concurrent
streams below what is open. Here each request in flight has a connection of its own, as in HTTP/1.1.
"""

import sys
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from typing import Any, TypeVar

import httpx

# An attribute of a network stream.
_OUT_OF_STEP = "apitally_traffic_out_of_step"

Transport = TypeVar("Transport", httpx.HTTPTransport, httpx.AsyncHTTPTransport)


def with_safe_reuse(transport: Transport) -> Transport:
    """Let a transport of httpx use a connection again only where that is safe, and return it."""
    pool: Any = transport._pool  # noqa: SLF001 - httpx has no public name for it
    # Weak references: a client that is not closed frees its connections when it is deleted.
    pool.create_connection = partial(_create_connection, weakref.ref(pool))
    if isinstance(transport, httpx.HTTPTransport):
        # httpcore's own lock takes this one in a function, after whose call a signal handler may raise: nobody would
        # release it.
        pool._optional_thread_lock = threading.Lock()  # noqa: SLF001
    return transport


def forbid_reuse(response: httpx.Response) -> None:
    """Let no request follow on the connection of a response that does not belong to its request."""
    stream = response.extensions.get("network_stream")
    with suppress(AttributeError):  # of a transport that is passed in
        setattr(stream, _OUT_OF_STEP, True)


class _Turn:
    """Whose turn it is on a connection: one request at a time, until one fails or finds something else on it.

    Attributes:
        is_taken: whether a request is being sent, or has been sent and its response has not begun.
        is_over: whether no further request may be sent.
    """

    def __init__(self) -> None:
        self.is_taken = False
        self.is_over = False

    @contextmanager
    def taken(self, pool: Any, connection: Any) -> Iterator[None]:
        """Let a request be sent unless the connection is in use or spoilt; the pool then finds another one."""
        httpcore = sys.modules["httpcore"]  # httpx imports it when it makes a transport, and not before
        # The pool holds this lock while it chooses connections, and those to be closed.
        with pool._optional_thread_lock:  # noqa: SLF001
            is_kept = connection in pool._connections  # noqa: SLF001
            if not is_kept or self.is_taken or self.is_over or not self._is_free(connection):
                raise httpcore.ConnectionNotAvailable
            self.is_taken = True
        try:
            yield
        except BaseException as error:
            self.is_over = not isinstance(error, httpcore.ConnectionNotAvailable)
            raise
        finally:
            self.is_taken = False

    def _is_free(self, connection: Any) -> bool:
        if not _is_connected(connection):
            return True
        is_idle = bool(protocol_of(connection).is_idle())
        self.is_over = is_idle and _is_spoilt(connection)
        return is_idle and not self.is_over


def _create_connection(pool_reference: weakref.ref[Any], origin: Any) -> Any:
    pool: Any = pool_reference()
    connection = type(pool).create_connection(pool, origin)
    reference, turn = weakref.ref(connection), _Turn()
    connection.has_expired = partial(_has_expired, reference, turn)
    connection.is_available = partial(_is_available, reference, turn)
    connection.is_idle = partial(_is_idle, reference, turn)
    if hasattr(pool, "aclose"):
        connection.handle_async_request = partial(_handle_alone_async, pool_reference, reference, turn)
    else:
        connection.handle_request = partial(_handle_alone, pool_reference, reference, turn)
    return connection


def _has_expired(reference: weakref.ref[Any], turn: _Turn) -> bool:
    """Return whether to close the connection; what waits on it is looked for when it is taken."""
    connection: Any = reference()
    if turn.is_over or turn.is_taken:
        return turn.is_over
    if not _is_connected(connection):
        return bool(type(connection).has_expired(connection))
    expires_at = protocol_of(connection)._expire_at  # noqa: SLF001
    return expires_at is not None and time.monotonic() > expires_at


def _is_available(reference: weakref.ref[Any], turn: _Turn) -> bool:
    connection: Any = reference()
    is_available: bool = type(connection).is_available(connection)
    return is_available and connection.is_idle() and not turn.is_over


def _is_idle(reference: weakref.ref[Any], turn: _Turn) -> bool:
    """Return whether no request uses the connection; by itself, httpcore says so before it has begun the first one."""
    connection: Any = reference()
    return not turn.is_taken and bool(type(connection).is_idle(connection))


def _handle_alone(pool: weakref.ref[Any], reference: weakref.ref[Any], turn: _Turn, request: Any) -> Any:
    connection: Any = reference()
    with turn.taken(pool(), connection):
        return type(connection).handle_request(connection, request)


async def _handle_alone_async(pool: weakref.ref[Any], reference: weakref.ref[Any], turn: _Turn, request: Any) -> Any:
    connection: Any = reference()
    with turn.taken(pool(), connection):
        return await type(connection).handle_async_request(connection, request)


def _is_connected(connection: Any) -> bool:
    return not hasattr(protocol_of(connection), "_connection")


def _is_spoilt(connection: Any) -> bool:
    """Return whether what comes next on an idle connection would not be the response to the next request."""
    protocol = protocol_of(connection)
    # Over HTTP/2, httpcore would raise the error of a request that has failed for the next one.
    is_broken = getattr(protocol, "_connection_error", False) or hasattr(protocol._network_stream, _OUT_OF_STEP)  # noqa: SLF001
    return bool(is_broken or protocol.has_expired() or _has_unread_bytes(protocol))


def protocol_of(connection: Any) -> Any:
    """Return what speaks HTTP on a connection, which may lead through a proxy, or else the connection itself."""
    while (inner := getattr(connection, "_connection", None)) is not None:
        connection = inner
    return connection


def _has_unread_bytes(protocol: Any) -> bool:
    stream = protocol._network_stream  # noqa: SLF001
    if (parser := getattr(protocol, "_h11_state", None)) is not None:
        return bool(parser.trailing_data[0]) or _has_queue(stream)
    # HTTP/2 numbers requests and responses; but what a server sends without being asked is that it goes away, or the
    # response to the request that it expects next.
    frames = protocol._h2_state.incoming_buffer  # noqa: SLF001
    # The first of these is that of h2 since 4.2, the second that of earlier ones.
    is_cut = any(getattr(frames, name, None) for name in ("_data", "data", "_headers_buffer"))
    return is_cut or _has_queue(stream) or bool(stream.get_extra_info("is_readable"))


def refuse_early_bytes(stream: Any) -> None:
    """Raise an error where the other side of a new connection has sent something before it was asked, or has left.

    It would be taken for the response to the first request. HTTP/2 servers may begin; and with TLS 1.3, what has
    arrived and is not decrypted yet may be of TLS itself.
    """
    tls = stream.get_extra_info("ssl_object")
    if tls is None:
        is_early = bool(stream.get_extra_info("is_readable"))
    elif tls.selected_alpn_protocol() == "h2":
        is_early = False
    elif tls.version() != "TLSv1.3":
        is_early = bool(stream.get_extra_info("is_readable")) or _has_queue(stream) or _can_read(partial(tls.read, 1))
    else:
        if (receive_ready := getattr(stream, "receive_ready", None)) is not None:
            receive_ready()
        is_early = _has_queue(stream) and _can_read(partial(tls.read, 1))
    if is_early:
        httpcore = sys.modules["httpcore"]
        raise httpcore.RemoteProtocolError("it sent something, or closed the connection, before it was asked")


def _can_read(read: Callable[[], bytes]) -> bool:
    try:
        return bool(read())
    except OSError:  # such as SSLWantReadError
        return False


def _has_queue(stream: Any) -> bool:
    """Return whether anyio, asyncio, or TLS in a thread, has received more than was read, and keeps it."""
    encrypted = getattr(stream, "_read_bio", None) or getattr(stream, "_incoming", None)
    if encrypted is not None and encrypted.pending:
        return True
    inner = getattr(stream, "_stream", None) or getattr(stream, "transport_stream", None)
    if inner is not None:
        return _has_queue(inner)
    return bool(getattr(getattr(stream, "_protocol", None), "read_queue", None))
