"""Responses that the generated function reads in another form than the one in which they come."""

from collections.abc import Iterator

from openapi_python_client import strings
from openapi_python_client.config import Config
from openapi_python_client.parser.openapi import Endpoint
from openapi_python_client.parser.properties.any import AnyProperty
from openapi_python_client.parser.properties.date import DateProperty
from openapi_python_client.parser.properties.datetime import DateTimeProperty
from openapi_python_client.parser.properties.file import FileProperty
from openapi_python_client.parser.properties.protocol import PropertyProtocol
from openapi_python_client.parser.properties.string import StringProperty
from openapi_python_client.parser.properties.uuid import UuidProperty
from openapi_python_client.parser.responses import Response
from openapi_python_client.schema import Reference

from spec_pipeline.generator.limitations.limitation import Limitation
from spec_pipeline.generator.limitations.values import alternatives, is_text

JSON = "application/json"
_OVERRIDE = "or, where it has JSON in it, say so in codegen.yaml: content_type_overrides: {{{0}: application/json}}."
_REMOVE = f"Remove {{0}} from the response by an action in overlay.yaml, {_OVERRIDE}"
_DECLARE = (
    f"Declare {{0}} as `schema: {{1}}` by two actions in overlay.yaml, which remove the old schema and add this one, "
    f"{_OVERRIDE}"
)
_SCHEMAS = {"text": "{type: string}", "bytes": "{type: string, format: binary}"}


def response_limitations(operation: str, endpoint: Endpoint, config: Config) -> Iterator[Limitation]:
    """Yield the responses of an operation that are generated wrongly."""
    for response in endpoint.responses:
        types = _content_types(response, config)
        read = next((name for name, kind in types.items() if kind), None)
        if read is None or types[read] == JSON:
            continue
        where = f"{operation}, response {response.status_code.pattern}"
        other = next((name for name, kind in types.items() if kind == JSON), None)
        if other:
            yield Limitation(where, f"it is read as {read}, also where it comes as {other}", _REMOVE.format(read))
        elif not all(_is_read(value, types[read]) for value in alternatives(response.prop)):
            kind = response.prop.get_type_string().as_unembedded_code()
            yield Limitation(
                where, f"{read} is not read as the type {kind}", _DECLARE.format(read, _SCHEMAS[types[read]])
            )


def _content_types(response: Response, config: Config) -> dict[str, str]:
    """Return the content types of a response, and how the generator reads each; empty for one that it does not read."""
    if isinstance(response.data, Reference):
        return {}
    return {
        name: content_kind(name, config) for name in (key.get_untrusted_value() for key in response.data.content or {})
    }


def content_kind(content_type: str, config: Config) -> str:
    """Return how the generator reads a content type: as JSON, text or bytes; empty for one that it does not read."""
    name = strings.get_content_type(content_type, config) or ""
    if name == JSON or name.endswith("+json"):
        return JSON
    return "text" if name.startswith("text/") else "bytes" if name == "application/octet-stream" else ""


def _is_read(value: PropertyProtocol, kind: str) -> bool:
    """Return whether a value of a type can be made of text or bytes."""
    if kind == "bytes":
        return isinstance(value, AnyProperty | FileProperty | StringProperty)
    return is_text(value) or isinstance(value, AnyProperty | DateProperty | DateTimeProperty | UuidProperty)
