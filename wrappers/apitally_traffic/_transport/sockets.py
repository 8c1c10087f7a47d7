"""Sockets that do what the system's own calls do not: they end within a time, and when they are asked to."""

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

# How often the making of a connection looks whether it is still to go on: not every system lets another thread end it.
_POLL_SECONDS = 0.1
_UNDER_WAY = {errno.EINPROGRESS, errno.EWOULDBLOCK}


def connected(
    host: str, port: int, local_address: str | None, limit: Callable[[], float | None], check: Callable[[], None]
) -> socket.socket:
    """Return a connection to the first address of a host that accepts one.

    Args:
        host: a name or an IP address.
        port: the port.
        local_address: the address to connect from; None for any.
        limit: returns how many seconds the lookup of the name, or the next address, may take, None for any number;
            Python would give each address of a host the whole time.
        check: is called ten times a second; it raises an error to end the attempt.

    Raises:
        TimeoutError: the lookup or the last address has taken too long.
        OSError: the host has no address, or the last one cannot be connected to.
        UnicodeError: the host cannot be a name.
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
            while failure in _UNDER_WAY:
                check()
                left = end - monotonic()
                if left <= 0:
                    raise TimeoutError("timed out")
                if selector.select(min(left, _POLL_SECONDS)):
                    failure = connection.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if failure:
            raise OSError(failure, os.strerror(failure))
        held.pop_all()
    return connection


def shut_down(connection: socket.socket) -> None:
    """Wake up the thread that is blocked in a socket, if there is one."""
    with contextlib.suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)
