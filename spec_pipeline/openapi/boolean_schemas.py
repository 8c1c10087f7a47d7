"""Write the boolean schemas of JSON Schema as objects, which is all that some tools read."""

import copy
from typing import Any, Final, NamedTuple

from spec_pipeline.openapi.parsing import Document
from spec_pipeline.openapi.schema_objects import Place, outer_schemas

_LISTS: Final = frozenset({"allOf", "anyOf", "oneOf", "prefixItems"})
# What changes nothing beside another schema of the same list.
_NEEDLESS: Final = {"allOf": True, "anyOf": False, "oneOf": False}


class Rewritten(NamedTuple):
    """A document without most of its boolean schemas.

    Attributes:
        document: the document.
        impossible: where a schema is left that allows no value.
    """

    document: Document
    impossible: list[Place]


def without_boolean_schemas(document: Document) -> Rewritten:
    """Return a document in which `true` is `{}`, and `false` is gone where the schema around it says the same without.

    Boolean values of `additionalProperties` stay, which OpenAPI 3.0 has, too, and so does what stands in conditions and
    other keywords that describe no part of a value.
    """
    result = copy.deepcopy(document)
    impossible: list[Place] = []
    for place, schema in list(outer_schemas(result)):
        parent: Any = result
        for key in place[:-1]:
            parent = parent[key]
        parent[place[-1]] = _rewritten(schema, place, impossible)
    return Rewritten(result, impossible)


def _rewritten(schema: Any, place: Place, impossible: list[Place]) -> Any:
    if schema is True:
        return {}
    if not isinstance(schema, dict):
        impossible += [place] if schema is False else []
        return schema
    result = {key: value for key, value in schema.items() if not _is_needless(schema, key, value)}
    for key, value in result.items():
        within = (*place, key)
        if key == "not" and value is True:
            impossible.append(within)
        elif key in {"items", "not"} or (key == "additionalProperties" and isinstance(value, dict)):
            result[key] = _rewritten(value, within, impossible)
        elif key in _LISTS:
            kept = [(index, child) for index, child in enumerate(value) if child is not _NEEDLESS.get(key)]
            # An alternative between nothing but impossible schemas is one itself.
            result[key] = [_rewritten(child, (*within, index), impossible) for index, child in kept or enumerate(value)]
        elif key == "properties":
            result[key] = {name: _rewritten(child, (*within, name), impossible) for name, child in value.items()}
    return result


def _is_needless(schema: Document, key: str, value: Any) -> bool:
    """Return whether a keyword says nothing, or nothing more than the length of a tuple, which types do not have."""
    if key == "allOf":
        return isinstance(value, list) and all(child is True for child in value)
    return value is False and (key == "not" or (key == "items" and "prefixItems" in schema))
