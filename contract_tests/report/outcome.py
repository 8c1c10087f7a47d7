"""The outcome of a run, for the reports, and its exit code."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime

from contract_tests.declarations.specification import Operation
from contract_tests.options import MIN_REQUESTS, Options
from contract_tests.promises.promise import Finding, Ledger
from contract_tests.report.history import PastRun, page_sizes, zones_by
from contract_tests.wire.client import Client


@dataclass
class Outcome:
    """A run and its results.

    Attributes:
        client: the connection, with all exchanges; `None` if the options cannot be used.
        ledger: the verdicts.
        options: the options of the run.
        baseline: acknowledged findings, by promise id.
        operations: the declared operations of the API.
        errors: failures of the suite itself.
        gone: why the run did not come to its end; `None` if it did.
        runs: the runs against the same app that are kept, the last one being this one.
        started_at: when the run began, in UTC.
    """

    client: Client | None
    ledger: Ledger
    options: Options
    baseline: dict[str, str]
    operations: tuple[Operation, ...] = ()
    errors: list[str] = field(default_factory=list)
    gone: str | None = None
    runs: list[PastRun] = field(default_factory=list)
    started_at: datetime = field(default_factory=lambda: datetime.now(UTC))

    def stop(self, reason: str) -> None:
        """Record why the run cannot continue, also as the reason for the tests that have not run."""
        self.gone = reason
        self.ledger.not_run(f"Its test did not run: {reason}")

    @property
    def asked(self) -> str:
        """Which server and app were tested."""
        return "No server was asked" if self.client is None else f"{self.client.base_url}, app {self.client.app_id}"

    @property
    def sent(self) -> int:
        """How many requests were sent."""
        return 0 if self.client is None else self.client.sent

    @property
    def unstable(self) -> list[str]:
        """The requests that succeeded only when they were repeated."""
        return [] if self.client is None else self.client.unstable

    @property
    def broken(self) -> list[Finding]:
        """The findings of broken promises, acknowledged or not."""
        return [finding for finding in self.ledger.findings.values() if finding.verdict == "broken"]

    @property
    def for_history(self) -> PastRun:
        """The run as it is kept for later ones."""
        exchanges = [] if self.client is None else self.client.exchanges
        return PastRun(
            server=self.options.base_url or "the mock",
            app_id=self.options.app_id,
            started_at=self.started_at.isoformat(timespec="seconds"),
            seed=self.options.seed,
            requests=self.sent,
            exit_code=self.exit_code,
            verdicts={name: finding.verdict for name, finding in self.ledger.findings.items()},
            page_sizes=sorted(page_sizes(exchanges)),
            zones={interval: sorted(zones_by(interval, exchanges)) for interval in ("hour", "day")},
        )

    @property
    def headline(self) -> str:
        """How the run went, in one line."""
        broken = [finding.promise.id for finding in self.broken]
        if not broken and self.is_mostly_open and not self.problems:
            open_count, count = len(self.not_exercised), len(self.ledger.findings)
            return f"Most promises were not exercised: {open_count} of {count}"
        if not broken:
            return "The run did not come to its end" if self.problems else "Every promise that could be tested is kept"
        names = ", ".join(broken[:3]) + (" and more" if len(broken) > 3 else "")
        return f"{len(broken)} {'promise is' if len(broken) == 1 else 'promises are'} broken: {names}"

    @property
    def counted(self) -> str:
        """The number of promises for each verdict, and of requests."""
        counts = Counter(finding.verdict for finding in self.ledger.findings.values())
        verdicts = ", ".join(f"{counts[verdict]} {verdict}" for verdict in ("kept", "broken", "not exercised"))
        told = f"{verdicts}; {self.sent} requests"
        if self.unstable:
            told += f"; unstable: {len(self.unstable)} of {self.sent} requests succeeded only when repeated"
        return told

    @property
    def not_exercised(self) -> list[Finding]:
        """The findings of promises that were not exercised."""
        return [finding for finding in self.ledger.findings.values() if finding.verdict == "not exercised"]

    @property
    def unmet(self) -> str | None:
        """What the run lacks for `--require-exercised`; `None` if nothing."""
        open_ids = [finding.promise.id for finding in self.not_exercised]
        exercised = len(self.ledger.findings) - len(open_ids)
        required = self.options.require_exercised
        if isinstance(required, int) and exercised < required:
            return f"Only {exercised} promises were exercised, and --require-exercised asks for {required}."
        if not isinstance(required, int) and (missing := [one for one in open_ids if one in required]):
            return f"--require-exercised asks for {', '.join(missing)}, which the run has not exercised."
        return None

    @property
    def is_mostly_open(self) -> bool:
        """Whether most promises were not exercised."""
        return len(self.not_exercised) * 2 > len(self.ledger.findings)

    @property
    def warnings(self) -> list[str]:
        """What a reader of the verdicts should know, one sentence each."""
        count, open_ones = len(self.ledger.findings), self.not_exercised
        cut_short = sum(finding.is_cut_short for finding in self.ledger.findings.values())
        found = [self.unmet] if self.unmet else []
        if self.is_mostly_open:
            found.append(f"Only {count - len(open_ones)} of {count} promises were exercised; each other one says why.")
        if cut_short:
            asked, most = self.options.max_requests, self.options.default_requests
            found.append(
                f"--max-requests {asked} is shared among the promises, so {cut_short} were tested with fewer requests "
                f"than their tests take: {most} are enough for all, about {MIN_REQUESTS} to put each to the test."
            )
        return found

    @property
    def exit_code(self) -> int:
        """0 every exercised promise is kept, 1 one is broken or too few are exercised, 2 the run did not end."""
        if self.gone:
            return 2
        if any(finding.promise.id not in self.baseline for finding in self.broken):
            return 1
        if self.errors:
            return 2
        return 1 if self.unmet else 0

    @property
    def problems(self) -> list[str]:
        """The reasons why the run did not come to its end."""
        return [*self.errors, *([self.gone] if self.gone else [])]
