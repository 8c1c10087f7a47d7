"""One call of the user: a request with all its attempts, its deadline, its cancellation and its statistics."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from math import inf

from apitally_traffic._cancellation import Interrupts
from apitally_traffic._clock import finish, monotonic, wait
from apitally_traffic._redaction.redactor import Redactor
from apitally_traffic._transport.stats import LastResponse, StatsRecorder
from apitally_traffic.errors import ApitallyError

MAX_CONNECTIONS = 100
"""The maximum number of concurrent requests of a client."""

CALL = "apitally_traffic.call"
"""The request extension with the call of the request."""


class Lifetime:
    """The time from one `close` of a client to the next; its end also ends the running calls.

    Attributes:
        interruptible: returns a context manager that calls a function if the lifetime ends while its block runs, or has
            ended before.
        large_body: the lock of a thread that reads and decodes a large body.
        large_body_async: the lock of a task that does the same.
        request_slots: limits the tasks with a request in the connection pool, because the pool goes through all of its
            requests for each connection that becomes free.
    """

    def __init__(self) -> None:
        """Start a lifetime."""
        self._interrupts = Interrupts()
        self.interruptible = self._interrupts.during
        self.large_body = threading.Lock()
        self.large_body_async = asyncio.Lock()
        self.request_slots = asyncio.Semaphore(MAX_CONNECTIONS)
        self._in_flight: set[asyncio.Future[None]] = set()

    @property
    def has_ended(self) -> bool:
        """Whether the client was closed."""
        return self._interrupts.is_set

    def end(self) -> None:
        """Interrupt everything that waits."""
        self._interrupts()

    @contextmanager
    def in_flight(self) -> Iterator[None]:
        """Mark the block, in which a task sends a request, as one that `wait_until_idle` waits for."""
        ended = asyncio.get_running_loop().create_future()
        self._in_flight.add(ended)
        try:
            yield
        finally:
            self._in_flight.discard(ended)
            finish(ended)

    async def wait_until_idle(self, seconds: float) -> None:
        """Wait until the blocks of all tasks have ended, for up to `seconds`."""
        end = monotonic() + seconds
        for ended in tuple(self._in_flight):
            await wait(ended, max(end - monotonic(), 0.0))


class Call:
    """A request with all its attempts.

    Attributes:
        deadline: seconds for all attempts, starting with the first permit of the rate limiter.
        lifetime: the lifetime of the client's connections; when it ends, the call ends, too.
        attempts: how many attempts were made.
        waited: the seconds for which the next attempt has waited for the rate limit so far.
        failure: the error of the last attempt, without its traceback; None before the first retry.
    """

    def __init__(self, deadline: float, stats: StatsRecorder | None, lifetime: Lifetime) -> None:
        """Start before the first attempt.

        Args:
            deadline: seconds for all attempts.
            stats: the recorder that counts the attempts.
            lifetime: the client's current lifetime.
        """
        self.deadline = deadline
        self.lifetime = lifetime
        self.attempts = 0
        self.waited = 0.0
        self.failure: ApitallyError | None = None
        self._stats = stats
        self._ends = inf

    def attempt(self, waited: float) -> None:
        """Count an attempt that is about to be sent.

        Args:
            waited: the seconds for which it waited for a permit of the rate limiter.
        """
        if not self.attempts:
            self._ends = monotonic() + self.deadline
        self.attempts += 1
        if self._stats is not None:
            self._stats.add_request(self.waited + waited, is_retry=self.attempts > 1)
        self.waited = 0.0

    def respond(self, status_code: int, headers: dict[str, str], redactor: Redactor) -> None:
        """Record a response."""
        if self._stats is not None:
            self._stats.add_response(LastResponse(status_code, headers, redactor))

    def check(self) -> None:
        """Raise a TimeoutError after the deadline, or after the client was closed."""
        if self.lifetime.has_ended or self.remaining() <= 0:
            raise TimeoutError

    def remaining(self) -> float:
        """Return the remaining seconds until the deadline; infinite before the first attempt."""
        return self._ends - monotonic()


current_call: ContextVar[Call | None] = ContextVar("current_call", default=None)
"""The call for which the current thread or task sends a request."""
