"""Compare the keywords of one level that concern a single value: type, null, enum, bounds, pattern, default."""

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

from spec_pipeline.changes.change import Finding
from spec_pipeline.changes.compare.schemas.python_types import PYTHON_FORMATS
from spec_pipeline.changes.compare.schemas.schema import ABSENT, Schema
from spec_pipeline.changes.compare.schemas.written import fingerprint
from spec_pipeline.changes.rules.rule import Direction
from spec_pipeline.changes.rules.schemas import BOUNDS

# Formats that say how to show or to store a value, and refuse nothing that JSON can say.
_NOTES = frozenset({"double", "float", "int64", "password"})
_PARTNERS = (("minimum", "exclusiveMinimum"), ("maximum", "exclusiveMaximum"))


def compare_values(old: Schema, new: Schema, scope: str) -> Iterator[Finding]:
    """Yield what differs between the enums, bounds, patterns and the like of two schemas."""
    yield from _enums(old, new, scope)
    yield from _bounds(old, new, scope)
    yield from _patterns(old, new, scope)


def compare_types(old: Schema, new: Schema, scope: str, direction: Direction) -> Iterator[Finding]:
    """Yield what differs between the types and formats of two schemas."""
    if (old.types, old.formats) == (new.types, new.formats):
        return
    texts = _type_text(old), _type_text(new)
    if old.types == new.types and not _python_formats(old) ^ _python_formats(new):
        narrowed = _strict_formats(new) - _strict_formats(old)
        yield Finding(f"{scope}-format-{'narrowed' if narrowed else 'widened'}", "", *texts)
        return
    if _admits(new, old) and direction is Direction.REQUEST:
        event = "generalized"
    elif _admits(old, new) and direction is Direction.RESPONSE:
        event = "specialized"
    else:
        event = "changed"
    yield Finding(f"{scope}-type-{event}", "", *texts)


def compare_nullability(old: Schema, new: Schema, scope: str) -> Iterator[Finding]:
    """Yield whether null is accepted by one of two schemas only."""
    # A schema that restricts nothing accepts null as well, and the finding about the type covers that; with `not`, it
    # may refuse null.
    before, after = (
        False if schema.nullable is None and "not" in schema.others else schema.nullable for schema in (old, new)
    )
    if before != after and None not in {before, after}:
        yield Finding(f"{scope}-became-{'nullable' if after else 'not-nullable'}", "", before, after)


def _admits(wide: Schema, narrow: Schema) -> bool:
    """Return whether each value of one type and format is also of the other."""
    if not _strict_formats(wide) <= _strict_formats(narrow):
        return False
    if wide.types is None:
        return True
    if narrow.types is None:
        return False
    return narrow.types <= (wide.types | {"integer"} if "number" in wide.types else wide.types)


def _strict_formats(schema: Schema) -> frozenset[str]:
    """Return the formats that refuse some values of the type."""
    return schema.formats - _NOTES


def _python_formats(schema: Schema) -> frozenset[str]:
    """Return the formats that have a Python type of their own."""
    return schema.formats & PYTHON_FORMATS.keys()


def no_common_type(old: Schema, new: Schema) -> bool:
    """Return whether no value has both types, so that no further keyword can be compared."""
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
    # JSON distinguishes true from 1; Python does not.
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


def _are_multiples(narrow: Schema, wide: Schema) -> bool:
    """Return whether every multiple of the numbers of one schema is also a multiple of the other's."""
    # As decimals: in binary, 0.3 is not a multiple of 0.1.
    narrower, wider = ([Fraction(str(number)) for number in schema.multiples] for schema in (narrow, wide))
    return all(any(one and more % one == 0 for more in narrower) for one in wider)


def _implies(schema: Schema, keyword: str, bound: float | None) -> bool:
    """Return whether another bound implies this one, as `exclusiveMinimum` implies `minimum`."""
    partner = next((pair[1 - pair.index(keyword)] for pair in _PARTNERS if keyword in pair), "")
    if bound is None or partner not in schema.bounds:
        return False
    other = schema.bounds[partner]
    beyond = other < bound if BOUNDS[keyword][1] else other > bound
    return beyond or (other == bound and partner.startswith("exclusive"))


def _patterns(old: Schema, new: Schema, scope: str) -> Iterator[Finding]:
    if old.patterns != new.patterns:
        event = "added" if old.patterns < new.patterns else "removed" if new.patterns < old.patterns else "changed"
        texts = (" and ".join(sorted(schema.patterns)) or None for schema in (old, new))
        yield Finding(f"{scope}-pattern-{event}", "", *texts)
    before, after = _multiple(old), _multiple(new)
    if event := _event(before, after, "set", "unset"):
        if event == "changed" and _are_multiples(new, old):
            event = "narrowed"
        elif event == "changed" and _are_multiples(old, new):
            event = "widened"
        yield Finding(f"{scope}-multiple-of-{event}", "", before, after)
    if old.unique_items != new.unique_items:
        event = "set" if new.unique_items else "unset"
        yield Finding(f"{scope}-unique-items-{event}", "", old.unique_items, new.unique_items)


def compare_defaults(old: Schema, new: Schema, scope: str) -> Iterator[Finding]:
    """Yield what differs between the defaults of two schemas."""
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
