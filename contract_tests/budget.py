"""The requests that a run may still send, and how much of them drawn values may take."""

import random
import time
from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

import hypothesis
from hypothesis import HealthCheck, Phase
from hypothesis.strategies import SearchStrategy

from contract_tests.options import Options
from contract_tests.promises.promise import BrokenPromiseError, NotExercisedError
from contract_tests.wire.client import Client

Drawn = TypeVar("Drawn")


class Budget:
    """The budget of a run.

    Args:
        client: counts the requests.
        options: the seed, and for how long a deep run goes on.
        parts: among how many promises a deep run shares its time.

    Attributes:
        reserve: how many requests the tests still to come need.
    """

    def __init__(self, client: Client, options: Options, parts: int) -> None:
        self.reserve = 0
        self._client = client
        self._random = random.Random(options.seed)  # noqa: S311 - it has to repeat, not to be secret
        self._deep_seconds = options.deep / parts

    @property
    def spare(self) -> int:
        """How many requests may be sent beyond those that the tests still to come need."""
        return self._client.remaining - self.reserve

    def draw(self, strategy: SearchStrategy[Drawn], relation: Callable[[Drawn], None], *, most: int, cost: int) -> None:
        """Put a relation to the test with drawn values, as far as the budget goes.

        Args:
            strategy: what is drawn.
            relation: the test of one value; the first breach that it raises ends the drawing.
            most: how many values to draw in the default profile.
            cost: how many requests one value takes at the most.
        """
        until = time.monotonic() + self._deep_seconds
        breaches: list[Exception] = []

        def tried(value: Drawn) -> None:
            # A breach is kept back: Hypothesis would ask the server again and again to make it smaller.
            if breaches or self.spare < cost or (self._deep_seconds and time.monotonic() > until):
                return
            try:
                relation(value)
            except (BrokenPromiseError, NotExercisedError) as error:
                breaches.append(error)

        settings = hypothesis.settings(
            max_examples=most,
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
            if breaches or time.monotonic() >= until:
                break
        if breaches:
            raise breaches[0]
