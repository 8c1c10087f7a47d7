"""What is declared for one parameter, in the form in which values appear in a query: as text."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from spec_pipeline.openapi.references import Spec

Schema = dict[str, Any]


@dataclass(frozen=True)
class Parameter:
    """A parameter of the path or the query.

    Attributes:
        name: its name.
        place: `path` or `query`.
        is_required: whether it has to be given.
        description: what the specification says about it.
        alternatives: the schemas of which a value must match at least one; of a list, those of its items.
        default: what leaving it out means; `None` where the schema does not say, or says a list.
        examples: values that the specification shows.
        is_list: whether it takes a list, of which the values here are single items.
        has_default: whether the schema says what leaving it out means.
    """

    name: str
    place: str
    is_required: bool
    description: str
    alternatives: tuple[Schema, ...] = field(repr=False)
    default: str | None
    examples: tuple[str, ...]
    is_list: bool = False
    has_default: bool = False

    @property
    def is_moment(self) -> bool:
        """Whether it takes a date-time."""
        return any(schema.get("format") == "date-time" for schema in self.alternatives)

    @property
    def is_integer(self) -> bool:
        """Whether it accepts integers only."""
        return {schema.get("type") for schema in self.alternatives} <= {"integer", "null"}

    @property
    def is_id(self) -> bool:
        """Whether it identifies a resource."""
        return self.name.lower().endswith("id") or any(one.get("format") == "uuid" for one in self.alternatives)

    @property
    def is_date(self) -> bool:
        """Whether it accepts dates."""
        return any(schema.get("format") == "date" for schema in self.alternatives)

    @property
    def is_number(self) -> bool:
        """Whether it accepts numbers only."""
        return {schema.get("type") for schema in self.alternatives} <= {"integer", "number", "null"}

    @property
    def is_boolean(self) -> bool:
        """Whether it accepts booleans only."""
        return {schema.get("type") for schema in self.alternatives} <= {"boolean", "null"}

    @property
    def names(self) -> tuple[str, ...]:
        """The values of its enum; empty without an enum."""
        return tuple(as_text(one) for schema in self.alternatives for one in schema.get("enum", ()) if one is not None)

    def bound(self, keyword: str) -> int | float | None:
        """Return the value of a keyword, such as `maximum`; `None` where it is not declared.

        In OpenAPI 3.0, an exclusive bound is the other one with a mark.
        """
        for schema in self.alternatives:
            if isinstance(value := schema.get(keyword), bool):
                value = schema.get(keyword.removeprefix("exclusive").lower()) if value else None
            elif value is not None and schema.get(f"exclusive{keyword.capitalize()}") is True:
                value = None
            if value is not None:
                return _whole(value)
        return None


def read_parameter(spec: Spec, raw: dict[str, Any]) -> Parameter:
    """Return what is declared of a parameter.

    Args:
        spec: the document, to follow references.
        raw: the parameter object of the document.
    """
    schema = _as_object(raw.get("schema", {}))
    alternatives = tuple(alternatives_of(spec, schema))
    is_list = any(one.get("type") == "array" and one.get("minItems", 0) <= 1 for one in alternatives)
    if is_list:
        alternatives = tuple(item for one in alternatives for item in _items(spec, one))
    resolved = _as_object(spec.follow(schema)) | schema
    shown = [raw.get("example"), *(one.get("value") for one in raw.get("examples", {}).values())]
    shown += [one for part in (resolved, *alternatives) for one in (*part.get("examples", ()), part.get("example"))]
    defaults = [part["default"] for part in (resolved, *alternatives) if part.get("default") not in (None, [])]
    default = next(filter(_is_scalar, defaults), None)
    return Parameter(
        name=raw["name"],
        place=raw["in"],
        is_required=bool(raw.get("required")),
        description=" ".join((raw.get("description") or resolved.get("description") or "").split()),
        alternatives=alternatives,
        default=None if default is None else as_text(default),
        examples=tuple(dict.fromkeys(as_text(one) for one in shown if _is_scalar(one))),
        is_list=is_list,
        has_default=bool(defaults),
    )


def alternatives_of(spec: Spec, schema: Schema) -> Iterator[Schema]:
    """Yield the schemas of which a value must match at least one, without references and with one type each."""
    schema = _as_object(spec.follow(schema)) | {key: value for key, value in schema.items() if key != "$ref"}
    if parts := schema.get("anyOf") or schema.get("oneOf"):
        for part in parts:
            yield from alternatives_of(spec, _as_object(part))
    elif len(whole := schema.get("allOf", ())) == 1:
        yield from alternatives_of(spec, _as_object(whole[0]))
    elif isinstance(kinds := schema.get("type"), list):
        yield from (schema | {"type": kind} for kind in kinds)
    else:
        yield schema


def _items(spec: Spec, schema: Schema) -> Iterator[Schema]:
    """Yield the schemas of an item of a list; of another schema, the schema itself."""
    if schema.get("type") == "array":
        yield from alternatives_of(spec, _as_object(schema.get("items", {})))
    else:
        yield schema


def _as_object(schema: Any) -> Schema:
    """Return a schema as an object: `true` allows everything, and `false` nothing."""
    return schema if isinstance(schema, dict) else {} if schema else {"enum": []}


def _whole(value: float) -> int | float:
    """Return a number such as 1.0 as an integer, which a strict reader of integers accepts, too."""
    return int(value) if float(value).is_integer() else value


def _is_scalar(value: Any) -> bool:
    """Return whether a value is one text in a query; for a list, that depends on `style`."""
    return isinstance(value, str | int | float)


def as_text(value: Any) -> str:
    """Return a value as it is written in a query."""
    return str(value).lower() if isinstance(value, bool) else str(value)
