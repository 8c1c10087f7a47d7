"""Requests that schemathesis generates from the specification, for each operation, and checks of the responses."""

import random
from collections.abc import Iterable
from typing import Any

import hypothesis
import pytest
from hypothesis import HealthCheck, Phase
from hypothesis.strategies import SearchStrategy, one_of
from schemathesis import Case, GenerationMode
from schemathesis.core.transport import Response
from schemathesis.generation.stateful import run_state_machine_as_test
from schemathesis.schemas import APIOperation

from contract_tests.declarations.specification import Operation
from contract_tests.exchange import Exchange
from contract_tests.oracle import zone_table
from contract_tests.promises.promise import BrokenPromiseError, NotExercisedError
from contract_tests.run import Run
from contract_tests.schema.cases import as_response, check, operation_of, steer
from contract_tests.wire.client import BudgetUsedUpError

_EXAMPLES, _COVERED, _FUZZED, _WALKS = 2, 30, 14, 3
_STEPS = 3
_SEEN = ("response.schema", "requests.no-server-error", "requests.bounds")
_ALL_MODES = [GenerationMode.POSITIVE, GenerationMode.NEGATIVE]


class _Schema:
    """An operation as schemathesis sees it, and the server that its cases go to."""

    def __init__(self, run: Run, declared: Operation) -> None:
        self.run = run
        self.declared = declared
        self.operation: APIOperation[Any, Any, Any, Any] = operation_of(
            run.spec.document, declared.path, run.options.seed
        )
        self.known: dict[str, Any] = dict(run.options.known_values)
        if declared.is_traffic:
            run.require_traffic()
        else:
            endpoint = run.endpoints.of(declared)
            endpoint.require_open()
            self.known |= dict(endpoint.values)
        self.chance = random.Random(run.options.seed)  # noqa: S311 - it has to repeat, not to be secret
        self.breaches: list[BrokenPromiseError] = []
        self.asked: set[str] = set()

    def draw(self, strategy: SearchStrategy[Case[Any]], max_examples: int) -> None:
        """Draw cases and send them, as far as the budget goes."""

        def send(case: Case[Any]) -> None:
            self.send(case)

        self.run.budget.draw(strategy, send, max_examples=max_examples, cost=1)

    def send(self, case: Case[Any]) -> Exchange | None:
        """Send a case if it is useful for this server and has not been sent, and check the response."""
        query = steer(case, self.known, self.chance.choice(zone_table.ALL))
        asked = repr((case.path_parameters, sorted(query.items(), key=repr))) if query is not None else ""
        if query is None or asked in self.asked:
            return None
        self.asked.add(asked)
        pairs = [
            (name, str(one)) for name, value in query.items() for one in (value if isinstance(value, list) else [value])
        ]
        exchange = self.ask(case, pairs)
        self.look(case, exchange)
        return exchange

    def ask(self, case: Case[Any], pairs: list[tuple[str, str]]) -> Exchange:
        """Send the query of a case to its path."""
        return self.run.client.get(pairs, path=self.declared.target(case.path_parameters or {}))

    def look(self, case: Case[Any], exchange: Exchange) -> None:
        """Record what schemathesis' checks find."""
        self.breaches += check(case, self.declared, exchange)
        for promise_id in _SEEN if exchange.status == 200 else _SEEN[1:]:
            if (named := self.declared.promise(promise_id)) in self.run.ledger.findings:
                self.run.ledger.seen(named, exchange)

    def conclude(self) -> None:
        """Record a breach for each finding; the test fails with the first."""
        for breach in self.breaches[1:]:
            self.run.ledger.broken(breach)
        if self.breaches:
            raise self.breaches[0]


@pytest.fixture
def schema(run: Run, declared: Operation) -> _Schema:
    """Return an operation for schemathesis."""
    return _Schema(run, declared)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.schema(cost=_EXAMPLES)
def test_examples(schema: _Schema) -> None:
    """The examples of the specification."""
    examples = schema.operation.get_strategies_from_examples()
    if not examples:
        raise NotExercisedError(f"{schema.declared.path} has no examples.")
    schema.draw(one_of(examples), _EXAMPLES)
    schema.conclude()


@pytest.mark.filterwarnings("ignore")
@pytest.mark.schema(cost=_COVERED)
def test_coverage(schema: _Schema) -> None:
    """Each keyword of each parameter, complied with and violated."""
    generation = schema.operation.schema.config.generation_for(operation=schema.operation, phase="coverage")
    cases: Iterable[Case[Any]] = schema.operation.schema.iter_coverage_cases(
        schema.operation, generation_modes=_ALL_MODES, generation_config=generation
    )
    shuffled = list(cases)
    schema.chance.shuffle(shuffled)
    left = _COVERED if not schema.run.options.deep else len(shuffled)
    for case in shuffled:
        left -= schema.send(case) is not None
        if left == 0 or schema.run.budget.spare <= 0:
            break
    schema.conclude()


@pytest.mark.filterwarnings("ignore")
@pytest.mark.schema(cost=_FUZZED)
def test_fuzzing(schema: _Schema) -> None:
    """Random requests, valid and invalid."""
    strategies = [schema.operation.as_strategy(generation_mode=mode) for mode in _ALL_MODES]
    schema.draw(one_of(strategies), _FUZZED)
    schema.conclude()


@pytest.mark.filterwarnings("ignore")
@pytest.mark.schema(cost=_WALKS * _STEPS)
def test_stateful(schema: _Schema) -> None:
    """Chains of requests, each page leading to the next one by its token."""
    declared, known = schema.declared, schema.known
    if not declared.is_listing:
        raise NotExercisedError(f"{declared.path} has no pages.")
    small = {"limit": "5"} if declared.alternatives("limit") else {}
    exchanges = schema.run.client.exchanges[-1:]

    class Walk(schema.operation.schema.as_state_machine()):  # type: ignore[misc]
        """Sends through our connection, and keeps findings until the end."""

        def call(self, case: Case[Any], **_: Any) -> Response:
            query = dict(case.query or {})
            kept = "next_token" if isinstance(query.get("next_token"), str) else "interval"
            case.query = {name: query[name] for name in query if name == kept or declared.requires(name)} | small
            case.path_parameters = dict(case.path_parameters or {}) | known
            try:
                if schema.run.budget.spare > 0:
                    exchanges.append(schema.ask(case, [(name, str(value)) for name, value in case.query.items()]))
                    schema.look(case, exchanges[-1])
            except BudgetUsedUpError:
                pass  # Hypothesis would take an error for a flaky test
            return as_response(exchanges[-1])

        def validate_response(self, *_: Any, **__: Any) -> None:
            """Do nothing: `call` has checked it."""

    walks = _settings(_WALKS if not schema.run.options.deep else 50, stateful_step_count=_STEPS)
    try:
        run_state_machine_as_test(hypothesis.seed(schema.run.options.seed)(Walk), settings=walks)
    finally:
        schema.conclude()


def _settings(max_examples: int, **more: Any) -> hypothesis.settings:
    return hypothesis.settings(
        max_examples=max_examples,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
        **more,
    )
