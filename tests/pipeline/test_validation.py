"""What a spec may not refer to, and how what is wrong with one is said."""

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from spec_pipeline.openapi.parsing import Document
from spec_pipeline.openapi.validation import validate_openapi
from spec_pipeline.project import PipelineError
from tests.pipeline.conftest import PROJECT
from tests.pipeline.web_server import Handler

PIN: Document = json.loads((PROJECT / "openapi.json").read_bytes())
OPERATION = PIN["paths"]["/v1/apps/{app_id}/traffic"]["get"]
Edit = Callable[[dict[str, Any], dict[str, Any]], object]


def broken(edit: Edit) -> Document:
    """Return the pin after an edit of its operation and its components."""
    document = copy.deepcopy(PIN)
    edit(document["paths"]["/v1/apps/{app_id}/traffic"]["get"], document["components"])
    return document


def add_property(name: str, schema: Any) -> Edit:
    """Return an edit that adds a property to what the operation answers."""
    return lambda _, components: components["schemas"]["TrafficItem"]["properties"].update({name: schema})


EXTERNAL: list[tuple[str, Callable[[Any], Edit]]] = [
    ("answer called default", lambda ref: lambda get, _: get["responses"].update(default=ref)),
    ("property called default", lambda ref: add_property("default", ref)),
    ("property called example", lambda ref: add_property("example", ref)),
    ("property called enum", lambda ref: add_property("enum", ref)),
    ("property called properties", lambda ref: add_property("properties", {"properties": {"examples": ref}})),
    ("unused component", lambda ref: lambda _, components: components["schemas"].update(const=ref)),
    ("alternative", lambda ref: add_property("x", {"anyOf": [{"type": "integer"}, ref]})),
]


@pytest.mark.parametrize("edit", [row[1] for row in EXTERNAL], ids=[row[0] for row in EXTERNAL])
@pytest.mark.parametrize("place", ["web", "file", "relative"])
def test_other_document_is_refused_unread(server: str, tmp_path: Path, edit: Callable[[Any], Edit], place: str) -> None:
    """Wherever a spec refers to another document, and whatever the name it does so under, nobody asks for that."""
    secret = tmp_path / "secret.json"
    secret.write_text('{"a": {"type": "hidden-word"}}')
    reference = {"web": f"{server}/spec#/a", "file": f"{secret.as_uri()}#/a", "relative": "secret.json#/a"}[place]
    Handler.asked.clear()
    with pytest.raises(PipelineError, match=r"refers to .*#/a, another document; bundle it into one file") as caught:
        validate_openapi(broken(edit({"$ref": reference})), "the spec")
    assert "hidden-word" not in str(caught.value)
    assert Handler.asked == []


def test_webhook_that_refers_to_another_document_is_refused() -> None:
    """What is not compared is not followed either."""
    webhook = {"post": {"responses": {"default": {"$ref": "http://127.0.0.1:9/x#/a"}}}}
    with pytest.raises(PipelineError, match="another document"):
        validate_openapi(PIN | {"webhooks": {"x": webhook}}, "the spec")


def test_validator_itself_fetches_nothing(server: str) -> None:
    """What looks like a reference in a default leads the validator nowhere either."""
    Handler.asked.clear()
    default = {"type": "object", "default": {"$ref": f"{server}/spec#/openapi"}}
    with pytest.raises(PipelineError, match=f"refers to {server}/spec#/openapi, which it does not"):
        validate_openapi(broken(add_property("x", default)), "the spec")
    assert Handler.asked == []


@pytest.mark.parametrize(
    ("edit", "sentence"),
    [
        pytest.param(add_property("x", {"$ref": "#x"}), "refers to #x; only references of the form #/", id="anchor"),
        pytest.param(
            add_property("x", {"type": "integer", "default": "word"}),
            "at components/schemas/TrafficItem/properties/x: 'word' is not of type 'integer'",
            id="default",
        ),
        pytest.param(
            add_property("x", {"$ref": "#/components/schemas/Nowhere"}),
            "refers to #/components/schemas/Nowhere, which it does not define",
            id="nowhere",
        ),
        pytest.param(
            lambda get, _: get["parameters"].append({"$ref": "#/components/schemas/TrafficItem"}),
            "one of its references leads to an object of the wrong kind",
            id="schema as a parameter",
        ),
    ],
)
def test_what_is_wrong_is_said_with_its_place(edit: Edit, sentence: str) -> None:
    """An error comes as one sentence, with the place that the validator does not tell."""
    with pytest.raises(PipelineError, match=sentence) as caught:
        validate_openapi(broken(edit), "the spec")
    assert "\n" not in str(caught.value)


def test_operation_id_twice_is_said_without_a_place_of_its_own() -> None:
    """Where the message names the operation, no other place is made up for it."""
    document = copy.deepcopy(PIN)
    document["paths"]["/x"] = {"get": {"operationId": OPERATION["operationId"], "responses": OPERATION["responses"]}}
    with pytest.raises(PipelineError, match=r"is not valid OpenAPI: Operation ID .* in '/x' is not unique\.$"):
        validate_openapi(document, "the spec")
