"""The Python types that the generator writes for a schema, and whether code for one type works with another.

The generator reads a schema as it is written, in an order of its own: `enum` first, then `anyOf`, `type` and `allOf`.
Only what differs when code runs is told apart: a `Literal` is a `str` then, and None is compared elsewhere.
"""

from typing import Any, Final

from spec_pipeline.changes.change import Finding
from spec_pipeline.changes.compare.schemas.pair import Pair, Side
from spec_pipeline.changes.compare.schemas.written import Raw
from spec_pipeline.changes.rules import RULES
from spec_pipeline.changes.rules.rule import Direction, Level
from spec_pipeline.changes.rules.schemas import SCOPES
from spec_pipeline.openapi.references import Spec

PYTHON_FORMATS: Final = {
    "binary": "File",
    "date": "datetime.date",
    "date-time": "datetime.datetime",
    "uuid": "uuid.UUID",
}
"""The formats of strings that have a Python type of their own."""

MODEL: Final = "model class"
OPEN_MODEL: Final = "model class without attributes"
# What code of the standard library makes of JSON: the generator passes a value of any type on as it is.
PLAIN: Final = frozenset({"bool", "dict", "float", "list", "str"})
_NAMES: Final = {"array": "list", "boolean": "bool", "integer": "float", "null": "", "number": "float"}
# An int is also taken as a float, and a float that comes as an int is one.
_OF_VALUES: Final = {bool: "bool", dict: "dict", float: "float", int: "float", list: "list", str: "str"}

# What the values themselves admit of a place is no more said where the Python type is said.
_REPLACED: Final = ("type-generalized", "type-specialized", "format-narrowed", "format-widened")


def compare_python_types(old: Side, new: Side, pair: Pair, found: list[Finding]) -> tuple[list[Finding], bool]:
    """Compare the Python types of one place; those of alternatives are compared by the enclosing schema.

    Args:
        old: the old schema.
        new: the new schema.
        pair: where they are.
        found: what else differs there, and inside.

    Returns:
        The findings, with the change of the Python type where they do not say enough, and whether code for what is
        inside of the old schema meets what is inside of the new one.
    """
    before, after = (_types_of_side(side) for side in (old, new))
    if pair.branch:
        return found, before == after
    meets = not before.isdisjoint(after)
    # A keyword of the schema itself stands between brackets.
    here = [finding for finding in found if not finding.place or finding.place.startswith(" (")]
    if _works(before, after, SCOPES[pair.scope]) or any(
        RULES[finding.rule].level is Level.BREAKING for finding in here
    ):
        return found, meets
    replaced = {f"{pair.scope}-{event}" for event in _REPLACED}
    rest = [finding for finding in found if finding.place or finding.rule not in replaced]
    return [*rest, Finding(f"{pair.scope}-python-type-changed", "", _text(before), _text(after))], meets


def _types_of_side(side: Side) -> frozenset[str]:
    """Return the types of a schema; none where no value but null is admitted, so that no type matters."""
    is_empty = side.schema.is_impossible or side.schema.types == frozenset()
    return frozenset() if is_empty else python_types(side.spec, side.raw)


def _works(old: frozenset[str], new: frozenset[str], direction: Direction) -> bool:
    """Return whether code for the old types works with the new ones: it passes values, or reads them."""
    if not old or not new:
        return True
    if direction is Direction.REQUEST:
        # Arguments of a model class are written out whatever attributes the new class has.
        return _any_model(old) <= _any_model(new)
    return new <= (old | {OPEN_MODEL} if MODEL in old else old)


def _any_model(types: frozenset[str]) -> frozenset[str]:
    return frozenset(MODEL if name == OPEN_MODEL else name for name in types)


def _text(types: frozenset[str]) -> str:
    return "Any" if types == PLAIN else " or ".join(sorted(types))


def python_types(spec: Spec, raw: Raw) -> frozenset[str]:
    """Return the names of the types of which a value may be, without None."""
    found = _types(spec, raw, set())
    return found - {OPEN_MODEL} if MODEL in found else found


def _types(spec: Spec, raw: Raw, seen: set[str]) -> frozenset[str]:
    """Return the types of a schema; a reference that was seen before adds none.

    Args:
        spec: the document.
        raw: the schema.
        seen: collects the references.
    """
    if not isinstance(raw, dict):
        return frozenset() if raw is False else PLAIN
    if isinstance(raw.get("$ref"), str):
        name = raw["$ref"]
        known = name in seen
        seen.add(name)
        return frozenset() if known else _types(spec, spec.target(name), seen)
    if raw.get("enum") or raw.get("const") is not None:
        values = raw.get("enum") or [raw["const"]]
        return frozenset(_OF_VALUES[type(value)] for value in values if value is not None)
    kinds = raw.get("type")
    alternatives = [*(raw.get("anyOf") or ()), *(raw.get("oneOf") or ())]
    if alternatives or isinstance(kinds, list):
        types = kinds if isinstance(kinds, list) else []
        alternatives += [{**raw, "type": kind, "anyOf": [], "oneOf": []} for kind in types]
        return frozenset().union(*(_types(spec, each, seen) for each in alternatives))
    return _types_of_one_kind(spec, raw, seen)


def _types_of_one_kind(spec: Spec, raw: dict[str, Any], seen: set[str]) -> frozenset[str]:
    """Return the types of a schema without alternatives, and with one `type` at most."""
    kind = raw.get("type")
    if kind == "string":
        return frozenset({PYTHON_FORMATS.get(raw.get("format", ""), "str")})
    if kind in _NAMES:
        return frozenset(filter(None, [_NAMES[kind]]))
    if kind == "object" or raw.get("properties") or raw.get("allOf"):
        return _types_of_object(spec, raw, seen)
    return PLAIN


def _types_of_object(spec: Spec, raw: dict[str, Any], seen: set[str]) -> frozenset[str]:
    """Return the type of an object, or of what all parts of an `allOf` say together."""
    parts = [_types(spec, part, seen) for part in raw.get("allOf") or ()]
    if raw.get("type") == "object" or raw.get("properties"):
        has_attributes = raw.get("properties") or any(MODEL in types for types in parts)
        return frozenset({MODEL if has_attributes else OPEN_MODEL})
    # Two schemas of one property, which the generator merges: what is not plain prevails.
    said = [types for types in parts if types != PLAIN]
    merged: frozenset[str] = frozenset().union(*said)
    return (merged - PLAIN or merged) if said else PLAIN
