"""Look up the addresses of names in threads of their own, since the system's resolver cannot be interrupted.

Where a DNS server is silent, a lookup takes up to half a minute, and keeps the thread that waits for it; in one of
asyncio's, it keeps the event loop from ending.
"""

import asyncio
import copy
import ipaddress
import os
import socket
import threading
from collections.abc import Callable
from concurrent.futures import Future, wait
from typing import Any

from apitally_traffic._clock import monotonic

Addresses = list[tuple[Any, ...]]
"""What `socket.getaddrinfo` returns."""

# How often a thread that waits for a lookup checks whether it is still to wait.
_POLL_SECONDS = 0.1
# How long a lookup is shared: after that, who needs the name again may be luckier with one of their own.
_SHARED_SECONDS = 2.0


class _Lookup(Future[Addresses | Exception]):
    """A lookup, and when it was begun."""

    def __init__(self) -> None:
        super().__init__()
        self.begun = monotonic()
        self.set_running_or_notify_cancel()  # a task that is cancelled must not end it for the others


# By process, because a forked one has no thread that would complete them.
_under_way: dict[tuple[int, str, int], _Lookup] = {}


def addresses(host: str, port: int, limit: Callable[[], float | None], check: Callable[[], None]) -> Addresses:
    """Return the addresses of a host.

    Args:
        host: a name or an IP address.
        port: the port.
        limit: returns how many seconds the lookup may take, None for any number.
        check: is called ten times a second; it raises an error to end the wait.

    Raises:
        TimeoutError: the lookup has taken too long.
        OSError: the name has no address.
        UnicodeError: it cannot be a name.
    """
    if is_address(host):
        return _look_up(host, port)
    lookup, seconds, begin = _lookup(host, port), limit(), monotonic()
    while not lookup.done():
        check()
        left = _POLL_SECONDS if seconds is None else begin + seconds - monotonic()
        if left <= 0:
            raise TimeoutError("timed out")
        wait([lookup], min(left, _POLL_SECONDS))
    return _result(lookup.result())


async def addresses_async(host: str, port: int) -> Addresses:
    """Return the addresses of a name, with no bound on the time; errors are those of `addresses`."""
    return _result(await asyncio.wrap_future(_lookup(host, port)))


def is_address(host: str) -> bool:
    """Return whether a host is an IP address, which needs no lookup."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _look_up(host: str, port: int) -> Addresses:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    if not found:
        raise socket.gaierror(socket.EAI_NONAME, "The name has no address")
    return found


def _lookup(host: str, port: int) -> _Lookup:
    """Return the lookup of a name that is under way, which all who wait for it share, or start one."""
    key = (os.getpid(), host, port)
    own = _Lookup()
    try:
        lookup = _under_way.setdefault(key, own)
        if own.begun - lookup.begun > _SHARED_SECONDS:
            lookup = _under_way[key] = own
        if lookup is own:
            thread = threading.Thread(target=_complete, args=[own, key], name="apitally-traffic lookup", daemon=True)
            thread.start()
    except RuntimeError:  # "can't start new thread"
        _complete(own, key)
        return own
    except BaseException:  # of a signal handler: there may be no thread
        _under_way.pop(key, None)
        raise
    return lookup


def _complete(lookup: _Lookup, key: tuple[int, str, int]) -> None:
    _, host, port = key
    outcome: Addresses | Exception
    try:
        outcome = _look_up(host, port)
    except Exception as error:  # noqa: BLE001 - it is raised where the result is taken
        outcome = error.with_traceback(None)
    if _under_way.get(key) is lookup:
        _under_way.pop(key, None)
    lookup.set_result(outcome)


def _result(outcome: Addresses | Exception) -> Addresses:
    if isinstance(outcome, Exception):
        raise copy.copy(outcome)  # an error refers to the frames of the one who raises it
    return outcome
