"""A boolean schema of OpenAPI 3.1 is generated like the object that means the same, or is one sentence."""

import re
from pathlib import Path
from typing import Any

import pytest

from spec_pipeline.generator import generate
from spec_pipeline.openapi.boolean_schemas import without_boolean_schemas
from spec_pipeline.overlay import apply_overlay
from spec_pipeline.project import PipelineError, Project
from tests.pipeline.generated_package import document, imported
from tests.pipeline.parts.documents import TEXT, fields, items, parameter, returns, sends, takes, to
from tests.pipeline.repinning import candidate, run
from tests.pipeline.test_commands import contents
from tests.pipeline.test_limitations import configuration

Schema = dict[str, Any]
COMPONENT = "#/components/schemas/C"
ROOT = "#/paths/~1a/get/responses/200/content/application~1json/schema"
# A schema with the schema in it, the same with `true` for it, and the same with `false`; None for one that is refused.
PLACES: list[tuple[str, Any, Any, Any]] = [
    ("itself", lambda inner: inner, {}, None),
    ("property", lambda inner: fields(a=inner, b=TEXT), fields(a={}, b=TEXT), None),
    ("property named items", lambda inner: fields(items=inner, b=TEXT), fields(items={}, b=TEXT), None),
    ("required", lambda inner: fields("a", a=inner), fields("a", a={}), None),
    ("items", items, items({}), None),
    ("deep", lambda inner: fields(a=items(fields(properties=inner))), fields(a=items(fields(properties={}))), None),
    ("anyOf", lambda inner: {"anyOf": [TEXT, inner]}, {"anyOf": [TEXT, {}]}, {"anyOf": [TEXT]}),
    ("oneOf", lambda inner: {"oneOf": [inner, TEXT]}, {"oneOf": [{}, TEXT]}, {"oneOf": [TEXT]}),
    ("allOf", lambda inner: {"allOf": [inner, fields(a=TEXT)]}, {"allOf": [fields(a=TEXT)]}, None),
    ("one alternative", lambda inner: {"anyOf": [inner]}, {"anyOf": [{}]}, None),
    ("one part", lambda inner: {"allOf": [inner]}, {}, None),
    ("tuple", lambda inner: {"type": "array", "prefixItems": [inner]}, {"type": "array", "prefixItems": [{}]}, None),
    (
        "after a tuple",
        lambda inner: {**items(inner), "prefixItems": [TEXT]},
        {**items({}), "prefixItems": [TEXT]},
        {"type": "array", "prefixItems": [TEXT]},
    ),
    ("not", lambda inner: {**TEXT, "not": inner}, None, TEXT),
    (
        "additionalProperties",
        lambda inner: {"type": "object", "additionalProperties": inner},
        {"type": "object", "additionalProperties": {}},
        {"type": "object", "additionalProperties": False},
    ),
    (
        "inside additionalProperties",
        lambda inner: {"type": "object", "additionalProperties": items(inner)},
        {"type": "object", "additionalProperties": items({})},
        None,
    ),
    ("not described", lambda inner: {**items(TEXT), "contains": inner}, items(TEXT), items(TEXT)),
]
CASES = [
    (name, make(value), means) for name, make, *both in PLACES for value, means in zip((True, False), both, strict=True)
]


def generated(spec: Schema, folder: Path) -> dict[str, bytes]:
    """Return the files of the package of a document."""
    target = folder / str(len(list(folder.iterdir())))
    target.mkdir()
    generate(spec, configuration(folder, {}), target)
    return contents(target)


def reads(schema: Any, component: Any = TEXT) -> Schema:
    """Return a document with an operation that reads a schema."""
    return document({"/a": {"get": {"operationId": "a", **returns(schema)}}}, {"C": component})


@pytest.mark.parametrize(
    ("schema", "means"),
    [
        pytest.param(*row[1:], id=f"{row[0]}-{index % 2 == 0}", marks=() if index % 5 == 0 else pytest.mark.exhaustive)
        for index, row in enumerate(CASES)
    ],
)
def test_boolean_means_an_object(schema: Any, means: Any, tmp_path: Path) -> None:
    """A boolean schema in a response or a component gives the same bytes as what it means; else it is one sentence."""
    if means is not None:
        assert generated(reads(schema), tmp_path) == generated(reads(means), tmp_path)
        assert generated(reads(to("C"), schema), tmp_path) == generated(reads(to("C"), means), tmp_path)
        return
    for spec, place in (reads(schema), ROOT), (reads(TEXT, schema), COMPONENT):
        with pytest.raises(PipelineError, match=f"a schema that allows no value, at {re.escape(place)}") as caught:
            generated(spec, tmp_path)
        assert "Remove it by an action in overlay.yaml" in str(caught.value)
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize("value", [True, False])
def test_other_places(value: bool, tmp_path: Path) -> None:
    """A parameter, a body, a header, and what a reference in a property leads to, may have boolean schemas."""

    def spec(schema: Any) -> Schema:
        headers = {"X-A": {"schema": schema}}
        answer = {"200": {"description": "", "headers": headers, **returns(TEXT)["responses"]["200"]}}
        operation = {"operationId": "a", **takes(parameter("p", schema)), **sends(("application/json", schema))}
        paths = {"/a": {"post": {**operation, "responses": answer}}, "/b": {"get": returns(fields(c=to("C")))}}
        return document(paths, {"C": schema})

    if value:
        assert generated(spec(schema=True), tmp_path) == generated(spec(schema={}), tmp_path)
        return
    with pytest.raises(PipelineError) as caught:
        generated(spec(schema=False), tmp_path)
    for place in ("#/components/schemas/C", "parameters/0/schema", "headers/X-A/schema", "application~1json/schema"):
        assert place in str(caught.value)


def test_what_is_read_by_it(tmp_path: Path) -> None:
    """A property whose schema is `true` is read whatever it is."""
    generated(reads({"type": "object", "properties": {"a": True}, "required": ["a"]}), tmp_path)
    folder = next(tmp_path.glob("*/apitally_api_client"))
    with imported(folder.rename(tmp_path / "boolean_client")) as package:
        for value in (1, "text", None, [{"c": 1}]):
            assert package.response("a", {"a": value}) == {"a": value}


NO_A: Schema = {"type": "object", "properties": {"a": False, "b": TEXT}}
CURES: list[tuple[Schema, Schema]] = [
    (NO_A, {"target": "$.components.schemas.C.properties.a", "remove": True}),
    (NO_A, {"target": "$.components.schemas.C.properties", "update": {"a": {}}}),
    ({"type": "array", "items": False}, {"target": "$.components.schemas.C", "update": {"items": {}}}),
    ({"allOf": [False, fields(a=TEXT)]}, {"target": "$.components.schemas.C.allOf[0]", "remove": True}),
    ({**TEXT, "not": True}, {"target": "$.components.schemas.C.not", "remove": True}),
]


@pytest.mark.parametrize(("schema", "action"), CURES)
def test_cures(schema: Schema, action: Schema, tmp_path: Path) -> None:
    """What the sentence asks for works."""
    spec = reads(to("C"), schema)
    with pytest.raises(PipelineError, match="allows no value"):
        generated(spec, tmp_path)
    assert generated(apply_overlay(spec, {"actions": [{"description": "d", **action}]}), tmp_path)


def test_many_are_counted() -> None:
    """The document stays as it was, and each place is named once."""
    spec = reads({"type": "object", "properties": {f"f{number}": False for number in range(8)}})
    before = repr(spec)
    assert len(without_boolean_schemas(spec).impossible) == 8
    assert repr(spec) == before


def test_new_spec_with_booleans(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    """A new document with `true` is taken over; one with `false` is refused in a dry run, too, and every file stays."""

    def add(value: bool) -> Path:
        properties = {"new": value}
        return candidate(
            project, lambda spec: spec["components"]["schemas"]["TrafficItem"]["properties"].update(properties)
        )

    before = contents(project.root)
    for arguments in (["--dry-run"], []):
        assert run(project, "--from", add(value=False), *arguments) == 2
        error = capsys.readouterr().err
        assert "allows no value, at #/components/schemas/TrafficItem/properties/new. Remove it" in error
        assert (error.startswith("error: "), error.count("\n")) == (True, 1)
        assert contents(project.root) == before
    assert run(project, "--from", add(value=True)) == 0
    assert "models.traffic_item.TrafficItem.new" in capsys.readouterr().out
