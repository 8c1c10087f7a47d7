"""A keyword of any kind that a valid document may have ends in a client or in one sentence, never in a traceback."""

import contextlib
import json
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from spec_pipeline.generator import generate
from spec_pipeline.openapi.schema_objects import without_null_keywords
from spec_pipeline.openapi.validation import validate_openapi
from spec_pipeline.overlay import apply_overlay
from spec_pipeline.project import PipelineError
from tests.pipeline.generated_package import OPTIONS, document
from tests.pipeline.parts.documents import FORM, JSON, TEXT, Schema, fields, parameter, returns, sends, takes, to
from tests.sampling import exhaustive

VALUES: tuple[Any, ...] = (
    *(None, True, False, 0, 1.5, "a", "string", [], {}, [None], [True], ["a"], ["object", "null"], [{"a": 1}], [[1]]),
    *({"a": {}}, {"a": True}, {"a": None}, {"$ref": "#/components/schemas/Base"}, {"propertyName": "kind"}),
    *([{}], [{"type": ["object", "null"]}], [{"$ref": "#/components/schemas/Base"}], [{"enum": [{}, [], None]}]),
    {"propertyName": "kind", "mapping": {"a": "Base"}},
)
KEYWORDS = (
    *("additionalProperties", "allOf", "anyOf", "const", "default", "discriminator", "enum", "format", "items", "not"),
    *("nullable", "oneOf", "properties", "readOnly", "required", "type", "writeOnly"),
)
SAMPLE = ("allOf", "type")
BASE = fields("kind", kind={"const": "a"})


def spec_with(schema: Schema, version: str) -> dict[str, Any]:
    """Return a document that has a schema wherever the generator reads one."""
    operation = {
        "operationId": "op",
        **takes(parameter("q", schema), parameter("h", schema, "header")),
        **returns(schema),
        **sends((JSON, schema), (FORM, schema)),
    }
    schemas = {
        "Base": BASE,
        "Part": {"allOf": [to("Base"), schema]},
        "Either": {"oneOf": [to("Base"), schema], "discriminator": {"propertyName": "kind"}},
        "Field": fields("a", a=schema),
    }
    gets = {f"/{name}": {"get": {"operationId": name, **returns(to(name))}} for name in schemas}
    return document({"/op": {"post": operation}, **gets}, schemas, version)


@pytest.mark.parametrize("keyword", [*SAMPLE, *exhaustive(keyword for keyword in KEYWORDS if keyword not in SAMPLE)])
def test_any_value(keyword: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each value that the validation lets pass ends without a traceback, beside a type and without one."""
    # What is written takes most of the time, and nothing of it matters here.
    monkeypatch.setattr(
        "spec_pipeline.generator._build", lambda _, config: config.output_path.mkdir(exist_ok=True) or []
    )
    (tmp_path / "codegen.json").write_text(json.dumps(OPTIONS), encoding="utf-8")
    for version, value, beside in product(("3.0.3", "3.1.0"), VALUES, ({}, TEXT, BASE)):
        spec = json.loads(json.dumps(spec_with({**beside, keyword: value}, version)))
        with contextlib.suppress(PipelineError):
            validate_openapi(spec, "the spec")
            spec = apply_overlay(without_null_keywords(spec), {"actions": []})
            generate(spec, tmp_path / "codegen.json", tmp_path)
