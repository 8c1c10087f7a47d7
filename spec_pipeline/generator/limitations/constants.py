"""Constants that are alternatives of a schema: the generated code raises where another alternative comes."""

from collections.abc import Iterator
from typing import Any

from spec_pipeline.generator.limitations.limitation import Limitation
from spec_pipeline.generator.limitations.places import pointer_to, schema_at
from spec_pipeline.openapi.references import Spec
from spec_pipeline.openapi.schema_objects import Place

_ENUM = (
    "Update a constant that is one of several alternatives with an enum of its value, such as `{enum: [auto]}`, by an "
    "action in overlay.yaml."
)
_FLAG = (
    "Update a constant true or false that is one of several alternatives with `{type: boolean}` by an action in "
    "overlay.yaml."
)
_NUMBER = (
    "Declare a constant number that is one of several alternatives as `{type: number}`, by two actions in "
    "overlay.yaml: remove its const, then update it with the type."
)
# The strings of these formats, arrays and objects are tried before it is known that they fit.
_FORMATS = frozenset({"binary", "date", "date-time", "uuid"})


def constant_limitations(spec: Spec, place: Place, schema: dict[str, Any]) -> Iterator[Limitation]:
    """Yield the constants among the alternatives of a schema for which every other value is an exception."""
    if not _has_alternatives(schema):
        return
    found = list(_alternatives(spec, place, schema, frozenset()))
    for number, (where, member) in enumerate(found):
        if not _is_constant(member):
            continue
        value = member["const"]
        earlier, later = found[:number], found[number + 1 :]
        if any(_is_reached(other, value, is_later=False) for _, other in earlier) or any(
            _is_reached(other, value, is_later=True) for _, other in later
        ):
            cure = _FLAG if isinstance(value, bool) else _NUMBER if isinstance(value, float) else _ENUM
            yield Limitation(pointer_to(where), "every other value than the constant is a ValueError", cure)


def _has_alternatives(schema: dict[str, Any]) -> bool:
    return (
        bool(schema.get("anyOf") or schema.get("oneOf")) and not schema.get("enum") and schema.get("type") != "boolean"
    )


def _alternatives(
    spec: Spec, place: Place, schema: dict[str, Any], followed: frozenset[Place]
) -> Iterator[tuple[Place, Any]]:
    """Yield the alternatives of a schema in the order in which the generated code tries them, nested ones too."""
    for key in ("anyOf", "oneOf"):
        for number, _ in enumerate(schema.get(key) or ()):
            where, member = _schema_at(spec, (*place, key, number))
            if not isinstance(member, dict) or not _has_alternatives(member):
                yield where, member
            elif where not in followed:
                yield from _alternatives(spec, where, member, followed | {where})


def _schema_at(spec: Spec, place: Place) -> tuple[Place, Any]:
    """Return the schema at a place, or the one that it refers to, also in an allOf of its own, and where that is."""
    where, schema = schema_at(spec, place)
    parts: list[Any] = schema.get("allOf") or [] if isinstance(schema, dict) else []
    if len(parts) == 1 and isinstance(parts[0], dict) and "$ref" in parts[0]:
        return schema_at(spec, (*where, "allOf", 0))
    return where, schema


def _is_constant(schema: Any) -> bool:
    """Return whether the generator takes a schema for a constant."""
    if not isinstance(schema, dict) or schema.get("enum") or schema.get("type") == "boolean":
        return False
    return schema.get("const") is not None


def _is_reached(schema: Any, constant: Any, *, is_later: bool) -> bool:
    """Return whether a value of an alternative is compared with the constant before it is read."""
    if _is_constant(schema):
        return bool(schema["const"] != constant)
    if not isinstance(schema, dict):
        return True
    return schema.get("type") != "null" and (is_later or not _is_tried(schema))


def _is_tried(schema: dict[str, Any]) -> bool:
    """Return whether the generated code reads a value of a schema before it knows that it is one."""
    named = schema.get("type")
    kinds = named if isinstance(named, list) else [named]
    if named != "boolean" and schema.get("enum"):
        return True
    if not named:
        return bool(schema.get("properties") or schema.get("allOf"))
    return all(
        kind in {"array", "null", "object"} or (kind == "string" and schema.get("format") in _FORMATS) for kind in kinds
    )
