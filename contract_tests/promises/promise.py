"""A promise, a breach of it, and the verdicts that a run comes to."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Literal

from contract_tests.exchange import Exchange

Verdict = Literal["kept", "broken", "not exercised"]


@dataclass(frozen=True)
class Promise:
    """One thing that every correct server does.

    Attributes:
        id: its stable name, in markers, reports and the baseline.
        sentence: where it comes from, in the words of the specification or the prose about it.
        hint: what to pass, or what the server must have, for it to be exercised.
        needs: the promises that must be kept for a breach of this one to be a finding of its own.
    """

    id: str
    sentence: str
    hint: str
    needs: tuple[str, ...] = ()


class BrokenPromiseError(AssertionError):
    """A server has broken a promise.

    Args:
        promise_id: the promise, not necessarily the one that the running test is about.
        message: what was expected, and what was seen.
        exchanges: the requests that show it.
        expected: what a correct server returns, in a few words; empty if the message says it.
        got: what this server returned, in the same form.
    """

    def __init__(self, promise_id: str, message: str, *exchanges: Exchange, expected: str = "", got: str = "") -> None:
        for exchange in exchanges:
            message, expected, got = map(exchange.hide, (message, expected, got))
        super().__init__(f"{promise_id}: {message}")
        self.promise_id = promise_id
        self.message = message
        self.exchanges = exchanges
        self.expected = expected
        self.got = got

    def under(self, promise_id: str, what: str = "", *exchanges: Exchange) -> "BrokenPromiseError":
        """Return the same breach as one of another promise.

        Args:
            promise_id: which one.
            what: what was special about the request, put before the message; empty for nothing.
            exchanges: further requests that show it.
        """
        message = f"{what}: {self.message}" if what else self.message
        evidence = (*self.exchanges, *exchanges)
        return BrokenPromiseError(promise_id, message, *evidence, expected=self.expected, got=self.got)


class ShareUsedUpError(Exception):
    """The promise has been exercised, and the rest of a small budget is for the others."""


class NotExercisedError(Exception):
    """The promise cannot be tested on this server; the message says why."""


@dataclass
class Finding:
    """What is known of one promise at the end of a run.

    Attributes:
        promise: the promise.
        breaches: what was seen against it.
        exercised: the requests that could have shown a breach but did not.
        reasons: why it was not tested, or not to the end.
        completed: whether its test ran to its end.
        is_cut_short: whether its test ended early, to leave the rest of a small budget to others.
        causes: the broken promises from which its breaches follow.
    """

    promise: Promise
    breaches: list[BrokenPromiseError] = field(default_factory=list)
    exercised: list[Exchange] = field(default_factory=list)
    reasons: list[str] = field(default_factory=list)
    completed: bool = False
    is_cut_short: bool = False
    causes: tuple[str, ...] = ()

    @property
    def verdict(self) -> Verdict:
        """Whether the promise is kept; a promise that was not exercised never is."""
        if self.causes:
            return "not exercised"
        if self.breaches:
            return "broken"
        return "kept" if self.completed and self.exercised and not self.reasons else "not exercised"

    @property
    def reason(self) -> str:
        """Why the promise was not exercised."""
        unseen = f"Nothing was seen of it: {self.promise.hint}" if self.completed else "Its test did not run."
        return " ".join(dict.fromkeys(self.reasons)) or unseen

    @property
    def curl_lines(self) -> list[str]:
        """The lines that show the verdict, the most telling first."""
        breaches = [] if self.causes else self.breaches
        exchanges = [exchange for breach in breaches for exchange in breach.exchanges] or self.exercised
        return list(dict.fromkeys(exchange.curl for exchange in exchanges))


class Ledger:
    """Collects what a run finds out about each promise.

    Attributes:
        after_seen: called with the id of each promise that was exercised; it may end the test.
    """

    def __init__(self, promises: Iterable[Promise]) -> None:
        self.findings = {promise.id: Finding(promise) for promise in promises}
        self.after_seen: Callable[[str], None] = lambda _: None

    def seen(self, promise_id: str, *exchanges: Exchange) -> None:
        """Note requests that could have shown a breach but did not.

        Raises:
            ShareUsedUpError: they are enough of a small budget.
        """
        self.findings[promise_id].exercised.extend(exchanges)
        self.after_seen(promise_id)

    def broken(self, breach: BrokenPromiseError) -> None:
        """Note a breach."""
        self.findings[breach.promise_id].breaches.append(breach)

    def not_exercised(self, promise_id: str, reason: str) -> None:
        """Note why a promise could not be tested, or not to the end."""
        self.findings[promise_id].reasons.append(reason)

    def not_run(self, reason: str) -> None:
        """Note why the remaining tests did not run."""
        for finding in self.findings.values():
            if not (finding.completed or finding.reasons or finding.breaches):
                finding.reasons.append(reason)

    def completed(self, promise_id: str) -> None:
        """Note that the test of a promise ran to its end."""
        self.findings[promise_id].completed = True

    def cut_short(self, promise_id: str) -> None:
        """Note that the test of a promise has used up its share of the budget, after it had seen something."""
        self.findings[promise_id].completed = self.findings[promise_id].is_cut_short = True

    def settle(self) -> None:
        """Attribute breaches that only follow from the breach of another promise to that one."""
        broken = {promise_id for promise_id, finding in self.findings.items() if finding.breaches}
        for promise_id in broken:
            finding = self.findings[promise_id]
            finding.causes = tuple(sorted(self._causes(finding.promise, broken) - {promise_id}))
            if finding.causes:
                finding.reasons.append(f"It cannot be told apart from {', '.join(finding.causes)}, which is broken.")

    def consequences(self, finding: Finding) -> list[Finding]:
        """Return the findings that follow from one, after `settle`."""
        return [other for other in self.findings.values() if finding.promise.id in other.causes]

    def _causes(self, promise: Promise, broken: set[str]) -> set[str]:
        """Return the broken promises that are the root causes of a breach; itself if it needs none of them."""
        needs = [self.findings[need].promise for need in promise.needs if need in broken]
        return {promise.id} if not needs else set[str]().union(*(self._causes(need, broken) for need in needs))
