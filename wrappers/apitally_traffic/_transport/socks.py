"""Read the replies of a SOCKS proxy completely, and within the connect timeout.

httpcore reads once for each reply of the handshake, without a timeout, and lets errors of socksio through: a reply in
two segments fails, and a silent proxy is waited for until the deadline.
"""

# ruff: noqa: ASYNC109 - the parameters of httpcore's interface
import asyncio
import sys
from collections.abc import Awaitable, Callable
from math import inf
from types import TracebackType
from typing import Any, TypeVar

from apitally_traffic._clock import monotonic
from apitally_traffic._clock import timeout as real_timeout
from apitally_traffic._transport.reuse import refuse_early_bytes
from apitally_traffic._transport.socks_replies import Reply

Result = TypeVar("Result")


class _Handshake:
    """The state of a handshake, and of the connection after it.

    Attributes:
        is_over: whether the proxy has opened the tunnel.
        is_new: whether nothing was sent through the tunnel yet.
    """

    def __init__(self, seconds: float | None) -> None:
        self.is_over = False
        self.is_new = True
        self._end = inf if seconds is None else monotonic() + seconds
        self._reply: Reply | None = None

    def send(self, message: bytes) -> None:
        """Expect the reply to a message."""
        self._reply = Reply(message)

    def reply(self) -> Reply:
        """Return the reply to the last message."""
        assert self._reply is not None, "httpcore sends first"
        return self._reply

    def remaining(self) -> float:
        """Return the seconds that are left."""
        return self._end - monotonic()

    def begin(self, stream: Any) -> None:
        """Refuse what has come through the tunnel before the first request is sent."""
        if self.is_new:
            self.is_new = False
            refuse_early_bytes(stream)


class _AsConnecting:
    """A block whose errors are turned into those of a connection that cannot be made."""

    def __enter__(self) -> None:
        pass

    def __exit__(self, _: type[BaseException] | None, error: BaseException | None, __: TracebackType | None) -> None:
        httpcore = sys.modules["httpcore"]  # not imported above, because httpx imports it with the first transport
        if isinstance(error, httpcore.TimeoutException | TimeoutError):
            raise httpcore.ConnectTimeout(str(error)) from error
        if isinstance(error, httpcore.NetworkError):
            raise httpcore.ConnectError(str(error)) from error
        if isinstance(error, httpcore.ProtocolError):  # of `refuse_early_bytes`
            raise httpcore.ProxyError(
                "the proxy sent something, or closed the connection, before it was asked"
            ) from error


class SocksStream:
    """An httpcore.NetworkStream around a new connection to a SOCKS proxy."""

    def __init__(self, stream: Any, seconds: float | None) -> None:
        """Let the handshake take up to `seconds` from now."""
        self._stream = stream
        self._handshake = _Handshake(seconds)

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Return the next bytes; in the handshake, a complete reply."""
        return self._stream.read(max_bytes, timeout) if self._handshake.is_over else self._run(self._receive)

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Send bytes."""
        if self._handshake.is_over:
            self._handshake.begin(self._stream)
            self._stream.write(buffer, timeout)
        else:
            self._handshake.send(buffer)
            self._run(lambda: self._stream.write(buffer, self._remaining()))

    def close(self) -> None:
        """Close the connection."""
        self._stream.close()

    def start_tls(self, ssl_context: Any, server_hostname: str | None = None, timeout: float | None = None) -> Any:
        """Return a stream with TLS through the tunnel, without this one in between."""
        return self._stream.start_tls(ssl_context, server_hostname, timeout)

    def get_extra_info(self, info: str) -> Any:
        """Return a value that httpcore asks for by name."""
        return self._stream.get_extra_info(info)

    def _receive(self) -> bytes:
        reply = self._handshake.reply()
        while reply.missing:
            reply.receive(self._stream.read(reply.missing, self._remaining()))
        self._handshake.is_over = reply.is_last
        return reply.accepted

    def _run(self, operation: Callable[[], Result]) -> Result:
        try:
            with _AsConnecting():
                return operation()
        except BaseException:
            self.close()  # nothing else refers to it yet
            raise

    def _remaining(self) -> float | None:
        remaining = self._handshake.remaining()
        if remaining <= 0:
            raise TimeoutError("timed out")
        return None if remaining == inf else remaining


class AsyncSocksStream:
    """An httpcore.AsyncNetworkStream around a new connection to a SOCKS proxy."""

    def __init__(self, stream: Any, seconds: float | None) -> None:
        """Let the handshake take up to `seconds` from now."""
        self._stream = stream
        self._handshake = _Handshake(seconds)

    def read(self, max_bytes: int, timeout: float | None = None) -> Awaitable[bytes]:
        """Return the next bytes; in the handshake, a complete reply."""
        is_over = self._handshake.is_over
        read: Awaitable[bytes] = self._stream.read(max_bytes, timeout) if is_over else self._run(self._receive)
        return read

    def write(self, buffer: bytes, timeout: float | None = None) -> Awaitable[None]:
        """Send bytes."""
        if not self._handshake.is_over:
            self._handshake.send(buffer)
            return self._run(lambda: self._stream.write(buffer))
        self._handshake.begin(self._stream)
        written: Awaitable[None] = self._stream.write(buffer, timeout)
        return written

    async def aclose(self) -> None:
        """Close the connection."""
        await self._stream.aclose()

    async def start_tls(
        self, ssl_context: Any, server_hostname: str | None = None, timeout: float | None = None
    ) -> Any:
        """Return a stream with TLS through the tunnel, without this one in between."""
        return await self._stream.start_tls(ssl_context, server_hostname, timeout)

    def get_extra_info(self, info: str) -> Any:
        """Return a value that httpcore asks for by name."""
        return self._stream.get_extra_info(info)

    async def _receive(self) -> bytes:
        reply = self._handshake.reply()
        while reply.missing:
            reply.receive(await self._stream.read(reply.missing))
        self._handshake.is_over = reply.is_last
        return reply.accepted

    async def _run(self, operation: Callable[[], Awaitable[Result]]) -> Result:
        try:
            with _AsConnecting():
                async with real_timeout(self._handshake.remaining()):
                    return await operation()
        except (Exception, asyncio.CancelledError):
            await asyncio.shield(self.aclose())  # nothing else refers to it yet
            raise
