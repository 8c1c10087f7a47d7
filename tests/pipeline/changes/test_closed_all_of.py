"""A part of an `allOf` that closes the object to what the other parts list: the generator writes all of it."""

from typing import Any

import pytest

from tests.pipeline.changes.corpus import compare, with_schema

TEXT: dict[str, Any] = {"type": "string"}
OK: dict[str, Any] = {"type": "object", "properties": {"ok": {"type": "boolean"}}, "required": ["ok"]}


def data(*names: str, **properties: Any) -> dict[str, Any]:
    """Return an object of required properties."""
    return {"type": "object", "properties": dict.fromkeys(names, TEXT) | properties, "required": [*names, *properties]}


def shapes(part: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the ways to close an object around a part: another part, both, or the schema itself."""
    closed = {"additionalProperties": False}
    return [
        {"allOf": [OK | closed, part]},
        {"allOf": [part, OK | closed]},
        {"allOf": [OK | closed, part | closed]},
        {"allOf": [OK, part], **closed},
    ]


@pytest.mark.parametrize("shape", range(4))
def test_changes_of_a_part_are_reported(shape: int) -> None:
    """A property that goes from a part, and one that gets another type, are changes wherever the object is closed."""
    documents = [
        with_schema("response-body", shapes(part)[shape])
        for part in (data("a", "b"), data(b={"type": "integer"}), data("a", "c", b={"type": "integer"}))
    ]
    found = [[change.id for change in compare(documents[0], other)] for other in documents[1:]]
    assert found == [
        ["response-required-property-removed", "response-property-type-changed"],
        ["response-property-type-changed", "response-required-property-added"],
    ]
    assert compare(documents[0], documents[0]) == []


@pytest.mark.parametrize("shape", range(4))
@pytest.mark.parametrize("scope", ["request-body", "response-body"])
def test_closing_an_object_takes_no_attribute_away(scope: str, shape: int) -> None:
    """Where an object gets parts that close it, its properties stay, and no other ones are admitted."""
    flat = {"type": "object", "properties": OK["properties"] | {"a": TEXT}, "required": ["ok", "a"]}
    old, new = with_schema(scope, flat), with_schema(scope, shapes(data("a"))[shape])
    assert [change.id for change in compare(old, new)] == [f"{scope}-additional-properties-forbidden"]
    assert [change.id for change in compare(new, old)] == [f"{scope}-additional-properties-allowed"]
