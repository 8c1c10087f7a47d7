"""Where a change is: the place is named so that a reader finds it, however deep it lies."""

from typing import Any

import pytest

from tests.pipeline.changes.corpus import compare, edited, with_schema

BRANCHES: list[dict[str, Any]] = [
    {"type": "string", "maxLength": 3},
    {"title": "Row", "type": "object", "properties": {"n": {"type": "integer"}}},
]


def branches(kind: str) -> list[dict[str, Any]]:
    """Return the branches in another order, with another type deep inside one of them."""
    return [{"title": "Row", "type": "object", "properties": {"n": {"type": kind}}}, BRANCHES[0]]


@pytest.mark.parametrize(
    ("old", "new", "rule", "place"),
    [
        pytest.param({}, {"type": "array"}, "response-body-type-specialized", "", id="the whole"),
        pytest.param(
            {"type": "array"},
            {"type": "array", "items": False},
            "response-property-constraint-added",
            ": [] (not)",
            id="no items any more",
        ),
        pytest.param(
            {"items": {"items": {"maxLength": 3}}},
            {"items": {"items": {}}},
            "response-property-max-length-unset",
            ": [][]",
            id="lists in lists",
        ),
        pytest.param(
            {"properties": {"a": {"items": {"properties": {"b": {}, "c": {}}}}}},
            {"properties": {"a": {"items": {"properties": {"c": {}}}}}},
            "response-optional-property-removed",
            ": a[].b",
            id="a property in a list",
        ),
        pytest.param(
            {"additionalProperties": {"type": "integer"}},
            {"additionalProperties": {"type": "string"}},
            "response-property-type-changed",
            ": *",
            id="unlisted properties",
        ),
        pytest.param(
            {"additionalProperties": True},
            {"additionalProperties": {"type": "string"}},
            "response-property-type-specialized",
            ": *",
            id="unlisted properties that were open",
        ),
        pytest.param(
            {"anyOf": BRANCHES},
            {"anyOf": branches("string")},
            "response-property-type-changed",
            ": <Row>.n",
            id="inside a branch",
        ),
        pytest.param(
            {"type": "array", "prefixItems": [{"type": "integer"}]},
            {"type": "array", "prefixItems": [{"type": "string"}]},
            "response-property-type-changed",
            ": [0]",
            id="the first item",
        ),
        pytest.param(
            {"patternProperties": {"^x": {"type": "integer"}}},
            {"patternProperties": {"^x": {"type": "string"}}},
            "response-property-type-changed",
            ": <^x>",
            id="properties by a pattern",
        ),
        pytest.param(
            {"type": "array", "contains": {"type": "integer"}},
            {"type": "array", "contains": {"type": "string"}},
            "response-body-constraint-changed",
            " (contains)",
            id="a rare keyword",
        ),
    ],
)
def test_place_of_a_change(old: dict[str, Any], new: dict[str, Any], rule: str, place: str) -> None:
    """One edit deep inside a schema is one change, and its place leads there."""
    [change] = compare(with_schema("response-body", old), with_schema("response-body", new))
    assert (change.id, change.operation) == (rule, "POST /p")
    assert change.location == f"response 200 application/json{place}"


def test_component_used_twice_is_reported_at_both_places() -> None:
    """A change of a component shows wherever it is used, each place in words of its own."""

    def document(limit: int) -> Any:
        thing = {"type": "string", "maxLength": limit}
        result = with_schema(
            "request-body", {"properties": {name: {"$ref": "#/components/schemas/Id"} for name in "ab"}}
        )
        result["components"]["schemas"] = {"Id": thing}
        return result

    changes = compare(document(9), document(8))
    assert [change.location for change in changes] == [f"request body application/json: {name}" for name in "ab"]
    assert {(change.old, change.new, change.message) for change in changes} >= {
        (9, 8, f"{changes[0].location}: The maxLength was decreased. Stay below the new maxLength.")
    }


def test_same_component_with_other_company_is_another_place() -> None:
    """What stands around a reference counts for itself, though the component behind it was looked into before."""

    def document(second: dict[str, Any], third: dict[str, Any]) -> Any:
        thing = {"$ref": "#/components/schemas/Thing"}
        return with_schema("response-body", {"properties": {"a": thing, "b": second, "c": third}})

    thing = {"$ref": "#/components/schemas/Thing"}
    old = document(thing, {"allOf": [thing, {"maxProperties": 9}]})
    new = document({"anyOf": [thing, {"type": "null"}]}, {"allOf": [thing, {"maxProperties": 10}]})
    assert [(change.id, change.location) for change in compare(old, new)] == [
        ("response-property-became-nullable", "response 200 application/json: b"),
        ("response-property-max-properties-increased", "response 200 application/json: c"),
    ]


def test_branch_that_is_replaced_is_no_branch_that_changed() -> None:
    """Of two alternatives one gives way to something that shares no property with it: one is gone and one is new."""

    def branch(name: str, **more: Any) -> dict[str, Any]:
        return {"type": "object", "title": name, "properties": {name: {"type": "string"}}, **more}

    old = with_schema("response-body", {"anyOf": [branch("cat"), branch("dog")]})
    new = with_schema("response-body", {"anyOf": [branch("bird"), branch("dog", minProperties=1)]})
    assert [(change.id, change.old, change.new) for change in compare(old, new)] == [
        ("response-body-any-of-added", None, "bird"),
        ("response-body-any-of-removed", "cat", None),
        ("response-body-min-properties-set", None, 1),
    ]


def test_default_answer_is_named_as_the_document_names_it() -> None:
    """A range of statuses means the same in any case, and `default` is no status in capitals."""
    old = edited(with_schema("response-body", {}), {"set": {"/paths/~1p/post/responses/2xx": {"description": "Done"}}})
    new = edited(old, {"set": {"/paths/~1p/post/responses/default": {"description": "Else"}}})
    new["paths"]["/p"]["post"]["responses"]["2XX"] = new["paths"]["/p"]["post"]["responses"].pop("2xx")
    assert [(change.location, change.new) for change in compare(old, new)] == [("response default", "default")]


def test_new_server_with_variables() -> None:
    """A new server is told with its variables of any value in it, and once for each value of the others."""
    region = {"default": "eu", "enum": ["eu", "us"]}
    variables = {"region": region, "tenant": {"default": "acme"}}
    servers = [{"url": "/"}, {"url": "https://{region}.example/{tenant}", "variables": variables}]
    old = with_schema("request-body", {})
    assert [(change.id, change.new) for change in compare(old, old | {"servers": servers})] == [
        ("api-server-added", "https://eu.example/{tenant}"),
        ("api-server-added", "https://us.example/{tenant}"),
    ]


@pytest.mark.parametrize(
    ("old", "new", "defaults"),
    [
        pytest.param(["eu", "us"], ["us", "eu"], [("https://eu.example", "https://us.example")], id="another default"),
        pytest.param(["eu", "us"], ["us"], [], id="the old one goes"),
        pytest.param(["eu"], ["eu", "us"], [], id="one that is no default"),
    ],
)
def test_default_of_a_variable_in_an_address(old: list[str], new: list[str], defaults: list[tuple[str, str]]) -> None:
    """A default that changes among values that stay is told, once; one that goes, or a value that comes, is another."""

    def document(values: list[str]) -> Any:
        region = {"default": values[0], "enum": values}
        servers = [{"url": "/"}, {"url": "https://{region}.example", "variables": {"region": region}}]
        return with_schema("request-body", {}) | {"servers": servers}

    changes = compare(document(old), document(new))
    assert [(one.old, one.new) for one in changes if one.id == "api-server-default-changed"] == defaults
