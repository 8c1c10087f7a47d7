"""Free what a cancelled exchange leaves in the connection pool of an async transport.

httpcore waits for locks while it opens, uses and closes a connection. A task that is cancelled there leaves a
connection that is neither used nor free, or a request that is never removed, and a pool full of these never serves a
request again.
"""

from typing import Any

import httpx


async def close_abandoned(transport: httpx.AsyncBaseTransport, request: httpx.Request) -> None:
    """Remove a request that has ended, and close the connections that no request uses and that are not free.

    Args:
        transport: what the request was sent with; nothing is done about another one than httpx's own.
        request: the request.
    """
    if not isinstance(transport, httpx.AsyncHTTPTransport):
        return
    pool: Any = transport._pool  # noqa: SLF001 - httpx has no public name for it
    # The request of httpcore has the extensions of that of httpx.
    pool._requests[:] = [one for one in pool._requests if one.request.extensions is not request.extensions]  # noqa: SLF001
    used = {id(one.connection) for one in pool._requests}  # noqa: SLF001
    abandoned = [
        connection
        for connection in pool._connections  # noqa: SLF001
        if id(connection) not in used and not connection.is_idle() and not connection.is_closed()
    ]
    for connection in abandoned:
        pool._connections.remove(connection)  # noqa: SLF001
    abandoned += pool._assign_requests_to_connections()  # noqa: SLF001 - those that wait for one
    await pool._close_connections(abandoned)  # noqa: SLF001
