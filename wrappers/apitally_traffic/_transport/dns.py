"""Look up the addresses of names in separate threads, because the system's resolver cannot be interrupted.

If a DNS server does not respond, a lookup blocks its thread for up to half a minute; in a thread of asyncio, it also
prevents the event loop from ending.
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
"""The return type of `socket.getaddrinfo`."""

# How often a thread that waits for a lookup checks whether to continue.
_POLL_SECONDS = 0.1
# How long a running lookup is shared: after that, a new one is more likely to succeed.
_SHARED_SECONDS = 2.0


class _Lookup(Future[Addresses | Exception]):
    """A running lookup and its start time."""

    def __init__(self) -> None:
        super().__init__()
        self.started = monotonic()
        self.set_running_or_notify_cancel()  # prevents a cancelled task from ending it for the others


# The key contains the process, because a forked one has no thread that would complete an inherited lookup.
_running: dict[tuple[int, str, int], _Lookup] = {}


def addresses(host: str, port: int, seconds: float | None, check: Callable[[], None]) -> Addresses:
    """Return the addresses of a host.

    Args:
        host: a name or an IP address.
        port: the port.
        seconds: how long the lookup may take, or None for no limit.
        check: called ten times a second; raises an error to end the wait.

    Raises:
        TimeoutError: the lookup took too long.
        OSError: the name has no address.
        UnicodeError: the host is not a valid name.
    """
    if is_address(host):
        return _look_up(host, port)
    lookup, started = _lookup(host, port), monotonic()
    while not lookup.done():
        check()
        remaining = _POLL_SECONDS if seconds is None else started + seconds - monotonic()
        if remaining <= 0:
            raise TimeoutError("timed out")
        wait([lookup], min(remaining, _POLL_SECONDS))
    return _result(lookup.result())


async def addresses_async(host: str, port: int) -> Addresses:
    """Return the addresses of a name, without a time limit; errors are those of `addresses`."""
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
    """Return the running lookup of a name, which all waiting threads and tasks share, or start one."""
    key = (os.getpid(), host, port)
    own = _Lookup()
    try:
        lookup = _running.setdefault(key, own)
        if own.started - lookup.started > _SHARED_SECONDS:
            lookup = _running[key] = own
        if lookup is own:
            thread = threading.Thread(target=_complete, args=[own, key], name="apitally-traffic lookup", daemon=True)
            thread.start()
    except RuntimeError:  # "can't start new thread"
        _complete(own, key)
        return own
    except BaseException:  # raised by a signal handler, perhaps before the thread was started
        _running.pop(key, None)
        raise
    return lookup


def _complete(lookup: _Lookup, key: tuple[int, str, int]) -> None:
    _, host, port = key
    outcome: Addresses | Exception
    try:
        outcome = _look_up(host, port)
    except Exception as error:  # noqa: BLE001 - `_result` raises it
        outcome = error.with_traceback(None)
    if _running.get(key) is lookup:
        _running.pop(key, None)
    lookup.set_result(outcome)


def _result(outcome: Addresses | Exception) -> Addresses:
    if isinstance(outcome, Exception):
        raise copy.copy(outcome)  # a copy, because a raised error refers to the frames of its caller
    return outcome
