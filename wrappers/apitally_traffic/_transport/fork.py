"""Give clients in a forked process their own connections and locks.

A forked process inherits the sockets of its parent: if both use them, each receives responses for the other. It also
inherits locks, which stay locked forever if another thread of the parent held them.
"""

import os
from typing import NoReturn, Protocol
from weakref import WeakSet

import httpx

from apitally_traffic.errors import ConfigurationError


class Renewable(Protocol):
    """An object with connections or locks that a forked process must not share."""

    def renew(self) -> None:
        """Replace connections and locks."""
        ...


class ForkedTransport(httpx.BaseTransport, httpx.AsyncBaseTransport):
    """Replaces, in a forked process, a transport that was passed in: raises an error for each request."""

    def handle_request(self, request: httpx.Request) -> NoReturn:  # noqa: ARG002
        """Raise a ConfigurationError."""
        raise ConfigurationError(
            "The transport of this client has connections of the process that was forked: "
            "make the client and its transport in the new process."
        )

    async def handle_async_request(self, request: httpx.Request) -> NoReturn:
        """Raise a ConfigurationError."""
        self.handle_request(request)


_renewables: WeakSet[Renewable] = WeakSet()


def renew_after_fork(renewable: Renewable) -> None:
    """Call `renew` in each process that is forked from this one."""
    _renewables.add(renewable)


def _renew_all() -> None:
    for renewable in tuple(_renewables):
        renewable.renew()


if hasattr(os, "register_at_fork"):  # Windows has no fork
    os.register_at_fork(after_in_child=_renew_all)
