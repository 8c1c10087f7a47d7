"""Decide when a connection may be reused: httpcore is too permissive in two cases.

First, unread bytes on a connection that belong to no request would be taken for the next response. httpcore looks for
them only in the socket, but they may already be in a buffer of the HTTP parser, TLS or asyncio. It also looks before it
assigns a connection to a request, and another thread may use or close the connection in between. On HTTP/2 connections
it does not look at all, and sends requests to servers that have announced, or shown, that they close the connection.

Second, httpcore lets several requests share an HTTP/2 connection, where one request can break the others: threads get
the same stream number twice; a request that times out ends all; and all wait forever if the server lowers its limit of
concurrent streams below the number of open ones. Here each request in flight has its own connection, as in HTTP/1.1.
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

# The attribute that marks a network stream as not reusable.
_OUT_OF_STEP = "apitally_traffic_out_of_step"

Transport = TypeVar("Transport", httpx.HTTPTransport, httpx.AsyncHTTPTransport)


def with_safe_reuse(transport: Transport) -> Transport:
    """Make a transport of httpx reuse connections only if that is safe, and return it."""
    pool: Any = transport._pool  # noqa: SLF001 - httpx has no public name for it
    # Weak references: a client that is not closed frees its connections when it is deleted.
    pool.create_connection = partial(_create_connection, weakref.ref(pool))
    if isinstance(transport, httpx.HTTPTransport):
        # A plain lock, because httpcore's wrapper acquires it in a method, and a signal handler may raise right after
        # that method has returned: the lock would never be released.
        pool._optional_thread_lock = threading.Lock()  # noqa: SLF001
    return transport


def forbid_reuse(response: httpx.Response) -> None:
    """Prevent further requests on the connection of a response that may not belong to its request."""
    stream = response.extensions.get("network_stream")
    with suppress(AttributeError):  # a transport that was passed in may have another kind of stream, or none
        setattr(stream, _OUT_OF_STEP, True)


class _Turn:
    """Allows one request at a time on a connection, until a request fails or finds unread bytes.

    Attributes:
        is_taken: whether a request is using the connection, and its response has not started.
        is_over: whether the connection must not be used any more.
    """

    def __init__(self) -> None:
        self.is_taken = False
        self.is_over = False

    @contextmanager
    def taken(self, pool: Any, connection: Any) -> Iterator[None]:
        """Take the turn for the block; if the connection is in use or unusable, let the pool choose another one."""
        httpcore = sys.modules["httpcore"]  # not imported above, because httpx imports it with the first transport
        # The pool holds this lock while it chooses the connections to use or to close.
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
        self.is_over = is_idle and _is_unusable(connection)
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
    """Return whether to close the connection, without the check for unread bytes, which `taken` does."""
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
    """Return whether the connection is unused; httpcore alone would also return True before the first request."""
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


def _is_unusable(connection: Any) -> bool:
    """Return whether an idle connection is broken, or has unread bytes that are not the next response."""
    protocol = protocol_of(connection)
    # Over HTTP/2, httpcore would raise the error of a failed request again for the next one.
    is_broken = getattr(protocol, "_connection_error", False) or hasattr(protocol._network_stream, _OUT_OF_STEP)  # noqa: SLF001
    return bool(is_broken or protocol.has_expired() or _has_unread_bytes(protocol))


def protocol_of(connection: Any) -> Any:
    """Return the innermost connection, which implements the HTTP protocol: a proxy's connection wraps others."""
    while (inner := getattr(connection, "_connection", None)) is not None:
        connection = inner
    return connection


def _has_unread_bytes(protocol: Any) -> bool:
    stream = protocol._network_stream  # noqa: SLF001
    if (parser := getattr(protocol, "_h11_state", None)) is not None:
        return bool(parser.trailing_data[0]) or _has_queue(stream)
    # HTTP/2 has stream numbers; but unrequested bytes announce that the server closes the connection, or are a response
    # to the stream number that it expects next.
    frames = protocol._h2_state.incoming_buffer  # noqa: SLF001
    # `_data` is for h2 since 4.2, `data` for earlier versions.
    is_cut = any(getattr(frames, name, None) for name in ("_data", "data", "_headers_buffer"))
    return is_cut or _has_queue(stream) or bool(stream.get_extra_info("is_readable"))


def refuse_early_bytes(stream: Any) -> None:
    """Raise an error if the server has sent bytes on a new connection before the first request, or has closed it.

    These bytes would be taken for the response to the first request. HTTP/2 servers may send first; and with TLS 1.3,
    bytes that are not decrypted yet may belong to TLS itself.
    """
    tls = stream.get_extra_info("ssl_object")
    if tls is None:
        is_early = bool(stream.get_extra_info("is_readable")) or _has_queue(stream)
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
    """Return whether anyio, asyncio or our TLS has buffered bytes that were received but not read."""
    encrypted = getattr(stream, "_read_bio", None) or getattr(stream, "_incoming", None)
    if encrypted is not None and encrypted.pending:
        return True
    inner = getattr(stream, "_stream", None) or getattr(stream, "transport_stream", None)
    if inner is not None:
        return _has_queue(inner)
    return bool(getattr(getattr(stream, "_protocol", None), "read_queue", None))
