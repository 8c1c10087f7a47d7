"""Schemas that the generated classes read or write in another way than JSON Schema and OpenAPI mean them."""

from collections.abc import Iterable, Iterator
from typing import Any

from spec_pipeline.generator.limitations.all_of import all_of_limitations
from spec_pipeline.generator.limitations.constants import constant_limitations
from spec_pipeline.generator.limitations.discriminators import are_told_apart
from spec_pipeline.generator.limitations.json_types import is_nullable
from spec_pipeline.generator.limitations.limitation import Limitation
from spec_pipeline.generator.limitations.places import place_of, pointer_to
from spec_pipeline.openapi.references import Spec
from spec_pipeline.openapi.schema_objects import Place, schemas_within

_REMOVE_FORMAT = "Remove the format of a string in JSON by an action in overlay.yaml."
_NOT_REQUIRED = "Remove a field that is {0} from those that are required by an action in overlay.yaml."
_CONSTANTS = (
    "Update the property of the discriminator, in each of the schemas to choose from, with the value that it has "
    "there, such as `{const: cat}`, by actions in overlay.yaml."
)
_NULL = (
    "Add null to an enum that is nullable, by an action in overlay.yaml: update the schema with `{enum: [null]}`. With "
    "its type removed by another action, one class is generated for it rather than three."
)
_ONE_FORMAT = "Remove the alternative date-time, or the alternative date, by an action in overlay.yaml."
_MISSING = {"readOnly": "a request cannot leave it out", "writeOnly": "a response without it is a KeyError"}


def read_limitations(spec: Spec, places: Iterable[Place]) -> Iterator[Limitation]:
    """Yield the schemas of responses in JSON, and those that they refer to, that are generated wrongly."""
    for place, schema in _reachable(spec, places):
        yield from (
            *all_of_limitations(spec, place, schema),
            *_of_binary(place, schema),
            *_of_required(place, schema, "writeOnly"),
            *_of_enum(spec, place, schema),
            *constant_limitations(spec, place, schema),
        )
        members = [spec.follow(member) for key in ("anyOf", "oneOf") for member in schema.get(key) or ()]
        formats = [member.get("format") for member in members if isinstance(member, dict)]
        if "date-time" in formats and "date" in formats[formats.index("date-time") :]:
            yield Limitation(pointer_to(place), "a date is read as a time", _ONE_FORMAT)
        if not are_told_apart(spec, schema):
            yield Limitation(pointer_to(place), "the discriminator is not read", _CONSTANTS)


def sent_limitations(spec: Spec, places: Iterable[Place]) -> Iterator[Limitation]:
    """Yield the schemas of bodies in JSON, and those that they refer to, that are generated wrongly."""
    for place, schema in _reachable(spec, places):
        yield from (
            *all_of_limitations(spec, place, schema),
            *_of_binary(place, schema),
            *_of_required(place, schema, "readOnly"),
        )


def text_limitations(spec: Spec, places: Iterable[Place]) -> Iterator[Limitation]:
    """Yield the schemas of parameters and forms, and those that they refer to, that are generated wrongly."""
    for place, schema in _reachable(spec, places):
        yield from all_of_limitations(spec, place, schema)


def _of_enum(spec: Spec, place: Place, schema: dict[str, Any]) -> Iterator[Limitation]:
    values = schema.get("enum")
    if values and None not in values and is_nullable(spec, schema):
        yield Limitation(pointer_to(place), "null is a TypeError, because it is not in the enum", _NULL)


def _of_binary(place: Place, schema: dict[str, Any]) -> Iterator[Limitation]:
    if schema.get("type") == "string" and schema.get("format") == "binary":
        yield Limitation(pointer_to(place), "a string in JSON is taken for a file", _REMOVE_FORMAT)


def _of_required(place: Place, schema: dict[str, Any], keyword: str) -> Iterator[Limitation]:
    properties = schema.get("properties") or {}
    for name in schema.get("required") or ():
        if isinstance(properties.get(name), dict) and properties[name].get(keyword) is True:
            fault = f"it is {keyword} and required, and {_MISSING[keyword]}"
            yield Limitation(f"{pointer_to(place)}, field {name}", fault, _NOT_REQUIRED.format(keyword))


def _reachable(spec: Spec, places: Iterable[Place]) -> Iterator[tuple[Place, dict[str, Any]]]:
    """Yield the schemas at some places, those inside them, and those that they refer to, each once."""
    stack, referred = [*dict.fromkeys(places)][::-1], set[str]()
    while stack:
        start = stack.pop()
        for place, schema in schemas_within(start, spec.target(pointer_to(start))):
            if not isinstance(schema, dict):
                continue
            yield place, schema
            reference = schema.get("$ref")
            if isinstance(reference, str) and reference not in referred:
                referred.add(reference)
                stack.append(place_of(reference))
