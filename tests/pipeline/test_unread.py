"""What is valid OpenAPI, but of a kind that the generator does not know, is one sentence with its place."""

from pathlib import Path
from typing import Any

import pytest

from spec_pipeline.generator import generate
from spec_pipeline.openapi.validation import validate_openapi
from spec_pipeline.project import PipelineError
from tests.pipeline.generated_package import document
from tests.pipeline.parts.documents import TEXT, fields, returns
from tests.pipeline.test_limitations import configuration

UNREAD: list[tuple[Any, str]] = [
    ({"const": {"a": 1}}, "const"),
    (fields(other={"const": [1]}), "properties/other/const"),
    ({"anyOf": [TEXT, {**TEXT, "xml": {"name": 5}}]}, "anyOf/1/xml/name"),
]


@pytest.mark.parametrize(("schema", "place"), UNREAD, ids=[row[1] for row in UNREAD])
def test_place(schema: Any, place: str, tmp_path: Path) -> None:
    """The sentence has the pointer, and no words of the library that checks kinds."""
    spec = document({"/a": {"get": {"operationId": "a", **returns(schema)}}})
    assert validate_openapi(spec, "the spec") == []
    with pytest.raises(PipelineError) as caught:
        generate(spec, configuration(tmp_path, {}), tmp_path)
    message = str(caught.value)
    pointer = f"#/paths/~1a/get/responses/200/content/application~1json/schema/{place}"
    assert f"cannot read the document, at {pointer}: what stands there is valid OpenAPI, but of a kind" in message
    assert "\n" not in message
    assert "pydantic" not in message
