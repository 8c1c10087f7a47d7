"""`anyOf` and `oneOf`: what an alternative says, says it for the whole, and several groups of them all have to hold."""

from typing import Any

import pytest

from spec_pipeline.openapi.parsing import Document
from tests.pipeline.changes.corpus import compare, edited, with_schema

BOUNDED = {"type": "integer", "maximum": 1000}
WORD = {"type": "string", "pattern": "^a"}
GROUP = [{"required": [name]} for name in "abcd"]


def found(scope: str, old: Any, new: Any) -> list[str]:
    """Return what is reported between two schemas, as the corpus writes it, without the beginning of the ids."""
    changes = compare(with_schema(scope, old), with_schema(scope, new))
    return sorted(f"{change.id.removeprefix(scope)} {change.level}" for change in changes)


@pytest.mark.parametrize(("default", "event"), [({"default": 50}, "changed"), ({}, "removed")])
def test_default_of_one_that_becomes_several_is_compared(default: dict[str, int], event: str) -> None:
    """A plain parameter that becomes one of several alternatives, or the only one again, does not lose its default."""
    plain, several = {**BOUNDED, "default": 100}, {"anyOf": [BOUNDED, WORD], **default}
    assert found("request-parameter", plain, several) == ["-any-of-added info", f"-default-value-{event} breaking"]
    back = {"changed": "changed breaking", "removed": "added warning"}[event]
    assert found("request-parameter", several, plain) == ["-any-of-removed breaking", f"-default-value-{back}"]


def test_group_that_becomes_two_narrows() -> None:
    """One of four becomes one of the first two and one of the last two: requests break, responses do not."""
    one, two = {"anyOf": GROUP}, {"allOf": [{"anyOf": GROUP[:2]}, {"anyOf": GROUP[2:]}]}
    assert "breaking" in " ".join(found("request-body", one, two))
    assert "breaking" not in " ".join(found("response-body", one, two))
    assert "breaking" in " ".join(found("response-body", two, one))


def test_component_that_admits_null_inside_an_alternative() -> None:
    """Null that enters through the component behind an alternative is reported at the whole."""

    def document(thing: dict[str, Any]) -> Document:
        several = {"oneOf": [{"$ref": "#/components/schemas/New"}, {"type": "integer", "minimum": 1}]}
        return edited(with_schema("response-body", several), {"set": {"/components/schemas/New": thing}})

    thing = {"type": "object", "required": ["a"], "properties": {"a": {"type": "string"}}}
    old, new = document({"anyOf": [thing]}), document({"anyOf": [thing, {"type": "null"}]})
    assert [change.id for change in compare(old, new)] == ["response-body-became-nullable"]


def test_alternative_that_is_the_whole_again_ends() -> None:
    """Alternatives that lead back to themselves, through another keyword and a component, are compared and end."""

    def document(least: int) -> Document:
        whole = {"anyOf": [{"oneOf": [{"$ref": "#/components/schemas/Loop"}, WORD]}, {**BOUNDED, "minimum": least}]}
        reference = {"$ref": "#/components/schemas/Loop"}
        return edited(with_schema("request-body", reference), {"set": {"/components/schemas/Loop": whole}})

    assert compare(document(1), document(1)) == []
    assert "request-body-min-increased" in {change.id for change in compare(document(1), document(2))}


@pytest.mark.parametrize("keyword", ["not", "prefixItems", "allOf", "anyOf", "oneOf"])
def test_components_that_refer_twice_to_the_next_take_no_time(keyword: str) -> None:
    """Twenty-four components that each refer to the next one twice are not spelled out sixteen million times."""

    def component(number: int) -> dict[str, Any]:
        following = {"$ref": f"#/components/schemas/C{number + 1}"}
        if keyword == "not":
            return {"not": {"items": following, "not": following}}
        return {keyword: [following, {"allOf": [following]}]}

    schemas = {f"/components/schemas/C{number}": component(number) for number in range(24)}
    old, new = (
        edited(
            with_schema("request-body", {"$ref": "#/components/schemas/C0"}),
            {"set": {**schemas, "/components/schemas/C24": {"type": "string", "maxLength": length}}},
        )
        for length in (9, 8)
    )
    assert compare(old, old) == []
    assert compare(old, new) != []


def test_components_that_all_refer_to_each_other_inside_a_rare_keyword_take_no_time() -> None:
    """Thirty components that each refer to all others below `not` are read once, and a change of one is found."""
    names = [f"C{number}" for number in range(30)]
    branches = [{"$ref": f"#/components/schemas/{name}"} for name in names]

    def document(length: int, order: int) -> Document:
        loop: dict[str, Any] = {"not": {"anyOf": branches[::order]}}
        schemas = {f"/components/schemas/{name}": loop for name in names}
        schemas["/components/schemas/C29"] = {**loop, "maxLength": length}
        return edited(with_schema("request-body", branches[0]), {"set": schemas})

    assert compare(document(9, 1), document(9, -1)) == []
    assert {change.id for change in compare(document(9, 1), document(8, -1))} == {"request-body-constraint-changed"}


def one_of(scope: str) -> tuple[Document, Document]:
    """Return a document with a choice of two classes, and one with an open object in its place."""
    text = {"type": "string"}
    full = {"title": "Full", "type": "object", "required": ["x"], "properties": {"x": text, "y": text}}
    wrap = {"title": "Wrap", "type": "object", "required": ["z"], "properties": {"z": {"type": "object"}}}
    return with_schema(scope, {"oneOf": [full, wrap]}), with_schema(scope, {"type": "object", "properties": {"z": {}}})


def test_fields_of_a_choice_that_becomes_an_open_object() -> None:
    """The server accepts what it accepted, and callers cannot pass the fields that no class has any more."""
    found = [(change.id, change.location) for change in compare(*one_of("request-body"))]
    place = "request body application/json"
    assert found == [
        ("request-property-removed", f"{place}: <Full>.x"),
        ("request-property-removed", f"{place}: <Full>.y"),
        ("request-body-constraint-removed", f"{place} (oneOf)"),
    ]


def test_fields_of_an_open_object_that_becomes_a_choice() -> None:
    """All that comes could come, and one of the classes that come has not the field that code reads."""
    found = [(change.id, change.location) for change in compare(*reversed(one_of("response-body")))]
    place = "response 200 application/json"
    assert found == [
        ("response-optional-property-removed", f"{place}: <Full>.z"),
        ("response-body-constraint-added", f"{place} (oneOf)"),
    ]
