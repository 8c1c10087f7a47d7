"""The sync and async rate limiters, which ask the pacer whether a request may be sent, and wait as long as it says."""

import asyncio
import contextlib
import logging
import threading
from math import inf, isinf

from apitally_traffic._cancellation import current_cancellation
from apitally_traffic._clock import finish, monotonic, wait, wall
from apitally_traffic._transport.call import Call
from apitally_traffic._transport.pacing import Now, Outcome, Pacer, Permit
from apitally_traffic._transport.request_queue import RequestQueue

_logger = logging.getLogger("apitally_traffic")

# How often a wait checks for events without a notification: a cancellation, the end of another event loop, and whether
# to stop waiting for the response to another request.
_POLL_SECONDS = 0.1
# Waits whose ends differ by less than this are for the same rate limit window.
_SAME_END = 0.5


class RateLimiter:
    """Lets the requests of all threads through at the rate that the pacer allows."""

    def __init__(self, pacer: Pacer) -> None:
        """Store the pacer, which is only used under a lock."""
        self._pacer = pacer
        self._lock = threading.RLock()
        self._queue: RequestQueue[int, threading.Condition] = RequestQueue()  # by thread ID
        self._announced = _Announced()

    def acquire(self, call: Call) -> Permit | None:
        """Wait for a permit to send one request; return None if the deadline passes or the client is closed first.

        Raises:
            CancellationError: the result of the request is no longer needed.
        """
        cancellation = current_cancellation.get()
        wait, thread = _Wait(call, self._announced), threading.get_ident()
        with self._lock:
            changed = threading.Condition(self._lock)
            interrupted = self._queue.pop(thread)  # a wait of this thread that a signal handler has interrupted
            try:
                while True:
                    # Again after each wait: an error of a signal handler may have prevented that it was put back.
                    self._queue.put(thread, changed, is_retry=call.attempts > 0)
                    if cancellation is not None:
                        cancellation.check()
                    if call.lifetime.has_ended:
                        return None
                    permit = _ask(self._pacer, is_first=self._queue.first() == (thread, changed))
                    if isinstance(permit, Permit):
                        wait.end()
                        return permit
                    seconds = wait.next(permit)
                    if seconds <= 0:
                        return None
                    # A notification may arrive before the wait, while a signal handler runs.
                    is_polled = cancellation is not None or isinf(permit)
                    changed.wait(min(seconds, _POLL_SECONDS if is_polled else threading.TIMEOUT_MAX))
            finally:
                self._queue.pop(thread)
                if interrupted is not None:
                    waker, is_retry = interrupted
                    self._queue.put_first(thread, waker, is_retry=is_retry)
                self._wake_first()

    def wake(self) -> None:
        """Wake all waiting threads, so that each checks again whether to wait."""
        with self._lock:
            for changed in self._queue.wakers():
                changed.notify()

    def release(self, permit: Permit, outcome: Outcome) -> None:
        """Return a permit after the exchange.

        Args:
            permit: the result of `acquire`.
            outcome: how the exchange ended.
        """
        with self._lock:
            _release(self._pacer, permit, outcome)
            self._wake_first()

    def _wake_first(self) -> None:
        if (first := self._queue.first()) is not None:
            _, changed = first
            changed.notify()


class AsyncRateLimiter:
    """Lets the requests of all tasks, in all event loops, through at the rate that the pacer allows."""

    def __init__(self, pacer: Pacer) -> None:
        """Store the pacer, which is only used under a lock."""
        self._pacer = pacer
        # Reentrant, because any allocation of memory may free an abandoned task, which then releases its permit.
        self._lock = threading.RLock()
        self._permits: dict[int, tuple[Permit, asyncio.AbstractEventLoop]] = {}
        self._queues: dict[asyncio.AbstractEventLoop, _Queue] = {}
        self._announced = _Announced()

    async def acquire(self, call: Call) -> Permit | None:
        """Wait for a permit to send one request; return None if the deadline passes or the client is closed first."""
        waiting, loop = _Wait(call, self._announced), asyncio.get_running_loop()
        try:
            while not call.lifetime.has_ended:
                with self._lock:
                    queue = self._queues.setdefault(loop, RequestQueue())
                    changed = loop.create_future()
                    queue.put(waiting, changed, is_retry=call.attempts > 0)
                    is_first = queue.first() == (waiting, changed)
                    permit = self._try_acquire(is_first=is_first)
                    if isinstance(permit, Permit):
                        self._permits[id(permit)] = permit, loop
                        waiting.end()
                        return permit
                    # The end of another event loop, which may hold permits, sends no notification.
                    is_alone = all(other is loop for _, other in self._permits.values())
                seconds = waiting.next(permit)
                if seconds <= 0:
                    return None
                is_polled = is_first and (isinf(permit) or not is_alone)
                await wait(changed, min(seconds, _POLL_SECONDS) if is_polled else seconds)
            return None
        finally:
            with self._lock:
                queue = self._queues.get(loop, RequestQueue())
                queue.pop(waiting)
                if queue.first() is None:
                    self._queues.pop(loop, None)
            self._wake_first(queue)

    def release(self, permit: Permit, outcome: Outcome) -> None:
        """Return a permit; the arguments are those of `RateLimiter.release`."""
        with self._lock:
            if self._permits.pop(id(permit), None) is not None:
                _release(self._pacer, permit, outcome)
        for queue in tuple(self._queues.values()):
            self._wake_first(queue)

    def wake(self) -> None:
        """Wake all waiting tasks, so that each checks again whether to wait."""
        for queue in tuple(self._queues.values()):
            for changed in queue.wakers():
                _finish(changed)

    @staticmethod
    def _wake_first(queue: "_Queue") -> None:
        if (first := queue.first()) is not None:
            _, changed = first
            _finish(changed)

    def _try_acquire(self, *, is_first: bool) -> Permit | float:
        permit = _ask(self._pacer, is_first=is_first)
        if isinstance(permit, Permit):
            return permit
        lost = [permit for permit, loop in self._permits.values() if not loop.is_running()]
        for permit_of_ended_loop in lost:
            del self._permits[id(permit_of_ended_loop)]
            self._pacer.on_failure(permit_of_ended_loop, _now())
        return _ask(self._pacer, is_first=is_first) if lost else permit


class _Announced:
    """The latest end, on the monotonic clock, of the waits that were logged."""

    def __init__(self) -> None:
        self._until = -inf

    def announce(self, seconds: float) -> None:
        """Log a wait, unless one that ends at the same time was logged before."""
        until = monotonic() + seconds
        if until > self._until + _SAME_END:
            self._until = until
            _logger.info("waiting %.1f s for the rate limit", seconds, extra={"waits_for": seconds})


class _Wait:
    """One wait for a permit, with its end, its log line and its statistics."""

    def __init__(self, call: Call, announced: _Announced) -> None:
        self._call = call
        self._announced = announced
        self._started = monotonic()
        self._has_waited = self._is_announced = False

    def next(self, seconds: float) -> float:
        """Return the seconds to wait before asking again: those of the pacer, or fewer if the call ends earlier."""
        self._has_waited = True
        # Waits for the response to another request, which the pacer gives as infinite, are too short to log.
        if not self._is_announced and not isinf(seconds):
            self._announced.announce(seconds)
            self._is_announced = True
        return min(seconds, self._call.remaining())

    def end(self) -> None:
        self._call.attempt(waited=monotonic() - self._started if self._has_waited else 0.0)


_Queue = RequestQueue[_Wait, "asyncio.Future[None]"]


def _ask(pacer: Pacer, *, is_first: bool) -> Permit | float:
    """Return a permit or the seconds to wait; unless it is the caller's turn, only the seconds."""
    return pacer.try_acquire(_now()) if is_first else pacer.wait(_now()) or inf


def _finish(future: "asyncio.Future[None]") -> None:
    """Set the result of a future of any event loop."""
    here, loop = None, future.get_loop()
    with contextlib.suppress(RuntimeError):
        here = asyncio.get_running_loop()
    call = loop.call_soon if loop is here else loop.call_soon_threadsafe  # slower, because it writes to a socket
    with contextlib.suppress(RuntimeError):  # its event loop is closed
        call(finish, future)


def _now() -> Now:
    return Now(monotonic(), wall())


def _release(pacer: Pacer, permit: Permit, outcome: Outcome) -> None:
    now = _now()
    if not outcome.is_sent:
        pacer.on_unsent(permit)
    elif outcome.headers is None:
        pacer.on_failure(permit, now)
    else:
        pacer.on_response(permit, now, outcome.headers)
    if outcome.pause > 0:
        pacer.pause(now, outcome.pause)
