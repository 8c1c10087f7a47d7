"""Parameters whose arguments the generated function loses, or whose values it writes in another form than declared."""

from collections.abc import Iterator
from typing import Any

from openapi_python_client.parser.openapi import Endpoint
from openapi_python_client.parser.properties.any import AnyProperty
from openapi_python_client.parser.properties.boolean import BooleanProperty
from openapi_python_client.parser.properties.const import ConstProperty
from openapi_python_client.parser.properties.datetime import DateTimeProperty
from openapi_python_client.parser.properties.enum_property import EnumProperty
from openapi_python_client.parser.properties.file import FileProperty
from openapi_python_client.parser.properties.float import FloatProperty
from openapi_python_client.parser.properties.int import IntProperty
from openapi_python_client.parser.properties.list_property import ListProperty
from openapi_python_client.parser.properties.literal_enum_property import LiteralEnumProperty
from openapi_python_client.parser.properties.model_property import ModelProperty
from openapi_python_client.parser.properties.protocol import PropertyProtocol

from spec_pipeline.generator.limitations.limitation import Limitation
from spec_pipeline.generator.limitations.values import (
    Models,
    alternatives,
    fields_of,
    holds_object,
    is_converted,
    is_text,
    items_of,
    name_of,
    variables,
)
from spec_pipeline.openapi.parameters import Parameters

_REMOVE = (
    "A parameter cannot be given another name: remove it, or the operation where it is required or part of the path, "
    "by an action in overlay.yaml."
)
_AS_TEXT = (
    "Declare the parameter as a string, which the caller writes out, by two actions in overlay.yaml: remove all "
    "that its schema says (a target that ends in `.schema.*`), then update the schema with `{type: string}`."
)
_WITH_SCHEMA = (
    "Declare the parameter as a string, which the caller writes out, by two actions in overlay.yaml: remove it, "
    "then update the parameters with one that has `schema: {type: string}` instead of content."
)
_FIELDS = (
    "Replace a parameter in the style deepObject by one for each field, with names such as `filter[field]`, by actions "
    "in overlay.yaml."
)
_REMOVE_STYLE = (
    "Remove the style of a parameter in the style label by an action in overlay.yaml; the caller then writes the dots."
)
_REMOVE_OPERATION = "Remove the operation by an action in overlay.yaml."
_REMOVE_DEFAULT = "Remove the default of a parameter of a path by an action in overlay.yaml."
_INTEGERS = IntProperty | EnumProperty | LiteralEnumProperty
_NESTED = (ModelProperty, ListProperty, FileProperty)
_STYLES = {"cookie": "form", "header": "simple", "path": "simple", "query": "form"}


def parameter_limitations(
    operation: str, endpoint: Endpoint, declared: Parameters, models: Models
) -> Iterator[Limitation]:
    """Yield the parameters of an operation that are generated wrongly.

    Args:
        operation: its method and path.
        endpoint: what the generator makes of it.
        declared: its parameters in the document.
        models: the generated classes of objects.
    """
    for place, prop in _lost(endpoint):
        where = f"{operation}, {place} parameter {name_of(prop)}"
        yield Limitation(where, f"the generated function uses the name {prop.python_name} itself", _REMOVE)
    for (place, name), parameter in declared.items():
        if "schema" not in parameter:
            yield Limitation(
                f"{operation}, {place} parameter {name}", "it has no schema, and is left out", _WITH_SCHEMA
            )
    optional = False
    for prop in endpoint.path_parameters:
        if optional and prop.default is None:
            where = f"{operation}, path parameter {name_of(prop)}"
            yield Limitation(where, "one before it has a default, which is a SyntaxError", _REMOVE_DEFAULT)
        optional = optional or prop.default is not None
    for location, prop in endpoint.iter_all_parameters():
        place, name = str(location.value), name_of(prop)
        parameter = declared.get((place, name.lower() if place == "header" else name), {})
        found = _misread(prop, place, parameter, models)
        if found:
            yield Limitation(f"{operation}, {place} parameter {name}", *found)


def _lost(endpoint: Endpoint) -> Iterator[tuple[str, PropertyProtocol]]:
    """Yield the parameters whose argument is overwritten before it is read, or hides what the function needs.

    The function reads headers, cookies, query and path, in this order.
    """
    hidden = {"UNSET", "Unset"} | ({"quote"} if endpoint.path_parameters else set())
    assigned: set[str] = {"body"} if endpoint.bodies else set()
    if endpoint.header_parameters or endpoint.bodies:
        assigned.add("headers")
    for place, parameters, variable in (
        ("header", endpoint.header_parameters, "headers"),
        ("cookie", endpoint.cookie_parameters, "cookies"),
        ("query", endpoint.query_parameters, "params"),
        ("path", endpoint.path_parameters, ""),
    ):
        assigned |= {variable} if parameters else set()
        for prop in parameters:
            if prop.python_name in assigned | hidden:
                yield place, prop
            if place == "query" and is_converted(prop):
                assigned |= {f"json_{prop.python_name}", *variables(prop)}


def _misread(prop: PropertyProtocol, place: str, parameter: dict[str, Any], models: Models) -> tuple[str, str] | None:
    """Return what is wrong with the form in which a value is sent, and the cure."""
    style = parameter.get("style", _STYLES[place])
    if place == "query":
        return _in_query(prop, style, models, explode=parameter.get("explode", style == "form"))
    if style == "matrix":
        return "the style matrix is not followed", _REMOVE_OPERATION
    if style == "label":
        return "the style label is not followed", _REMOVE_STYLE
    if not all(_is_written(value, place, is_only=value is prop) for value in alternatives(prop)):
        kind = prop.get_type_string(no_optional=True).as_unembedded_code()
        return f"a value of the type {kind} is not written as OpenAPI does in a {place}", _AS_TEXT
    return None


def _is_written(value: PropertyProtocol, place: str, *, is_only: bool) -> bool:
    if place == "path":
        is_boolean = isinstance(value, ConstProperty) and isinstance(value.value.raw_value, bool)
        return not is_boolean and not isinstance(value, (BooleanProperty, DateTimeProperty, *_NESTED))
    if place == "header":
        return is_text(value) or (is_only and isinstance(value, BooleanProperty | FloatProperty | _INTEGERS))
    return is_text(value) or isinstance(value, AnyProperty)


def _in_query(prop: PropertyProtocol, style: str, models: Models, *, explode: bool) -> tuple[str, str] | None:
    values = alternatives(prop)
    if style == "deepObject" and any(isinstance(value, ModelProperty | AnyProperty) for value in values):
        return "the style deepObject is not followed", _FIELDS
    for value in values:
        kind = value.get_type_string(no_optional=True).as_unembedded_code()
        if isinstance(value, ListProperty | ModelProperty) and not explode:
            return f"the style {style} without explode is not followed", _AS_TEXT
        if isinstance(value, FileProperty) or any(isinstance(item, _NESTED) for item in items_of(value)):
            return f"a value of the type {kind} is not written as OpenAPI does in a query", _AS_TEXT
        if isinstance(value, ModelProperty) and (value is not prop or any(map(holds_object, fields_of(value, models)))):
            return f"a value of the type {kind} is written as Python shows it", _AS_TEXT
    return None
