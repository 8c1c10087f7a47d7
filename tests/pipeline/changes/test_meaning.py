"""The verdict against the meaning: what a JSON Schema validator accepts before and after decides what was breaking."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from openapi_schema_validator import OAS30Validator

from spec_pipeline.changes.rules.rule import Level
from tests.pipeline.changes.corpus import compare, with_schema

VALUES: list[Any] = [
    *(None, True, False, 0, 1, 2, 3, 7, -1, 0.5, 2.5, "", "a", "b", "ab", "abcd", "2026-11-22"),
    *([], [1], [1, 1], ["a"], [None], [1, 2, 3, 4], [[]], [{}]),
    *({}, {"a": 1}, {"a": "a"}, {"a": None}, {"b": 1}, {"a": 1, "b": "b"}, {"c": 3}, {"a": {"a": 1}}, {"a": [1]}),
]
TYPES = st.sampled_from(["array", "boolean", "integer", "null", "number", "object", "string"])
NAMES = st.sampled_from(["a", "b", "c"])
SMALL = st.integers(0, 3)
# Some serializers write a limit that is not there as null.
LIMITS = SMALL | st.none()
PATTERNS = st.sampled_from(["^a", "b$"])
CONSTANTS = st.sampled_from([None, True, 1, 2, "a", "b"])
LEAVES = st.one_of(
    st.booleans(),
    st.fixed_dictionaries(
        {},
        optional={
            "type": TYPES | st.lists(TYPES, min_size=1, max_size=3, unique=True),
            "enum": st.lists(CONSTANTS, min_size=1, max_size=3, unique_by=repr),
            "const": CONSTANTS,
            "minimum": LIMITS,
            "exclusiveMinimum": LIMITS,
            "maximum": LIMITS,
            "exclusiveMaximum": LIMITS,
            "multipleOf": st.sampled_from([1, 2, 3]),
            "minLength": LIMITS,
            "maxLength": LIMITS,
            "pattern": PATTERNS,
            "minItems": LIMITS,
            "maxItems": LIMITS,
            "uniqueItems": st.booleans(),
            "minProperties": LIMITS,
            "maxProperties": LIMITS,
        },
    ),
)


INSIDE = (
    *("additionalProperties", "contains", "else", "if", "items", "not", "propertyNames", "then"),
    *("unevaluatedItems", "unevaluatedProperties"),
)


def _around(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    branches = st.lists(inner, min_size=1, max_size=3)
    return st.fixed_dictionaries(
        {},
        optional={
            "type": TYPES | st.lists(TYPES, min_size=1, max_size=3, unique=True),
            "properties": st.fixed_dictionaries({"a": inner, "b": inner, "c": inner}),
            "required": st.lists(NAMES, unique=True, max_size=2),
            "additionalProperties": inner,
            "items": inner,
            "not": inner,
            "contains": inner,
            "minContains": st.integers(0, 2),
            "maxContains": SMALL,
            "prefixItems": st.lists(inner, min_size=1, max_size=2),
            "propertyNames": inner,
            "patternProperties": st.dictionaries(PATTERNS, inner, max_size=2),
            "unevaluatedProperties": inner,
            "unevaluatedItems": inner,
            "if": inner,
            "then": inner,
            "else": inner,
            "dependentSchemas": st.dictionaries(NAMES, inner, max_size=2),
            "dependentRequired": st.dictionaries(NAMES, st.lists(NAMES, unique=True, max_size=2), max_size=2),
            "allOf": branches,
            "anyOf": branches,
            "oneOf": branches,
        },
    )


SCHEMAS = st.recursive(LEAVES, _around, max_leaves=6)
LEAVES_30 = st.fixed_dictionaries(
    {"type": TYPES.filter(lambda name: name != "null")},
    optional={
        "nullable": st.booleans(),
        "minimum": LIMITS,
        "exclusiveMinimum": st.booleans(),
        "maximum": LIMITS,
        "exclusiveMaximum": st.booleans(),
        "multipleOf": st.sampled_from([1, 2]),
        "maxLength": LIMITS,
        "minItems": LIMITS,
        "maxProperties": LIMITS,
    },
)


def _around_30(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    branches = st.lists(inner, min_size=1, max_size=3)
    described = {
        "nullable": st.booleans(),
        "properties": st.fixed_dictionaries({"a": inner, "b": inner}),
        "required": st.lists(NAMES, unique=True, min_size=1, max_size=2),
        "additionalProperties": inner,
        "items": inner,
    }
    return st.fixed_dictionaries({"type": st.sampled_from(["array", "object"])}, optional=described) | (
        st.fixed_dictionaries({}, optional={"allOf": branches, "anyOf": branches, "oneOf": branches})
    )


SCHEMAS_30 = st.recursive(LEAVES_30, _around_30, max_leaves=5)
VALIDATORS = {"3.0.3": OAS30Validator, "3.1.0": Draft202012Validator}


def lost(old: Any, new: Any, version: str = "3.1.0") -> list[Any]:
    """Return values that the old schema accepts and the new one does not.

    Objects with properties count only where the new schema describes none that the old one did not: like oasdiff, the
    rules take it that nobody sends a property that is not described.
    """
    before, after = (VALIDATORS[version](_said(schema)) for schema in (old, new))
    values = VALUES if _described(new) <= _described(old) else [value for value in VALUES if not _has_properties(value)]
    # Null is taken to be accepted by a `oneOf` where any of its branches accepts it, also where several do.
    values = [value for value in values if value is not None or "oneOf" not in repr([old, new])]
    return [value for value in values if before.is_valid(value) and not after.is_valid(value)]


def _said(node: Any) -> Any:
    """Return a schema without the limits that are null."""
    if isinstance(node, list):
        return [_said(child) for child in node]
    if not isinstance(node, dict):
        return node
    return {key: _said(child) for key, child in node.items() if child is not None or key == "const"}


def _described(schema: Any) -> set[tuple[str | int, ...]]:
    return {path for path, node in _nodes(schema) if isinstance(node, dict) and "properties" in node}


def _has_properties(value: Any) -> bool:
    return bool(value) and (isinstance(value, dict) or (isinstance(value, list) and any(map(_has_properties, value))))


# What the rules report as a warning, because they cannot tell: which texts another pattern refuses, which values meet
# two branches of a `oneOf`, and whether code that reads a response copes with a new value.
UNDECIDED = ("pattern-changed", "one-of-overlap-refused", "one-of-overlap-accepted", "enum-value-added")


def reports_a_loss(scope: str, old: Any, new: Any, version: str = "3.1.0") -> bool:
    """Return whether the comparison reports a breaking change, or a warning that counts as one here."""
    changes = compare(*(with_schema(scope, schema) | {"openapi": version} for schema in (old, new)))
    return any(
        change.level is Level.BREAKING or (change.level is Level.WARNING and change.id.endswith(UNDECIDED))
        for change in changes
    )


@st.composite
def edits(draw: st.DrawFn, schemas: st.SearchStrategy[Any] = SCHEMAS, leaves: st.SearchStrategy[Any] = LEAVES) -> Any:
    """Draw a schema, and the same with one of its nodes replaced, extended or cut."""

    def another(node: Any) -> st.SearchStrategy[Any]:
        if not isinstance(node, dict) or not node:
            return schemas
        cut = st.sampled_from(sorted(node)).map(lambda gone: {key: node[key] for key in node if key != gone})
        return schemas | cut | leaves.map(lambda more: node | more if isinstance(more, dict) else more)

    old = draw(schemas)
    path = draw(st.sampled_from([path for path, _ in _nodes(old)]))
    return old, _replaced(old, path, lambda node: draw(another(node)))


def _nodes(node: Any, *path: str | int) -> Iterator[tuple[tuple[str | int, ...], Any]]:
    """Yield each schema inside a schema, itself included, with the way to it."""
    yield path, node
    if isinstance(node, dict):
        for key in INSIDE:
            if key in node:
                yield from _nodes(node[key], *path, key)
        for key in ("allOf", "anyOf", "oneOf", "prefixItems"):
            for number, child in enumerate(node.get(key, [])):
                yield from _nodes(child, *path, key, number)
        for key in ("dependentSchemas", "patternProperties", "properties"):
            for name, child in node.get(key, {}).items():
                yield from _nodes(child, *path, key, name)


def _replaced(node: Any, path: tuple[str | int, ...], change: Callable[[Any], Any]) -> Any:
    if not path:
        return change(node)
    if isinstance(node, list):
        return [_replaced(child, path[1:], change) if at == path[0] else child for at, child in enumerate(node)]
    return {key: _replaced(child, path[1:], change) if key == path[0] else child for key, child in node.items()}


def check(edit: tuple[Any, Any], version: str = "3.1.0") -> None:
    """Check that a value that an edit makes unacceptable breaks a request and, read backwards, a response."""
    old, new = edit
    values = lost(old, new, version)
    if values:
        assert reports_a_loss("request-body", old, new, version)
    # A new property of a response, also of one that took no others, is information.
    if not _described(old) <= _described(new):
        values = [value for value in values if not _has_properties(value)]
    if values:
        assert reports_a_loss("response-body", new, old, version)


@given(edits())
@example(({"type": "null"}, {"type": "null", "enum": [True]}))
@example(({}, {"type": "null"}))
@example(({"anyOf": [{"type": "null"}]}, False))
@example(({"properties": {"a": {}, "b": {}, "c": {}}}, {"properties": {"a": False, "b": {}, "c": {}}}))
@example(({"type": "array", "oneOf": [False, True]}, {"type": "array", "oneOf": [True, True]}))
@example(({"const": 1}, {"const": 1, "enum": [None]}))
@example(({"const": 1}, {"allOf": [{"const": 1}, {"enum": [True]}]}))
@example(({"additionalProperties": {}, "unevaluatedProperties": False}, {"unevaluatedProperties": False}))
@example(({"unevaluatedItems": False, "prefixItems": [{}, {}]}, {"unevaluatedItems": False, "prefixItems": [{}]}))
@example(({"unevaluatedItems": False, "contains": {"type": "integer"}}, {"unevaluatedItems": False}))
@example(({"unevaluatedItems": False, "if": {"items": {}}, "then": {}}, {"unevaluatedItems": False}))
@example(({"oneOf": [True, False]}, {"oneOf": [True, {"oneOf": [True]}]}))
# The same examples on every run: what a search of many thousands finds stands as an example above.
@settings(max_examples=100, deadline=None, derandomize=True)
def test_no_loss_is_silent(edit: tuple[Any, Any]) -> None:
    """Where an edit makes a value unacceptable, a request has broken; read backwards, a response has."""
    check(edit)


@given(edits(SCHEMAS_30, LEAVES_30))
@settings(max_examples=150, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
def test_no_loss_is_silent_in_30(edit: tuple[Any, Any]) -> None:
    """The same holds for documents of 3.0, with `nullable` and flags for exclusive bounds."""
    check(edit, "3.0.3")


@pytest.mark.exhaustive
@given(edits())
@settings(max_examples=10_000, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
def test_no_loss_of_ten_thousand_is_silent(edit: tuple[Any, Any]) -> None:
    """The same holds for ten thousand edits."""
    check(edit)
