"""One call of the user: a request with all its attempts, its deadline, and what is counted about it."""

from contextvars import ContextVar
from math import inf

from apitally_traffic._clock import monotonic
from apitally_traffic._transport.stats import StatsRecorder

CALL = "apitally_traffic.call"
"""The extension of a request with its call."""


class Call:
    """A request with all its attempts.

    Attributes:
        deadline: seconds for all of its attempts, from the first permit of the rate limiter on.
        attempts: how many attempts were made.
        stats: where to count them.
    """

    def __init__(self, deadline: float, stats: StatsRecorder | None) -> None:
        """Start before the first attempt."""
        self.deadline = deadline
        self.attempts = 0
        self._stats = stats
        self._ends = inf

    def attempt(self, waited: float) -> None:
        """Count an attempt that is sent now.

        Args:
            waited: for how many seconds it waited for the rate limit.
        """
        if not self.attempts:
            self._ends = monotonic() + self.deadline
        self.attempts += 1
        if self._stats is not None:
            self._stats.add_request(waited, is_retry=self.attempts > 1)

    def respond(self, status_code: int, headers: dict[str, str]) -> None:
        """Record a response."""
        if self._stats is not None:
            self._stats.add_response(status_code, headers)

    def check(self) -> None:
        """Raise a TimeoutError after the deadline."""
        if self.remaining() <= 0:
            raise TimeoutError

    def remaining(self) -> float:
        """Return how many seconds are left; infinite before the first attempt."""
        return self._ends - monotonic()


current_call: ContextVar[Call | None] = ContextVar("current_call", default=None)
"""The call that the current thread sends a request for."""
