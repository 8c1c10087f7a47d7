"""TLS for threads that reads from the socket between the calls of OpenSSL, never inside a call.

Inside a call, OpenSSL continues to read as long as messages without data arrive, such as session tickets or requests
for renegotiation. A server that keeps sending them could exceed every timeout, and Python could not handle signals.
"""

import ssl
import sys
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any, TypeVar

from apitally_traffic._clock import monotonic
from apitally_traffic._transport.reuse import refuse_early_bytes

Result = TypeVar("Result")

_CHUNK = 65536
# How many chunks that arrive before the first request are looked at.
_MAX_READY = 16
_READY_SECONDS = 0.01


class TlsStream:
    """An httpcore.NetworkStream with TLS over another stream, which may itself be TLS to a proxy."""

    def __init__(self, stream: Any, context: ssl.SSLContext, server_hostname: str | None) -> None:
        """Prepare a connection; `shake_hands` does the handshake.

        Args:
            stream: the stream below TLS.
            context: the certificates and versions to accept.
            server_hostname: the host name that the certificate must contain.
        """
        self._stream = stream
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_hostname=server_hostname)
        self._is_new = True

    def shake_hands(self, timeout: float | None) -> None:
        """Do the whole handshake within `timeout` seconds."""
        httpcore = sys.modules["httpcore"]  # not imported above, because httpx imports it with the first transport
        self._run(self._tls.do_handshake, timeout, httpcore.ConnectTimeout, httpcore.ConnectError)

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Return the next bytes that arrive within `timeout` seconds; none at the end, even without a close message."""
        httpcore = sys.modules["httpcore"]
        read = partial(self._read, max_bytes)
        return self._run(read, timeout, httpcore.ReadTimeout, httpcore.ReadError)

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Send bytes."""
        if not buffer:  # httpcore writes the empty body of each request, twice
            return
        if self._is_new:
            self._is_new = False
            refuse_early_bytes(self)
        httpcore = sys.modules["httpcore"]
        self._run(partial(self._tls.write, buffer), timeout, httpcore.WriteTimeout, httpcore.WriteError)

    def close(self) -> None:
        """Close the connection."""
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> "TlsStream":
        """Return a stream with TLS inside this one."""
        return tls_over(self, ssl_context, server_hostname, timeout)

    def get_extra_info(self, info: str) -> Any:
        """Return a value that httpcore asks for by name."""
        return self._tls if info == "ssl_object" else self._stream.get_extra_info(info)

    def receive_ready(self) -> None:
        """Receive the bytes that have arrived, without waiting for more."""
        httpcore = sys.modules["httpcore"]
        for _ in range(_MAX_READY):
            if not self._stream.get_extra_info("is_readable"):
                return
            with suppress(httpcore.TimeoutException, httpcore.NetworkError):  # an outer TLS record may be incomplete
                self._receive(_READY_SECONDS)

    def _read(self, max_bytes: int) -> bytes:
        try:
            return self._tls.read(max_bytes)
        except ssl.SSLEOFError:
            return b""

    def _run(
        self,
        operation: Callable[[], Result],
        timeout: float | None,
        timeout_error: type[Exception],
        network_error: type[Exception],
    ) -> Result:
        httpcore = sys.modules["httpcore"]
        end = None if timeout is None else monotonic() + timeout
        try:
            while True:
                try:
                    result = operation()
                except ssl.SSLWantReadError:
                    self._send(end)
                    self._receive(_remaining(end))
                else:
                    self._send(end)
                    return result
        except httpcore.TimeoutException as error:
            raise timeout_error(str(error)) from error
        except ssl.SSLError as error:
            with suppress(httpcore.TimeoutException, httpcore.NetworkError):
                self._send(end)  # the alert with the reason
            raise network_error(str(error)) from error
        except httpcore.NetworkError as error:
            raise network_error(str(error)) from error

    def _send(self, end: float | None) -> None:
        if self._outgoing.pending:
            self._stream.write(self._outgoing.read(), _remaining(end))

    def _receive(self, seconds: float | None) -> None:
        received = self._stream.read(_CHUNK, seconds)
        if received:
            self._incoming.write(received)
        else:
            self._incoming.write_eof()


def tls_over(stream: Any, context: ssl.SSLContext, server_hostname: str | None, timeout: float | None) -> TlsStream:
    """Return a stream with TLS over `stream`, which is closed if the handshake fails."""
    made = TlsStream(stream, context, server_hostname)
    try:
        made.shake_hands(timeout)
    except BaseException:
        made.close()
        raise
    return made


def _remaining(end: float | None) -> float | None:
    if end is None:
        return None
    remaining = end - monotonic()
    if remaining <= 0:
        raise sys.modules["httpcore"].TimeoutException("timed out")
    return remaining
