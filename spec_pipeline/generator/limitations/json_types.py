"""Which of JSON Schema's types the values of a schema may have."""

from typing import Any, Final

from spec_pipeline.openapi.references import Spec

ALL: Final = frozenset({"array", "boolean", "integer", "null", "number", "object", "string"})
# Without a type, these describe an object: that is what whoever wrote them meant, and what the generator makes of them.
_OF_OBJECTS: Final = ("additionalProperties", "discriminator", "patternProperties", "properties", "required")
_OF_VALUES: Final = {
    bool: {"boolean"},
    dict: {"object"},
    float: {"number"},
    int: {"integer", "number"},
    list: {"array"},
    str: {"string"},
    type(None): {"null"},
}


def types_of(spec: Spec, schema: Any, known: dict[str, frozenset[str]] | None = None) -> frozenset[str]:
    """Return the types that a schema allows.

    Args:
        spec: the document.
        schema: an object, a boolean or a reference.
        known: the types of what references lead to; one that leads back to itself says nothing.
    """
    known = {} if known is None else known
    if not isinstance(schema, dict):
        return ALL
    reference = schema.get("$ref")
    if isinstance(reference, str):
        if reference not in known:
            known[reference] = ALL
            known[reference] = types_of(spec, spec.target(reference), known)
        return known[reference]
    found = named_types(spec, schema)
    for key in ("anyOf", "oneOf"):
        if schema.get(key):
            found &= frozenset().union(*(types_of(spec, member, known) for member in schema[key]))
    for part in schema.get("allOf") or ():
        found &= types_of(spec, part, known)
    if found == ALL and any(key in schema for key in _OF_OBJECTS):
        return frozenset({"object"})
    return found


def named_types(spec: Spec, schema: dict[str, Any]) -> frozenset[str]:
    """Return the types that the keywords of a schema itself allow; not those of the schemas inside it."""
    named = schema.get("type")
    types = {named} if isinstance(named, str) else set(named or ALL)
    types |= {"integer"} if "number" in types else set()
    types |= {"null"} if is_nullable(spec, schema) else set()
    values = [schema["const"]] if "const" in schema else schema.get("enum") or ()
    return frozenset(types & set().union(*(_OF_VALUES.get(type(value), ALL) for value in values)) if values else types)


def is_nullable(spec: Spec, schema: dict[str, Any]) -> bool:
    """Return whether a schema has the keyword of OpenAPI 3.0 that allows null."""
    return schema.get("nullable") is True and "nullable" not in spec.without_meaning
