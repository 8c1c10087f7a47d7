"""The tables of the suite agree with each other: promises, their tests, the servers that break them, the guide."""

import ast
import re
from collections import Counter
from pathlib import Path

from contract_tests.declarations.specification import load_specification
from contract_tests.mutants.catalogue import BROKEN, BROKEN_OPERATIONS, ENTRIES, sample
from contract_tests.mutants.different import DIFFERENT
from contract_tests.mutants.different_operations import DIFFERENT_OPERATIONS
from contract_tests.mutants.entry import SIX_OPERATIONS
from contract_tests.mutants.run import Result
from contract_tests.promises.catalogue import PROMISE_IDS, promises_of

ROOT = Path(__file__).parents[2]


def test_each_promise_has_one_test() -> None:
    """Every promise marks exactly one test, and no test is marked with anything else."""
    tests = [path.read_text(encoding="utf-8") for path in (ROOT / "contract_tests").glob("*/test_*.py")]
    marked = re.findall(r'mark\.promise\("([^"]+)"', "".join(tests))
    assert sorted(marked) == sorted(PROMISE_IDS)


def test_each_promise_is_broken_in_two_ways_at_least() -> None:
    """The catalogue has two servers or more for each promise, and names no other promise."""
    counts = Counter(promise_id for entry in BROKEN for promise_id in entry.breaks)
    assert counts.keys() == set(PROMISE_IDS)
    assert min(counts.values()) >= 2


def test_each_server_has_a_name_of_its_own() -> None:
    """A server can be named on the command line."""
    names = [entry.name for entry in ENTRIES]
    assert len(set(names)) == len(names)
    assert all(not entry.breaks for entry in (*DIFFERENT, *DIFFERENT_OPERATIONS))


def test_each_kind_of_promise_of_an_operation_has_one_test_and_is_broken() -> None:
    """Of each promise of the six operations there is a test, and of each kind of them a server that breaks it."""
    tests = [path.read_text(encoding="utf-8") for path in (ROOT / "contract_tests").glob("*/test_*.py")]
    marked = re.findall(r'of_each_operation\("([^"]+)"', "".join(tests))
    assert len(set(marked)) == len(marked)
    ids = {promise.id for promise in promises_of(load_specification(str(SIX_OPERATIONS)).operations)} - set(PROMISE_IDS)
    broken = {promise_id for entry in BROKEN_OPERATIONS for promise_id in entry.breaks}
    assert broken <= ids
    kinds = {promise_id.partition("@")[0] for promise_id in ids}
    assert {kind for kind in kinds if sum(kind.startswith(name) for name in marked) != 1} == set()
    assert kinds == {promise_id.partition("@")[0] for promise_id in broken}


def test_a_short_run_breaks_each_promise() -> None:
    """The sample has a server for each promise, and for each kind of promise of an operation; it is no large part."""
    chosen = sample()
    every, broken = ({name for entry in entries for name in entry.breaks} for entries in (ENTRIES, chosen))
    assert {name for name in broken if "@" not in name} == set(PROMISE_IDS)
    assert {name.partition("@")[0] for name in broken if "@" in name} == {
        name.partition("@")[0] for name in every if "@" in name
    }
    assert any(entry.spec for entry in chosen if not entry.breaks)
    assert len(chosen) < len(ENTRIES) / 4


def test_a_broken_operation_has_to_be_named_alone() -> None:
    """A server is caught where a right promise is named, and none of another operation."""
    entry = BROKEN_OPERATIONS[0]
    (right, *_) = entry.breaks
    another = f"auth.key-exact@{right.partition('@')[2]}"
    for named, is_right in (
        ((right,), True),
        ((right, another), True),
        ((right, "auth.key-exact"), False),
        ((), False),
    ):
        assert Result(entry, 1, named, 0, 0.0, "").is_right == is_right


def test_each_finding_says_what_was_expected_and_what_came() -> None:
    """Wherever the suite breaks a promise, the two columns of the report's table are filled."""
    calls = [
        (path.name, call.lineno, {argument.arg for argument in call.keywords})
        for path in (ROOT / "contract_tests").rglob("*.py")
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(call, ast.Call) and ast.unparse(call.func) in {"BrokenPromiseError", "blame", "asked.breach"}
    ]
    assert len(calls) > 40
    # `None` is the name of `**told`.
    assert [call[:2] for call in calls if not (call[2] >= {"expected", "got"} or None in call[2])] == []


def test_the_guide_has_every_option() -> None:
    """Each option of the suite stands in docs/contract.md."""
    declared = re.findall(r'addoption\("(--[a-z-]+)"', (ROOT / "contract_tests/options.py").read_text(encoding="utf-8"))
    guide = (ROOT / "docs/contract.md").read_text(encoding="utf-8")
    assert len(declared) > 8
    assert [option for option in declared if f"`{option}`" not in guide] == []
