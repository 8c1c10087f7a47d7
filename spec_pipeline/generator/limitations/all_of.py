"""Schemas with `allOf` of which the generator makes a class, although their values are no objects, or may be null."""

from collections.abc import Iterator
from typing import Any

from spec_pipeline.generator.limitations.json_types import ALL, is_nullable, named_types, types_of
from spec_pipeline.generator.limitations.limitation import Limitation
from spec_pipeline.generator.limitations.places import pointer_to
from spec_pipeline.openapi.references import Spec
from spec_pipeline.openapi.schema_objects import Place

_TYPE = (
    "Update a schema whose allOf is no object with its type, such as `{type: string}`, by an action in overlay.yaml."
)
_ALTERNATIVES = (
    "Move the anyOf or oneOf of a part of an allOf to the schema that has the allOf, by two actions in overlay.yaml: "
    "update the schema with it, then remove the allOf."
)
_NULL = (
    "Say that a schema with an allOf may be null in the schema itself, by an action in overlay.yaml: update it with "
    "`{nullable: true}` in OpenAPI 3.0, or with `{type: [object, 'null']}` in 3.1."
)
# With one of these beside it, the generator does not read an allOf.
_BEFORE = ("anyOf", "enum", "oneOf", "type")


def all_of_limitations(spec: Spec, place: Place, schema: dict[str, Any]) -> Iterator[Limitation]:
    """Yield a schema with an allOf that is generated wrongly."""
    parts = schema.get("allOf") or ()
    # The generator does not look into a part of an allOf, but for its properties.
    if place[-2:-1] == ("allOf",):
        return
    # A single reference is taken for what it refers to.
    if (
        not parts
        or any(schema.get(key) for key in _BEFORE)
        or "const" in schema
        or (len(parts) == 1 and _refers(parts[0]))
    ):
        return
    inside = [part for part in parts if isinstance(part, dict) and not _refers(part)]
    types = types_of(spec, {key: value for key, value in schema.items() if key != "nullable"})
    if types not in ({"object"}, ALL):
        has_alternatives = any(part.get("anyOf") or part.get("oneOf") for part in inside)
        yield Limitation(
            pointer_to(place), "what is no object is taken for one", _ALTERNATIVES if has_alternatives else _TYPE
        )
    elif not is_nullable(spec, schema) and any(_says_null(spec, part) for part in inside):
        yield Limitation(pointer_to(place), "null is an exception", _NULL)


def _refers(schema: Any) -> bool:
    return isinstance(schema, dict) and isinstance(schema.get("$ref"), str)


def _says_null(spec: Spec, part: dict[str, Any]) -> bool:
    return bool(part.get("type") and "null" in named_types(spec, part)) or is_nullable(spec, part)
