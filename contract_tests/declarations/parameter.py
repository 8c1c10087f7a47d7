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
        alternatives: the schemas of which a value must match at least one.
        default: what leaving it out means; `None` where the schema does not say.
        examples: values that the specification shows.
    """

    name: str
    place: str
    is_required: bool
    description: str
    alternatives: tuple[Schema, ...] = field(repr=False)
    default: str | None
    examples: tuple[str, ...]

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

    def bound(self, keyword: str) -> int | None:
        """Return the value of a keyword, such as `maximum`; `None` where it is not declared."""
        return next((schema[keyword] for schema in self.alternatives if keyword in schema), None)


def read_parameter(spec: Spec, raw: dict[str, Any]) -> Parameter:
    """Return what is declared of a parameter.

    Args:
        spec: the document, to follow references.
        raw: the parameter object of the document.
    """
    schema = raw.get("schema", {})
    alternatives = tuple(alternatives_of(spec, schema))
    resolved = spec.resolve(schema) | schema
    shown = [raw.get("example"), *(one.get("value") for one in raw.get("examples", {}).values())]
    shown += [one for part in (resolved, *alternatives) for one in (*part.get("examples", ()), part.get("example"))]
    default = next((part["default"] for part in (resolved, *alternatives) if _is_scalar(part.get("default"))), None)
    return Parameter(
        name=raw["name"],
        place=raw["in"],
        is_required=bool(raw.get("required")),
        description=" ".join((raw.get("description") or resolved.get("description") or "").split()),
        alternatives=alternatives,
        default=None if default is None else as_text(default),
        examples=tuple(dict.fromkeys(as_text(one) for one in shown if _is_scalar(one))),
    )


def alternatives_of(spec: Spec, schema: Schema) -> Iterator[Schema]:
    """Yield the schemas of which a value must match at least one, without references and with one type each."""
    schema = spec.resolve(schema) | {key: value for key, value in schema.items() if key != "$ref"}
    if parts := schema.get("anyOf") or schema.get("oneOf"):
        for part in parts:
            yield from alternatives_of(spec, part)
    elif len(whole := schema.get("allOf", ())) == 1:
        yield from alternatives_of(spec, whole[0])
    elif isinstance(kinds := schema.get("type"), list):
        yield from (schema | {"type": kind} for kind in kinds)
    else:
        yield schema


def _is_scalar(value: Any) -> bool:
    """Return whether a value is one text in a query; for a list, that depends on `style`."""
    return isinstance(value, str | int | float)


def as_text(value: Any) -> str:
    """Return a value as it is written in a query."""
    return str(value).lower() if isinstance(value, bool) else str(value)
