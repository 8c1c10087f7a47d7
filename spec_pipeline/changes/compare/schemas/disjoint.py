"""Prove that no value except null is valid for two schemas at once.

As in the whole comparison, an object is assumed to have only the properties that its schema lists, if it lists any.
"""

from spec_pipeline.changes.compare.schemas.normal_form import normalise
from spec_pipeline.changes.compare.schemas.schema import Schema
from spec_pipeline.changes.compare.schemas.written import Raw, fingerprint
from spec_pipeline.openapi.references import Spec

_MAX_LEVELS = 4
_BOUNDS = {
    "string": (("minLength", "maxLength"),),
    "array": (("minItems", "maxItems"),),
    "object": (("minProperties", "maxProperties"),),
    "number": (("minimum", "maximum"),),
}


def disjoint(spec: Spec, left: Raw, right: Raw, *, levels: int = _MAX_LEVELS) -> bool:
    """Return whether it is proven that no value except null is valid for both schemas."""
    first, second = normalise(spec, left), normalise(spec, right)
    types = _common_types(first, second)
    if first.is_impossible or second.is_impossible or types == frozenset():
        return True
    if first.enum is not None and second.enum is not None:
        return not {fingerprint(value) for value in first.enum} & {fingerprint(value) for value in second.enum}
    if types is None or levels == 0:
        return False
    return all(_disjoint_of_type(spec, first, second, kind, levels) for kind in types)


def _disjoint_of_type(spec: Spec, first: Schema, second: Schema, kind: str, levels: int) -> bool:
    """Return whether no value of one type is valid for both."""
    if any(
        _beyond(first, second, lower, upper) or _beyond(second, first, lower, upper)
        for lower, upper in _BOUNDS.get("number" if kind == "integer" else kind, ())
    ):
        return True
    if kind == "array":
        filled = any(schema.bounds.get("minItems", 0) > 0 for schema in (first, second))
        heads = [schema.prefix[0] if schema.prefix else schema.items for schema in (first, second)]
        return filled and _disjoint_children(spec, heads, levels)
    if kind != "object":
        return False
    return any(
        _does_not_know(*sides, name)
        or _disjoint_children(spec, [schema.properties.get(name, schema.unlisted(name)) for schema in sides], levels)
        for sides in ((first, second), (second, first))
        for name in sorted(sides[0].required)
    )


def _does_not_know(first: Schema, second: Schema, name: str) -> bool:
    """Return whether one object requires a property that the other one does not list."""
    return bool(first.properties and second.properties) and name not in second.properties


def _disjoint_children(spec: Spec, children: list[Raw], levels: int) -> bool:
    """Return whether no value, null included, is valid for the two schemas of one location."""
    forms = [normalise(spec, raw) for raw in children]
    null = all(form.nullable is not False and not form.is_impossible for form in forms)
    return not null and disjoint(spec, *children, levels=levels - 1)


def _common_types(first: Schema, second: Schema) -> frozenset[str] | None:
    if first.types is None or second.types is None:
        return first.types if second.types is None else second.types
    spread = [types | {"integer"} if "number" in types else types for types in (first.types, second.types)]
    common = spread[0] & spread[1]
    return common - {"integer"} if "number" in common else common


def _beyond(above: Schema, below: Schema, lower: str, upper: str) -> bool:
    return above.bounds.get(lower, float("-inf")) > below.bounds.get(upper, float("inf"))
