"""The httpx transports below the generated functions, for tasks. Their twins for threads are in sync_transport.py."""

import httpx
from httpx_retries import RetryTransport

from apitally_traffic.errors import ApitallyError
from apitally_traffic.settings import Settings
from apitally_traffic.transport.connection import connected
from apitally_traffic.transport.exchange import BROKEN_EXCHANGE, Exchange
from apitally_traffic.transport.gate import TaskGate
from apitally_traffic.transport.pacing import Pacer
from apitally_traffic.transport.page_body import read_page
from apitally_traffic.transport.retry import RetryPolicy


class AsyncApiTransport(httpx.AsyncBaseTransport):
    """Sends one request, when the rate limit allows; refusals and broken exchanges become typed errors."""

    def __init__(
        self, settings: Settings, requests_per_minute: int | None, inner: httpx.AsyncBaseTransport | None
    ) -> None:
        """Wrap a transport; the arguments are those of `ApiTransport`."""
        self.settings = settings
        self._gate = TaskGate(Pacer(requests_per_minute))
        self._inner = connected(httpx.AsyncHTTPTransport, settings) if inner is None else inner
        self._owned = inner is None

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request and return the answer, its body read, when its status is 200.

        Raises:
            ApitallyError: the answer has another status, or none came back, or the request goes to another server.
        """
        outcome = await self._send(request)
        # Raised here, outside the handler: what httpx raises holds the request, and with it the key.
        if isinstance(outcome, ApitallyError):
            raise outcome
        return outcome

    async def aclose(self) -> None:
        """Close the connections, unless they belong to a transport that was handed in."""
        if self._owned:
            await self._inner.aclose()

    async def _send(self, request: httpx.Request) -> httpx.Response | ApitallyError:
        exchange = Exchange(request, self.settings)
        signed = exchange.signed_request()
        permit = await self._gate.enter()
        try:
            exchange.depart()
            answer = await self._inner.handle_async_request(signed)
            exchange.begin(answer)
            try:
                await answer.aread()
            finally:
                await answer.aclose()
            return exchange.outcome(answer)
        except BROKEN_EXCHANGE as error:
            return exchange.failure(error)
        finally:
            self._gate.leave(permit, exchange.headers, exchange.hold)


class AsyncPageTransport(httpx.AsyncBaseTransport):
    """Reads the body of each answer strictly, as a page of traffic."""

    def __init__(self, inner: AsyncApiTransport) -> None:
        """Read what another transport fetches; closing this one leaves that one open."""
        self._inner = inner

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request and return its answer, decoded.

        Raises:
            ApitallyError: the exchange failed, or the body breaks the schema.
        """
        return read_page(request, await self._inner.handle_async_request(request), self._inner.settings.hide)


def retrying_async(inner: httpx.AsyncBaseTransport, max_retries: int) -> httpx.AsyncBaseTransport:
    """Try again what may pass, at most so many times."""
    return RetryTransport(inner, RetryPolicy(max_retries))
