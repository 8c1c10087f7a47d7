"""A run of the suite as the reports see it, and the exit code that it earns."""

from dataclasses import dataclass, field

from contract_tests.options import Options
from contract_tests.promises.promise import Ledger
from contract_tests.wire.client import Client


@dataclass
class Outcome:
    """A run and what came of it.

    Attributes:
        client: the connection, with everything that was sent.
        ledger: the verdicts.
        options: what the run was told.
        baseline: acknowledged findings, by promise id.
        errors: failures of the suite itself.
        gone: why the server could not be asked to the end, if so.
    """

    client: Client
    ledger: Ledger
    options: Options
    baseline: dict[str, str]
    errors: list[str] = field(default_factory=list)
    gone: str | None = None

    @property
    def exit_code(self) -> int:
        """0 every exercised promise is kept, 1 one is broken, 2 the suite could not run to its end."""
        broken = [finding.promise.id for finding in self.ledger.findings.values() if finding.verdict == "broken"]
        if any(promise_id not in self.baseline for promise_id in broken):
            return 1
        return 2 if self.errors or self.gone else 0

    @property
    def problems(self) -> list[str]:
        """Whatever kept the run from coming to its end."""
        return [*self.errors, *([self.gone] if self.gone else [])]
