"""The requests that a run may still send, and the share of them for drawn values."""

import random
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import TypeVar

import hypothesis
from hypothesis import HealthCheck, Phase
from hypothesis.strategies import SearchStrategy

from contract_tests.options import Options
from contract_tests.promises.promise import BrokenPromiseError, Ledger, NotExercisedError, ShareUsedUpError
from contract_tests.wire.client import Client

Drawn = TypeVar("Drawn")


_MIN_COST = 4  # requests that most tests need before they can see a breach


class Budget:
    """The budget of a run.

    Args:
        client: counts the requests.
        options: the seed, and for how long a deep run goes on.
        ledger: the findings; the time of a deep run, or the requests of a small budget, are shared among its promises.
    """

    def __init__(self, client: Client, options: Options, ledger: Ledger) -> None:
        self._reserve = 0
        self._share_ends: float | None = None
        self._promise_id: str | None = None
        self._is_small = options.max_requests < options.default_requests
        self._client = client
        ledger.after_seen = self._require_share
        self._random = random.Random(options.seed)  # noqa: S311 - it has to repeat, not to be secret
        self._deep_seconds = options.deep / len(ledger.findings)

    def begin(self, promise_id: str | None, costs: Sequence[int]) -> None:
        """Begin the next test.

        Args:
            promise_id: the promise that it tests, if there is one.
            costs: how many requests it needs, followed by those of each test after it.
        """
        self._promise_id, self._reserve, self._share_ends = promise_id, sum(costs[1:]), None
        if self._is_small and costs[0]:
            minimum = sum(min(cost, _MIN_COST) for cost in costs)
            share = max(0, self._client.remaining - minimum) * costs[0] / sum(costs)
            self._share_ends = self._client.sent + share

    @property
    def spare(self) -> float:
        """How many requests the test may send without taking any that later tests need."""
        if self._share_ends is not None:
            return self._share_ends - self._client.sent
        return self._client.remaining - self._reserve

    def _require_share(self, promise_id: str) -> None:
        """End a test that has exercised its promise and used up its share of a small budget."""
        if self._share_ends is not None and promise_id == self._promise_id and self.spare <= 0:
            raise ShareUsedUpError

    def draw(
        self, strategy: SearchStrategy[Drawn], relation: Callable[[Drawn], None], *, max_examples: int, cost: int
    ) -> None:
        """Test a relation with drawn values, as far as the budget goes.

        Args:
            strategy: the values to draw from.
            relation: the test of one value; drawing stops at the first breach that it raises.
            max_examples: how many values to draw in the default profile.
            cost: the maximum number of requests for one value.
        """
        until = time.monotonic() + self._deep_seconds
        ends: list[Exception] = []

        def tried(value: Drawn) -> None:
            # A breach is raised later: Hypothesis would send many more requests to shrink the example.
            if ends or self.spare < cost or (self._deep_seconds and time.monotonic() > until):
                return
            try:
                relation(value)
            except (BrokenPromiseError, NotExercisedError, ShareUsedUpError) as error:
                ends.append(error)

        settings = hypothesis.settings(
            max_examples=max_examples,
            database=None,
            deadline=None,
            derandomize=False,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        while True:
            # An operation without parameters has no invalid requests to draw.
            with suppress(hypothesis.errors.Unsatisfiable):
                hypothesis.seed(self._random.randrange(1 << 32))(settings(hypothesis.given(strategy)(tried)))()
            if ends or time.monotonic() >= until:
                break
        if ends:
            raise ends[0]
