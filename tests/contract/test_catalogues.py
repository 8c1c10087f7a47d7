"""The tables of the suite agree with each other: promises, their tests, the servers that break them, the guide."""

import re
from collections import Counter
from pathlib import Path

from contract_tests.mutants.catalogue import BROKEN, ENTRIES
from contract_tests.mutants.different import DIFFERENT
from contract_tests.promises.catalogue import PROMISE_IDS

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
    assert all(not entry.breaks for entry in DIFFERENT)


def test_the_guide_has_every_option() -> None:
    """Each option of the suite stands in docs/contract.md."""
    declared = re.findall(r'addoption\("(--[a-z-]+)"', (ROOT / "contract_tests/options.py").read_text(encoding="utf-8"))
    guide = (ROOT / "docs/contract.md").read_text(encoding="utf-8")
    assert len(declared) > 8
    assert [option for option in declared if f"`{option}`" not in guide] == []
