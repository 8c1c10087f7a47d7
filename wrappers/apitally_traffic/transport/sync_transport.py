"""The httpx transports below the generated functions, for threads. Their twins for tasks are in async_transport.py."""

import httpx
from httpx_retries import RetryTransport

from apitally_traffic.errors import ApitallyError
from apitally_traffic.settings import Settings
from apitally_traffic.transport.connection import connected
from apitally_traffic.transport.exchange import BROKEN_EXCHANGE, Exchange
from apitally_traffic.transport.gate import ThreadGate
from apitally_traffic.transport.pacing import Pacer
from apitally_traffic.transport.page_body import read_page
from apitally_traffic.transport.retry import RetryPolicy


class ApiTransport(httpx.BaseTransport):
    """Sends one request, when the rate limit allows; refusals and broken exchanges become typed errors."""

    def __init__(self, settings: Settings, requests_per_minute: int | None, inner: httpx.BaseTransport | None) -> None:
        """Wrap a transport.

        Args:
            settings: the key, and the server that it is for.
            requests_per_minute: how many requests to send at the most; None leaves it to the server.
            inner: what sends the requests; by default an httpx.HTTPTransport, which is closed with this one. A
                transport that is handed in is not.
        """
        self.settings = settings
        self._gate = ThreadGate(Pacer(requests_per_minute))
        self._inner = connected(httpx.HTTPTransport, settings) if inner is None else inner
        self._owned = inner is None

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request and return the answer, its body read, when its status is 200.

        Raises:
            ApitallyError: the answer has another status, or none came back, or the request goes to another server.
        """
        outcome = self._send(request)
        # Raised here, outside the handler: what httpx raises holds the request, and with it the key.
        if isinstance(outcome, ApitallyError):
            raise outcome
        return outcome

    def close(self) -> None:
        """Close the connections, unless they belong to a transport that was handed in."""
        if self._owned:
            self._inner.close()

    def _send(self, request: httpx.Request) -> httpx.Response | ApitallyError:
        exchange = Exchange(request, self.settings)
        signed = exchange.signed_request()
        permit = self._gate.enter()
        try:
            exchange.depart()
            answer = self._inner.handle_request(signed)
            exchange.begin(answer)
            try:
                answer.read()
            finally:
                answer.close()
            return exchange.outcome(answer)
        except BROKEN_EXCHANGE as error:
            return exchange.failure(error)
        finally:
            self._gate.leave(permit, exchange.headers, exchange.hold)


class PageTransport(httpx.BaseTransport):
    """Reads the body of each answer strictly, as a page of traffic."""

    def __init__(self, inner: ApiTransport) -> None:
        """Read what another transport fetches; closing this one leaves that one open."""
        self._inner = inner

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request and return its answer, decoded.

        Raises:
            ApitallyError: the exchange failed, or the body breaks the schema.
        """
        return read_page(request, self._inner.handle_request(request), self._inner.settings.hide)


def retrying(inner: httpx.BaseTransport, max_retries: int) -> httpx.BaseTransport:
    """Try again what may pass, at most so many times."""
    return RetryTransport(inner, RetryPolicy(max_retries))
