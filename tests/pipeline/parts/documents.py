"""Pieces of OpenAPI documents and overlays, of which tests make whole ones."""

import datetime as dt
from typing import Any

Schema = dict[str, Any]

TEXT: Schema = {"type": "string"}
NUMBER: Schema = {"type": "integer"}
FLAG: Schema = {"type": "boolean"}
NULL: Schema = {"type": "null"}
TIME: Schema = {"type": "string", "format": "date-time"}
DATE: Schema = {"type": "string", "format": "date"}
UUID: Schema = {"type": "string", "format": "uuid"}
BYTES: Schema = {"type": "string", "format": "binary"}
JSON, FORM, PARTS, CSV = "application/json", "application/x-www-form-urlencoded", "multipart/form-data", "text/csv"
RAW = "application/octet-stream"
AUTO: Schema = {"type": "string", "const": "auto"}
NOON = dt.datetime(2020, 1, 1, 12, tzinfo=dt.UTC)


def parameter(name: str, schema: Schema = TEXT, place: str = "query", **more: Any) -> Schema:
    """Return a parameter."""
    return {"name": name, "in": place, "required": place == "path", "schema": schema, **more}


def takes(*parameters: Schema) -> Schema:
    """Return an operation with parameters."""
    return {"parameters": list(parameters)}


def sends(*contents: tuple[str, Schema], **more: Any) -> Schema:
    """Return an operation with a required body."""
    return {"requestBody": {"required": True, "content": {name: {"schema": s} for name, s in contents}}, **more}


def response(schema: Schema, *content_types: str) -> Schema:
    """Return the responses of an operation that has one."""
    content = {name: {"schema": schema} for name in content_types or (JSON,)}
    return {"200": {"description": "", "content": content}}


def returns(schema: Schema, *content_types: str) -> Schema:
    """Return an operation with a response."""
    return {"responses": response(schema, *content_types)}


def fields(*required: str, **properties: Schema) -> Schema:
    """Return a schema of an object."""
    return {"type": "object", "properties": properties, "required": list(required)}


def items(schema: Schema) -> Schema:
    """Return a schema of an array."""
    return {"type": "array", "items": schema}


def to(name: str) -> Schema:
    """Return a reference to a component."""
    return {"$ref": f"#/components/schemas/{name}"}


def remove(target: str) -> Schema:
    """Return an overlay action that removes something."""
    return {"target": target, "description": "d", "remove": True}


def update(target: str, value: Any) -> Schema:
    """Return an overlay action that updates something."""
    return {"target": target, "description": "d", "update": value}
