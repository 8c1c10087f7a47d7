"""Compare `anyOf` and `oneOf`: branches added and removed, changes inside branches, and overlaps."""

from itertools import combinations
from typing import Any, NamedTuple

from spec_pipeline.changes.change import Finding
from spec_pipeline.changes.compare.schemas.branches import Group, admits_all, label, paired, paired_groups
from spec_pipeline.changes.compare.schemas.disjoint import disjoint
from spec_pipeline.changes.compare.schemas.members import lost_properties
from spec_pipeline.changes.compare.schemas.normal_form import normalise
from spec_pipeline.changes.compare.schemas.order import compare_order
from spec_pipeline.changes.compare.schemas.pair import Covers, Pair, Side
from spec_pipeline.changes.compare.schemas.python_types import MODEL, OPEN_MODEL, python_types
from spec_pipeline.changes.compare.schemas.schema import Schema
from spec_pipeline.changes.compare.schemas.written import Raw
from spec_pipeline.changes.rules.rule import Direction
from spec_pipeline.changes.rules.schemas import SCOPES
from spec_pipeline.openapi.references import Spec

Result = tuple[list[Finding], list[Pair]]


def compare_unions(old: Side, new: Side, scope: str, covers: Covers) -> Result:
    """Compare the alternatives, group by group where an `allOf` has several groups."""
    pairs, gone, come = paired_groups(old.schema.alternatives, new.schema.alternatives)
    found = [Finding(f"{scope}-constraint-removed", f" ({group[0]})", _labels(group)) for group in gone]
    found += [Finding(f"{scope}-constraint-added", f" ({group[0]})", None, _labels(group)) for group in come]
    below: list[Pair] = []
    for before, after in pairs:
        values = _values(old.schema), _values(new.schema)
        pairing = paired((old.spec, before[1]), (new.spec, after[1]), after[0], values=values)
        found += [Finding(f"{scope}-{pairing.keyword}-removed", "", name) for name in pairing.removed]
        found += [Finding(f"{scope}-{pairing.keyword}-added", "", None, name) for name in pairing.added]
        if SCOPES[scope] is Direction.RESPONSE and scope != "response-header":
            found += compare_order(new, (before, after), pairing.pairs, scope)
        below += [_branch(left, right, scope, left) for left, right, _ in pairing.pairs]
        found += _overlaps(old, new, (before, after), pairing.pairs, scope=scope, covers=covers)
    return found, below


def union_of_one_side(old: Side, new: Side, scope: str, covers: Covers) -> Result | None:
    """Compare alternatives with a schema that has none; None where both sides or neither have alternatives.

    Each branch includes the constraints beside it.
    """
    if sorted([len(old.schema.alternatives), len(new.schema.alternatives)]) != [0, 1]:
        return None
    added = bool(new.schema.alternatives)
    plain, union = (old, new) if added else (new, old)
    [group] = union.schema.alternatives
    keyword, branches = group
    beside = _beside(union.schema, branches)
    whole = [{"allOf": [branch, *beside]} if beside else branch for branch in branches]
    inside = [covers((plain.spec, plain.raw), (union.spec, raw), branch=True) for raw in whole]
    around = [covers((union.spec, raw), (plain.spec, plain.raw), branch=True) for raw in whole]
    way = _Way(scope, "added" if added else "removed")
    if keyword == "oneOf" and sum(around) > 1:
        return [way.finding("constraint-changed", _labels(group), f" ({keyword})")], []
    if admits_all(plain.schema) or (all(inside) and not any(around)):
        rest: tuple[Raw, Raw] = way.ordered(plain.raw, {"allOf": beside})
        narrower = bool(beside) and covers((plain.spec, plain.raw), (union.spec, {"allOf": beside}), branch=True)
        found = [way.finding(f"constraint-{way.event}", _labels(group), f" ({keyword})")]
        found += _lost_properties(plain, union.spec, list(zip(branches, whole, strict=True)), way)
        return found, [Pair(*rest, scope, "", branch=True)] if narrower else []
    partner = _partner(plain, union, whole, inside, around)
    name = "one-of" if keyword == "oneOf" else "any-of"
    found = [
        way.finding(f"{name}-{way.event}", label(branch))
        for index, branch in enumerate(branches)
        if index != partner and not inside[index]
    ]
    if keyword == "oneOf" and not union.schema.discriminator:
        overlapping = [
            label(branches[index])
            for index, raw in enumerate(whole)
            if index != partner and not disjoint(union.spec, raw, whole[partner])
        ]
        if overlapping:
            found += way.overlap([label(branches[partner]), *overlapping])
    return found, [_branch(*way.ordered(plain.raw, whole[partner]), scope, branches[partner])]


def _lost_properties(plain: Side, spec: Spec, branches: list[tuple[Raw, Raw]], way: "_Way") -> list[Finding]:
    """Return the properties that callers cannot pass any more, or that some of the classes that come do not have."""
    direction = SCOPES[way.scope]
    if way.event != ("removed" if direction is Direction.REQUEST else "added") or not _is_class(plain):
        return []
    found: list[Finding] = []
    for named, raw in branches:
        branch = Side(spec, raw, normalise(spec, raw))
        if _is_class(branch):
            lost = lost_properties(*way.ordered(plain, branch), direction)
            found += [finding.below(f"<{label(named)}>") for finding in lost]
    return found


def _is_class(side: Side) -> bool:
    """Return whether the generator writes one class for a schema."""
    return not side.schema.alternatives and python_types(side.spec, side.raw) <= {MODEL, OPEN_MODEL}


class _Way(NamedTuple):
    """Whether the alternatives were added or removed, and where."""

    scope: str
    event: str

    def finding(self, rule: str, value: Any, place: str = "") -> Finding:
        """Return a finding about the side that has the alternatives."""
        return Finding(f"{self.scope}-{rule}", place, *self.ordered(None, value))

    def overlap(self, labels: list[str]) -> list[Finding]:
        """Report that a value may match several branches, if that matters in this direction."""
        if SCOPES[self.scope] is not (Direction.REQUEST if self.event == "added" else Direction.RESPONSE):
            return []
        return [self.finding(f"one-of-overlap-{'refused' if self.event == 'added' else 'accepted'}", labels)]

    def ordered(self, plain: Any, union: Any) -> tuple[Any, Any]:
        """Return the values of the two sides as (old, new)."""
        return (plain, union) if self.event == "added" else (union, plain)


def _beside(schema: Schema, branches: list[Raw]) -> list[Raw]:
    """Return the constraints beside a group of alternatives."""
    keys = ("anyOf", "oneOf")
    parts = [
        {key: value for key, value in part.items() if key != "discriminator"}
        for part in schema.parts
        if all(part.get(key) is not branches for key in keys)
    ]
    return [part for part in parts if part]


def _partner(plain: Side, union: Side, whole: list[Raw], inside: list[bool], around: list[bool]) -> int:
    """Return the branch for the plain schema: an equal one, one that includes it, or the most similar one."""
    if any(around):
        return max(range(len(whole)), key=lambda index: (around[index], inside[index], -index))
    pairing = paired((plain.spec, [plain.raw]), (union.spec, whole), "anyOf")
    best = [right for _, right, _ in pairing.pairs]
    return next((index for index, raw in enumerate(whole) if any(raw is right for right in best)), inside.index(False))


def _overlaps(
    old: Side, new: Side, groups: tuple[Group, Group], pairs: list[tuple[Raw, Raw, str]], *, scope: str, covers: Covers
) -> list[Finding]:
    """Report that a value may match two branches of a `oneOf`, which refuses it, although it was accepted before.

    In a response, a value that was refused because it matched two branches may now come.
    """
    request = SCOPES[scope] is Direction.REQUEST
    (before, after), (wide, narrow) = (groups, (old, new)) if request else (groups[::-1], (new, old))
    if after[0] != "oneOf" or narrow.schema.discriminator:
        return []
    partners = {id(right): left for left, right, _ in pairs}
    partners = partners if request else {id(left): right for left, right, _ in pairs}
    grown = {
        id(raw)
        for raw in after[1]
        if before[0] != "oneOf"
        or id(raw) not in partners
        or not covers((wide.spec, partners[id(raw)]), (narrow.spec, raw), branch=True)
    }
    for first, second in combinations(after[1], 2):
        if {id(first), id(second)} & grown and not disjoint(narrow.spec, first, second):
            labels = [label(first), label(second)]
            event, values = ("refused", (None, labels)) if request else ("accepted", (labels, None))
            return [Finding(f"{scope}-one-of-overlap-{event}", "", *values)]
    return []


def _branch(old: Raw, new: Raw, scope: str, named: Raw) -> Pair:
    return Pair(old, new, scope, f"<{label(named)}>", branch=True)


def _values(schema: Schema) -> dict[str, str]:
    return schema.discriminator["mapping"] if schema.discriminator else {}


def _labels(group: Group) -> list[str]:
    return [label(branch) for branch in group[1]]
