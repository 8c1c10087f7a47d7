"""One request and what became of it: everything about sending that needs no waiting, for both transports."""

import logging
import time
from http import HTTPStatus

import httpx

from apitally_traffic.errors import ApitallyError, ConfigurationError
from apitally_traffic.settings import Settings, origin_of
from apitally_traffic.transport.outcome import failure_of_answer, failure_of_exchange, where
from apitally_traffic.transport.retry import hold_after

BROKEN_EXCHANGE = (httpx.HTTPError, httpx.StreamError, httpx.InvalidURL, UnicodeError)
"""What a transport raises for an exchange that breaks; UnicodeError for a name that is none of a host."""

_logger = logging.getLogger("apitally_traffic")


class Exchange:
    """One request on its way.

    Attributes:
        headers: the answer's headers, with lower-case names; None until it begins.
        hold: for how many seconds the server asks for no more requests of this key.
    """

    def __init__(self, request: httpx.Request, settings: Settings) -> None:
        """Begin with the request as the caller made it, without the key."""
        self.headers: dict[str, str] | None = None
        self.hold = 0.0
        self._request = request
        self._settings = settings
        self._answer: httpx.Response | None = None
        self._departed = time.monotonic()

    def signed_request(self) -> httpx.Request:
        """Return the request with the key.

        The key is put on here and nowhere above, so no client, request or response that a caller can hold carries it.

        Raises:
            ConfigurationError: the request goes to another server than the one that the key is for.
        """
        url = self._request.url
        if origin_of(url) != self._settings.origin:
            raise ConfigurationError(f"The API key is for {self._settings.base_url}, and is not sent to {where(url)}.")
        headers = self._request.headers.copy()
        headers["Api-Key"] = self._settings.api_key
        return httpx.Request(
            self._request.method, url, headers=headers, stream=self._request.stream, extensions=self._request.extensions
        )

    def depart(self) -> None:
        """Take note that the request is sent now."""
        self._departed = time.monotonic()

    def begin(self, answer: httpx.Response) -> None:
        """Take note of the answer's status and headers; its body is still to come."""
        self.headers = dict(answer.headers)
        self._answer = answer

    def outcome(self, answer: httpx.Response) -> httpx.Response | ApitallyError:
        """Return the answer, its body read, or the error that it stands for."""
        self._log(str(answer.status_code), len(answer.content))
        return answer if answer.status_code == HTTPStatus.OK else self._refusal(answer)

    def failure(self, error: Exception) -> ApitallyError:
        """Return the error for an exchange that broke. A refusal stands, even where its body is lost."""
        self._log(type(error).__name__, 0)
        if self._answer is None or self._answer.status_code == HTTPStatus.OK:
            return failure_of_exchange(self._request, error, self._answer, self._settings.hide)
        return self._refusal(httpx.Response(self._answer.status_code, headers=headers_of_text(self._answer.headers)))

    def _refusal(self, answer: httpx.Response) -> ApitallyError:
        error = failure_of_answer(self._request, answer, self._settings.hide)
        self.hold = hold_after(error)
        return error

    def _log(self, outcome: str, size: int) -> None:
        took = (time.monotonic() - self._departed) * 1000
        _logger.debug("%s %s %s, %d bytes in %.0f ms", self._request.method, self._request.url, outcome, size, took)


def headers_of_text(headers: httpx.Headers) -> list[tuple[str, str]]:
    """Return the headers of an answer whose body is decoded, or lost: all but those about its bytes."""
    about_the_bytes = {"content-encoding", "content-length", "transfer-encoding"}
    return [(name, value) for name, value in headers.multi_items() if name not in about_the_bytes]
