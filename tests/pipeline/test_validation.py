"""What a spec may not refer to, and how what is wrong with one is said."""

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from referencing import Registry

from spec_pipeline.openapi.parsing import Document, parse_document
from spec_pipeline.openapi.validation import validate_openapi
from spec_pipeline.project import PipelineError
from tests.pipeline.changes.rewriting import in_30
from tests.pipeline.conftest import PROJECT
from tests.pipeline.web_server import Handler

PIN: Document = json.loads((PROJECT / "openapi.json").read_bytes())
OPERATION = PIN["paths"]["/v1/apps/{app_id}/traffic"]["get"]
Edit = Callable[[dict[str, Any], dict[str, Any]], object]


def broken(edit: Edit, document: Document = PIN) -> Document:
    """Return the pin after an edit of its operation and its components."""
    document = copy.deepcopy(document)
    edit(document["paths"]["/v1/apps/{app_id}/traffic"]["get"], document["components"])
    return document


def add_property(name: str, schema: Any) -> Edit:
    """Return an edit that adds a property to what the operation returns."""
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


ITEM = "components/schemas/TrafficItem/properties"
BODY = "paths//v1/apps/{app_id}/traffic/get/requestBody/content/application/json/schema"
RESPONSE = "paths//v1/apps/{app_id}/traffic/get/responses/200"


def body(schema: Any) -> dict[str, Any]:
    """Return the field of an operation with a body."""
    return {"requestBody": {"content": {"application/json": {"schema": schema}}}}


FLAWS: list[tuple[str, Edit, tuple[str, str, str]]] = [
    (
        "default",
        add_property("x", {"type": "integer", "default": "word"}),
        ("default-not-allowed", "components/schemas/TrafficItem/properties/x", "'word' is not of type 'integer'"),
    ),
    (
        "default of a parameter",
        lambda get, _: get["parameters"][7]["schema"].update(default=5000),
        (
            "default-not-allowed",
            "paths//v1/apps/{app_id}/traffic/get/parameters/7/schema",
            "5000 is greater than the maximum of 1000",
        ),
    ),
    (
        "default inside a default",
        add_property("x", {"properties": {"a": {"maxLength": 1}}, "default": {"a": "word"}}),
        ("default-not-allowed", "components/schemas/TrafficItem/properties/x", "'word' is too long"),
    ),
    (
        "default against a pattern",
        add_property("x", {"type": "string", "pattern": "^[0-9]+$", "default": "word"}),
        ("default-not-allowed", "components/schemas/TrafficItem/properties/x", "'word' does not match '^[0-9]+$'"),
    ),
    (
        "undeclared path parameter",
        lambda get, _: get["parameters"].pop(0),
        (
            "path-parameter-undeclared",
            "",
            "Path parameter 'app_id' for 'get' operation in '/v1/apps/{app_id}/traffic' was not resolved",
        ),
    ),
    (
        "parameter twice",
        lambda get, _: get["parameters"].append(get["parameters"][7]),
        ("parameter-twice", "", "Duplicate parameter 'limit'"),
    ),
    (
        "description of the components",
        lambda _, components: components.update(description="x"),
        ("unknown-field", "components", "Unknown fields: 'description'"),
    ),
    (
        "description of a media type",
        lambda get, _: get["responses"]["200"]["content"]["application/json"].update(description="x"),
        (
            "unknown-field",
            "paths//v1/apps/{app_id}/traffic/get/responses/200/content/application/json",
            "Unknown fields: 'description'",
        ),
    ),
    (
        "required property that is not defined",
        lambda _, components: components["schemas"].update(X={"allOf": [{"type": "object"}], "required": ["a"]}),
        ("required-property-undefined", "", "Required list has not defined properties: ['a']"),
    ),
    (
        "limit that is null, in a body",
        lambda get, _: get.update(body({"type": "string", "maxLength": None})),
        ("keyword-null", f"{BODY}/maxLength", "it is null, and means nothing"),
    ),
    (
        "pattern and default that are null",
        add_property("x", {"pattern": None, "default": None, "enum": [None]}),
        ("keyword-null", f"{ITEM}/x/pattern", "it is null, and means nothing"),
    ),
    (
        "property required twice",
        lambda _, components: components["schemas"]["TrafficItem"]["required"].append("requests"),
        ("keyword-value", "components/schemas/TrafficItem/required", "it names requests twice"),
    ),
    (
        "bound as a flag, in a header",
        lambda get, _: get["responses"]["200"].update(headers={"X": {"schema": {"exclusiveMinimum": True}}}),
        (
            "keyword-value",
            "paths//v1/apps/{app_id}/traffic/get/responses/200/headers/X/schema/exclusiveMinimum",
            "it must be a number",
        ),
    ),
    (
        "keyword of 3.0",
        add_property("x", {"type": "string", "nullable": True}),
        (
            "keyword-version",
            f"{ITEM}/x/nullable",
            "OpenAPI 3.1 has no such keyword; the generator reads it as 3.0 does",
        ),
    ),
    (
        "no alternatives",
        add_property("anyOf", {"items": {"anyOf": []}}),
        ("keyword-value", f"{ITEM}/anyOf/items/anyOf", "it must have at least one schema"),
    ),
    (
        "response without description",
        lambda get, _: get["responses"]["200"].pop("description"),
        ("field-missing", RESPONSE, "'description' is a required property"),
    ),
]


@pytest.mark.parametrize(("edit", "flaw"), [row[1:] for row in FLAWS], ids=[row[0] for row in FLAWS])
def test_slight_flaw_is_returned_with_place_and_rule(edit: Edit, flaw: tuple[str, str, str]) -> None:
    """What is not valid, but can be read, does not refuse the document."""
    assert validate_openapi(broken(edit), "the spec") == [flaw]


FLAWS_30: list[tuple[str, Edit, tuple[str, str, str]]] = [
    (
        "keyword of 3.1",
        add_property("x", {"items": {"const": 1, "if": {}}}),
        ("unknown-field", f"{ITEM}/x/items", "Unknown fields: 'const', 'if'"),
    ),
    (
        "keyword of 3.1, in a body",
        lambda get, _: get.update(body({"allOf": [{"examples": [1]}]})),
        ("unknown-field", f"{BODY}/allOf/0", "Unknown fields: 'examples'"),
    ),
    (
        "field of a header",
        lambda get, _: get["responses"]["200"].update(headers={"X": {"name": "X", "schema": {}}}),
        ("unknown-field", f"{RESPONSE}/headers/X", "Unknown fields: 'name'"),
    ),
    (
        "limit that is null",
        lambda get, _: get["parameters"][7]["schema"].update(maximum=None),
        (
            "keyword-null",
            "paths//v1/apps/{app_id}/traffic/get/parameters/7/schema/maximum",
            "it is null, and means nothing",
        ),
    ),
    ("types as a list", add_property("x", {"type": ["string"]}), ("keyword-value", f"{ITEM}/x/type", "['string']")),
    ("bound that is a number", add_property("x", {"exclusiveMinimum": 1}), ("keyword-value", f"{ITEM}/x", "1")),
    (
        "nothing is required",
        lambda _, components: components["schemas"]["TrafficItem"].update(required=[]),
        ("keyword-value", "components/schemas/TrafficItem/required", "[] should be non-empty"),
    ),
    (
        "response without description",
        lambda get, _: get["responses"]["200"].pop("description"),
        ("field-missing", RESPONSE, "'description' is a required property"),
    ),
]


@pytest.mark.parametrize(("edit", "flaw"), [row[1:] for row in FLAWS_30], ids=[row[0] for row in FLAWS_30])
def test_slight_flaw_deep_inside_a_30_document_is_returned(edit: Edit, flaw: tuple[str, str, str]) -> None:
    """What is not valid deep inside a document of 3.0 does not refuse it either."""
    found = validate_openapi(broken(edit, in_30(PIN)), "the spec")
    assert found
    assert {one.rule for one in found} == {flaw[0]}
    assert all(one.place.startswith(flaw[1]) and one.message.startswith(flaw[2]) for one in found)


@pytest.mark.parametrize(
    ("schema", "place"),
    [
        ({"properties": ["a"]}, "properties"),
        ({"oneOf": {"type": "object"}}, "oneOf"),
        ({"allOf": [None]}, "allOf"),
        ({"pattern": 5}, "pattern"),
        ({"required": "a"}, "required"),
        ({"discriminator": {"propertyName": "kind", "mapping": ["a"]}}, "discriminator"),
        ({"items": {"enum": "a"}}, "items/enum"),
        ({"maxLength": "4"}, "maxLength"),
        ({"properties": {"a": None}}, "properties"),
    ],
)
@pytest.mark.parametrize("is_30", [False, True], ids=["3.1", "3.0"])
def test_schema_that_cannot_be_read_is_refused_wherever_it_stands(schema: Any, place: str, is_30: bool) -> None:
    """A keyword of the wrong kind is an error with its place, in a body as in a component."""
    for edit, where in [(add_property("x", schema), f"{ITEM}/x"), (lambda get, _: get.update(body(schema)), BODY)]:
        with pytest.raises(PipelineError, match="is not valid OpenAPI, at ") as caught:
            validate_openapi(broken(edit, in_30(PIN) if is_30 else PIN), "the spec")
        assert f"{where}/{place}" in str(caught.value)


def test_valid_document_has_no_flaw() -> None:
    """The fixture project's pin is valid."""
    assert validate_openapi(PIN, "the spec") == []


TREE = {"type": "object", "properties": {"children": {"type": "array", "items": {"$ref": "#/components/schemas/Tree"}}}}


@pytest.mark.parametrize(
    ("schemas", "circles"),
    [
        ({"Pet": ["oneOf", "Cat"], "Cat": ["allOf", "Pet"]}, ["Pet → Cat → Pet"]),
        ({"Pet": ["oneOf", "Dog", "Cat"], "Cat": ["allOf", "Pet"], "Dog": ["allOf", "Pet"]}, ["Pet → Cat → Pet"]),
        ({"A": ["anyOf", "B"], "B": ["anyOf", "C"], "C": ["allOf", "B"]}, ["B → C → B"]),
        ({"A": ["anyOf", "A"], "B": ["oneOf", "C"], "C": ["allOf", "B"]}, ["A → A", "B → C → B"]),
        ({"A": ["allOf", "B", "B"], "B": ["allOf", "C"], "C": ["allOf", "Tree"]}, []),
    ],
)
def test_circular_schema_is_a_flaw(schemas: dict[str, list[str]], circles: list[str]) -> None:
    """Schemas that are part of themselves, as in Jackson's inheritance, are a flaw; recursion through items is none."""
    components = {
        name: {keyword: [{"$ref": f"#/components/schemas/{part}"} for part in parts]}
        for name, (keyword, *parts) in schemas.items()
    }
    document = broken(lambda _, found: found["schemas"].update(components, Tree=TREE))
    flaws = validate_openapi(document, "the spec")
    assert [(flaw.rule, flaw.message) for flaw in flaws] == [
        ("circular-schema", f"it is part of itself: {circle}") for circle in circles
    ]


@pytest.mark.parametrize(
    ("edit", "sentence"),
    [
        (lambda get, _: get["responses"].update(description="x"), "get/responses: Unknown fields: 'description'"),
        (lambda get, _: get.update(parameters={}), "get/parameters: "),
        (add_property("x", {"type": "int"}), "properties/x/type: "),
    ],
    ids=["response that is text", "parameters that are no list", "unknown type"],
)
def test_what_cannot_be_read_is_refused(edit: Edit, sentence: str) -> None:
    """A document whose parts are not what they have to be is an error, not a flaw."""
    with pytest.raises(PipelineError, match="is not valid OpenAPI, at .*" + sentence):
        validate_openapi(broken(edit), "the spec")


def test_operation_id_twice_is_a_flaw() -> None:
    """An operationId that the vendor uses twice is a flaw: the overlay can give one of them another name."""
    document = copy.deepcopy(PIN)
    document["paths"]["/x"] = {"get": {"operationId": OPERATION["operationId"], "responses": OPERATION["responses"]}}
    [flaw] = validate_openapi(document, "the spec")
    assert flaw.rule == "operation-id-twice"
    assert "in '/x' is not unique" in flaw.message


HOSTILE: list[tuple[str, dict[str, Any]]] = [
    ("pattern", {"type": "string", "pattern": "^(a+)+$", "default": "a" * 60 + "b"}),
    ("pattern of a property", {"patternProperties": {"^(a+)+$": {}}, "default": {"a" * 60 + "b": 1}}),
    ("doubled allOf", {"$ref": "#/components/schemas/A0"}),
]


@pytest.mark.parametrize("schema", [row[1] for row in HOSTILE], ids=[row[0] for row in HOSTILE])
def test_validation_ends(schema: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """A document that takes exponential time is refused in one sentence."""
    monkeypatch.setattr("spec_pipeline.openapi.time_limit.SECONDS", 0.5)
    document = broken(add_property("x", schema))
    for number in range(24):
        branch = {"$ref": f"#/components/schemas/A{number + 1}"}
        document["components"]["schemas"][f"A{number}"] = {"allOf": [branch, dict(branch)]}
    document["components"]["schemas"] |= {"A24": {"type": "object"}}
    if "$ref" in schema:
        document["components"]["schemas"]["A0"]["default"] = {}
    with pytest.raises(PipelineError, match="takes too long to validate"):
        validate_openapi(document, "the spec")


def test_the_schema_of_openapi_is_not_searched_for_each_schema(monkeypatch: pytest.MonkeyPatch) -> None:
    """The library searches it for the target of each dynamic reference, unless its anchors are known."""
    monkeypatch.delattr(Registry, "crawl")
    assert validate_openapi(PIN, "openapi.json") == []


def test_yaml_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    """A large YAML document is refused in one sentence that says what to do."""
    monkeypatch.setattr("spec_pipeline.openapi.time_limit.SECONDS", 0.2)
    with pytest.raises(PipelineError, match="takes too long to read as YAML; convert it to JSON first"):
        parse_document(b"x:\n" + b"- {a: 1, b: text}\n" * 20_000, "the spec")
