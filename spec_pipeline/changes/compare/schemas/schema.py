"""One level of a schema in normal form."""

import re
from dataclasses import dataclass, field
from functools import reduce
from typing import Any, Final

from spec_pipeline.changes.compare.schemas.written import Raw

ABSENT: Final = "\0absent"


@dataclass
class Schema:
    """One level of a schema, in normal form; None and empty mean unspecified.

    Attributes:
        refs: the references that were followed to get here.
        types: JSON's types without null; empty where nothing but null is admitted.
        nullable: whether null is admitted; None where nothing restricts it.
        patterns: all regular expressions that a string has to match.
        properties: what each named property has to meet, all that matches its name included.
        written: what each named property has to meet that the schema lists, whatever closes it elsewhere in an `allOf`:
            the generator writes an attribute for each.
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
    written: dict[str, Raw] = field(default_factory=dict, compare=False)
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
        """Whether this level accepts no value at all."""
        refused = any(raw in ({}, True) for raw in self.others.get("not", {}).values())
        return refused or (self.nullable is False and (self.types == frozenset() or self.enum == []))

    def unlisted(self, name: str) -> Raw:
        """Return the schema of a property that is not listed by name."""
        found = [raw for pattern, raw in self.pattern_properties.items() if name_matches(pattern, name)]
        return reduce(both, found) if found else self.additional


def side_by_side(left: tuple[list[Raw], Raw], right: tuple[list[Raw], Raw]) -> list[tuple[Raw, Raw]]:
    """Return the `prefixItems` of two lists in pairs, the shorter one filled up with its schema for other items."""
    count = max(len(left[0]), len(right[0]))
    first, second = ([*prefix, *[rest] * (count - len(prefix))] for prefix, rest in (left, right))
    return list(zip(first, second, strict=True))


def name_matches(pattern: str, name: str) -> bool:
    """Return whether a pattern matches the name of a property; one that cannot be compiled matches no name."""
    try:
        return re.search(pattern, name) is not None
    except re.error:
        return False


def both(left: Raw, right: Raw) -> Raw:
    """Return the intersection of two schemas; where only one is specified, that one unchanged."""
    if left is False or right is False:
        return False
    if left in ({}, True) or left == right:
        return {} if right is True else right
    return left if right in ({}, True) else {"allOf": [*_conjuncts(left), *_conjuncts(right)]}


def _conjuncts(raw: Raw) -> list[Raw]:
    return raw["allOf"] if raw.keys() == {"allOf"} else [raw]
