"""Find the schemas of a document, and check that their keywords have values of the right kind.

OpenAPI 3.1 leaves schemas to JSON Schema, so the validator of a document does not check them.
"""

import copy
from collections.abc import Callable, Iterator
from typing import Any, Final, NamedTuple

from spec_pipeline.openapi.parsing import Document

Place = tuple[str | int, ...]

# What these keywords hold are values, not schemas; null is one of them.
PAYLOADS: Final = frozenset({"const", "default", "enum", "example", "examples"})
# The keys below these keywords are names, even if they are `default` or `example`.
NAME_MAPS: Final = frozenset(
    {
        *("$defs", "callbacks", "content", "definitions", "dependentSchemas", "headers", "links", "parameters"),
        *("pathItems", "paths", "patternProperties", "properties", "requestBodies", "responses", "schemas"),
        *("securitySchemes", "webhooks"),
    }
)
_TYPES: Final = frozenset({"array", "boolean", "integer", "null", "number", "object", "string"})
_COUNTS: Final = frozenset(
    {
        *("maxContains", "maxItems", "maxLength", "maxProperties"),
        *("minContains", "minItems", "minLength", "minProperties"),
    }
)
_INSIDE: Final = (
    *("additionalProperties", "contains", "contentSchema", "else", "if", "items", "not", "propertyNames", "then"),
    *("unevaluatedItems", "unevaluatedProperties"),
)
_LISTS: Final = ("allOf", "anyOf", "oneOf", "prefixItems")
_MAPS: Final = ("$defs", "definitions", "dependentSchemas", "patternProperties", "properties")


class Problem(NamedTuple):
    """What is wrong with a keyword of a schema.

    Attributes:
        place: where the keyword is.
        message: what is wrong.
        slight: whether the schema can be read in spite of it.
    """

    place: Place
    message: str
    slight: bool = False


def schemas_of(document: Document) -> Iterator[tuple[Place, Any]]:
    """Yield each schema of a document, those inside schemas included, with its place; references are not followed."""
    for place, schema in outer_schemas(document):
        yield from schemas_within(place, schema)


def outer_schemas(document: Document) -> Iterator[tuple[Place, Any]]:
    """Yield each schema of a document that is not inside another one, with its place."""
    stack: list[tuple[Place, Any, bool]] = [((), document, False)]
    while stack:
        place, node, holds_names = stack.pop()
        if isinstance(node, list):
            stack += [((*place, index), child, False) for index, child in enumerate(node) if isinstance(child, dict)]
        for key, child in node.items() if isinstance(node, dict) else ():
            if place == ("components", "schemas") or (key == "schema" and not holds_names):
                yield (*place, key), child
            elif holds_names or not (key in PAYLOADS or key.startswith("x-")):
                stack.append(((*place, key), child, not holds_names and key in NAME_MAPS))


def schemas_within(place: Place, schema: Any) -> Iterator[tuple[Place, Any]]:
    """Yield a schema and each one inside it, with its place; references are not followed."""
    stack = [(place, schema)]
    while stack:
        place, schema = stack.pop()
        yield place, schema
        if not isinstance(schema, dict):
            continue
        stack += [((*place, key), schema[key]) for key in _INSIDE if key in schema]
        for key in _LISTS:
            if isinstance(schema.get(key), list):
                stack += [((*place, key, index), child) for index, child in enumerate(schema[key])]
        for key in _MAPS:
            if isinstance(schema.get(key), dict):
                stack += [((*place, key, name), child) for name, child in schema[key].items()]


def null_keywords(document: Document) -> list[Place]:
    """Return where a keyword of a schema is null, as some serializers write one without a value."""
    return [
        (*place, key)
        for place, schema in schemas_of(document)
        if isinstance(schema, dict)
        for key, value in schema.items()
        if value is None and _is_said(key)
    ]


def without_null_keywords(document: Document) -> Document:
    """Return the document without the keywords of schemas that are null, or itself if there are none."""
    if not null_keywords(document):
        return document
    result = copy.deepcopy(document)
    for _, schema in schemas_of(result):
        for key in list(schema) if isinstance(schema, dict) else ():
            if schema[key] is None and _is_said(key):
                del schema[key]
    return result


def _is_said(key: str) -> bool:
    return key not in PAYLOADS - {"enum"} and not key.startswith("x-")


def problems(document: Document) -> Iterator[Problem]:
    """Yield each keyword of a document's schemas whose value JSON Schema does not allow."""
    for place, schema in schemas_of(document):
        if not _is_schema(schema):
            yield Problem(place, "it must be a schema")
        for key, value in schema.items() if isinstance(schema, dict) else ():
            kind = _KINDS.get(key)
            if kind and not _TESTS[kind](value):
                # 3.0 has a flag instead, which many documents have kept.
                slight = key in {"exclusiveMaximum", "exclusiveMinimum"} and isinstance(value, bool)
                yield Problem((*place, key), f"it must be {kind}", slight)
            elif message := _slight(key, value):
                yield Problem((*place, key), message, slight=True)


def _slight(key: str, value: Any) -> str:
    if key in {"required", "type"} and isinstance(value, list) and len(set(value)) < len(value):
        return f"it names {next(name for name in value if value.count(name) > 1)} twice"
    if key in _LISTS and not value:
        return "it must have at least one schema"
    if (key in _COUNTS and value < 0) or (key == "multipleOf" and value <= 0):
        return f"{value} is too small"
    return ""


def _is_schema(value: Any) -> bool:
    return isinstance(value, dict | bool)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _are(test: Callable[[Any], bool], values: Any) -> bool:
    return isinstance(values, list) and all(map(test, values))


def _map_to(test: Callable[[Any], bool], values: Any) -> bool:
    return isinstance(values, dict) and all(map(test, values.values()))


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_type(value: Any) -> bool:
    return isinstance(value, str) and value in _TYPES


def _is_discriminator(value: Any) -> bool:
    return (
        isinstance(value, dict) and _is_text(value.get("propertyName")) and _map_to(_is_text, value.get("mapping", {}))
    )


_TESTS: Final[dict[str, Callable[[Any], bool]]] = {
    "a schema": _is_schema,
    "a list of schemas": lambda value: _are(_is_schema, value),
    "an object of schemas": lambda value: _map_to(_is_schema, value),
    "a number": _is_number,
    "a whole number": lambda value: _is_number(value) and float(value).is_integer(),
    "text": _is_text,
    "true or false": lambda value: isinstance(value, bool),
    "a list": lambda value: isinstance(value, list),
    "a list of names": lambda value: _are(_is_text, value),
    "an object of lists of names": lambda value: _map_to(lambda names: _are(_is_text, names), value),
    "one of JSON Schema's types, or a list of them": lambda value: _is_type(value) or _are(_is_type, value),
    "an object with the name of a property, and references by value": _is_discriminator,
}
_KINDS: Final = {
    **dict.fromkeys(_INSIDE, "a schema"),
    **dict.fromkeys(_LISTS, "a list of schemas"),
    **dict.fromkeys(_MAPS, "an object of schemas"),
    **dict.fromkeys(("exclusiveMaximum", "exclusiveMinimum", "maximum", "minimum", "multipleOf"), "a number"),
    **dict.fromkeys(_COUNTS, "a whole number"),
    **dict.fromkeys(("$ref", "description", "format", "pattern", "title"), "text"),
    **dict.fromkeys(("deprecated", "readOnly", "uniqueItems", "writeOnly"), "true or false"),
    "dependentRequired": "an object of lists of names",
    "discriminator": "an object with the name of a property, and references by value",
    "enum": "a list",
    "required": "a list of names",
    "type": "one of JSON Schema's types, or a list of them",
}
