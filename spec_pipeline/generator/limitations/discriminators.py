"""Whether a generated class tells the schemas that a discriminator chooses from apart without it."""

from itertools import combinations
from typing import Any, NamedTuple

from spec_pipeline.openapi.references import Spec


class _Object(NamedTuple):
    """What the generated class of a schema checks when it reads an object.

    Attributes:
        values: what it accepts as the value of the discriminator; None for anything.
        fields: the names of its fields.
        required: the names of those that are required.
    """

    values: frozenset[Any] | None
    fields: frozenset[str]
    required: frozenset[str]


def are_told_apart(spec: Spec, schema: dict[str, Any]) -> bool:
    """Return whether each of the schemas refuses the objects of those after it; the first that does not is taken."""
    discriminator = schema.get("discriminator")
    if not isinstance(discriminator, dict):
        return True
    name = discriminator.get("propertyName", "")
    members = [member for key in ("anyOf", "oneOf") for member in schema.get(key) or ()]
    mapping = discriminator.get("mapping") or {}
    found = [
        (_read(spec, member, name, set()), _chosen_by(member, mapping))
        for member in members
        if spec.follow(member) != {"type": "null"}
    ]
    return all(
        (first.required - second.fields)
        or (first.values is not None and not first.values & (second.values or chosen_by))
        for (first, _), (second, chosen_by) in combinations(found, 2)
    )


def _chosen_by(member: Any, mapping: dict[str, Any]) -> frozenset[Any]:
    """Return the values of the discriminator that mean a schema."""
    reference = str(member.get("$ref", "")) if isinstance(member, dict) else ""
    name = reference.rpartition("/")[2]
    return frozenset(value for value, target in mapping.items() if target in {reference, name}) or frozenset({name})


def _read(spec: Spec, schema: Any, name: str, followed: set[str]) -> _Object:
    """Return what the class of a schema checks, which includes what its `allOf` does."""
    reference = schema.get("$ref") if isinstance(schema, dict) else None
    if not isinstance(schema, dict) or reference in followed:
        return _Object(None, frozenset(), frozenset())
    if isinstance(reference, str):
        # What is reached a second time adds nothing.
        followed.add(reference)
        return _read(spec, spec.follow(schema), name, followed)
    parts = [_read(spec, part, name, followed) for part in schema.get("allOf") or ()]
    properties = schema.get("properties") or {}
    values = [_values(spec, properties[name])] if name in properties else []
    known = [part for part in (*values, *(part.values for part in parts)) if part is not None]
    return _Object(
        frozenset.intersection(*known) if known else None,
        frozenset(properties).union(*(part.fields for part in parts)),
        frozenset(schema.get("required") or ()).union(*(part.required for part in parts)),
    )


def _values(spec: Spec, schema: Any) -> frozenset[Any] | None:
    schema = spec.follow(schema)
    values = [schema["const"]] if "const" in schema else schema.get("enum")
    return frozenset(map(str, values)) if values else None
