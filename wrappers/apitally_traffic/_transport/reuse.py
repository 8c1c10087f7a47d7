"""Reuse no connection on which bytes wait that no request asked for: they would be taken for the next response.

httpcore asks the socket alone. By then the bytes may be further on: in the buffers of the HTTP parser, TLS or asyncio.
"""

import weakref
from functools import partial
from typing import Any, TypeVar

import httpx

Transport = TypeVar("Transport", httpx.HTTPTransport, httpx.AsyncHTTPTransport)


def without_unread_bytes(transport: Transport) -> Transport:
    """Let a transport of httpx close idle connections with unread bytes, and return it."""
    pool: Any = transport._pool  # noqa: SLF001 - httpx has no public name for it
    # Weak references: a client that is not closed frees its connections when it is deleted.
    pool.create_connection = partial(_create_connection, weakref.ref(pool))
    return transport


def _create_connection(pool_reference: weakref.ref[Any], origin: Any) -> Any:
    pool: Any = pool_reference()
    connection = type(pool).create_connection(pool, origin)
    connection.has_expired = partial(_has_expired, weakref.ref(connection))
    return connection


def _has_expired(reference: weakref.ref[Any]) -> bool:
    connection: Any = reference()
    has_expired: bool = type(connection).has_expired(connection)
    return has_expired or (connection.is_idle() and _has_unread_bytes(connection))


def _has_unread_bytes(connection: Any) -> bool:
    while (inner := getattr(connection, "_connection", None)) is not None:  # a proxy's, for instance
        connection = inner
    parser = getattr(connection, "_h11_state", None)
    if parser is None:
        return False  # HTTP/2 numbers requests and responses
    return bool(parser.trailing_data[0]) or _has_queue(connection._network_stream)  # noqa: SLF001


def _has_queue(stream: Any) -> bool:
    """Return whether anyio has received, or asyncio put into its queue, more than was read."""
    if (encrypted := getattr(stream, "_read_bio", None)) is not None and encrypted.pending:
        return True
    inner = getattr(stream, "_stream", None) or getattr(stream, "transport_stream", None)
    if inner is not None:
        return _has_queue(inner)
    return bool(getattr(getattr(stream, "_protocol", None), "read_queue", None))
