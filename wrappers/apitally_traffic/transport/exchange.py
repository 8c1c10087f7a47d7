"""One request and what became of it: everything about sending that needs no waiting, for both transports."""

import logging
import ssl
import time
import urllib.request
from typing import Any

import httpx

from apitally_traffic.errors import ApitallyError, RateLimitError
from apitally_traffic.settings import Settings
from apitally_traffic.transport.outcome import failure_of_answer, failure_of_exchange
from apitally_traffic.transport.retry import LONGEST_WAIT, asked_wait

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
        self._began = time.monotonic()

    def signed_request(self) -> httpx.Request:
        """Return the request with the key.

        The key is put on here and nowhere above, so no client, request or response that a caller can hold carries it.
        """
        headers = self._request.headers.copy()
        headers["Api-Key"] = self._settings.api_key
        return httpx.Request(
            self._request.method,
            self._request.url,
            headers=headers,
            stream=self._request.stream,
            extensions=self._request.extensions,
        )

    def begin(self, answer: httpx.Response) -> None:
        """Take note of the answer's headers; its body is still to come."""
        self.headers = dict(answer.headers)

    def outcome(self, answer: httpx.Response) -> httpx.Response | ApitallyError:
        """Return the answer, its body read, or the error that it stands for."""
        self._log(str(answer.status_code), len(answer.content))
        error = failure_of_answer(self._request, answer)
        if isinstance(error, RateLimitError):
            asked = asked_wait(error) or 0.0
            self.hold = asked if asked <= LONGEST_WAIT else 0.0
        return error or answer

    def failure(self, error: httpx.RequestError) -> ApitallyError:
        """Return the error for an exchange that broke."""
        self._log(type(error).__name__, 0)
        return failure_of_exchange(self._request, error)

    def _log(self, outcome: str, size: int) -> None:
        took = (time.monotonic() - self._began) * 1000
        _logger.debug("%s %s %s, %d bytes in %.0f ms", self._request.method, self._request.url, outcome, size, took)


def connection_options(settings: Settings) -> dict[str, Any]:
    """Return the proxy and the certificates for connections to the server, as httpx's own transports take them.

    httpx looks for a proxy in the environment only where it makes the transport itself. Plain http is for loopback,
    which no proxy reaches, and which shows no certificate. Loading those that httpx trusts would be nearly all of what
    making a client costs; without them, no https server is trusted.
    """
    base_url = httpx.URL(settings.base_url)
    if base_url.scheme == "http":
        return {"verify": ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)}
    if urllib.request.proxy_bypass(base_url.host):
        return {}
    proxies = urllib.request.getproxies()
    return {"proxy": proxies.get("https") or proxies.get("all")}
