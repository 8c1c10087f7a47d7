"""Merge the schemas of an `allOf` into one normal form, and drop keywords without effect."""

from collections.abc import Iterator
from typing import Any, Final

from spec_pipeline.changes.compare.schemas.schema import Schema, both, name_matches, side_by_side
from spec_pipeline.changes.compare.schemas.written import NAME_MAPS, Raw, digest, fingerprint, is_annotation
from spec_pipeline.changes.rules.schemas import BOUNDS
from spec_pipeline.openapi.references import Spec

_HANDLED: Final = frozenset(
    {
        *("$ref", "additionalProperties", "allOf", "anyOf", "const", "default", "deprecated", "discriminator", "enum"),
        *("format", "items", "multipleOf", "nullable", "oneOf", "pattern", "properties", "readOnly", "required"),
        *("type", "uniqueItems", "writeOnly", *BOUNDS),
        *("contains", "else", "if", "maxContains", "minContains", "patternProperties", "prefixItems", "then"),
    }
)

# The bounds and other parts of a schema that apply only to values of some types.
_APPLIES: Final = (
    ({"integer", "number"}, {"exclusiveMaximum", "exclusiveMinimum", "maximum", "minimum"}, ("multiples",)),
    ({"string"}, {"maxLength", "minLength"}, ("patterns",)),
    ({"array"}, {"maxItems", "minItems"}, ("unique_items", "prefix", "items")),
    (
        {"object"},
        {"maxProperties", "minProperties"},
        ("properties", "written", "required", "pattern_properties", "additional"),
    ),
)


def merge(spec: Spec, schema: Schema, part: dict[str, Any]) -> None:
    """Add one of the schemas."""
    enum = _values(part)
    if (types := _types(part, enum)) is not None:
        schema.types = types if schema.types is None else _intersection(schema.types, types)
    if enum is not None:
        values = [value for value in enum if value is not None]
        texts = {fingerprint(value) for value in values}
        schema.enum = values if schema.enum is None else [value for value in schema.enum if fingerprint(value) in texts]
    for keyword, bound in _bounds(part):
        upper = BOUNDS[keyword][1]
        known = schema.bounds.get(keyword, bound)
        schema.bounds[keyword] = min(known, bound) if upper else max(known, bound)
    schema.patterns |= {part["pattern"]} if "pattern" in part else set()
    schema.required |= frozenset(part.get("required", ()) if isinstance(part.get("required"), list) else ())
    _merge_properties(schema, part)
    _merge_items(schema, part)
    schema.alternatives += [(keyword, part[keyword]) for keyword in ("anyOf", "oneOf") if keyword in part]
    schema.formats |= {part["format"]} if "format" in part else set()
    schema.multiples |= {part["multipleOf"]} if "multipleOf" in part else set()
    schema.unique_items |= part.get("uniqueItems") is True
    schema.default = part.get("default", schema.default)
    schema.discriminator = part.get("discriminator", schema.discriminator)
    schema.deprecated |= part.get("deprecated") is True
    schema.read_only |= part.get("readOnly") is True
    schema.write_only |= part.get("writeOnly") is True
    for keyword, value in _other_keywords(part):
        said = {keyword: value} if keyword in NAME_MAPS else value
        schema.others.setdefault(keyword, {})[digest(spec, said)] = value


def _values(part: dict[str, Any]) -> list[Any] | None:
    """Return the values that `enum` and `const` both admit; None if there is neither."""
    if "const" not in part:
        return part.get("enum")
    const = part["const"]
    # By their texts: JSON tells true from 1 and Python does not.
    return [const] if fingerprint(const) in map(fingerprint, part.get("enum", [const])) else []


def _merge_properties(schema: Schema, part: dict[str, Any]) -> None:
    """Add the properties of one schema; its `additionalProperties` applies to the names that it does not list."""
    listed = Schema(
        properties=part.get("properties", {}),
        pattern_properties=part.get("patternProperties", {}),
        additional=part.get("additionalProperties", {}),
    )
    properties = {}
    for name in {**schema.properties, **listed.properties}:
        own = listed.unlisted(name)
        if name in listed.properties:
            matched = own if any(name_matches(pattern, name) for pattern in listed.pattern_properties) else {}
            own = both(listed.properties[name], matched)
        properties[name] = both(schema.properties.get(name, schema.unlisted(name)), own)
    schema.properties = properties
    schema.written = {
        name: both(schema.written.get(name, {}), listed.properties.get(name, {}))
        for name in {**schema.written, **listed.properties}
    }
    schema.pattern_properties = {
        pattern: both(
            schema.pattern_properties.get(pattern, schema.additional),
            listed.pattern_properties.get(pattern, listed.additional),
        )
        for pattern in {**schema.pattern_properties, **listed.pattern_properties}
    }
    schema.additional = both(schema.additional, listed.additional)


def _merge_items(schema: Schema, part: dict[str, Any]) -> None:
    prefix, items = part.get("prefixItems", []), part.get("items", {})
    schema.prefix = [both(left, right) for left, right in side_by_side((schema.prefix, schema.items), (prefix, items))]
    schema.items = both(schema.items, items)


def _other_keywords(part: dict[str, Any]) -> Iterator[tuple[str, Raw]]:
    """Yield each keyword without a rule of its own; keywords that depend on each other come as one."""
    if "contains" in part and part.get("minContains", 1) + ("maxContains" in part):
        yield "contains", {key: part[key] for key in ("contains", "maxContains", "minContains") if key in part}
    if "if" in part and part.keys() & {"then", "else"}:
        yield "if", {key: part[key] for key in ("if", "then", "else") if key in part}
    for keyword, value in part.items():
        if keyword not in _HANDLED and not is_annotation(keyword):
            yield keyword, value


def tidy(schema: Schema) -> None:
    """Drop keywords without effect, and write bounds of integers in one form."""
    if schema.types is not None:
        _drop_what_does_not_apply(schema, schema.types)
    if schema.types == frozenset({"integer"}):
        for exclusive, inclusive, step, tighter in (
            ("exclusiveMinimum", "minimum", 1, max),
            ("exclusiveMaximum", "maximum", -1, min),
        ):
            if exclusive in schema.bounds and float(schema.bounds[exclusive]).is_integer():
                bound = schema.bounds.pop(exclusive) + step
                schema.bounds[inclusive] = tighter(schema.bounds.get(inclusive, bound), bound)
    for keyword in ("minLength", "minItems", "minProperties"):
        if schema.bounds.get(keyword) == 0:
            del schema.bounds[keyword]


def _drop_what_does_not_apply(schema: Schema, types: frozenset[str]) -> None:
    """Drop keywords for types that are not accepted."""
    nothing = Schema()
    if schema.enum is not None:
        schema.enum = [value for value in schema.enum if types & _types_of(value)]
    for fitting, bounds, names in _APPLIES:
        if not fitting & types:
            schema.bounds = {keyword: bound for keyword, bound in schema.bounds.items() if keyword not in bounds}
            for name in names:
                setattr(schema, name, getattr(nothing, name))
    if not types:
        schema.formats, schema.enum = frozenset(), None


def _types_of(value: Any) -> frozenset[str]:
    name = _type_of(value)
    return frozenset({name, "number"} if name == "integer" else {name})


def _bounds(part: dict[str, Any]) -> Iterator[tuple[str, float]]:
    for keyword in part.keys() & BOUNDS.keys():
        value = part[keyword]
        exclusive = f"exclusive{keyword.capitalize()}"
        if isinstance(value, int | float) and not isinstance(value, bool):
            yield exclusive if part.get(exclusive) is True else keyword, value


def _types(part: dict[str, Any], enum: list[Any] | None) -> frozenset[str] | None:
    if "type" in part:
        names = {name for name in as_list(part["type"]) if name != "null"}
    elif enum is not None:
        names = {_type_of(value) for value in enum if value is not None}
    else:
        return None
    return frozenset(names - {"integer"} if "number" in names else names)


def _type_of(value: Any) -> str:
    kinds = {bool: "boolean", int: "integer", float: "number", str: "string", list: "array", dict: "object"}
    return "integer" if isinstance(value, float) and value.is_integer() else kinds[type(value)]


def _intersection(left: frozenset[str], right: frozenset[str]) -> frozenset[str]:
    def spread(types: frozenset[str]) -> frozenset[str]:
        return types | {"integer"} if "number" in types else types

    common = spread(left) & spread(right)
    return common - {"integer"} if "number" in common else common


def as_list(value: Any) -> list[Any]:
    """Return a list as it is, and anything else as a list of one."""
    return value if isinstance(value, list) else [value]
