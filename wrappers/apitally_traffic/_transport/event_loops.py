"""Give each event loop its own connections, because asyncio's belong to the loop in which they were opened."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from typing import NamedTuple

import httpx

from apitally_traffic._transport.fork import ForkedTransport
from apitally_traffic.errors import ConfigurationError


class _Connections(NamedTuple):
    transport: httpx.AsyncBaseTransport
    guard: AsyncGenerator[None]


_INHERITED: list[object] = []


class LoopTransports:
    """Makes a transport for each event loop in which it is used, and closes it with the loop."""

    def __init__(self, connect: Callable[[], httpx.AsyncBaseTransport]) -> None:
        """Start without connections.

        Args:
            connect: makes a transport with new connections.
        """
        self._connect = connect
        self._by_loop: dict[asyncio.AbstractEventLoop, _Connections] = {}

    async def current(self) -> httpx.AsyncBaseTransport:
        """Return the transport of the running event loop."""
        loop = asyncio.get_running_loop()
        connections = self._by_loop.get(loop)
        if connections is None:
            self._drop_closed_loops()
            transport = self._connect()
            connections = self._by_loop[loop] = _Connections(transport, _close_with_loop(transport))
            await anext(connections.guard)
        return connections.transport

    async def aclose(self) -> None:
        """Close the connections of the running event loop only; other loops may be using theirs."""
        connections = self._by_loop.get(asyncio.get_running_loop())
        self._drop_closed_loops()
        if connections is not None:
            await connections.transport.aclose()

    def renew(self) -> None:
        """Start over in a forked process."""
        # Kept alive: freeing their guards would schedule a close in an event loop that does not run in this process.
        _INHERITED.append(self._by_loop)
        self._by_loop = {}

    def _drop_closed_loops(self) -> None:
        for loop in list(self._by_loop):
            if loop.is_closed():
                self._by_loop.pop(loop, None)


class GivenTransport:
    """A transport that the caller passed in, and that stays open."""

    def __init__(self, transport: httpx.AsyncBaseTransport) -> None:
        """Wrap the transport."""
        self._transport = transport
        self._loop: asyncio.AbstractEventLoop | None = None

    async def current(self) -> httpx.AsyncBaseTransport:
        """Return the transport.

        Raises:
            ConfigurationError: the transport has connections of another event loop.
        """
        loop = asyncio.get_running_loop()
        if loop is not self._loop and isinstance(self._transport, httpx.AsyncHTTPTransport):
            if self._transport._pool.connections:  # noqa: SLF001 - httpx has no public name for it
                raise ConfigurationError(
                    "The transport of this client has connections of another event loop: close it there, or pass in "
                    "no transport, and the client makes one for each event loop."
                )
            self._loop = loop
        return self._transport

    async def aclose(self) -> None:
        """Leave the transport open."""

    def renew(self) -> None:
        """Replace httpx's own transport, whose connections belong to the parent, by one that raises errors."""
        if isinstance(self._transport, httpx.AsyncHTTPTransport):
            self._transport = ForkedTransport()


async def _close_with_loop(transport: httpx.AsyncBaseTransport) -> AsyncGenerator[None]:
    """Close a transport when its event loop ends: the loop then closes all async generators that started in it."""
    try:
        yield
    finally:
        await transport.aclose()
