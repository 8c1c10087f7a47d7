"""The corpus: each rule is reached by an edit, and says what it has to say of that edit, neither more nor less."""

from typing import Any

import pytest

from spec_pipeline.changes.change import Change
from spec_pipeline.changes.rules import RULES, names
from spec_pipeline.changes.rules.schemas import SCOPES
from spec_pipeline.openapi.validation import validate_openapi
from tests.pipeline.changes.corpus import compare, edited, load, with_schema

SHOP = load("shop.yaml")
DOCUMENT_EDITS = load("document_edits.yaml")
SCHEMA_EDITS = load("schema_edits.yaml")
SILENT_PAIRS = load("silent_pairs.yaml")
WAYS = ("forward", "backward")
CSV = {"schema": {"type": "string"}}


def reported(changes: list[Change]) -> list[str]:
    """Return changes as the corpus writes them."""
    return sorted(f"{change.id} {change.level.value}" for change in changes)


def in_scope(scope: str, edit: dict[str, Any], way: str) -> list[str]:
    """Return what a schema's edit is reported as in one place: several lines between semicolons, none as a dash.

    What is inside the schema begins with its place: there a body has become a property. `header` has what is
    reported, forward and backward, in a header of a response, where that is something else: it is not generated.
    """
    if scope == "response-header" and "header" in edit:
        return [f"{scope}-{line}" for line in edit["header"][WAYS.index(way)].split("; ") if line != "-"]
    request = scope.startswith("request")
    result = []
    for line in edit[way][0 if request else 1].split("; "):
        if line != "-":
            *inside, finding = line.rsplit(":", 1)
            body = inside and scope.endswith("body")
            result.append(f"{scope.removesuffix('body') + 'property' if body else scope}-{finding}")
    return sorted(result)


@pytest.mark.parametrize("edit", DOCUMENT_EDITS, ids=lambda edit: edit["name"])
def test_edit_of_a_document(edit: dict[str, Any]) -> None:
    """An edit around schemas, and undoing it, is reported as its entry says."""
    new = edited(SHOP, edit)
    ways = {"forward": reported(compare(SHOP, new)), "backward": reported(compare(new, SHOP))}
    assert ways == {way: sorted(edit[way]) for way in WAYS}


@pytest.mark.parametrize("edit", SCHEMA_EDITS, ids=lambda edit: " ".join(edit["forward"]))
def test_edit_of_a_schema(edit: dict[str, Any]) -> None:
    """An edit of a schema, and undoing it, is reported as its entry says wherever the schema stands."""
    changes: dict[tuple[str, str], list[Change]] = {}
    for scope in SCOPES:
        old, new = with_schema(scope, edit["old"]), with_schema(scope, edit["new"])
        changes |= {(scope, "forward"): compare(old, new), (scope, "backward"): compare(new, old)}
    assert {place: reported(found) for place, found in changes.items()} == {
        (scope, way): in_scope(scope, edit, way) for scope in SCOPES for way in WAYS
    }
    for (_, way), found in changes.items():
        inside = {line.rsplit(":", 1)[0] for line in edit[way][0].split("; ") if ":" in line}
        assert all(any(place in change.location for place in inside) for change in found if inside)


def test_corpus_reaches_every_rule() -> None:
    """No rule of the table is without an edit that shows it, with the level of the table."""
    shown = {line for edit in DOCUMENT_EDITS for way in WAYS for line in edit[way]}
    shown |= {line for edit in SCHEMA_EDITS for scope in SCOPES for way in WAYS for line in in_scope(scope, edit, way)}
    # What vanishes from the generated client is known only when that has been generated.
    generated = {rule.id for rule in names.RULES}
    assert {f"{rule.id} {rule.level.value}" for rule in RULES.values() if rule.id not in generated} == shown


@pytest.mark.parametrize("pair", SILENT_PAIRS, ids=lambda pair: pair["name"])
def test_another_way_to_say_the_same_is_no_change(pair: dict[str, Any]) -> None:
    """Two schemas that admit the same are no change in either direction, wherever they stand."""
    for scope in SCOPES:
        old = with_schema(scope, pair["old"]) | {"openapi": pair.get("openapi", "3.1.0")}
        new = with_schema(scope, pair["new"])
        assert (scope, compare(old, new), compare(new, old)) == (scope, [], [])


@pytest.mark.parametrize(
    "edit",
    [
        pytest.param({"set": {"/info/title": "Store", "/info/description": "New"}}, id="title"),
        pytest.param({"set": {"/openapi": "3.0.3"}}, id="version of OpenAPI"),
        pytest.param({"set": {"/paths/~1orders/get/summary": "All", "/paths/~1orders/x-y": 1}}, id="prose"),
        pytest.param({"set": {"/paths/~1orders/get/responses/200/description": "All of them"}}, id="of an answer"),
        pytest.param(
            {
                "set": {"/paths/~1orders/get/responses/200/content/Text~1CSV; charset=utf-8": CSV},
                "remove": ["/paths/~1orders/get/responses/200/content/text~1csv"],
            },
            id="encoding of a text",
        ),
        pytest.param({"set": {"/paths/~1orders/get/security": [{"key": []}]}}, id="inherited security spelled out"),
        pytest.param({"set": {"/paths/~1orders/get/parameters/1/style": "form"}}, id="style spelled out"),
        pytest.param({"set": {"/paths/~1orders/get/parameters/1/explode": False}}, id="explode of a plain value"),
        pytest.param({"set": {"/paths/~1orders/parameters/0/name": "x-tenant"}}, id="case of a header"),
        pytest.param({"set": {"/servers": [{"url": "https://shop.example/"}]}}, id="slash behind the server"),
        pytest.param({"set": {"/paths/~1orders/parameters/0/allowEmptyValue": True}}, id="empty value of a header"),
        pytest.param(
            {
                "set": {
                    "/servers": [
                        {"url": "https://{x}.example", "variables": {"x": {"default": "shop", "enum": ["shop"]}}}
                    ]
                }
            },
            id="server with a variable",
        ),
        pytest.param(
            {
                "set": {
                    "/paths/~1orders~1{order_id}/get/parameters": [
                        {"name": "order_id", "in": "path", "required": True, "schema": {"type": "integer"}}
                    ]
                }
            },
            id="parameter spelled out",
        ),
        pytest.param(
            {
                "set": {
                    "/security": [{"api_key": []}],
                    "/paths/~1orders~1{order_id}/get/security": [{"api_key": []}, {"login": ["read"]}],
                    "/components/securitySchemes/api_key": {"type": "apiKey", "in": "header", "name": "Api-Key"},
                },
                "remove": ["/components/securitySchemes/key"],
            },
            id="security scheme under another name",
        ),
    ],
)
def test_what_is_no_change_around_schemas(edit: dict[str, Any]) -> None:
    """Prose, and saying explicitly what holds anyway, is no change in either direction."""
    new = edited(SHOP, edit)
    assert new != SHOP
    assert (compare(SHOP, new), compare(new, SHOP)) == ([], [])


def test_servers_named_by_every_operation_concern_nobody_else() -> None:
    """A server that moves from the document to each of its operations is no change, in either direction."""
    new = edited(
        SHOP,
        {
            "set": {"/servers": [{"url": "https://elsewhere.example"}]}
            | {f"/paths/{path.replace('/', '~1')}/servers": SHOP["servers"] for path in SHOP["paths"]}
        },
    )
    assert (compare(SHOP, new), compare(new, SHOP)) == ([], [])


def test_tags_in_another_order_move_the_module() -> None:
    """The same tags, another one first, are one change; the order of the others is none."""
    orders = [["a", "b", "c"], ["b", "a", "c"], ["a", "c", "b"]]
    documents = [edited(SHOP, {"set": {"/paths/~1orders/get/tags": tags}}) for tags in orders]
    found = [[(change.id, change.old, change.new) for change in compare(documents[0], other)] for other in documents]
    assert found == [[], [("api-tag-first-changed", "a", "b")], []]


@pytest.mark.parametrize(
    ("address", "old", "new"),
    [
        ("https://{region}.shop.example", "eu", "us"),
        ("https://shop.example{base}", "/v1", "/v2"),
        ("https://shop.example{base}", "", "/v2"),
    ],
)
@pytest.mark.parametrize("others", [{}, {"unused": {"default": "x", "enum": ["x", "y"]}}], ids=["alone", "beside"])
def test_another_default_of_a_variable_of_any_value(address: str, old: str, new: str, others: dict[str, Any]) -> None:
    """The address that tools take is another, although each address is reached that was."""
    sides = [
        edited(SHOP, {"set": {"/servers": [{"url": address, "variables": {name: {"default": default}} | others}]}})
        for name, default in ((address.partition("{")[2].partition("}")[0], default) for default in (old, new))
    ]
    for before, after in (sides, sides[::-1]):
        assert reported(compare(before, after)) == ["api-server-default-changed warning"]


def test_server_that_a_variable_includes_is_not_gone() -> None:
    """A server that becomes one of the values of a variable is still reached, and is the default no more."""
    variable = {"url": "https://{name}.example", "variables": {"name": {"default": "eu"}}}
    found = reported(compare(SHOP, edited(SHOP, {"set": {"/servers": [variable]}})))
    assert found == ["api-server-added info", "api-server-default-changed warning"]


def test_corpus_is_openapi() -> None:
    """The document that the corpus edits is valid, so its edits are of the kind that a vendor makes."""
    assert validate_openapi(SHOP, "shop.yaml") == []
    for edit in SCHEMA_EDITS:
        assert validate_openapi(with_schema("request-body", edit["new"]), str(edit["new"])) == []
