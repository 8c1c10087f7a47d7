"""The fixture for tests of operations other than traffic: a promise, and the operation on the server under test."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from contract_tests.declarations.specification import Operation
from contract_tests.exchange import Exchange
from contract_tests.promises.promise import BrokenPromiseError
from contract_tests.reading.endpoint import Endpoint
from contract_tests.run import Run


@dataclass(frozen=True)
class Asked:
    """A promise of one operation that is tested.

    Attributes:
        run: the run.
        promise_id: the promise.
        endpoint: the operation, which this key may use.
    """

    run: Run
    promise_id: str
    endpoint: Endpoint

    @property
    def operation(self) -> Operation:
        """What is declared of it."""
        return self.endpoint.operation

    def seen(self, *exchanges: Exchange) -> None:
        """Note requests that could have shown a breach but did not."""
        self.run.ledger.seen(self.promise_id, *exchanges)

    def breach(self, message: str, *exchanges: Exchange, expected: str = "", got: str = "") -> BrokenPromiseError:
        """Return a breach of this promise, or of `requests.no-server-error` if the last response is a 5xx."""
        is_failure = bool(exchanges) and exchanges[-1].status >= 500
        named = self.operation.promise("requests.no-server-error") if is_failure else self.promise_id
        return BrokenPromiseError(named, message, *exchanges, expected=expected, got=got)


def of_each_operation(name: str, *, cost: int) -> Callable[[Any], Any]:
    """Mark a test for each operation that has a promise whose id begins with this name.

    Args:
        name: the promise, without the operation.
        cost: how many requests the test takes at most.
    """
    return pytest.mark.each_operation(name, cost)
