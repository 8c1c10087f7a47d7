"""Compare two schemas, and all that they contain."""

from collections import deque
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from spec_pipeline.changes.change import Finding
from spec_pipeline.changes.compare.schemas.branches import (
    Group,
    admits_all,
    label,
    only_alternatives,
    paired,
    paired_groups,
)
from spec_pipeline.changes.compare.schemas.discriminators import compare_discriminators
from spec_pipeline.changes.compare.schemas.normal_form import ABSENT, Schema, normalise
from spec_pipeline.changes.compare.schemas.written import Raw, fingerprint
from spec_pipeline.changes.rules.rule import Direction
from spec_pipeline.changes.rules.schemas import BOUNDS, SCOPES
from spec_pipeline.openapi.references import Spec


class _Pair(NamedTuple):
    """Two schemas that stand at the same place; those of a branch leave null and the default to the whole."""

    old: Raw
    new: Raw
    scope: str
    place: str
    branch: bool = False


class Comparison:
    """The comparison of two schemas at one place of an operation.

    A component that is reached in several places is looked into once and reported at each of them, but what it refers
    to in its turn only at the first: so a recursive schema ends, and a spec of many cross-references takes no longer
    than it is large.
    """

    def __init__(self, old: Spec, new: Spec, scope: str) -> None:
        self._old, self._new = old, new
        self._scope = scope
        self._direction = SCOPES[scope]
        self._known: dict[str, tuple[str, list[Finding]]] = {}

    def findings(self, old: Raw, new: Raw) -> Iterator[Finding]:
        """Yield what differs, each place relative to these two schemas."""
        queue = deque([_Pair(old, new, self._scope, "")])
        while queue:
            pair = queue.popleft()
            key = fingerprint([pair.old, pair.new, pair.branch])
            if key not in self._known:
                own, below = self._look_into(pair)
                queue.extend(child._replace(place=pair.place + child.place) for child in below)
                self._known[key] = (pair.scope, own)
            scope, own = self._known[key]
            # A body that contains itself has been reported as the body.
            if scope == pair.scope:
                yield from (finding.below(pair.place) for finding in own)

    def _look_into(self, pair: _Pair) -> tuple[list[Finding], list[_Pair]]:
        """Return what differs without following a reference on both sides, and the pairs that have one."""
        found: list[Finding] = []
        below: list[_Pair] = []
        stack: list[tuple[_Pair, frozenset[str]]] = [(pair._replace(place=""), frozenset())]
        while stack:
            current, path = stack.pop()
            old, new = normalise(self._old, current.old), normalise(self._new, current.new)
            if path and old.refs and new.refs:
                below.append(current)
                continue
            # One side alone may refer to itself, while the other spells the same out: then the pair comes back.
            key = fingerprint([current.old, current.new])
            if key in path:
                continue
            here, children = self._level(old, new, current)
            found += [finding.below(current.place) for finding in here]
            stack += [
                (child._replace(place=current.place + child.place), path | {key})
                for child in reversed(children)
                if child.old != child.new or child.old not in ({}, True)
            ]
        return found, below

    def _level(self, old: Schema, new: Schema, pair: _Pair) -> tuple[list[Finding], list[_Pair]]:
        """Return what differs at one level, and the pairs one level further in."""
        scope = pair.scope
        found = [] if pair.branch else [*_nullability(old, new, scope), *_defaults(old, new, scope)]
        if one_sided := self._one_became_several(old, new, pair):
            return found + one_sided[0], one_sided[1]
        found += _types(old, new, scope, self._direction)
        if _disjoint(old, new):
            return found, []
        found += [*_enums(old, new, scope), *_bounds(old, new, scope), *_values(old, new, scope)]
        found += compare_discriminators((self._old, old.discriminator), (self._new, new.discriminator), scope)
        for keyword in sorted(old.others.keys() | new.others.keys()):
            before, after = old.others.get(keyword), new.others.get(keyword)
            if event := _event(before and before.keys(), after and after.keys(), "added", "removed"):
                texts = (said and " and ".join(sorted(said.values())) for said in (before, after))
                found.append(Finding(f"{scope}-constraint-{event}", f" ({keyword})", *texts))
        parts = (self._properties(old, new, scope), self._contents(old, new, scope), self._branches(old, new, scope))
        return found + [finding for part, _ in parts for finding in part], [
            pair for _, below in parts for pair in below
        ]

    def _one_became_several(self, old: Schema, new: Schema, pair: _Pair) -> tuple[list[Finding], list[_Pair]] | None:
        """Compare a plain schema with alternatives as if it were an only one; None where neither side is that."""
        for plain, several in ((old, new), (new, old)):
            if only_alternatives(several) and not plain.alternatives and not admits_all(plain):
                [(keyword, branches)] = several.alternatives
                sides = ([pair.old], branches) if several is new else (branches, [pair.new])
                return self._paired(*sides, keyword, pair.scope)
        return None

    def _branches(self, old: Schema, new: Schema, scope: str) -> tuple[list[Finding], list[_Pair]]:
        """Compare the alternatives, group by group where several groups of them have to hold."""
        pairs, gone, come = paired_groups(old.alternatives, new.alternatives)
        found = [Finding(f"{scope}-constraint-removed", f" ({group[0]})", _labels(group)) for group in gone]
        found += [Finding(f"{scope}-constraint-added", f" ({group[0]})", None, _labels(group)) for group in come]
        below: list[_Pair] = []
        for (_, before), (keyword, after) in pairs:
            differences, inside = self._paired(before, after, keyword, scope)
            found += differences
            below += inside
        return found, below

    def _paired(
        self, before: list[Raw], after: list[Raw], keyword: str, scope: str
    ) -> tuple[list[Finding], list[_Pair]]:
        pairing = paired((self._old, before), (self._new, after), keyword)
        found = [Finding(f"{scope}-{pairing.keyword}-removed", "", name) for name in pairing.removed]
        found += [Finding(f"{scope}-{pairing.keyword}-added", "", None, name) for name in pairing.added]
        return found, [_Pair(left, right, scope, f"<{name}>", branch=True) for left, right, name in pairing.pairs]

    def _contents(self, old: Schema, new: Schema, scope: str) -> tuple[list[Finding], list[_Pair]]:
        """Compare the items of lists and the unlisted properties of objects."""
        below = [_Pair(old.items, new.items, self._inner(scope), "[]")]
        closed = (old.additional is False, new.additional is False)
        if closed == (False, False):
            return [], [*below, _Pair(old.additional, new.additional, self._inner(scope), ".*")]
        if closed == (True, True):
            return [], below
        event = "forbidden" if new.additional is False else "allowed"
        return [Finding(f"{scope}-additional-properties-{event}", "", not closed[0], not closed[1])], below

    def _inner(self, scope: str) -> str:
        return scope if scope in {"request-parameter", "response-header"} else f"{self._direction}-property"

    def _properties(self, old: Schema, new: Schema, scope: str) -> tuple[list[Finding], list[_Pair]]:
        way = self._direction
        found: list[Finding] = []
        below: list[_Pair] = []
        before, after = self._visible(self._old, old), self._visible(self._new, new)
        for name in {**before, **after}:
            place = f".{name}"
            was, is_ = name in old.required, name in new.required
            if name not in after:
                found.append(Finding(_REMOVED[way, was], place, name))
            elif name not in before:
                found.append(Finding(_ADDED[way, is_], place, None, name))
            else:
                if was != is_:
                    found.append(Finding(f"{way}-property-became-{'required' if is_ else 'optional'}", place, was, is_))
                old_deprecated = normalise(self._old, before[name]).deprecated
                if old_deprecated != normalise(self._new, after[name]).deprecated:
                    event = "reactivated" if old_deprecated else "deprecated"
                    found.append(Finding(f"{way}-property-{event}", place, old_deprecated, not old_deprecated))
                below.append(_Pair(before[name], after[name], self._inner(scope), place))
        return found, below

    def _visible(self, spec: Spec, schema: Schema) -> dict[str, Raw]:
        """Return the properties that travel this way, those that are only required among them."""
        named: dict[str, Raw] = {name: {} for name in sorted(schema.required - schema.properties.keys())}
        hidden: Callable[[Schema], bool] = (
            (lambda child: child.read_only)
            if self._direction is Direction.REQUEST
            else (lambda child: child.write_only)
        )
        kept = {name: raw for name, raw in schema.properties.items() if not hidden(normalise(spec, raw))}
        return named | kept


_PARTNERS = (("minimum", "exclusiveMinimum"), ("maximum", "exclusiveMaximum"))
_REMOVED = {
    (Direction.REQUEST, True): "request-property-removed",
    (Direction.REQUEST, False): "request-property-removed",
    (Direction.RESPONSE, True): "response-required-property-removed",
    (Direction.RESPONSE, False): "response-optional-property-removed",
}
_ADDED = {
    (Direction.REQUEST, True): "new-required-request-property",
    (Direction.REQUEST, False): "new-optional-request-property",
    (Direction.RESPONSE, True): "response-required-property-added",
    (Direction.RESPONSE, False): "response-optional-property-added",
}


def _labels(group: Group) -> list[str]:
    return [label(branch) for branch in group[1]]


def _types(old: Schema, new: Schema, scope: str, direction: Direction) -> Iterator[Finding]:
    if (old.types, old.formats) != (new.types, new.formats):
        if _admits(new, old) and direction is Direction.REQUEST:
            event = "generalized"
        elif _admits(old, new) and direction is Direction.RESPONSE:
            event = "specialized"
        else:
            event = "changed"
        yield Finding(f"{scope}-type-{event}", "", _type_text(old), _type_text(new))


def _nullability(old: Schema, new: Schema, scope: str) -> Iterator[Finding]:
    # A side that restricts nothing takes null with everything else, and then the type's own finding says it all; but
    # what is not to be may be null.
    before, after = (
        False if schema.nullable is None and "not" in schema.others else schema.nullable for schema in (old, new)
    )
    if before != after and None not in {before, after}:
        yield Finding(f"{scope}-became-{'nullable' if after else 'not-nullable'}", "", before, after)


def _admits(wide: Schema, narrow: Schema) -> bool:
    """Tell whether each value of one type and format is of the other, too."""
    if not wide.formats <= narrow.formats:
        return (*wide.formats, *narrow.formats) in {("int64", "int32"), ("double", "float")} and (
            wide.types == narrow.types
        )
    if wide.types is None:
        return True
    if narrow.types is None:
        return False
    return narrow.types <= (wide.types | {"integer"} if "number" in wide.types else wide.types)


def _disjoint(old: Schema, new: Schema) -> bool:
    """Tell whether no value fits both types, so that nothing more can be compared."""
    if old.types is None or new.types is None or old.types == new.types:
        return False
    numbers = {"integer", "number"}
    return not (old.types & new.types) and not (old.types & numbers and new.types & numbers)


def _type_text(schema: Schema) -> str:
    names = "any" if schema.types is None else " or ".join(sorted(schema.types)) or "null"
    return f"{names} ({' and '.join(sorted(schema.formats))})" if schema.formats else names


def _enums(old: Schema, new: Schema, scope: str) -> Iterator[Finding]:
    if old.enum is None and new.enum is None:
        return
    if old.enum is None or new.enum is None:
        yield Finding(f"{scope}-became-{'enum' if old.enum is None else 'not-enum'}", "", old.enum, new.enum)
        return
    # JSON tells true from 1 and Python does not.
    before, after = ({fingerprint(value): value for value in enum} for enum in (old.enum, new.enum))
    if before and after and not before.keys() & after.keys():
        yield Finding(f"{scope}-enum-values-replaced", "", old.enum, new.enum)
        return
    yield from (Finding(f"{scope}-enum-value-removed", "", before[key]) for key in before if key not in after)
    yield from (Finding(f"{scope}-enum-value-added", "", None, after[key]) for key in after if key not in before)


def _bounds(old: Schema, new: Schema, scope: str) -> Iterator[Finding]:
    for keyword, (name, _) in BOUNDS.items():
        before, after = old.bounds.get(keyword), new.bounds.get(keyword)
        if before == after or (before is None and _implies(old, keyword, after)):
            continue
        if after is None and _implies(new, keyword, before):
            continue
        if before is None or after is None:
            event = "set" if before is None else "unset"
        else:
            event = "decreased" if after < before else "increased"
        yield Finding(f"{scope}-{name}-{event}", "", before, after)


def _multiple(schema: Schema) -> float | str | None:
    if len(schema.multiples) > 1:
        return " and ".join(map(str, sorted(schema.multiples)))
    return next(iter(schema.multiples), None)


def _implies(schema: Schema, keyword: str, bound: float | None) -> bool:
    """Tell whether a bound holds already because of its partner, as `exclusiveMinimum` implies `minimum`."""
    partner = next((pair[1 - pair.index(keyword)] for pair in _PARTNERS if keyword in pair), "")
    if bound is None or partner not in schema.bounds:
        return False
    other = schema.bounds[partner]
    beyond = other < bound if BOUNDS[keyword][1] else other > bound
    return beyond or (other == bound and partner.startswith("exclusive"))


def _values(old: Schema, new: Schema, scope: str) -> Iterator[Finding]:
    if event := _event(old.pattern, new.pattern, "added", "removed"):
        yield Finding(f"{scope}-pattern-{event}", "", old.pattern, new.pattern)
    before, after = _multiple(old), _multiple(new)
    if event := _event(before, after, "set", "unset"):
        yield Finding(f"{scope}-multiple-of-{event}", "", before, after)
    if old.unique_items != new.unique_items:
        event = "set" if new.unique_items else "unset"
        yield Finding(f"{scope}-unique-items-{event}", "", old.unique_items, new.unique_items)


def _defaults(old: Schema, new: Schema, scope: str) -> Iterator[Finding]:
    before, after = (None if schema.default == ABSENT else fingerprint(schema.default) for schema in (old, new))
    if event := _event(before, after, "added", "removed"):
        values = (None if schema.default == ABSENT else schema.default for schema in (old, new))
        yield Finding(f"{scope}-default-value-{event}", "", *values)


def _event(old: Any, new: Any, appeared: str, vanished: str) -> str:
    if old == new:
        return ""
    if old is None:
        return appeared
    return vanished if new is None else "changed"
