"""The levels of the rules against those of oasdiff, the tool that most maintainers compare specs with."""

import pytest

from spec_pipeline.changes.rules import RULES
from spec_pipeline.changes.rules.rule import Rule
from tests.pipeline.changes.corpus import load

OASDIFF = {rule_id: level for level, ids in load("oasdiff_levels.yaml").items() for rule_id in ids}
SHARED = [rule for rule in RULES.values() if rule.id in OASDIFF]


@pytest.mark.parametrize("rule", SHARED, ids=lambda rule: rule.id)
def test_other_level_than_oasdiff_has_a_reason(rule: Rule) -> None:
    """A rule of oasdiff has its level, or a reason that names oasdiff's level and ours; never a reason without need."""
    if rule.level.value == OASDIFF[rule.id]:
        assert rule.override == ""
    else:
        assert rule.override.startswith(f"oasdiff: {OASDIFF[rule.id]}")
        assert rule.level.value in rule.override.partition("Here ")[2]


def test_rule_that_oasdiff_does_not_have_claims_nothing_about_it() -> None:
    """Only rules that oasdiff has can differ from it."""
    assert [rule.id for rule in RULES.values() if rule.override and rule.id not in OASDIFF] == []


def test_most_rules_are_those_of_oasdiff() -> None:
    """The two tables are about the same things: the ids agree, so that a renamed id is noticed."""
    assert len(SHARED) >= 240
