"""One request and what became of it: everything about sending that needs no waiting, for both transports."""

import logging
import time
import urllib.request

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


def proxy_for(settings: Settings) -> str | None:
    """Return the proxy that the environment names for the server.

    httpx looks for one only where it makes the transport itself. Plain http is for loopback, which no proxy reaches.
    """
    base_url = httpx.URL(settings.base_url)
    if base_url.scheme == "http" or urllib.request.proxy_bypass(base_url.host):
        return None
    proxies = urllib.request.getproxies()
    return proxies.get("https") or proxies.get("all")
