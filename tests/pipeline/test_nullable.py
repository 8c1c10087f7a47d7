"""What OpenAPI 3.0 calls nullable is refused where the generated code raises for null, with a cure that works."""

import json
from pathlib import Path
from typing import Any

import pytest

from spec_pipeline.generator import generate
from spec_pipeline.openapi.validation import validate_openapi
from spec_pipeline.overlay import apply_overlay
from spec_pipeline.project import PipelineError
from tests.pipeline.generated_package import OPTIONS, document, generate_unchecked, imported
from tests.pipeline.parts.documents import Schema, fields, items, remove, returns, to, update
from tests.sampling import exhaustive

IN_ENUM = "null is a TypeError, because it is not in the enum"
KIND: Schema = {"type": "string", "enum": ["a", "b"]}
A = "$.components.schemas.Body.properties.a"


def read(folder: Path, name: str, schema: Schema, content: Any, *, cure: Schema | None = None) -> Any:
    """Return what a package that the generator alone writes makes of an object with a field `a`."""
    folder /= name
    generate_unchecked(spec_of(schema, cure), folder)
    with imported(folder) as package:
        return package.response("get_body", {"a": content})


def spec_of(schema: Schema, cure: Schema | None = None, version: str = "3.0.3") -> dict[str, Any]:
    """Return a document with a response that has a field, with an overlay action applied to it."""
    schemas = {"Body": fields(a=schema), "Base": fields(q={"type": "string"}), "Kind": KIND}
    spec = document({"/a": {"get": {"operationId": "get_body", **returns(to("Body"))}}}, schemas, version)
    spec = json.loads(json.dumps(spec))
    return apply_overlay(spec, {"actions": [cure]}) if cure else spec


def accept(spec: dict[str, Any], folder: Path) -> None:
    """Generate a package, and fail where the spec is refused."""
    (folder / "codegen.json").write_text(json.dumps(OPTIONS), encoding="utf-8")
    (folder / "target").mkdir()
    generate(spec, folder / "codegen.json", folder / "target")


@pytest.mark.parametrize(
    ("schema", "content", "message", "cure"),
    [
        ({**KIND, "nullable": True}, None, IN_ENUM, update(A, {"enum": [None]})),
        *exhaustive(
            [
                ({**KIND, "nullable": True, "default": "a"}, None, IN_ENUM, update(A, {"enum": [None]})),
                ({"enum": ["a"], "nullable": True}, None, IN_ENUM, update(A, {"enum": [None]})),
                ({"type": "integer", "enum": [1], "nullable": True}, None, IN_ENUM, update(A, {"enum": [None]})),
                (items({**KIND, "nullable": True}), [None], IN_ENUM, update(f"{A}.items", {"enum": [None]})),
            ]
        ),
        (
            {"allOf": [to("Base"), {"nullable": True, "description": "d"}]},
            None,
            "null is an exception",
            update(A, {"nullable": True}),
        ),
        (
            {"allOf": [to("Base"), {**fields(z=KIND), "nullable": True}]},
            None,
            "null is an exception",
            update(A, {"nullable": True}),
        ),
    ],
    ids=["enum", "default", "no-type", "integer", "items", "all-of", "all-of-object"],
)
def test_wrong(schema: Schema, content: Any, message: str, cure: Schema, tmp_path: Path) -> None:
    """Null raises, so the part is refused; with the cure it is read, and the spec is as valid as it was."""
    (tmp_path / "refused").mkdir()
    with pytest.raises(PipelineError, match=message) as caught:
        accept(spec_of(schema), tmp_path / "refused")
    assert "#/components/schemas/Body/properties/a" in str(caught.value)
    assert ("{enum: [null]}" if "enum" in message else "{nullable: true}") in str(caught.value)
    assert read(tmp_path, "wrong", schema, content) == "TypeError"
    assert read(tmp_path, "right", schema, content, cure=cure) == {"a": content}
    accept(spec_of(schema, cure), tmp_path)
    assert validate_openapi(spec_of(schema, cure), "the spec") == validate_openapi(spec_of(schema), "the spec")


def test_one_class(tmp_path: Path) -> None:
    """Without a type, an enum with null is one class; with it, it is three."""
    spec = spec_of({**KIND, "nullable": True}, update(A, {"enum": [None]}))
    for name, actions, count in (("three", [], 3), ("one", [remove(f"{A}.type")], 1)):
        generate_unchecked(apply_overlay(spec, {"actions": actions}), tmp_path / name)
        assert len(list((tmp_path / name / "models").glob("body_a_*.py"))) == count
        with imported(tmp_path / name) as package:
            assert package.response("get_body", {"a": None}) == {"a": None}
            assert package.response("get_body", {"a": "b"}) == {"a": "b"}
    accept(apply_overlay(spec, {"actions": [remove(f"{A}.type")]}), tmp_path)


@pytest.mark.parametrize(
    "schema",
    [
        {**KIND, "enum": ["a", None], "nullable": True},
        {"allOf": [to("Kind")], "nullable": True},
        {"allOf": [to("Base"), fields(z=KIND)], "nullable": True},
        {"type": "string", "nullable": True},
    ],
    ids=["null-in-enum", "reference", "all-of", "text"],
)
def test_right(schema: Schema, tmp_path: Path) -> None:
    """Null is read where the generator knows that it may come."""
    accept(spec_of(schema), tmp_path)
    assert read(tmp_path, "right", schema, None) == {"a": None}


def test_no_keyword_of_31(tmp_path: Path) -> None:
    """In OpenAPI 3.1, nullable means nothing, and an enum without null does not allow it."""
    for number, schema in enumerate(({**KIND, "nullable": True}, {**KIND, "type": ["string", "null"]})):
        folder = tmp_path / str(number)
        folder.mkdir()
        accept(spec_of(schema, version="3.1.0"), folder)
