"""The httpx transports below the generated client, sync and async: two shells around the same exchange."""

import httpx
from httpx_retries import RetryTransport

from apitally_traffic._settings import Settings
from apitally_traffic._transport.connection import connect
from apitally_traffic._transport.exchange import EXCHANGE_ERRORS, Exchange
from apitally_traffic._transport.pacing import Pacer
from apitally_traffic._transport.rate_limiter import AsyncRateLimiter, RateLimiter
from apitally_traffic._transport.retry import RetryPolicy


class ApiTransport(httpx.BaseTransport):
    """Sends a request with the key when the rate limit allows it; failures and refusals raise typed errors."""

    def __init__(self, settings: Settings, requests_per_minute: int | None, inner: httpx.BaseTransport | None) -> None:
        """Wrap a transport.

        Args:
            settings: the key, and the server that it is for.
            requests_per_minute: how many requests to send at most; None leaves it to the server.
            inner: what sends the requests; defaults to an httpx.HTTPTransport that is closed with this transport. A
                transport that is passed in is not closed.
        """
        self._settings = settings
        self._limiter = RateLimiter(Pacer(requests_per_minute))
        self._inner = connect(httpx.HTTPTransport, settings) if inner is None else inner
        self._owned = inner is None

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request and return the response, its body read and decoded, if its status is 200.

        Raises:
            ApitallyError: the response has another status or a broken body, there is none, or the request goes to
                another server.
        """
        exchange = Exchange(request, self._settings)
        self._send(exchange)
        # Errors are raised here, outside the handler: what httpx raises refers to the request, and so to the key.
        return exchange.result()

    def close(self) -> None:
        """Close the connections, unless the transport was passed in."""
        if self._owned:
            self._inner.close()

    def _send(self, exchange: Exchange) -> None:
        signed = exchange.signed_request()
        permit = self._limiter.acquire()
        try:
            exchange.start()
            response = self._inner.handle_request(signed)
            exchange.receive_headers(response)
            try:
                response.read()
            finally:
                response.close()
            exchange.complete(response)
        except EXCHANGE_ERRORS as error:
            exchange.fail(error)
        finally:
            self._limiter.release(permit, exchange.headers, exchange.pause)


class AsyncApiTransport(httpx.AsyncBaseTransport):
    """The async counterpart of `ApiTransport`."""

    def __init__(
        self, settings: Settings, requests_per_minute: int | None, inner: httpx.AsyncBaseTransport | None
    ) -> None:
        """Wrap a transport; the arguments are those of `ApiTransport`."""
        self._settings = settings
        self._limiter = AsyncRateLimiter(Pacer(requests_per_minute))
        self._inner = connect(httpx.AsyncHTTPTransport, settings) if inner is None else inner
        self._owned = inner is None

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request and return the response; as `ApiTransport.handle_request`."""
        exchange = Exchange(request, self._settings)
        await self._send(exchange)
        return exchange.result()

    async def aclose(self) -> None:
        """Close the connections, unless the transport was passed in."""
        if self._owned:
            await self._inner.aclose()

    async def _send(self, exchange: Exchange) -> None:
        signed = exchange.signed_request()
        permit = await self._limiter.acquire()
        try:
            exchange.start()
            response = await self._inner.handle_async_request(signed)
            exchange.receive_headers(response)
            try:
                await response.aread()
            finally:
                await response.aclose()
            exchange.complete(response)
        except EXCHANGE_ERRORS as error:
            exchange.fail(error)
        finally:
            self._limiter.release(permit, exchange.headers, exchange.pause)


def with_retries(inner: ApiTransport | AsyncApiTransport, max_retries: int) -> RetryTransport:
    """Return a transport that repeats requests whose failure may be temporary, at most so many times."""
    return RetryTransport(inner, RetryPolicy(max_retries))
