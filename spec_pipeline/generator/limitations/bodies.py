"""Request bodies that the generated function sends in another form than declared, or not at all."""

from collections.abc import Iterator

from openapi_python_client.parser.bodies import Body, BodyType
from openapi_python_client.parser.openapi import Endpoint
from openapi_python_client.parser.properties.boolean import BooleanProperty
from openapi_python_client.parser.properties.file import FileProperty
from openapi_python_client.parser.properties.model_property import ModelProperty
from openapi_python_client.parser.properties.protocol import PropertyProtocol

from spec_pipeline.generator.limitations.limitation import Limitation
from spec_pipeline.generator.limitations.values import Models, alternatives, fields_of, holds_object, items_of, name_of

_ONE_TYPE = "Remove all but one of the content types of the body by actions in overlay.yaml."
_AN_OBJECT = "Declare the schema of a form as an object, and not as null or anything else, by actions in overlay.yaml."
_TEXT_FIELD = (
    "Declare the field of a form as a string, which the caller writes out, by two actions in overlay.yaml: remove "
    "its schema from the properties, then update them with `{name of the field: {type: string}}`."
)
_BINARY = "Update the schema of a body of bytes with `{type: string, format: binary}` by an action in overlay.yaml."
# httpx sends the last of these that it is given.
_RANKS = (BodyType.JSON, BodyType.DATA, BodyType.FILES, BodyType.CONTENT)
_UNSET = "from ...types import UNSET, Unset"


def body_limitations(operation: str, endpoint: Endpoint, models: Models) -> Iterator[Limitation]:
    """Yield the request bodies of an operation that are generated wrongly.

    Args:
        operation: its method and path.
        endpoint: what the generator makes of it.
        models: the generated classes of objects.
    """
    if len(endpoint.bodies) > 1 and (fault := _fault_of_several(endpoint, models)):
        yield Limitation(f"{operation}, request body", fault, _ONE_TYPE)
    for body in endpoint.bodies:
        where = f"{operation}, request body {body.content_type.get_untrusted_value()}"
        if body.body_type == BodyType.CONTENT and not isinstance(body.prop, FileProperty):
            yield Limitation(where, "the generated function sends nothing but a File", _BINARY)
        elif body.body_type in {BodyType.DATA, BodyType.FILES}:
            yield from _form_limitations(where, body, models)


def _fault_of_several(endpoint: Endpoint, models: Models) -> str:
    """Return what is wrong with the choice between several bodies; empty if nothing is."""
    kinds = [kind for body in endpoint.bodies for kind in _kinds(body.prop)]
    if _UNSET not in endpoint.relative_imports:
        return "several content types of a required body are a NameError"
    for kind in dict.fromkeys(kinds):
        same = [body.body_type for body in endpoint.bodies if kind in _kinds(body.prop)]
        if fault := _fault_of_same(same, is_empty=not (kind in models and models[kind].required_properties)):
            return f"the content types of the body have the same schema, and {fault}"
    if any(kind == "Any" or "[" in kind for kind in kinds):
        return "a choice between several content types is a TypeError where one of them is no class of its own"
    return ""


def _fault_of_same(types: list[BodyType], *, is_empty: bool) -> str:
    """Return what is wrong where an object is sent in each of several forms; empty if nothing is.

    The generated function gives httpx the object in all forms, and the last content type. httpx sends files rather
    than data, and data rather than JSON, but not what is empty.

    Args:
        types: the forms, in the order of the document.
        is_empty: whether the object may have no fields.
    """
    if BodyType.DATA in types and BodyType.FILES in types:
        return "each field is sent twice"
    sent = max(types, key=_RANKS.index)
    if len(types) > 1 and (sent == BodyType.CONTENT or sent != types[-1]):
        return "the header Content-Type names the last one, whatever is sent"
    if len(set(types)) > 1 and is_empty:
        return "an object without fields is sent as JSON, whatever the header Content-Type names"
    return ""


def _kinds(prop: PropertyProtocol) -> list[str]:
    return [value.get_type_string(no_optional=True).as_unembedded_code() for value in alternatives(prop)]


def _form_limitations(where: str, body: Body, models: Models) -> Iterator[Limitation]:
    is_multipart = body.body_type == BodyType.FILES
    values = [body.prop] if is_multipart else alternatives(body.prop)
    for value in values:
        if not isinstance(value, ModelProperty):
            yield Limitation(where, "the generated function sends nothing but an object", _AN_OBJECT)
            continue
        for field in fields_of(value, models):
            place = f"{where}, field {name_of(field)}"
            if is_multipart and any(isinstance(part, BooleanProperty) for part in _parts(field)):
                yield Limitation(place, "a boolean is written as True or False", _TEXT_FIELD)
            elif not is_multipart and holds_object(field):
                yield Limitation(place, "an object is written as Python shows it", _TEXT_FIELD)


def _parts(prop: PropertyProtocol) -> list[PropertyProtocol]:
    values = alternatives(prop)
    return [*values, *(item for value in values for item in items_of(value))]
