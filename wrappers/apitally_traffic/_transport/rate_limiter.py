"""The rate limiter that every request passes: it asks the pacer, and waits as long as that says. Sync and async."""

import asyncio
import logging
import threading
import time
from math import isinf

from apitally_traffic._cancellation import CancellationError, cancelled
from apitally_traffic._transport.pacing import Now, Pacer, Permit

_logger = logging.getLogger("apitally_traffic")

# How often a waiting thread checks whether its work is cancelled.
_POLL_SECONDS = 0.1


class RateLimiter:
    """Lets the requests of any number of threads through, as the pacer allows."""

    def __init__(self, pacer: Pacer) -> None:
        """Guard a pacer."""
        self._pacer = pacer
        self._changed = threading.Condition()

    def acquire(self) -> Permit:
        """Wait for a permit to send one request.

        Raises:
            CancellationError: the result of the request is not needed any more.
        """
        event = cancelled.get()
        with self._changed:
            logged = False
            while True:
                if event is not None and event.is_set():
                    raise CancellationError
                permit = self._pacer.try_acquire(_now())
                if isinstance(permit, Permit):
                    return permit
                logged = logged or _log(permit)
                self._changed.wait(min(permit, threading.TIMEOUT_MAX if event is None else _POLL_SECONDS))

    def release(self, permit: Permit, headers: dict[str, str] | None, pause: float = 0.0) -> None:
        """Return a permit when the exchange has ended.

        Args:
            permit: what `acquire` returned.
            headers: the response's headers, with lower-case names; None if there was no response.
            pause: for how many seconds the server asks for no more requests.
        """
        with self._changed:
            _release(self._pacer, permit, headers, pause)
            self._changed.notify_all()


class AsyncRateLimiter:
    """Lets the requests of any number of tasks of one event loop through, as the pacer allows."""

    def __init__(self, pacer: Pacer) -> None:
        """Guard a pacer."""
        self._pacer = pacer
        self._changed = asyncio.Event()

    async def acquire(self) -> Permit:
        """Wait for a permit to send one request."""
        logged = False
        while not isinstance(permit := self._pacer.try_acquire(_now()), Permit):
            logged = logged or _log(permit)
            try:
                async with asyncio.timeout(None if isinf(permit) else permit):
                    await self._changed.wait()
            except TimeoutError:
                continue
        return permit

    def release(self, permit: Permit, headers: dict[str, str] | None, pause: float = 0.0) -> None:
        """Return a permit; the arguments are those of `RateLimiter.release`."""
        _release(self._pacer, permit, headers, pause)
        waiting, self._changed = self._changed, asyncio.Event()
        waiting.set()


def _now() -> Now:
    return Now(time.monotonic(), time.time())


def _release(pacer: Pacer, permit: Permit, headers: dict[str, str] | None, pause: float) -> None:
    now = _now()
    if headers is None:
        pacer.on_failure(permit, now)
    else:
        pacer.on_response(permit, now, headers)
    if pause > 0:
        pacer.pause(now, pause)


def _log(wait: float) -> bool:
    """Log a wait for the rate limit; waits for the response to another request are too short to mention."""
    if isinf(wait):
        return False
    _logger.info("waiting %.1f s for the rate limit", wait)
    return True
