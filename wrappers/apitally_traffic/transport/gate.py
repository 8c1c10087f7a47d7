"""The gate that every request passes: it asks the pacer, and waits as it says. One for threads, one for tasks."""

import asyncio
import logging
import threading
import time
from math import isinf

from apitally_traffic.transport.pacing import Instant, Pacer, Permit
from apitally_traffic.transport.waiting import AbandonedError, abandoned

_logger = logging.getLogger("apitally_traffic")

# How often a waiting thread looks whether its work is abandoned.
_LOOK_SECONDS = 0.1


def present() -> Instant:
    """Return this moment."""
    return Instant(time.monotonic(), time.time())


class ThreadGate:
    """Lets the requests of any number of threads through, as the pacer allows."""

    def __init__(self, pacer: Pacer) -> None:
        """Guard a pacer."""
        self._pacer = pacer
        self._changed = threading.Condition()

    def enter(self) -> Permit:
        """Wait for a permit.

        Raises:
            AbandonedError: the thread works for a reader that has gone.
        """
        event = abandoned.get()
        with self._changed:
            announced = False
            while True:
                if event is not None and event.is_set():
                    raise AbandonedError
                outcome = self._pacer.request(present())
                if isinstance(outcome, Permit):
                    return outcome
                announced = announced or _announce(outcome)
                longest = threading.TIMEOUT_MAX if event is None else _LOOK_SECONDS
                self._changed.wait(min(outcome, longest))

    def leave(self, permit: Permit, headers: dict[str, str] | None, hold: float = 0.0) -> None:
        """Hand a permit back, with the answer's headers, or None where there was no answer.

        Args:
            permit: what `enter` gave.
            headers: the answer's headers, with lower-case names.
            hold: for how many seconds the server asks for no more requests.
        """
        with self._changed:
            _hand_back(self._pacer, permit, headers, hold)
            self._changed.notify_all()


class TaskGate:
    """Lets the requests of any number of tasks of one event loop through, as the pacer allows."""

    def __init__(self, pacer: Pacer) -> None:
        """Guard a pacer."""
        self._pacer = pacer
        self._changed = asyncio.Event()

    async def enter(self) -> Permit:
        """Wait for a permit."""
        announced = False
        while not isinstance(outcome := self._pacer.request(present()), Permit):
            announced = announced or _announce(outcome)
            try:
                async with asyncio.timeout(None if isinf(outcome) else outcome):
                    await self._changed.wait()
            except TimeoutError:
                continue
        return outcome

    def leave(self, permit: Permit, headers: dict[str, str] | None, hold: float = 0.0) -> None:
        """Hand a permit back; the arguments are those of the other gate."""
        _hand_back(self._pacer, permit, headers, hold)
        waiting, self._changed = self._changed, asyncio.Event()
        waiting.set()


def _hand_back(pacer: Pacer, permit: Permit, headers: dict[str, str] | None, hold: float) -> None:
    now = present()
    if headers is None:
        pacer.failed(permit, now)
    else:
        pacer.answered(permit, now, headers)
    if hold > 0:
        pacer.hold(now, hold)


def _announce(wait: float) -> bool:
    """Log a wait for the rate limit; waits for another request's answer are too short to mention."""
    if isinf(wait):
        return False
    _logger.info("waiting %.1f s for the rate limit", wait)
    return True
