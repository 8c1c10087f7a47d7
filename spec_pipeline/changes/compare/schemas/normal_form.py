"""Bring a schema into a form in which two ways to say the same look the same.

`$ref` is followed and `allOf` merged. `anyOf [T, null]`, `type: [T, "null"]` and `nullable: true` become one flag,
`const` an `enum`, 3.0's boolean `exclusiveMaximum` 3.1's number, alternatives of bare types a set of types. Only one
level is brought into this form at a time, so a schema that contains itself is no trouble; its children stay raw.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import reduce
from typing import Any, Final

from spec_pipeline.changes.compare.schemas.written import NAME_MAPS, Raw, bare, digest, fingerprint, is_annotation
from spec_pipeline.changes.rules.schemas import BOUNDS
from spec_pipeline.openapi.references import Spec
from spec_pipeline.project import PipelineError

ABSENT: Final = "\0absent"
_HANDLED: Final = frozenset(
    {
        *("$ref", "additionalProperties", "allOf", "anyOf", "const", "default", "deprecated", "discriminator", "enum"),
        *("format", "items", "multipleOf", "nullable", "oneOf", "pattern", "properties", "readOnly", "required"),
        *("type", "uniqueItems", "writeOnly", *BOUNDS),
        *("contains", "else", "if", "maxContains", "minContains", "patternProperties", "prefixItems", "then"),
    }
)
# Which bounds and which other parts of a schema say something about values of some types only.
_APPLIES: Final = (
    ({"integer", "number"}, {"exclusiveMaximum", "exclusiveMinimum", "maximum", "minimum"}, ("multiples",)),
    ({"string"}, {"maxLength", "minLength"}, ("patterns",)),
    ({"array"}, {"maxItems", "minItems"}, ("unique_items", "prefix", "items")),
    (
        {"object"},
        {"maxProperties", "minProperties"},
        ("properties", "required", "pattern_properties", "additional"),
    ),
)


@dataclass
class Schema:
    """One level of a schema, in normal form; None and empty mean that it says nothing about that.

    Attributes:
        refs: the references that were followed to get here.
        types: JSON's types without null; empty where nothing but null is admitted.
        nullable: whether null is admitted; None where nothing restricts it.
        patterns: all regular expressions that a string has to match.
        properties: what each named property has to meet, all that matches its name included.
        pattern_properties: what the properties that match a regular expression have to meet.
        additional: what all other properties have to meet; `{}` admits all, False none.
        prefix: what the first items of a list have to meet, one by one.
        items: what all other items have to meet.
        alternatives: each `anyOf` and `oneOf` with its branches but null.
        formats: all that have to hold.
        multiples: all numbers that it has to be a multiple of.
        others: what each keyword without a rule of its own says, by its digest.
        parts: where there are alternatives, all that has to hold beside each group of them, by the group's position.
    """

    refs: frozenset[str] = frozenset()
    types: frozenset[str] | None = None
    nullable: bool | None = None
    formats: frozenset[str] = frozenset()
    enum: list[Any] | None = None
    bounds: dict[str, float] = field(default_factory=dict)
    patterns: frozenset[str] = frozenset()
    multiples: frozenset[float] = frozenset()
    unique_items: bool = False
    properties: dict[str, Raw] = field(default_factory=dict)
    required: frozenset[str] = frozenset()
    pattern_properties: dict[str, Raw] = field(default_factory=dict)
    additional: Raw = field(default_factory=dict)
    prefix: list[Raw] = field(default_factory=list)
    items: Raw = field(default_factory=dict)
    alternatives: list[tuple[str, list[Raw]]] = field(default_factory=list)
    default: Any = ABSENT
    deprecated: bool = False
    read_only: bool = False
    write_only: bool = False
    discriminator: dict[str, Any] | None = None
    others: dict[str, dict[str, Raw]] = field(default_factory=dict)
    parts: list[dict[str, Any]] = field(default_factory=list, compare=False)

    @property
    def is_impossible(self) -> bool:
        """Whether no value at all is accepted, as far as this level tells."""
        refused = any(raw in ({}, True) for raw in self.others.get("not", {}).values())
        return refused or (self.nullable is False and (self.types == frozenset() or self.enum == []))

    def unlisted(self, name: str) -> Raw:
        """Return what a property has to meet that is not listed by its name."""
        found = [raw for pattern, raw in self.pattern_properties.items() if _matches(pattern, name)]
        return reduce(_both, found) if found else self.additional


def normalise(spec: Spec, raw: Raw) -> Schema:
    """Bring one level of a schema into normal form.

    Raises:
        PipelineError: a reference leads nowhere, or a schema refers to itself without anything in between.
    """
    # By identity, with the raw schema beside it: as long as it is known here, nothing else can be at its address.
    known = spec.worked_out.get(id(raw))
    if known is None:
        spec.worked_out[id(raw)] = (raw, None)
        known = spec.worked_out[id(raw)] = (raw, _normal_form(spec, raw))
    schema: Schema = known[1]
    return schema


def _normal_form(spec: Spec, raw: Raw) -> Schema:
    refs: set[str] = set()
    parts = list(_parts(spec, raw, refs, set(), ()))
    schema = Schema(refs=frozenset(refs))
    nulls = [null for _, null in parts if null is not None]
    loose = any(part.get("nullable") is True and "type" not in part for part, _ in parts)
    schema.nullable = (loose or all(nulls)) if nulls else None
    for part, _ in parts:
        _merge(spec, schema, part)
    if schema.alternatives:
        schema.parts = [part for part, _ in parts]
    _tidy(schema)
    return schema


def _parts(
    spec: Spec, raw: Raw, refs: set[str], yielded: set[str], path: tuple[str, ...]
) -> Iterator[tuple[dict[str, Any], bool | None]]:
    """Yield the schemas that all have to hold, with whether each admits null (None: it does not say).

    Args:
        spec: the document.
        raw: the schema.
        refs: takes up all references that are followed.
        yielded: takes up those that have to hold themselves, each of which is followed once.
        path: the references that led here.
    """
    if not isinstance(raw, dict):
        yield ({}, None) if raw is not False else ({"not": {}}, False)
        return
    if isinstance(raw.get("$ref"), str):
        name = raw["$ref"]
        if name in path:
            raise PipelineError(f"{spec.name} refers to {name}, which refers back to itself with nothing in between.")
        refs.add(name)
        if name not in yielded:
            yielded.add(name)
            yield from _parts(spec, spec.target(name), refs, yielded, (*path, name))
        raw = spec.siblings(raw)
    for branch in raw.get("allOf", ()):
        yield from _parts(spec, branch, refs, yielded, path)
    # Since 3.1, `nullable` is no keyword any more.
    own = {key: value for key, value in raw.items() if key not in {"$ref", "allOf", *spec.without_meaning}}
    for keyword in ("anyOf", "oneOf"):
        if keyword in own:
            branches, null = _branches(spec, keyword, own.pop(keyword), set())
            if len(branches) == 1:
                only = _parts(spec, branches[0], refs, set(), path)
                yield from ((part, null or own_null) for part, own_null in only)
            else:
                yield _alternatives(spec, keyword, branches), null
    yield own, _own_null(own)


def _branches(spec: Spec, keyword: str, raws: list[Raw], drawn_up: set[str]) -> tuple[list[Raw], bool | None]:
    """Return the branches but null, those of the same keyword inside them drawn up, and whether one admits null.

    Args:
        spec: the document.
        keyword: `anyOf` or `oneOf`.
        raws: the branches as they are written.
        drawn_up: the references whose branches are among the result already.
    """
    # By text: a branch that stands there twice is one.
    branches: dict[str, Raw] = {}
    nulls: list[bool | None] = []
    for raw in raws:
        target = spec.follow(raw)
        if _is_only(keyword, target):
            name = raw.get("$ref", "")
            inside = [] if name in drawn_up else target[keyword]
            drawn_up |= {name} - {""}
            inner, inner_null = _branches(spec, keyword, inside, drawn_up)
            branches |= {fingerprint(bare(branch)): branch for branch in inner}
            nulls.append(inner_null)
            continue
        form = _form_of_branch(spec, raw)
        nulls.append(form.nullable if isinstance(target, dict) and target else target is not False)
        if target is not False and not (form.nullable is True and _says_only(form) and form.types == frozenset()):
            branches[fingerprint(bare(raw))] = raw
    # One that does not say leaves it open, where none says yes.
    return list(branches.values()), True if True in nulls else (None if None in nulls else False)


def _is_only(keyword: str, target: Raw) -> bool:
    """Tell whether a schema is nothing but alternatives of one keyword."""
    return isinstance(target, dict) and {key for key in target if not is_annotation(key)} == {keyword}


def _alternatives(spec: Spec, keyword: str, branches: list[Raw]) -> dict[str, Any]:
    """Return the branches as one schema that has to hold: plain types as a set of types, listed values as one list.

    A default of theirs is one of the whole: there is no other place that it could be for.
    """
    forms = [_form_of_branch(spec, branch) for branch in branches]
    stated = {fingerprint(form.default): form.default for form in forms if form.default != ABSENT}
    defaults = [stated[text] for text in sorted(stated)]
    result: dict[str, Any] = {keyword: branches}
    if all(form.types is not None and _says_only(form) for form in forms):
        result = {"type": [name for form in forms for name in sorted(form.types or ())]}
    elif all(form.types and form.enum and _says_only(replace(form, enum=None)) for form in forms):
        values = {fingerprint(value): value for form in forms for value in form.enum or ()}
        result = {"enum": list(values.values())}
    return result | ({"default": defaults[0] if len(defaults) == 1 else defaults} if defaults else {})


def _form_of_branch(spec: Spec, raw: Raw) -> Schema:
    """Return the normal form of a branch; that of a branch which leads back to itself says nothing."""
    known = spec.worked_out.get(id(raw))
    return Schema() if known is not None and known[1] is None else normalise(spec, raw)


def _says_only(schema: Schema) -> bool:
    """Tell whether a schema says nothing but which types it admits."""
    silent = replace(schema, refs=frozenset(), types=None, nullable=None, default=ABSENT)
    return replace(silent, deprecated=False, read_only=False, write_only=False) == Schema()


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


def _merge_properties(schema: Schema, part: dict[str, Any]) -> None:
    """Add what one of the schemas says about properties; its `additionalProperties` means all that it does not list."""
    listed = Schema(
        properties=part.get("properties", {}),
        pattern_properties=part.get("patternProperties", {}),
        additional=part.get("additionalProperties", {}),
    )
    properties = {}
    for name in {**schema.properties, **listed.properties}:
        own = listed.unlisted(name)
        if name in listed.properties:
            matched = own if any(_matches(pattern, name) for pattern in listed.pattern_properties) else {}
            own = _both(listed.properties[name], matched)
        properties[name] = _both(schema.properties.get(name, schema.unlisted(name)), own)
    schema.properties = properties
    schema.pattern_properties = {
        pattern: _both(
            schema.pattern_properties.get(pattern, schema.additional),
            listed.pattern_properties.get(pattern, listed.additional),
        )
        for pattern in {**schema.pattern_properties, **listed.pattern_properties}
    }
    schema.additional = _both(schema.additional, listed.additional)


def _merge_items(schema: Schema, part: dict[str, Any]) -> None:
    prefix, items = part.get("prefixItems", []), part.get("items", {})
    schema.prefix = [_both(left, right) for left, right in side_by_side((schema.prefix, schema.items), (prefix, items))]
    schema.items = _both(schema.items, items)


def side_by_side(left: tuple[list[Raw], Raw], right: tuple[list[Raw], Raw]) -> list[tuple[Raw, Raw]]:
    """Return the first items of two lists side by side, each filled up with what its other items have to meet."""
    count = max(len(left[0]), len(right[0]))
    first, second = ([*prefix, *[rest] * (count - len(prefix))] for prefix, rest in (left, right))
    return list(zip(first, second, strict=True))


def _other_keywords(part: dict[str, Any]) -> Iterator[tuple[str, Raw]]:
    """Yield each keyword without a rule of its own; those that only mean something together as one."""
    if "contains" in part and part.get("minContains", 1) + ("maxContains" in part):
        yield "contains", {key: part[key] for key in ("contains", "maxContains", "minContains") if key in part}
    if "if" in part and part.keys() & {"then", "else"}:
        yield "if", {key: part[key] for key in ("if", "then", "else") if key in part}
    for keyword, value in part.items():
        if keyword not in _HANDLED and not is_annotation(keyword):
            yield keyword, value


def _tidy(schema: Schema) -> None:
    """Drop what says nothing, and say bounds of whole numbers one way."""
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
    """Drop all that is said about values of other types than the accepted ones."""
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
        names = {name for name in _as_list(part["type"]) if name != "null"}
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


def _matches(pattern: str, name: str) -> bool:
    try:
        return re.search(pattern, name) is not None
    except re.error:
        return False


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
