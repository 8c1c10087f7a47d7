"""Connect sockets within a time limit, in a way that another thread can end."""

import contextlib
import errno
import os
import selectors
import socket
from collections import deque
from collections.abc import Callable, Iterable
from math import inf
from typing import Any

from apitally_traffic._clock import monotonic
from apitally_traffic._transport.dns import addresses
from apitally_traffic._transport.reasons import EXHAUSTION

SLOW_SECONDS = 0.25
"""How long an attempt to connect lasts before a concurrent one to the host's next address is started; see RFC 8305."""

# How often an attempt to connect checks whether to continue: not every system lets another thread end it.
_POLL_SECONDS = 0.1
_STARTED = {0, errno.EINPROGRESS, errno.EWOULDBLOCK}


def connected(
    host: str, port: int, local_address: str | None, seconds: float | None, check: Callable[[], None]
) -> socket.socket:
    """Return a connection to the first address of a host that accepts one.

    Args:
        host: a name or an IP address.
        port: the port.
        local_address: the address to connect from; None for any.
        seconds: how long it may take in all, or None for no limit.
        check: called ten times a second; raises an error to end the attempt.

    Raises:
        TimeoutError: it took too long.
        OSError: the host has no address, or no connection can be made to any; the error is that of the last attempt, or
            of one for which no more sockets could be made, also where the others took too long.
        UnicodeError: the host is not a valid name.
    """
    end = inf if seconds is None else monotonic() + seconds
    found = addresses(host, port, seconds, check)
    with selectors.DefaultSelector() as running:
        try:
            return _first_of(found, local_address, running, end, check)
        finally:
            for key in tuple(running.get_map().values()):
                key.data.close()


def _first_of(
    found: Iterable[tuple[Any, ...]],
    local_address: str | None,
    running: selectors.BaseSelector,
    end: float,
    check: Callable[[], None],
) -> socket.socket:
    """Return the connection of the first attempt that succeeds; start each when the previous one fails or is slow."""
    waiting = deque(found)
    due = -inf
    failure = OSError(errno.EADDRNOTAVAIL, os.strerror(errno.EADDRNOTAVAIL))
    exhaustion: OSError | None = None
    while waiting or running.get_map():
        check()
        if (now := monotonic()) >= end:
            raise exhaustion or TimeoutError("timed out")
        if waiting and now >= due:
            try:
                connection = _started(waiting.popleft(), local_address)
            except OSError as error:
                failure = error
                exhaustion = error if error.errno in EXHAUSTION else exhaustion
                continue
            running.register(connection, selectors.EVENT_WRITE, connection)
            due = now + SLOW_SECONDS
        remaining = min(end, due if waiting else inf) - now
        for key, _ in running.select(min(remaining, _POLL_SECONDS)):
            attempt: socket.socket = key.data
            running.unregister(attempt)
            if not (number := attempt.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)):
                return attempt
            attempt.close()
            failure, due = OSError(number, os.strerror(number)), -inf
    raise exhaustion or failure


def _started(found: tuple[Any, ...], local_address: str | None) -> socket.socket:
    """Return a socket that is about to be connected to an address."""
    family, kind, protocol, _, address = found
    with contextlib.ExitStack() as held:
        connection = held.enter_context(socket.socket(family, kind, protocol))
        if local_address is not None:
            connection.bind((local_address, 0))
        connection.settimeout(0)
        try:
            number = connection.connect_ex(address)
        except (TypeError, ValueError, OverflowError):
            raise unknown_form() from None
        if number not in _STARTED:
            raise OSError(number, os.strerror(number))
        held.pop_all()
    return connection


def unknown_form() -> OSError:
    """Return the error for what a resolver has instead of an address and a port."""
    return OSError(errno.EADDRNOTAVAIL, "The name has an address of an unknown form")


def shut_down(connection: socket.socket) -> None:
    """Shut down a socket, which wakes up a thread that is blocked in it."""
    with contextlib.suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)
