"""What the comparison takes for the Python type of a schema is what the generator writes."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from openapi_python_client.config import Config, ConfigFile, MetaType
from openapi_python_client.parser.openapi import GeneratorData
from openapi_python_client.parser.properties.model_property import ModelProperty

from spec_pipeline.changes.compare.schemas.python_types import python_types
from spec_pipeline.changes.rules.rule import Level
from spec_pipeline.openapi.references import Spec
from tests.pipeline.changes.corpus import compare, with_schema

TEXT: dict[str, Any] = {"type": "string"}
TIME: dict[str, Any] = {"type": "string", "format": "date-time"}
MODEL: dict[str, Any] = {"type": "object", "properties": {"k": TEXT}}
THING: dict[str, Any] = {"$ref": "#/components/schemas/Thing"}
SCHEMAS: list[dict[str, Any]] = [
    {},
    TEXT,
    *({"type": "string", "format": name} for name in ("binary", "date", "date-time", "uuid", "email", "byte", "time")),
    *({"type": name} for name in ("boolean", "integer", "number", "null", "object")),
    {"type": "integer", "format": "date-time"},
    {"type": "number", "format": "double"},
    {"type": "array", "items": {}},
    {"type": "object", "additionalProperties": TEXT},
    {"type": "object", "additionalProperties": False},
    MODEL,
    {"properties": {"k": TEXT}},
    {"required": ["k"]},
    THING,
    {"allOf": [THING]},
    {"allOf": [THING, {"properties": {"k": TEXT}}]},
    {"allOf": [{"type": "object"}, {"properties": {"k": TEXT}}]},
    {"anyOf": [THING, {"type": "null"}]},
    {"anyOf": [TIME, TEXT]},
    {"oneOf": [TIME, {"type": "integer"}, {"type": "array", "items": {}}]},
    {"anyOf": [{"anyOf": [TIME, TEXT]}, {"type": "boolean"}]},
    {"type": ["string", "null"]},
    {"type": ["string", "integer"], "format": "date"},
    {"type": ["object", "null"], "properties": {"k": TEXT}},
    {"type": "string", "nullable": True},
    {"type": "string", "format": "date", "enum": ["2026-01-01"]},
    {"enum": [1, 2]},
    {"enum": ["a", None]},
    {"const": "a"},
    {"type": "object", "properties": {"k": TEXT}, "anyOf": [{"required": ["k"]}, {"required": ["l"]}]},
]
NAMES = {
    "Any": ("bool", "dict", "float", "list", "str"),
    "bool": ("bool",),
    "datetime.date": ("datetime.date",),
    "datetime.datetime": ("datetime.datetime",),
    "File": ("File",),
    "float": ("float",),
    "int": ("float",),
    "None": (),
    "str": ("str",),
    "UUID": ("uuid.UUID",),
}


def generated(prop: Any) -> Iterator[str]:
    """Yield the types of a property of the generator, by the names of the comparison."""
    text = prop.get_type_string(no_optional=True).as_unembedded_code()
    if hasattr(prop, "inner_properties"):
        for inner in prop.inner_properties:
            yield from generated(inner)
    elif isinstance(prop, ModelProperty):
        has_attributes = bool(prop.required_properties or prop.optional_properties)
        yield "model class" if has_attributes else "model class without attributes"
    elif hasattr(prop, "value_type"):
        yield "str" if prop.value_type is str else "float"
    elif text.startswith("Literal["):
        yield "str"
    elif text.startswith("list["):
        yield "list"
    else:
        yield from NAMES[text]


@pytest.mark.parametrize("schema", SCHEMAS, ids=str)
def test_type_is_the_one_that_the_generator_writes(schema: dict[str, Any]) -> None:
    """Each kind of schema gives the types that the generator gives the attribute, None aside."""
    document = with_schema("response-property", {})
    document["components"]["schemas"]["Holder"] = {"type": "object", "properties": {"f": schema}}
    config = Config.from_sources(
        ConfigFile(literal_enums=True), MetaType.NONE, Path(), "utf-8", overwrite=False, output_path=Path("unwritten")
    )
    data = GeneratorData.from_dict(document, config=config)
    assert isinstance(data, GeneratorData)
    [holder] = [model for model in data.models if str(model.class_info.name) == "Holder"]
    assert holder.optional_properties
    [prop] = holder.optional_properties
    assert python_types(Spec(document, "the document"), schema) == frozenset(generated(prop))


def ids(scope: str, old: Any, new: Any) -> list[str]:
    """Return the rules that are breaking between two schemas of a property, without the scope."""
    found = compare(with_schema(scope, old), with_schema(scope, new))
    return [change.id.removeprefix(f"{scope}-") for change in found if change.level is Level.BREAKING]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        pytest.param({}, MODEL, id="anything that becomes a model"),
        pytest.param({"type": "object"}, MODEL, id="attributes instead of keys"),
        pytest.param({}, {"anyOf": [TIME, TEXT]}, id="a text that may be read as a time"),
        pytest.param(TEXT, {"anyOf": [TIME, TEXT]}, id="one more type of the same JSON"),
        pytest.param(TEXT, {"type": "string", "format": "uuid"}, id="another class"),
        pytest.param(MODEL, {**MODEL, "anyOf": [{"required": ["k"]}, {"required": ["l"]}]}, id="a model that is lost"),
    ],
)
def test_response_of_another_python_type_is_breaking(old: dict[str, Any], new: dict[str, Any]) -> None:
    """The same JSON comes, and code that read it does not find what it read."""
    assert "python-type-changed" in ids("response-property", old, new)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        pytest.param(MODEL, {}, id="a model that becomes anything"),
        pytest.param({"type": "object"}, {}, id="an object that becomes anything"),
        pytest.param({"anyOf": [TIME, TEXT]}, TEXT, id="a time that was taken beside a text"),
        pytest.param({"type": "string", "format": "date"}, TEXT, id="a date"),
    ],
)
def test_request_of_another_python_type_is_breaking(old: dict[str, Any], new: dict[str, Any]) -> None:
    """The server takes what it took, and the generated code does not take what callers pass."""
    assert "python-type-changed" in ids("request-property", old, new)


@pytest.mark.parametrize(
    ("scope", "old", "new"),
    [
        pytest.param("response-property", {}, TEXT, id="text that is read as before"),
        pytest.param("response-property", {"anyOf": [TEXT, MODEL]}, TEXT, id="one type less"),
        pytest.param("response-property", {"type": "number"}, {"type": "integer"}, id="whole numbers"),
        pytest.param("response-property", {"anyOf": [MODEL, {"type": "null"}]}, MODEL, id="null that is gone"),
        pytest.param("response-property", {}, {"type": "array", "items": {}}, id="a list of anything"),
        pytest.param("request-property", TEXT, {}, id="text that is sent as before"),
        pytest.param("request-property", {"type": "object"}, MODEL, id="keys beside attributes"),
        pytest.param("request-property", TEXT, {"anyOf": [TIME, TEXT]}, id="one type more"),
        pytest.param("request-property", {"type": "integer"}, {"type": "number"}, id="any number"),
    ],
)
def test_type_that_old_code_works_with_is_not_breaking(scope: str, old: dict[str, Any], new: dict[str, Any]) -> None:
    """Where code for the old type works with the new one, nothing is breaking."""
    assert ids(scope, old, new) == []


def test_items_of_another_alternative_have_no_type_here() -> None:
    """A list that stays beside an alternative of any type is passed as before, whatever it is paired with."""
    items = {"type": "array", "items": {**MODEL, "required": ["k"]}}
    found = ids("request-property", {"type": "array", "items": MODEL}, {"anyOf": [items, {"description": "Anything"}]})
    assert "python-type-changed" not in found
