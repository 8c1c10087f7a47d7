"""The requests that a run may still send, and how much of them drawn values may take."""

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


_MIN_COST = 4  # what most tests take to see something


class Budget:
    """The budget of a run.

    Args:
        client: counts the requests.
        options: the seed, and for how long a deep run goes on.
        ledger: what was seen; a deep run shares its time among its promises, and a small budget its requests.
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
        """Turn to the next test.

        Args:
            promise_id: the promise that it is about, if it is about one.
            costs: how many requests it takes, and each test after it.
        """
        self._promise_id, self._reserve, self._share_ends = promise_id, sum(costs[1:]), None
        if self._is_small and costs[0]:
            minimum = sum(min(cost, _MIN_COST) for cost in costs)
            share = max(0, self._client.remaining - minimum) * costs[0] / sum(costs)
            self._share_ends = self._client.sent + share

    @property
    def spare(self) -> float:
        """How many requests the test may send beyond those that it, or a test still to come, needs."""
        if self._share_ends is not None:
            return self._share_ends - self._client.sent
        return self._client.remaining - self._reserve

    def _require_share(self, promise_id: str) -> None:
        """End a test that has put its promise to the test, and used up its share of a small budget."""
        if self._share_ends is not None and promise_id == self._promise_id and self.spare <= 0:
            raise ShareUsedUpError

    def draw(
        self, strategy: SearchStrategy[Drawn], relation: Callable[[Drawn], None], *, max_examples: int, cost: int
    ) -> None:
        """Put a relation to the test with drawn values, as far as the budget goes.

        Args:
            strategy: what is drawn.
            relation: the test of one value; the first breach that it raises ends the drawing.
            max_examples: how many values to draw in the default profile.
            cost: how many requests one value takes at the most.
        """
        until = time.monotonic() + self._deep_seconds
        ends: list[Exception] = []

        def tried(value: Drawn) -> None:
            # A breach is kept back: Hypothesis would ask the server again and again to make it smaller.
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
            # Of an operation without parameters, no invalid request can be made up.
            with suppress(hypothesis.errors.Unsatisfiable):
                hypothesis.seed(self._random.randrange(1 << 32))(settings(hypothesis.given(strategy)(tried)))()
            if ends or time.monotonic() >= until:
                break
        if ends:
            raise ends[0]
