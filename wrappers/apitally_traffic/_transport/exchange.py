"""One request and its response: everything about sending that does not wait, shared by both transports."""

import logging
import time
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

import httpx

from apitally_traffic._settings import Settings, origin_of
from apitally_traffic._transport.error_mapping import error_of_body, error_of_exception, error_of_response, server_of
from apitally_traffic._transport.retry import pause_after
from apitally_traffic.errors import ApitallyError, ConfigurationError

DECODE = "apitally_traffic.decode"
"""The extension of a request with the function that decodes the body of its response, or raises a ValueError."""

DECODED = "apitally_traffic.decoded"
"""The extension of a response with what that function returned."""

EXCHANGE_ERRORS = (httpx.HTTPError, httpx.StreamError, httpx.InvalidURL, UnicodeError)
"""What an httpx transport raises when an exchange fails; UnicodeError for an invalid host name."""

_logger = logging.getLogger("apitally_traffic")


class Exchange:
    """One request that is sent once.

    Attributes:
        headers: the response's headers, with lower-case names; None before there is a response.
        pause: for how many seconds the server asks for no more requests with this key.
    """

    def __init__(self, request: httpx.Request, settings: Settings) -> None:
        """Start with the request as the caller made it, without the key."""
        self.headers: dict[str, str] | None = None
        self.pause = 0.0
        self._request = request
        self._settings = settings
        self._response: httpx.Response | None = None
        self._error: ApitallyError | None = None
        self._sent_at = time.monotonic()

    def signed_request(self) -> httpx.Request:
        """Return the request with the key.

        The key is added here and nowhere above, so no client, request or response that a caller can reach carries it.

        Raises:
            ConfigurationError: the request goes to another server than the one that the key is for.
        """
        url = self._request.url
        if origin_of(url) != self._settings.origin:
            raise ConfigurationError(
                f"The API key is for {self._settings.base_url}, and is not sent to {server_of(url)}."
            )
        headers = self._request.headers.copy()
        headers["Api-Key"] = self._settings.api_key
        return httpx.Request(
            self._request.method, url, headers=headers, stream=self._request.stream, extensions=self._request.extensions
        )

    def start(self) -> None:
        """Record that the request is sent now."""
        self._sent_at = time.monotonic()

    def receive_headers(self, response: httpx.Response) -> None:
        """Record the response's status and headers; its body is not read yet."""
        self.headers = dict(response.headers)
        self._response = response

    def complete(self, response: httpx.Response) -> None:
        """Record that the response's body is read."""
        self._log(str(response.status_code), len(response.content))
        if response.status_code != HTTPStatus.OK:
            self._refuse(response)

    def fail(self, error: Exception) -> None:
        """Record that the exchange failed. A refusal stays one, even if its body is lost."""
        self._log(type(error).__name__, 0)
        if self._response is None or self._response.status_code == HTTPStatus.OK:
            self._error = error_of_exception(self._request, error, self._response, self._settings.redact)
        else:
            self._refuse(httpx.Response(self._response.status_code, headers=_headers_without_body(self._response)))

    def result(self) -> httpx.Response:
        """Return the response, its body decoded.

        Raises:
            ApitallyError: the response has another status than 200 or a broken body, or there is none.
        """
        if self._error is not None:
            raise self._error
        assert self._response is not None, "an exchange without a response has an error"
        error = self._decode(self._response)
        if error is not None:
            raise error
        return self._response

    def _decode(self, response: httpx.Response) -> ApitallyError | None:
        decode: Callable[[bytes], Any] | None = self._request.extensions.get(DECODE)
        if decode is None:
            return None
        try:
            response.extensions[DECODED] = decode(response.content)
        except ValueError as error:
            return error_of_body(self._request, response, str(error), self._settings.redact)
        return None

    def _refuse(self, response: httpx.Response) -> None:
        self._error = error_of_response(self._request, response, self._settings.redact)
        self.pause = pause_after(self._error)

    def _log(self, outcome: str, size: int) -> None:
        milliseconds = (time.monotonic() - self._sent_at) * 1000
        _logger.debug(
            "%s %s %s, %d bytes in %.0f ms", self._request.method, self._request.url, outcome, size, milliseconds
        )


def _headers_without_body(response: httpx.Response) -> list[tuple[str, str]]:
    about_the_body = {"content-encoding", "content-length", "transfer-encoding"}
    return [(name, value) for name, value in response.headers.multi_items() if name not in about_the_body]
