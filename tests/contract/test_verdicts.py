"""From breaches to verdicts: what is kept, what is broken, and what only follows from something else."""

from pathlib import Path

import pytest

from contract_tests.exchange import Exchange
from contract_tests.promises.baseline import BaselineError, read_baseline
from contract_tests.promises.catalogue import PROMISE_IDS, PROMISES
from contract_tests.promises.promise import BrokenPromiseError, Ledger, Promise

SEEN = Exchange(1, "GET", "http://h/", (), 200, {}, b"", 0.0, 0.0)
CAUSE, EFFECT = Promise("a.cause", "Sentence.", "hint."), Promise("a.effect", "Sentence.", "hint.", ("a.cause",))


def verdict(ledger: Ledger, promise_id: str) -> str:
    """Return what is known of a promise so far."""
    return ledger.findings[promise_id].verdict


def test_a_promise_of_which_nothing_was_seen_is_not_kept() -> None:
    """A test that ran to its end without a single telling request leaves its promise not exercised."""
    ledger = Ledger([CAUSE])
    assert ledger.findings["a.cause"].reason == "Its test did not run."
    ledger.completed("a.cause")
    assert verdict(ledger, "a.cause") == "not exercised"
    assert "hint" in ledger.findings["a.cause"].reason
    ledger.seen("a.cause", SEEN)
    assert verdict(ledger, "a.cause") == "kept"


def test_a_promise_that_was_not_tested_to_the_end_is_not_kept() -> None:
    """Telling requests are not enough where the test was cut short."""
    ledger = Ledger([CAUSE])
    ledger.seen("a.cause", SEEN)
    ledger.not_exercised("a.cause", "All requests are used up.")
    assert verdict(ledger, "a.cause") == "not exercised"


def test_a_breach_that_follows_from_another_is_put_down_to_it() -> None:
    """Where the cause is broken too, the effect is not exercised; alone, it is broken."""
    ledger = Ledger([CAUSE, EFFECT])
    ledger.broken(BrokenPromiseError("a.effect", "seen", SEEN))
    ledger.settle()
    assert verdict(ledger, "a.effect") == "broken"
    ledger.broken(BrokenPromiseError("a.cause", "seen", SEEN))
    ledger.settle()
    assert verdict(ledger, "a.effect") == "not exercised"
    assert "a.cause" in ledger.findings["a.effect"].reason


def test_what_follows_is_listed_below_the_cause_of_all() -> None:
    """In a chain of three, both effects are put down to the first, whichever the ledger has first."""
    last = Promise("a.last", "Sentence.", "hint.", ("a.effect",))
    for order in ([CAUSE, EFFECT, last], [last, EFFECT, CAUSE]):
        ledger = Ledger(order)
        for promise in order:
            ledger.broken(BrokenPromiseError(promise.id, f"seen of {promise.id}", SEEN))
        ledger.settle()
        assert [promise.id for promise in order if verdict(ledger, promise.id) == "broken"] == ["a.cause"]
        following = ledger.consequences(ledger.findings["a.cause"])
        assert {one.promise.id for one in following} == {"a.effect", "a.last"}


def test_causes_are_promises_and_lead_nowhere_in_circles() -> None:
    """Each need is a promise of the catalogue, and following needs comes to an end: some cause always stays broken."""
    needs = {promise.id: promise.needs for promise in PROMISES}
    assert {need for all_needs in needs.values() for need in all_needs} <= set(PROMISE_IDS)
    left = set(PROMISE_IDS)
    while free := {name for name in left if left.isdisjoint(needs[name])}:
        left -= free
    assert not left


def test_a_baseline_acknowledges_by_id_and_reason(tmp_path: Path) -> None:
    """Lines with a promise and a reason are taken; comments and empty lines are skipped."""
    path = tmp_path / "baseline.txt"
    path.write_text("# known\n\nrequests.default-limit: the vendor answers 50: ticket 1\n")
    assert read_baseline(str(path), PROMISE_IDS) == {"requests.default-limit": "the vendor answers 50: ticket 1"}
    assert read_baseline(None, PROMISE_IDS) == {}


@pytest.mark.parametrize(
    ("line", "message"), [("requests.limits: x", "no promise"), ("requests.bounds:", "say after a colon")]
)
def test_a_baseline_that_cannot_be_used_is_one_sentence(tmp_path: Path, line: str, message: str) -> None:
    """A line without a known promise, or without a reason, is refused with its number."""
    path = tmp_path / "baseline.txt"
    path.write_text(line)
    with pytest.raises(BaselineError, match=f"line 1: .*{message}"):
        read_baseline(str(path), PROMISE_IDS)
