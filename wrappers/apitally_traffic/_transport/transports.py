"""The sync and async httpx transports below the generated client, which share the logic of `Exchange`."""

import asyncio
import threading
from collections.abc import AsyncIterable, Callable, Iterable
from contextlib import AbstractContextManager, nullcontext, suppress
from functools import partial
from typing import TypeVar, cast
from weakref import WeakKeyDictionary

import httpx
from httpx_retries import RetryTransport

from apitally_traffic._cancellation import check_cancellation
from apitally_traffic._clock import timeout
from apitally_traffic._settings import Settings
from apitally_traffic._transport.async_network import with_real_timeouts
from apitally_traffic._transport.call import CALL, Call, Lifetime, current_call
from apitally_traffic._transport.connection import ConnectionOptions, Connector, async_connector, connector
from apitally_traffic._transport.event_loops import GivenTransport, LoopTransports
from apitally_traffic._transport.exchange import Exchange, exchange_errors
from apitally_traffic._transport.fork import ForkedTransport, renew_after_fork
from apitally_traffic._transport.network import bound_by_deadline, close_inherited
from apitally_traffic._transport.pacing import Pacer
from apitally_traffic._transport.pool_cleanup import close_abandoned
from apitally_traffic._transport.rate_limiter import AsyncRateLimiter, RateLimiter
from apitally_traffic._transport.retry_policy import RetryPolicy
from apitally_traffic._transport.reuse import forbid_reuse, with_safe_reuse
from apitally_traffic._transport.stats import STATS

Result = TypeVar("Result")
Transport = TypeVar("Transport")

# How often a thread that waits for another one's large body checks whether to continue.
_POLL_SECONDS = 0.1
# How many pieces of a body a task reads before it lets other tasks run.
_PIECES_AT_A_TIME = 100
# How long closing waits: a signal handler, for connections that the interrupted thread is using; an async client, for
# tasks with requests in flight.
_CLOSE_SECONDS = 0.5


class ApiTransport(httpx.BaseTransport):
    """Sends a request with the key when the rate limit allows it; failures and error responses raise typed errors.

    Attributes:
        lifetime: the lifetime of the current connections; closing them starts a new one.
    """

    def __init__(
        self,
        settings: Settings,
        requests_per_minute: int | None,
        options: ConnectionOptions,
        inner: httpx.BaseTransport | None,
    ) -> None:
        """Wrap a transport.

        Args:
            settings: the key and its server.
            requests_per_minute: the maximum number of requests; with None, only the server's headers count.
            options: how to connect to the server.
            inner: the transport that sends the requests, which is not closed here; defaults to an httpx.HTTPTransport
                that is closed with this transport.
        """
        self._settings = settings
        self._requests_per_minute = requests_per_minute
        self._limiter = RateLimiter(Pacer(requests_per_minute))
        if isinstance(inner, httpx.HTTPTransport):
            with_safe_reuse(bound_by_deadline(inner))
        self._connect, self._via = connector(settings, options) if inner is None else Connector(partial(_same, inner))
        self._is_own = inner is None
        self._lifetime = Lifetime()
        self._making = threading.RLock()
        # The threads that use the connection pool and may hold its lock: a signal handler in one must not wait for it.
        self._inside: set[int] = set()
        self._inner: httpx.BaseTransport | None = self._connect()
        renew_after_fork(self)

    @property
    def lifetime(self) -> Lifetime:
        """The lifetime of the current connections."""
        return self._lifetime

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request, and return the response with its body read and decoded if its status is 200.

        Raises:
            ApitallyError: there is no response, it has another status or a broken body, or the request goes to another
                server.
        """
        exchange = Exchange(request, self._settings, self._via)
        with exchange.held:
            token = current_call.set(exchange.call)
            try:
                self._send(exchange)
            finally:
                current_call.reset(token)
            # Raised outside of any handler, so that no httpx error is chained: it refers to the request with the key.
            return exchange.result()

    def close(self) -> None:
        """End all running calls, and close the connections unless the transport was passed in."""
        # The connections are replaced first, so that a call of the new lifetime uses new ones.
        old, self._inner = (self._inner, None) if self._is_own else (None, self._inner)
        lifetime, self._lifetime = self._lifetime, Lifetime()
        lifetime.end()
        self._limiter.wake()
        if old is None:
            return
        if threading.get_ident() in self._inside:
            closing = threading.Thread(target=old.close, name="apitally-traffic", daemon=True)
            with suppress(RuntimeError):  # "can't start new thread"
                closing.start()
                closing.join(_CLOSE_SECONDS)
        else:
            self._run_inside(old.close)

    def renew(self) -> None:
        """Replace the connections and the rate limiter in a forked process."""
        self._lifetime = Lifetime()
        self._making = threading.RLock()
        self._limiter = RateLimiter(Pacer(self._requests_per_minute))
        self._inside = set()
        if isinstance(self._inner, httpx.HTTPTransport):
            close_inherited(self._inner)
            self._inner = None if self._is_own else ForkedTransport()

    def _current(self) -> httpx.BaseTransport:
        """Return the inner transport, which is made again if the client was closed or the process forked."""
        with self._making:
            made = self._inner = self._inner or self._connect()
        return made

    def _run_inside(self, work: Callable[[], Result]) -> Result:
        """Call a function that uses the connection pool, and return its result."""
        try:
            self._inside.add(threading.get_ident())  # inside `try`, because a signal handler may raise right after it
            return work()
        finally:
            self._inside.discard(threading.get_ident())

    def _separate_connections(self) -> AbstractContextManager[httpx.BaseTransport]:
        """Return a transport for the request of a signal handler that has interrupted another request."""
        return self._connect() if self._is_own else nullcontext(self._current())

    def _send(self, exchange: Exchange) -> None:
        signed = exchange.signed_request()
        permit = self._limiter.acquire(exchange.call)
        if permit is None:
            exchange.fail(TimeoutError())
            return
        exchange.release = partial(self._limiter.release, permit)
        try:
            exchange.start()
            if threading.get_ident() in self._inside:
                with self._separate_connections() as connections:
                    response, body = _exchange_in_thread(connections, exchange, signed)
            else:
                send = partial(_exchange_in_thread, self._current(), exchange, signed)
                response, body = self._run_inside(send)
            exchange.complete(response, body)
        except exchange_errors() as error:
            exchange.fail(error)
        finally:
            exchange.return_permit()


class AsyncApiTransport(httpx.AsyncBaseTransport):
    """The async counterpart of `ApiTransport`."""

    def __init__(
        self,
        settings: Settings,
        requests_per_minute: int | None,
        options: ConnectionOptions,
        inner: httpx.AsyncBaseTransport | None,
    ) -> None:
        """Wrap a transport; the arguments are those of `ApiTransport`."""
        self._settings = settings
        self._requests_per_minute = requests_per_minute
        self._limiter = AsyncRateLimiter(Pacer(requests_per_minute))
        self._via = ""
        self._inner: LoopTransports | GivenTransport
        if inner is None:
            connect, self._via = async_connector(settings, options)
            self._inner = LoopTransports(connect)
        else:
            if isinstance(inner, httpx.AsyncHTTPTransport):
                with_safe_reuse(with_real_timeouts(inner))
            self._inner = GivenTransport(inner)
        self._lifetimes: WeakKeyDictionary[asyncio.AbstractEventLoop, Lifetime] = WeakKeyDictionary()
        renew_after_fork(self)

    @property
    def lifetime(self) -> Lifetime:
        """The lifetime of the connections of the running event loop."""
        return self._lifetimes.setdefault(asyncio.get_running_loop(), Lifetime())

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request, and return the response; see `ApiTransport.handle_request`."""
        exchange = Exchange(request, self._settings, self._via)
        with exchange.held, exchange.call.lifetime.in_flight():
            token = current_call.set(exchange.call)
            try:
                await self._send(exchange)
            finally:
                current_call.reset(token)
            return exchange.result()

    async def aclose(self) -> None:
        """End all calls of the running event loop, and close its connections unless the transport was passed in."""
        lifetime = self._lifetimes.pop(asyncio.get_running_loop(), Lifetime())
        lifetime.end()
        self._limiter.wake()
        await self._inner.aclose()
        await lifetime.wait_until_idle(_CLOSE_SECONDS)

    def renew(self) -> None:
        """Replace the connections and the rate limiter in a forked process."""
        self._lifetimes.clear()
        self._limiter = AsyncRateLimiter(Pacer(self._requests_per_minute))
        self._inner.renew()

    async def _send(self, exchange: Exchange) -> None:
        signed = exchange.signed_request()
        try:
            inner = await self._inner.current()
        except OSError as error:  # making the first transport imports modules, which opens files
            exchange.fail(error)
            return
        permit = await self._limiter.acquire(exchange.call)
        if permit is None:
            exchange.fail(TimeoutError())
            return
        exchange.release = partial(self._limiter.release, permit)
        try:
            exchange.start()
            async with timeout(exchange.call.remaining()) as interrupt:
                with exchange.call.lifetime.interruptible(interrupt):
                    slots = exchange.call.lifetime.request_slots
                    await _acquire_slot(slots, signed)
                    try:
                        response, body = await _exchange(inner, exchange, signed)
                    finally:
                        slots.release()
            exchange.complete(response, body)
        except exchange_errors() as error:
            exchange.fail(error)
        finally:
            exchange.return_permit()


class RetryingTransport(RetryTransport):
    """Retries requests whose failure may be temporary, within their deadline; for sync and async clients."""

    def __init__(self, inner: ApiTransport | AsyncApiTransport, max_retries: int, deadline: float) -> None:
        """Wrap a transport.

        Args:
            inner: the transport that sends each attempt.
            max_retries: the maximum number of attempts after the first.
            deadline: seconds for all attempts of one request.
        """
        super().__init__(inner)
        self._inner = inner
        self._max_retries = max_retries
        self._deadline = deadline

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request, and return its response or raise its last error.

        Raises:
            TypeError: the client is async.
        """
        if not isinstance(self._inner, ApiTransport):
            raise TypeError("This client is async: it needs async functions, such as paginate_async.")
        self._start_call(request)
        return super().handle_request(request)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request, and return its response or raise its last error.

        Raises:
            TypeError: the client is not async.
        """
        if not isinstance(self._inner, AsyncApiTransport):
            raise TypeError("This client is not async: it needs sync functions, such as paginate.")
        self._start_call(request)
        return await super().handle_async_request(request)

    def _start_call(self, request: httpx.Request) -> None:
        call = Call(self._deadline, request.extensions.get(STATS), self._inner.lifetime)
        request.extensions |= {CALL: call, "retry": RetryPolicy(self._max_retries, call)}


def _same(transport: Transport) -> Transport:
    return transport


async def _acquire_slot(slots: asyncio.Semaphore, request: httpx.Request) -> None:
    """Wait for one of the slots for requests in the connection pool, up to the request's pool timeout."""
    seconds = request.extensions.get("timeout", {}).get("pool")
    if seconds is None or not slots.locked():
        await slots.acquire()
        return
    try:
        async with timeout(seconds):
            await slots.acquire()
    except TimeoutError:
        raise httpx.PoolTimeout("") from None


def _exchange_in_thread(
    transport: httpx.BaseTransport, exchange: Exchange, signed: httpx.Request
) -> tuple[httpx.Response, bytes]:
    response = transport.handle_request(signed)
    try:
        try:
            body = exchange.receive_headers(response)
            # Not `iter_raw`, which skips empty pieces: an endless series of them would never reach the check below.
            stream = cast(Iterable[bytes], response.stream)
            for piece in [response.content] if response.is_stream_consumed else stream:
                for _ in body.feed(piece):
                    _hold_large_body(exchange)
                exchange.call.check()
        finally:
            response.close()
    except BaseException:
        forbid_reuse(response)  # a signal handler may have raised while the connection changed its state
        raise
    return response, body.body()


async def _exchange(
    transport: httpx.AsyncBaseTransport, exchange: Exchange, signed: httpx.Request
) -> tuple[httpx.Response, bytes]:
    try:
        response = await transport.handle_async_request(signed)
        try:
            return response, await _read_async(response, exchange)
        finally:
            await response.aclose()
    except (Exception, asyncio.CancelledError):
        await asyncio.shield(close_abandoned(transport, signed))
        raise


async def _read_async(response: httpx.Response, exchange: Exchange) -> bytes:
    body = exchange.receive_headers(response)
    if response.is_stream_consumed:
        for _ in body.feed(response.content):
            await _hold_large_body_async(exchange)
    else:
        number = 0
        async for piece in cast(AsyncIterable[bytes], response.stream):
            for _ in body.feed(piece):
                await _hold_large_body_async(exchange)
            exchange.call.check()
            number += 1
            if number % _PIECES_AT_A_TIME == 0:
                await asyncio.sleep(0)
    return body.body()


def _hold_large_body(exchange: Exchange) -> None:
    """Wait until no other large body is being read, and hold the lock until this one is decoded."""
    lock = exchange.call.lifetime.large_body
    while not lock.acquire(timeout=_POLL_SECONDS):
        exchange.call.check()
        check_cancellation()
    exchange.held.callback(lock.release)


async def _hold_large_body_async(exchange: Exchange) -> None:
    lock = exchange.call.lifetime.large_body_async
    await lock.acquire()
    exchange.held.callback(lock.release)
