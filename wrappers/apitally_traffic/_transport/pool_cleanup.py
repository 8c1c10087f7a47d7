"""Remove what a cancelled exchange leaves in the connection pool of an async transport.

httpcore waits for locks while it opens, uses and closes a connection. A task that is cancelled during such a wait
leaves a connection that is neither used nor free, or a request that is never removed; a pool full of these never serves
a request again. An abandoned HTTP/2 connection looks free, although it may not be completely set up.
"""

from typing import Any

import httpx

from apitally_traffic._transport.reuse import protocol_of


async def close_abandoned(transport: httpx.AsyncBaseTransport, request: httpx.Request) -> None:
    """Remove a failed request, and close the connections that are neither used by a request nor free.

    Args:
        transport: the transport that sent the request; only httpx's own is cleaned up.
        request: the failed request.
    """
    if not isinstance(transport, httpx.AsyncHTTPTransport):
        return
    pool: Any = transport._pool  # noqa: SLF001 - httpx has no public name for it
    # The requests are matched by their extensions, because httpx passes the same dictionary to httpcore.
    pool._requests[:] = [one for one in pool._requests if one.request.extensions is not request.extensions]  # noqa: SLF001
    used = {id(one.connection) for one in pool._requests}  # noqa: SLF001
    abandoned = [
        connection
        for connection in pool._connections  # noqa: SLF001
        if id(connection) not in used and not (connection.is_closed() or _is_free(connection))
    ]
    for connection in abandoned:
        pool._connections.remove(connection)  # noqa: SLF001
    abandoned += pool._assign_requests_to_connections()  # noqa: SLF001 - serves waiting requests
    await pool._close_connections(abandoned)  # noqa: SLF001


def _is_free(connection: Any) -> bool:
    return connection.is_idle() and not hasattr(protocol_of(connection), "_h2_state")
