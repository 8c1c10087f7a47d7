"""Bring a schema into a form in which two ways to say the same look the same.

`$ref` is followed and `allOf` merged. `anyOf [T, null]`, `type: [T, "null"]` and `nullable: true` become one flag,
`const` an `enum`, 3.0's boolean `exclusiveMaximum` 3.1's number, alternatives of bare types a set of types. Only one
level is brought into this form at a time, so a schema that contains itself is no trouble; its children stay raw.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from spec_pipeline.changes.compare.references import Spec
from spec_pipeline.changes.rules.schemas import BOUNDS
from spec_pipeline.project import PipelineError

ANNOTATIONS: Final = frozenset(
    {
        *(
            "$anchor",
            "$comment",
            "$defs",
            "$id",
            "$schema",
            "$vocabulary",
            "definitions",
            "description",
            "discriminator",
        ),
        *("example", "examples", "externalDocs", "summary", "title", "xml"),
    }
)
ABSENT: Final = "\0absent"
_HANDLED: Final = frozenset(
    {
        *(
            "$ref",
            "additionalProperties",
            "allOf",
            "anyOf",
            "const",
            "default",
            "deprecated",
            "enum",
            "format",
            "items",
        ),
        *("multipleOf", "nullable", "oneOf", "pattern", "properties", "readOnly", "required", "type", "uniqueItems"),
        *("writeOnly", *BOUNDS),
    }
)
_NAME_MAPS: Final = frozenset({"$defs", "definitions", "dependentSchemas", "patternProperties", "properties"})
_SETS: Final = frozenset({"allOf", "anyOf", "enum", "oneOf", "required", "type"})
_LITERALS: Final = frozenset({"const", "default", "dependentRequired", "enum", "required"})
_ALL_TYPES: Final = ("array", "boolean", "integer", "null", "number", "object", "string")
Raw = Any


@dataclass
class Schema:
    """One level of a schema, in normal form; None and empty mean that it says nothing about that.

    Attributes:
        refs: the references that were followed to get here.
        types: JSON's types without null; empty where nothing but null is admitted.
        nullable: whether null is admitted; None where nothing restricts it.
        additional: what unlisted properties hold; `{}` admits all, False none.
        alternatives: each `anyOf` and `oneOf` with its branches but null.
        others: what has no rule of its own, with references inlined.
    """

    refs: frozenset[str] = frozenset()
    types: frozenset[str] | None = None
    nullable: bool | None = None
    format: str | None = None
    enum: list[Any] | None = None
    bounds: dict[str, float] = field(default_factory=dict)
    pattern: str | None = None
    multiple_of: float | None = None
    unique_items: bool = False
    properties: dict[str, Raw] = field(default_factory=dict)
    required: frozenset[str] = frozenset()
    additional: Raw = field(default_factory=dict)
    items: Raw = field(default_factory=dict)
    alternatives: list[tuple[str, list[Raw]]] = field(default_factory=list)
    default: Any = ABSENT
    deprecated: bool = False
    read_only: bool = False
    write_only: bool = False
    others: dict[str, str] = field(default_factory=dict)


def normalise(spec: Spec, raw: Raw) -> Schema:
    """Bring one level of a schema into normal form.

    Raises:
        PipelineError: a reference leads nowhere, or a schema refers to itself without anything in between.
    """
    # By identity, with the raw schema beside it: as long as it is known here, nothing else can be at its address.
    known = spec.worked_out.get(id(raw))
    if known is None:
        known = spec.worked_out[id(raw)] = (raw, _normal_form(spec, raw))
    schema: Schema = known[1]
    return schema


def _normal_form(spec: Spec, raw: Raw) -> Schema:
    refs: set[str] = set()
    parts = list(_parts(spec, raw, refs, ()))
    schema = Schema(refs=frozenset(refs))
    nulls = [null for _, null in parts if null is not None]
    loose = any(part.get("nullable") is True and "type" not in part for part, _ in parts)
    schema.nullable = (loose or all(nulls)) if nulls else None
    for part, _ in parts:
        _merge(spec, schema, part)
    _tidy(schema)
    return schema


def fingerprint(value: Any) -> str:
    """Return a text that is the same for equal JSON values, whatever the order of their keys."""
    return json.dumps(value, sort_keys=True)


def bare(node: Raw) -> Raw:
    """Return a schema without what only describes it, its sets in one order; references stay as they are."""
    return _bare(node, lambda reference: reference)


def _bare(node: Raw, follow: Callable[[Raw], Raw]) -> Raw:
    if isinstance(node, list):
        return [_bare(item, follow) for item in node]
    if not isinstance(node, dict):
        return node
    if isinstance(node.get("$ref"), str):
        return follow(node)
    result: dict[str, Any] = {}
    for key, value in node.items():
        if key in _NAME_MAPS and isinstance(value, dict):
            result[key] = {name: _bare(child, follow) for name, child in value.items()}
        elif key in _LITERALS:
            result[key] = value
        elif key not in ANNOTATIONS and not key.startswith("x-"):
            result[key] = _bare(value, follow)
        if key in _SETS and isinstance(result.get(key), list):
            result[key] = sorted(result[key], key=fingerprint)
    return result


def _inlined(spec: Spec, node: Raw, path: tuple[str, ...] = ()) -> Raw:
    def follow(reference: Raw) -> Raw:
        name = reference["$ref"]
        if name in path:
            return {"$ref": f"{len(path) - path.index(name)} up"}
        return _inlined(spec, spec.target(name), (*path, name))

    return _bare(node, follow)


def _parts(spec: Spec, raw: Raw, refs: set[str], path: tuple[str, ...]) -> Iterator[tuple[dict[str, Any], bool | None]]:
    """Yield the schemas that all have to hold, with whether each admits null (None: it does not say)."""
    if not isinstance(raw, dict):
        yield ({}, None) if raw is not False else ({"not": {}}, None)
        return
    if isinstance(raw.get("$ref"), str):
        name = raw["$ref"]
        if name in path:
            raise PipelineError(f"{spec.name} refers to {name}, which refers back to itself with nothing in between.")
        refs.add(name)
        yield from _parts(spec, spec.target(name), refs, (*path, name))
    for branch in raw.get("allOf", ()):
        yield from _parts(spec, branch, refs, path)
    own = {key: value for key, value in raw.items() if key not in {"$ref", "allOf"}}
    for keyword in ("anyOf", "oneOf"):
        if keyword in own:
            branches, null = _branches(spec, keyword, own.pop(keyword), refs, ())
            if len(branches) == 1:
                yield from ((part, null or own_null) for part, own_null in _parts(spec, branches[0], refs, path))
            else:
                yield _alternatives(keyword, branches), null
    yield own, _own_null(own)


def _branches(
    spec: Spec, keyword: str, raws: list[Raw], refs: set[str], path: tuple[str, ...]
) -> tuple[list[Raw], bool]:
    """Return the branches but null, those of the same keyword inside them drawn up, and whether null was among them."""
    branches: list[Raw] = []
    null = False
    for raw in raws:
        target = spec.resolve(raw)
        name = raw.get("$ref", "") if isinstance(raw, dict) else ""
        if not isinstance(target, dict):
            branches.append(raw)
            null = null or target is True
        elif target.get("type") == "null" or target.get("enum") == [None] or target.get("const", ABSENT) is None:
            null = True
        elif name not in path and not (target.keys() - ANNOTATIONS - {keyword}) and keyword in target:
            inner, inner_null = _branches(spec, keyword, target[keyword], refs, (*path, name) if name else path)
            branches += inner
            null = null or inner_null
        else:
            branches.append(raw)
            null = null or _own_null(target) is True
    return branches, null


def _alternatives(keyword: str, branches: list[Raw]) -> dict[str, Any]:
    """Return a set of types where the branches name types and nothing else; an empty one where null was all."""
    stripped = [bare(branch) for branch in branches]
    if all(isinstance(branch, dict) and branch.keys() == {"type"} for branch in stripped):
        return {"type": [name for branch in stripped for name in _as_list(branch["type"])]}
    return {keyword: branches}


def _own_null(part: dict[str, Any]) -> bool | None:
    if part.get("nullable") is True:
        return True
    admitted = [
        *(["null" in _as_list(part["type"])] if "type" in part else []),
        *([part["const"] is None] if "const" in part else []),
        *([None in part["enum"]] if "enum" in part else []),
    ]
    return all(admitted) if admitted else None


def _merge(spec: Spec, schema: Schema, part: dict[str, Any]) -> None:
    """Add one of the schemas that all have to hold."""
    enum = [part["const"]] if "const" in part else part.get("enum")
    if (types := _types(part, enum)) is not None:
        schema.types = types if schema.types is None else _intersection(schema.types, types)
    if enum is not None:
        values = [value for value in enum if value is not None]
        schema.enum = values if schema.enum is None else [value for value in schema.enum if value in values]
    for keyword, bound in _bounds(part):
        upper = BOUNDS[keyword][1]
        known = schema.bounds.get(keyword, bound)
        schema.bounds[keyword] = min(known, bound) if upper else max(known, bound)
    if "pattern" in part:
        patterns = {*filter(None, [schema.pattern]), part["pattern"]}
        schema.pattern = " and ".join(sorted(patterns))
    for name, child in part.get("properties", {}).items():
        schema.properties[name] = _both(schema.properties.get(name, {}), child)
    schema.required |= frozenset(part.get("required", ()) if isinstance(part.get("required"), list) else ())
    schema.additional = _both(schema.additional, part.get("additionalProperties", {}))
    schema.items = _both(schema.items, part.get("items", {}))
    schema.alternatives += [(keyword, part[keyword]) for keyword in ("anyOf", "oneOf") if keyword in part]
    schema.format = part.get("format", schema.format)
    schema.multiple_of = part.get("multipleOf", schema.multiple_of)
    schema.unique_items |= part.get("uniqueItems") is True
    schema.default = part.get("default", schema.default)
    schema.deprecated |= part.get("deprecated") is True
    schema.read_only |= part.get("readOnly") is True
    schema.write_only |= part.get("writeOnly") is True
    for keyword, value in part.items():
        if keyword not in _HANDLED | ANNOTATIONS and not keyword.startswith("x-"):
            inlined = _inlined(spec, value) if keyword not in _NAME_MAPS else _inlined(spec, {keyword: value})
            texts = {*filter(None, [schema.others.get(keyword)]), fingerprint(inlined)}
            schema.others[keyword] = " and ".join(sorted(texts))


def _tidy(schema: Schema) -> None:
    """Drop what says nothing, and say bounds of whole numbers one way."""
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


def _bounds(part: dict[str, Any]) -> Iterator[tuple[str, float]]:
    for keyword in part.keys() & BOUNDS.keys():
        value = part[keyword]
        exclusive = f"exclusive{keyword.capitalize()}"
        if isinstance(value, int | float) and not isinstance(value, bool):
            yield exclusive if part.get(exclusive) is True else keyword, value


def _types(part: dict[str, Any], enum: list[Any] | None) -> frozenset[str] | None:
    if "type" in part:
        names = {name for name in _as_list(part["type"]) if name != "null"}
    elif enum is not None:
        names = {_type_of(value) for value in enum if value is not None}
    else:
        return None
    return frozenset(names - {"integer"} if "number" in names else names)


def _type_of(value: Any) -> str:
    kinds = {bool: "boolean", int: "integer", float: "number", str: "string", list: "array", dict: "object"}
    return kinds[type(value)]


def _intersection(left: frozenset[str], right: frozenset[str]) -> frozenset[str]:
    def spread(types: frozenset[str]) -> frozenset[str]:
        return types | {"integer"} if "number" in types else types

    common = spread(left) & spread(right)
    return common - {"integer"} if "number" in common else common


def _both(left: Raw, right: Raw) -> Raw:
    """Return the schema of what meets both, as it stands where only one of them says something."""
    if left is False or right is False:
        return False
    if left in ({}, True) or left == right:
        return {} if right is True else right
    return left if right in ({}, True) else {"allOf": [*_conjuncts(left), *_conjuncts(right)]}


def _conjuncts(raw: Raw) -> list[Raw]:
    return raw["allOf"] if raw.keys() == {"allOf"} else [raw]


def _as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
