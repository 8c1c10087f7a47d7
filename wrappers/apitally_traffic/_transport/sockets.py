"""Connect sockets within a time limit, in a way that another thread can end."""

import contextlib
import errno
import os
import selectors
import socket
from collections.abc import Callable
from math import inf
from typing import Any

from apitally_traffic._clock import monotonic
from apitally_traffic._transport.dns import addresses

# How often an attempt to connect checks whether to continue: not every system lets another thread end it.
_POLL_SECONDS = 0.1
_IN_PROGRESS = {errno.EINPROGRESS, errno.EWOULDBLOCK}


def connected(
    host: str, port: int, local_address: str | None, limit: Callable[[], float | None], check: Callable[[], None]
) -> socket.socket:
    """Return a connection to the first address of a host that accepts one.

    Args:
        host: a name or an IP address.
        port: the port.
        local_address: the address to connect from; None for any.
        limit: returns how many seconds the lookup of the name, or the next address, may take, or None for no limit;
            Python itself would give each address of a host the whole time.
        check: called ten times a second; raises an error to end the attempt.

    Raises:
        TimeoutError: the lookup or the last address took too long.
        OSError: the host has no address, or no connection to the last one can be made.
        UnicodeError: the host is not a valid name.
    """
    *others, last = addresses(host, port, limit, check)
    for found in others:
        with contextlib.suppress(OSError):
            return _connected(found, local_address, limit(), check)
    return _connected(last, local_address, limit(), check)


def _connected(
    found: tuple[Any, ...], local_address: str | None, seconds: float | None, check: Callable[[], None]
) -> socket.socket:
    family, kind, protocol, _, address = found
    end = inf if seconds is None else monotonic() + seconds
    with contextlib.ExitStack() as held:
        connection = held.enter_context(socket.socket(family, kind, protocol))
        if local_address is not None:
            connection.bind((local_address, 0))
        connection.settimeout(0)
        failure = connection.connect_ex(address)
        with selectors.DefaultSelector() as selector:
            selector.register(connection, selectors.EVENT_WRITE)
            while failure in _IN_PROGRESS:
                check()
                remaining = end - monotonic()
                if remaining <= 0:
                    raise TimeoutError("timed out")
                if selector.select(min(remaining, _POLL_SECONDS)):
                    failure = connection.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if failure:
            raise OSError(failure, os.strerror(failure))
        held.pop_all()
    return connection


def shut_down(connection: socket.socket) -> None:
    """Shut down a socket, which wakes up a thread that is blocked in it."""
    with contextlib.suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)
