"""The httpx transports below the generated functions."""

import urllib.request

import httpx

from apitally_traffic.errors import ApitallyError
from apitally_traffic.settings import Settings
from apitally_traffic.transport.outcome import failure_of_answer, failure_of_exchange
from apitally_traffic.transport.page_body import read_page


class ApiTransport(httpx.BaseTransport):
    """Puts the key on each request, and turns refusals and broken exchanges into typed errors.

    The key is put on here and nowhere above, so no client, request or response that a caller can hold carries it.
    """

    def __init__(self, settings: Settings, inner: httpx.BaseTransport | None) -> None:
        """Wrap a transport.

        Args:
            settings: the key, and the server that it is for.
            inner: what sends the requests; by default an httpx.HTTPTransport, which is closed with this one. A
                transport that is handed in is not.
        """
        self._settings = settings
        self._inner = httpx.HTTPTransport(proxy=_proxy(httpx.URL(settings.base_url))) if inner is None else inner
        self._owned = inner is None

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request and return the answer, its body read, when its status is 200.

        Raises:
            ApitallyError: the answer has another status, or none came back.
        """
        outcome = self._exchange(request)
        # Raised here, outside the handler: what httpx raises holds the request, and with it the key.
        if isinstance(outcome, ApitallyError):
            raise outcome
        return outcome

    def close(self) -> None:
        """Close the connections, unless they belong to a transport that was handed in."""
        if self._owned:
            self._inner.close()

    def _exchange(self, request: httpx.Request) -> httpx.Response | ApitallyError:
        try:
            answer = self._inner.handle_request(self._with_key(request))
            try:
                answer.read()
            finally:
                answer.close()
        except httpx.RequestError as error:
            return failure_of_exchange(request, error)
        return failure_of_answer(request, answer) or answer

    def _with_key(self, request: httpx.Request) -> httpx.Request:
        headers = request.headers.copy()
        headers["Api-Key"] = self._settings.api_key
        return httpx.Request(
            request.method, request.url, headers=headers, stream=request.stream, extensions=request.extensions
        )


class PageTransport(httpx.BaseTransport):
    """Reads the body of each answer strictly, as a page of traffic. Closing it leaves the transport below open."""

    def __init__(self, inner: httpx.BaseTransport) -> None:
        """Read what another transport fetches."""
        self._inner = inner

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request and return its answer, decoded.

        Raises:
            ApitallyError: the exchange failed, or the body breaks the schema.
        """
        return read_page(request, self._inner.handle_request(request))


def _proxy(base_url: httpx.URL) -> str | None:
    # httpx looks for a proxy only where no transport is given. Plain http is for loopback, which no proxy reaches.
    if base_url.scheme == "http" or urllib.request.proxy_bypass(base_url.host):
        return None
    proxies = urllib.request.getproxies()
    return proxies.get("https") or proxies.get("all")
