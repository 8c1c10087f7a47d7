"""One attempt to send a request and read its response: all parts without I/O, which both transports share."""

import logging
import sys
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from http import HTTPStatus
from typing import Any

import httpx

from apitally_traffic._clock import monotonic
from apitally_traffic._decoding import FalseRowsError
from apitally_traffic._settings import Settings, origin_of
from apitally_traffic._transport.body import ACCEPT_ENCODING, BodyError, BodyReader, remark_on_coding
from apitally_traffic._transport.call import CALL, Call
from apitally_traffic._transport.error_mapping import (
    LOST_BODY,
    error_of_body,
    error_of_exception,
    error_of_response,
    server_of,
    with_details,
)
from apitally_traffic._transport.pacing import Outcome
from apitally_traffic._transport.retry import pause_after
from apitally_traffic._transport.reuse import forbid_reuse
from apitally_traffic.errors import ApitallyError, ConfigurationError

DECODE = "apitally_traffic.decode"
"""The request extension with a function that decodes the body of the response, given the body and the headers.

The function raises a ValueError if the body cannot be used, or an ApitallyError without the details of the response.
"""

Decode = Callable[[bytes, Mapping[str, str]], Any]

DECODED = "apitally_traffic.decoded"
"""The response extension with the return value of that function."""

_EXCHANGE_ERRORS = (httpx.HTTPError, httpx.StreamError, httpx.InvalidURL, ValueError, OSError, BodyError)
"""The errors of a failed exchange; ValueError is for an invalid host name or HTTP/2 status, OSError for transports."""

_NOT_CONNECTED = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError)
"""The errors of a request that was not sent, because there is no connection to the server."""

_LET_THROUGH = {
    "h2": {"H2Error"},
    "anyio": {"BrokenResourceError", "BusyResourceError", "ClosedResourceError", "EndOfStream"},
}
"""Errors of a broken connection that httpcore does not convert while it reads a body or writes over TLS, by package."""

_logger = logging.getLogger("apitally_traffic")

# Headers that do not apply any more, because the body is decompressed or lost; and cookies, which are not kept.
_DROPPED_HEADERS = {b"content-encoding", b"content-length", b"transfer-encoding", b"set-cookie"}


def exchange_errors() -> tuple[type[Exception], ...]:
    """Return the exceptions that mean that an exchange failed; call it in the `except` clause itself.

    The current exception is compared by name: importing its package could fail, for example without free file handles.
    """
    error = sys.exception()
    if not isinstance(error, Exception):
        return _EXCHANGE_ERRORS
    kinds = type(error).__mro__
    is_let_through = any(kind.__name__ in _LET_THROUGH.get(kind.__module__.partition(".")[0], ()) for kind in kinds)
    return (*_EXCHANGE_ERRORS, type(error)) if is_let_through else _EXCHANGE_ERRORS


class Exchange:
    """One attempt to send a request.

    Attributes:
        call: the call that the attempt belongs to.
        headers: the response's headers, with lower-case names; None before the response arrives.
        release: returns the permit to the rate limiter; None before there is a permit, and after it was returned.
        held: what to release once the result has been returned.
    """

    def __init__(self, request: httpx.Request, settings: Settings, via: str) -> None:
        """Prepare to send a request.

        Args:
            request: the request of the caller, without the key.
            settings: the key and its server.
            via: the proxy in use, for a message.
        """
        self._via = via
        self.call: Call = request.extensions[CALL]
        self.headers: dict[str, str] | None = None
        self.release: Callable[[Outcome], None] | None = None
        self.held = ExitStack()
        self._request = request
        self._settings = settings
        self._response: httpx.Response | None = None
        self._body = b""
        self._error: ApitallyError | None = None
        self._pause = 0.0
        self._is_sent = True
        self._sent_at = monotonic()

    def signed_request(self) -> httpx.Request:
        """Return the request with the key and without cookies.

        The key is added only here, so that no client, request or response that a caller can reach contains it.

        Raises:
            ConfigurationError: the request goes to a server other than that of the key.
        """
        url = self._request.url
        if origin_of(url) != self._settings.origin:
            raise ConfigurationError(
                f"The API key is for {self._settings.base_url}, and is not sent to {server_of(url)}."
            )
        headers = self._request.headers.copy()
        headers["Api-Key"] = self._settings.api_key
        headers["Accept-Encoding"] = ACCEPT_ENCODING
        headers.pop("Cookie", None)
        return httpx.Request(
            self._request.method, url, headers=headers, stream=self._request.stream, extensions=self._request.extensions
        )

    def start(self) -> None:
        """Record the time at which the request is sent."""
        self._sent_at = monotonic()

    def receive_headers(self, response: httpx.Response) -> BodyReader:
        """Record the response's status and headers, and return the reader for its body.

        With status 200, the permit is returned before the body is read, because a large page may take seconds to
        arrive, and the headers are all that waiting requests need.
        """
        self._response = response
        self.headers = dict(response.headers.items())
        self.call.respond(response.status_code, self.headers, self._settings.redactor)
        if response.status_code == HTTPStatus.OK:
            self.return_permit()
        # A transport that has read the body has also decompressed it.
        return BodyReader("" if response.is_stream_consumed else self.headers.get("content-encoding", ""))

    def return_permit(self) -> None:
        """Return the permit to the rate limiter, unless that was done before."""
        release, self.release = self.release, None
        if release is not None:
            release(Outcome(self.headers, self._pause, self._is_sent))

    def complete(self, response: httpx.Response, body: bytes) -> None:
        """Record the response and its complete body."""
        self._log(str(response.status_code), len(body))
        if DECODE not in self._request.extensions:
            body = self._settings.redactor.body(body)  # the errors of the generated models quote it
        if response.status_code == HTTPStatus.OK:
            self._body = body
        else:
            self._refuse(_read(response, body))

    def fail(self, error: Exception) -> None:
        """Record that the exchange failed. An error status still counts if only the body is lost."""
        self._log(type(error).__name__, 0)
        self._is_sent = not isinstance(error, _NOT_CONNECTED)
        if self._response is None or self._response.status_code == HTTPStatus.OK:
            self._error = error_of_exception(
                self._request, error, self._response, self.call, self._settings.redactor, via=self._via
            )
        else:
            self._refuse(_read(self._response, b"", {LOST_BODY: f"(a body that {self._loss(error)})"}))

    def result(self) -> httpx.Response:
        """Return the response; if the request has a decoder, its result replaces the body.

        Raises:
            ApitallyError: there is no response, or it has a status other than 200 or a broken body.
        """
        response, body, error = self._response, self._body, self._error
        # An error refers to the frames that it passes, and these to the exchange. So the exchange must not refer to the
        # error, which would be a cycle, nor to the body, which would stay in memory.
        self._response = self._error = None
        self._body = b""
        try:
            if error is None:
                assert response is not None, "an exchange without a response has an error"
                decode: Decode | None = self._request.extensions.get(DECODE)
                if decode is None:
                    return _read(response, body)
                decoded, error = self._decode(decode, response, body)
                if error is None:
                    return _without_body(response, {DECODED: decoded})
            raise self._settings.redactor.error(error)
        finally:
            del response, body, error

    def _decode(self, decode: Decode, response: httpx.Response, body: bytes) -> tuple[Any, ApitallyError | None]:
        try:
            return decode(body, self.headers or {}), None
        except ValueError as error:
            reason = f"{error}{remark_on_coding((self.headers or {}).get('content-encoding', ''))}"
            failure = error_of_body(self._request, _read(response, body), reason, self._settings.redactor)
            failure.is_final = isinstance(error, FalseRowsError)
            if failure.is_final:
                forbid_reuse(response)
            return None, failure
        except ApitallyError as error:
            return None, with_details(error, self._request, _read(response, body), self._settings.redactor)

    def _refuse(self, response: httpx.Response) -> None:
        self._error = error_of_response(self._request, response, self._settings.redactor)
        self._pause = pause_after(self._error)

    def _loss(self, error: Exception) -> str:
        """Return how the body of an error response was lost."""
        if isinstance(error, BodyError):
            return str(error)
        if self.call.remaining() <= 0:
            return f"did not end within the deadline of {self.call.deadline:g} s"
        return "broke off"

    def _log(self, outcome: str, size: int) -> None:
        if not _logger.isEnabledFor(logging.DEBUG):
            return
        milliseconds = (monotonic() - self._sent_at) * 1000
        _logger.debug(
            "%s %s %s, %d bytes in %.0f ms",
            self._request.method,
            self._settings.redactor.text(str(self._request.url)),
            outcome,
            size,
            milliseconds,
        )


def unbound(response: httpx.Response) -> httpx.Response:
    """Remove the stream from a response that was read, and return the response.

    httpx clients put a stream into a response that refers back to it: this cycle would keep the decoded body in memory
    until the garbage collector runs.
    """
    vars(response).pop("stream", None)
    return response


def _read(response: httpx.Response, body: bytes, extensions: Mapping[str, Any] | None = None) -> httpx.Response:
    """Return a response with this body, and with the headers that still apply."""
    extensions = {**response.extensions, **(extensions or {})}
    return httpx.Response(response.status_code, headers=_kept_headers(response), content=body, extensions=extensions)


def _without_body(response: httpx.Response, extensions: Mapping[str, Any]) -> httpx.Response:
    """Return a response without a body, which saves httpx the work of reading it."""
    extensions = {**response.extensions, **extensions}
    stream = httpx.ByteStream(b"")
    return httpx.Response(response.status_code, headers=_kept_headers(response), stream=stream, extensions=extensions)


def _kept_headers(response: httpx.Response) -> list[tuple[bytes, bytes]]:
    # As bytes: text would have to be encoded again, and a value may not be ASCII.
    return [(name, value) for name, value in response.headers.raw if name.lower() not in _DROPPED_HEADERS]
