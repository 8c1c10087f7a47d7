"""Apply the timeouts of an async exchange even while a test freezes the clock of the event loop.

httpcore measures timeouts with that clock; while it is frozen, it stands still or advances each time it is read. Then,
timeouts are measured in real time here; otherwise, each operation is passed on at the cost of one call. A connection is
also closed if its task is cancelled during the TLS handshake.
"""

# ruff: noqa: ASYNC109 - the parameters of httpcore's interface
import asyncio
import sys
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from functools import partial
from math import inf
from typing import TYPE_CHECKING, Any, TypeVar

import httpx

from apitally_traffic._clock import finish, is_frozen, wait
from apitally_traffic._clock import timeout as real_timeout
from apitally_traffic._transport.call import current_call
from apitally_traffic._transport.dns import addresses_async, is_address
from apitally_traffic._transport.reasons import EXHAUSTION, chain
from apitally_traffic._transport.reuse import refuse_early_bytes
from apitally_traffic._transport.sockets import SLOW_SECONDS, unknown_form
from apitally_traffic._transport.socks import AsyncSocksStream

if TYPE_CHECKING:
    import httpcore  # for type checkers only, because httpx imports it with the first transport

    Connection = Coroutine[Any, Any, httpcore.AsyncNetworkStream]

Result = TypeVar("Result")


def with_real_timeouts(transport: httpx.AsyncHTTPTransport) -> httpx.AsyncHTTPTransport:
    """Install the backend in a transport of httpx, whose constructor does not accept one, unless it is installed."""
    pool = transport._pool  # noqa: SLF001 - httpx has no public name for it
    backend: Any = pool._network_backend  # noqa: SLF001
    is_socks = isinstance(pool, sys.modules["httpcore"].AsyncSOCKSProxy)
    bound: Any = backend if isinstance(backend, _Backend) else _Backend(backend, is_socks=is_socks)
    pool._network_backend = bound  # noqa: SLF001
    return transport


class _Backend:
    """An httpcore.AsyncNetworkBackend around another; `is_socks` says that it connects to a SOCKS proxy."""

    def __init__(self, inner: "httpcore.AsyncNetworkBackend", *, is_socks: bool) -> None:
        self._inner = inner
        self._is_socks = is_socks

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> "_Stream | AsyncSocksStream":
        def connect(address: str) -> "Connection":
            return self._inner.connect_tcp(address, port, None, local_address, socket_options)

        stream = _Stream(await _connected(host, port, timeout, connect))
        return AsyncSocksStream(stream, timeout) if self._is_socks else stream

    async def connect_unix_socket(
        self, path: str, timeout: float | None = None, socket_options: Iterable[Any] | None = None
    ) -> "_Stream":
        return _Stream(
            await _in_time(
                timeout,
                httpx.ConnectTimeout,
                lambda seconds: self._inner.connect_unix_socket(path, seconds, socket_options),
            )
        )

    async def sleep(self, seconds: float) -> None:
        await self._inner.sleep(seconds)


class _Stream:
    """An httpcore.AsyncNetworkStream around another."""

    def __init__(self, inner: "httpcore.AsyncNetworkStream") -> None:
        self._stream = inner
        self._is_new = True

    def read(self, max_bytes: int, timeout: float | None = None) -> Awaitable[bytes]:
        if (call := current_call.get()) is not None:
            call.check()  # timers are late if other tasks keep the event loop busy
        return _in_time(timeout, httpx.ReadTimeout, lambda seconds: self._stream.read(max_bytes, seconds))

    def write(self, buffer: bytes, timeout: float | None = None) -> Awaitable[None]:
        if self._is_new:
            self._is_new = False
            refuse_early_bytes(self._stream)
        return _in_time(timeout, httpx.WriteTimeout, lambda seconds: self._stream.write(buffer, seconds))

    async def aclose(self) -> None:
        await self._stream.aclose()

    async def start_tls(
        self, ssl_context: Any, server_hostname: str | None = None, timeout: float | None = None
    ) -> "_Stream":
        try:
            return _Stream(
                await _in_time(
                    timeout,
                    httpx.ConnectTimeout,
                    lambda seconds: self._stream.start_tls(ssl_context, server_hostname, seconds),
                )
            )
        except asyncio.CancelledError:
            await asyncio.shield(self.aclose())  # httpcore closes it only after an error, and nothing else refers to it
            raise

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


async def _connected(
    host: str, port: int, seconds: float | None, connect: "Callable[[str], Connection]"
) -> "httpcore.AsyncNetworkStream":
    """Return a connection to the first address of a host that accepts one."""
    httpcore = sys.modules["httpcore"]
    failures: list[BaseException] = []
    try:
        async with real_timeout(inf if seconds is None else seconds):
            found = [host] if is_address(host) else await _addresses(host, port)
            return await _first_of([partial(connect, address) for address in dict.fromkeys(found)], failures)
    except TimeoutError:
        if said := next(filter(None, map(_exhaustion, failures)), ""):
            raise httpcore.ConnectError(said) from None
        raise httpcore.ConnectTimeout("") from None
    except OSError as error:
        raise httpcore.ConnectError(str(error)) from error
    finally:
        failures.clear()  # breaks a cycle, because the errors refer to this frame


async def _addresses(host: str, port: int) -> list[str]:
    """Return the addresses of a name, as text."""
    found = [address for *_, address in await addresses_async(host, port) if isinstance(address, tuple) and address]
    if names := [address[0] for address in found if isinstance(address[0], str)]:
        return names
    raise unknown_form()


async def _first_of(
    attempts: "Iterable[Callable[[], Connection]]", failures: list[BaseException]
) -> "httpcore.AsyncNetworkStream":
    """Return the connection of the first attempt that succeeds; start each when the previous one fails or is slow.

    Args:
        attempts: what makes a connection.
        failures: the errors of the attempts that have failed are added to it.
    """
    waiting = deque(attempts)
    running: set[asyncio.Future[httpcore.AsyncNetworkStream]] = set()
    try:
        while waiting or running:
            if waiting:
                running.add(asyncio.ensure_future(waiting.popleft()()))
            done, running = await _wait_for_one(running, SLOW_SECONDS if waiting else inf)
            for attempt in done:
                if (failure := attempt.exception()) is None:
                    running |= done - {attempt}
                    return attempt.result()
                failures.append(failure)
        assert failures, "a host has an address, or an error"
        raise next(filter(_exhaustion, failures), failures[-1])
    finally:
        failure = None  # breaks a cycle, because the error refers to this frame
        if running:
            await asyncio.shield(_end(running))  # shielded, so that another cancellation does not leave them connected


async def _wait_for_one(
    running: "set[asyncio.Future[Result]]", seconds: float
) -> "tuple[set[asyncio.Future[Result]], set[asyncio.Future[Result]]]":
    """Wait until an attempt is over, for up to `seconds` of real time; return those that are, and the others."""
    is_over = asyncio.get_running_loop().create_future()
    for attempt in running:
        attempt.add_done_callback(lambda _: finish(is_over))
    await wait(is_over, seconds)
    done = {attempt for attempt in running if attempt.done()}
    return done, running - done


def _exhaustion(error: BaseException) -> str:
    """Return what the system says if no more sockets can be made; nothing for another error."""
    return next((str(one) for one in chain(error) if isinstance(one, OSError) and one.errno in EXHAUSTION), "")


async def _end(attempts: "set[asyncio.Future[httpcore.AsyncNetworkStream]]") -> None:
    """Cancel attempts, and close the connections of those that have succeeded in the meantime."""
    for attempt in attempts:
        attempt.cancel()
    await asyncio.wait(attempts)
    for attempt in attempts:
        if not attempt.cancelled() and attempt.exception() is None:
            await attempt.result().aclose()


def _in_time(
    seconds: float | None, kind: type[httpx.TimeoutException], operation: Callable[[float | None], Awaitable[Result]]
) -> Awaitable[Result]:
    return _in_real_time(inf if seconds is None else seconds, kind, operation) if is_frozen() else operation(seconds)


async def _in_real_time(
    seconds: float, kind: type[httpx.TimeoutException], operation: Callable[[float | None], Awaitable[Result]]
) -> Result:
    try:
        async with real_timeout(seconds):
            return await operation(None)  # without a timeout, which a clock that ticks in large steps would end early
    except TimeoutError:
        raise kind("") from None
