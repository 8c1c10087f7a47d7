"""Compare two schemas and everything that they contain."""

from collections import deque
from collections.abc import Iterator
from typing import Any

from spec_pipeline.changes.change import Finding
from spec_pipeline.changes.compare.schemas.constraints import compare_constraints
from spec_pipeline.changes.compare.schemas.discriminators import compare_discriminators
from spec_pipeline.changes.compare.schemas.members import compare_items, compare_properties
from spec_pipeline.changes.compare.schemas.normal_form import normalise
from spec_pipeline.changes.compare.schemas.pair import Pair, Side
from spec_pipeline.changes.compare.schemas.python_types import compare_python_types
from spec_pipeline.changes.compare.schemas.unchanged import Unchanged
from spec_pipeline.changes.compare.schemas.unions import compare_unions, union_of_one_side
from spec_pipeline.changes.compare.schemas.values import (
    compare_defaults,
    compare_nullability,
    compare_types,
    compare_values,
    no_common_type,
)
from spec_pipeline.changes.compare.schemas.written import Raw, digest, fingerprint
from spec_pipeline.changes.rules import RULES
from spec_pipeline.changes.rules.rule import Effect
from spec_pipeline.changes.rules.schemas import SCOPES
from spec_pipeline.openapi.references import Spec

_NARROWING = {Effect.NARROWS, Effect.INCOMPARABLE, Effect.UNKNOWN}


class Comparison:
    """The comparison of two schemas at one location of an operation.

    A component that is referred to from several locations is compared once and reported at each of them; what it
    refers to itself is reported only at the first. So the comparison of a recursive schema ends, and the time grows
    with the size of the document, not with the number of references.
    """

    def __init__(self, old: Spec, new: Spec, scope: str, *, strict: bool = False, generated: bool = True) -> None:
        """Prepare a comparison.

        Args:
            old: the old document.
            new: the new document.
            scope: the location of the schemas, one of `SCOPES`.
            strict: whether to follow JSON Schema exactly: a property that is not described may then have any value.
            generated: whether the generator writes code for the schemas.
        """
        self._old, self._new = old, new
        self._scope = scope
        self._direction = SCOPES[scope]
        self._strict = strict
        self._generated = generated and not strict
        # Most pairs of components occur in several operations of the two documents.
        self._context = (id(new), self._direction, strict, self._generated)
        if id(new) not in old.unchanged:
            old.unchanged[id(new)] = Unchanged(old, new)
        self._unchanged: Unchanged = old.unchanged[id(new)]

    def findings(self, old: Raw, new: Raw, *, branch: bool = False) -> Iterator[Finding]:
        """Yield what differs, each place relative to these two schemas.

        Args:
            old: the old schema.
            new: the new schema.
            branch: whether they are branches; their null and default are compared by the enclosing schema.
        """
        reported: dict[Any, str] = {}
        queue = deque([Pair(old, new, self._scope, "", branch=branch)])
        while queue:
            pair = queue.popleft()
            key = _key(pair)
            own, below = self._compared(pair, key)
            if key not in reported:
                queue.extend(child._replace(place=pair.place + child.place) for child in below)
            # A body that contains itself has been reported as the body.
            if reported.setdefault(key, pair.scope) == pair.scope:
                yield from (finding.below(pair.place) for finding in own)

    def _compared(self, pair: Pair, key: Any) -> tuple[list[Finding], list[Pair]]:
        """Return the findings of a pair, from the cache if it has been compared before."""
        known, key = self._old.compared, (*self._context, pair.scope, key)
        if key not in known:
            # In normal form first: a schema that refers directly to itself is an error in any case.
            normalise(self._old, pair.old)
            known[key] = ([], []) if self._unchanged.holds(pair.old, pair.new) else self._look_into(pair)
        return known[key]

    def _look_into(self, pair: Pair) -> tuple[list[Finding], list[Pair]]:
        """Return what differs before a reference is followed on both sides, and the pairs of references."""
        found: list[Finding] = []
        below: list[Pair] = []
        stack: list[tuple[Pair, frozenset[str]]] = [(pair._replace(place=""), frozenset())]
        while stack:
            current, path = stack.pop()
            old, new = normalise(self._old, current.old), normalise(self._new, current.new)
            if path and old.refs and new.refs:
                below.append(current)
                continue
            # If only one side is recursive and the other one is written out, the pair occurs again.
            key = fingerprint([current.old, current.new])
            if key in path:
                continue
            sides = Side(self._old, current.old, old), Side(self._new, current.new, new)
            here, children = self._level(*sides, current)
            if not self._generated:
                here = [finding for finding in here if not finding.rule.endswith("-alternatives-reordered")]
            elif current.typed and current.scope != "response-header":
                here, typed = compare_python_types(*sides, current, here)
                children = [child._replace(typed=typed) for child in children]
            else:
                children = [child._replace(typed=False) for child in children]
            found += [finding.below(current.place) for finding in here]
            stack += [
                (child._replace(place=current.place + child.place), path | {key})
                for child in reversed(children)
                if child.old != child.new or child.old not in ({}, True)
            ]
        return found, below

    def _level(self, old: Side, new: Side, pair: Pair) -> tuple[list[Finding], list[Pair]]:
        """Return what differs at one level, and the pairs of the next level."""
        scope, before, after = pair.scope, old.schema, new.schema
        if before.is_impossible or after.is_impossible:
            event = "added" if after.is_impossible else "removed"
            same = before.is_impossible and after.is_impossible
            return [] if same else [Finding(f"{scope}-constraint-{event}", " (not)")], []
        found = [] if pair.branch else [*compare_nullability(before, after, scope)]
        if not self._strict and not pair.branch:
            found += compare_defaults(before, after, scope)
        if one_sided := union_of_one_side(old, new, scope, covers):
            return found + one_sided[0], one_sided[1]
        found += compare_types(before, after, scope, self._direction)
        if no_common_type(before, after):
            return found, []
        found += compare_values(before, after, scope)
        if not self._strict:
            found += compare_discriminators(old, new, scope)
        found += compare_constraints(old, new, scope, covers)
        parts = (
            compare_properties(old, new, scope, self._direction, strict=self._strict),
            compare_items(before, after, scope, self._direction),
            compare_unions(old, new, scope, covers),
        )
        return found + [finding for part, _ in parts for finding in part], [
            pair for _, below in parts for pair in below
        ]


def _key(pair: Pair) -> Any:
    """Return the cache key of a pair: the names of components, or the content of inline schemas."""
    names = [raw.get("$ref") if isinstance(raw, dict) and len(raw) == 1 else None for raw in (pair.old, pair.new)]
    mode = (pair.branch, pair.typed)
    return (*names, *mode) if all(names) else fingerprint([pair.old, pair.new, *mode])


def covers(wide: tuple[Spec, Raw], narrow: tuple[Spec, Raw], *, branch: bool = False) -> bool:
    """Return whether each value that one schema accepts is proven to be accepted by another one.

    Args:
        wide: the schema that may accept more, with its document.
        narrow: the schema that may accept less, with its document.
        branch: whether both are branches; their null is compared by the enclosing schema.
    """
    digests = digest(*wide), digest(*narrow)
    if digests[0] == digests[1]:
        return True
    known, key = narrow[0].proofs, (id(wide[0]), *digests, branch)
    if key not in known:
        # What depends on itself is not proven.
        known[key] = False
        findings = Comparison(narrow[0], wide[0], "request-body", strict=True).findings(
            narrow[1], wide[1], branch=branch
        )
        known[key] = not any(RULES[finding.rule].effect in _NARROWING for finding in findings)
    return known[key]
