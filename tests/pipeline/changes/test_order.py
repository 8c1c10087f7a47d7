"""The order of what a response may be: the generated code takes the first that it can read."""

from typing import Any

import pytest

from spec_pipeline.openapi.parsing import Document
from tests.pipeline.changes.corpus import compare, edited, with_schema

TEXT: dict[str, Any] = {"type": "string"}
REORDERED = ["response-body-alternatives-reordered"]


def fields(*required: str, **properties: Any) -> dict[str, Any]:
    """Return an object."""
    return {"type": "object", "properties": properties, "required": list(required)}


def either(first: str, second: str, schemas: dict[str, Any], scope: str = "response-body") -> Document:
    """Return a document in which a value is one of two components, in this order."""
    union = {"anyOf": [{"$ref": f"#/components/schemas/{name}"} for name in (first, second)]}
    places = {f"/components/schemas/{name}": schema for name, schema in schemas.items()}
    return edited(
        with_schema(scope, {"$ref": "#/components/schemas/Union"}),
        {"set": places | {"/components/schemas/Union": union}},
    )


@pytest.mark.parametrize(
    ("one", "other", "rules"),
    [
        pytest.param(fields(a=TEXT), fields(b=TEXT), REORDERED, id="all fields optional"),
        pytest.param(fields("a", a=TEXT), fields(b=TEXT), REORDERED, id="one reads all"),
        pytest.param(fields("a", a=TEXT), fields("b", b=TEXT), [], id="each needs a field"),
        pytest.param(fields("k", k={"const": "a"}), fields("k", k={"const": "b"}), [], id="each needs a value"),
        pytest.param(fields(k={"const": "a"}), fields(k={"const": "b"}), REORDERED, id="optional values"),
        pytest.param(fields(a=TEXT), TEXT, [], id="a class and a text"),
        pytest.param(TEXT | {"format": "uuid"}, TEXT, [], id="a text that comes last anyway"),
        pytest.param(
            {"type": "array", "items": fields(a=TEXT)},
            {"type": "array", "items": fields(b=TEXT)},
            REORDERED,
            id="lists",
        ),
        pytest.param(
            {"type": "array", "items": TEXT},
            {"type": "array", "items": {"type": "integer"}},
            [],
            id="lists of what is plain",
        ),
    ],
)
def test_alternatives_in_another_order(one: Any, other: Any, rules: list[str]) -> None:
    """It is a change where both may be read from one value, inside of components, too; never of what is sent."""
    schemas = {"One": one, "Other": other}
    pair = either("One", "Other", schemas), either("Other", "One", schemas)
    assert [change.id for change in compare(*pair)] == rules
    sent = (either(*names, schemas, "request-body") for names in (("One", "Other"), ("Other", "One")))
    assert compare(*sent) == []


def test_webhook_is_not_generated() -> None:
    """What a webhook carries is read by code of its own, which takes no order from the document."""
    schemas = {"One": fields(a=TEXT), "Other": fields(b=TEXT)}
    sides = []
    for names in (("One", "Other"), ("Other", "One")):
        document = either(*names, schemas)
        body = {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Union"}}}}
        document["webhooks"] = {"seen": {"post": {"requestBody": body, "responses": {}}}}
        sides.append({**document, "paths": {}})
    assert compare(*sides) == []


@pytest.mark.parametrize("same", [True, False])
def test_media_types_in_another_order(same: bool) -> None:
    """It is a change where the generated code reads another class."""
    schemas = {"application/json": fields(a=TEXT), "application/vnd.a+json": fields(a=TEXT) if same else fields(b=TEXT)}
    content = {name: {"schema": schema} for name, schema in schemas.items()}
    pair = [
        edited(with_schema("response-body", {}), {"set": {"/paths/~1p/post/responses/200/content": each}})
        for each in (content, dict(reversed(content.items())))
    ]
    assert [change.id for change in compare(*pair)] == ([] if same else ["response-media-type-first-changed"])
