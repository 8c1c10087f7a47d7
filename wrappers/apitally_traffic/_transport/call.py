"""One call of the user: a request with all its attempts, its deadline, its end, and what is counted about it."""

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
"""How many requests of a client are sent at a time."""

CALL = "apitally_traffic.call"
"""The extension of a request with its call."""


class Lifetime:
    """The time from one `close` of a client to the next; calls that are under way at its end are ended, too.

    Attributes:
        interruptible: makes the context manager of a block that a function interrupts if the end comes while it runs,
            or came before.
        large_body: held while a large body is read and decoded, by a thread.
        large_body_async: held by a task.
        request_slots: held by each task that has a request in the pool of connections, which has to look at all of
            them for each connection that gets free.
    """

    def __init__(self) -> None:
        """Start."""
        self._interrupts = Interrupts()
        self.interruptible = self._interrupts.during
        self.large_body = threading.Lock()
        self.large_body_async = asyncio.Lock()
        self.request_slots = asyncio.Semaphore(MAX_CONNECTIONS)
        self._under_way: set[asyncio.Future[None]] = set()

    @property
    def has_ended(self) -> bool:
        """Whether the client was closed."""
        return self._interrupts.is_set

    def end(self) -> None:
        """Interrupt what waits."""
        self._interrupts()

    @contextmanager
    def under_way(self) -> Iterator[None]:
        """Let `all_left` wait for a block, in which a task sends a request."""
        left = asyncio.get_running_loop().create_future()
        self._under_way.add(left)
        try:
            yield
        finally:
            self._under_way.discard(left)
            finish(left)

    async def all_left(self, seconds: float) -> None:
        """Wait until all tasks have left these blocks, for up to `seconds`."""
        end = monotonic() + seconds
        for left in tuple(self._under_way):
            await wait(left, max(end - monotonic(), 0.0))


class Call:
    """A request with all its attempts.

    Attributes:
        deadline: seconds for all of its attempts, from the first permit of the rate limiter on.
        lifetime: of the client's connections; with it the call ends.
        attempts: how many attempts were made.
        waited: for how many seconds the next attempt has waited for the rate limit since the last one.
        failure: how the last attempt failed, without its traceback; None before the first retry.
    """

    def __init__(self, deadline: float, stats: StatsRecorder | None, lifetime: Lifetime) -> None:
        """Start before the first attempt.

        Args:
            deadline: seconds for all of its attempts.
            stats: where to count them.
            lifetime: the client's present one.
        """
        self.deadline = deadline
        self.lifetime = lifetime
        self.attempts = 0
        self.waited = 0.0
        self.failure: ApitallyError | None = None
        self._stats = stats
        self._ends = inf

    def attempt(self, waited: float) -> None:
        """Count an attempt that is sent now.

        Args:
            waited: for how many seconds it waited for a permit of the rate limiter.
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
        """Raise a TimeoutError after the deadline, or when the client is closed."""
        if self.lifetime.has_ended or self.remaining() <= 0:
            raise TimeoutError

    def remaining(self) -> float:
        """Return how many seconds are left; infinite before the first attempt."""
        return self._ends - monotonic()


current_call: ContextVar[Call | None] = ContextVar("current_call", default=None)
"""The call that the current thread sends a request for."""
