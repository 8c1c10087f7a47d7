"""The corpus of edits, and the documents that they are applied to."""

import copy
from pathlib import Path
from typing import Any

from spec_pipeline.changes.change import Change
from spec_pipeline.changes.compare.document import compare_documents
from spec_pipeline.openapi.parsing import Document, parse_yaml
from spec_pipeline.openapi.references import Spec

_FOLDER = Path(__file__).parent
_SHARED = {
    "Thing": {
        "type": "object",
        "required": ["id"],
        "properties": {"id": {"type": "integer"}, "parent": {"type": "string"}},
    },
    "Name": {"type": "string"},
    **{
        name: {
            "type": "object",
            "required": ["kind"],
            "properties": {"kind": {"type": "string"}, own: {"type": "integer", "maximum": maximum}},
        }
        for name, own, maximum in (("Dog", "age", 30), ("Hound", "age", 30), ("Puppy", "age", 40), ("Cat", "lives", 9))
    },
    "SameThing": {"$ref": "#/components/schemas/Thing"},
}


def load(name: str) -> Any:
    """Return what a file of the corpus holds."""
    return parse_yaml((_FOLDER / name).read_bytes(), name)


def compare(old: Document, new: Document) -> list[Change]:
    """Compare two documents."""
    return compare_documents(Spec(old, "old"), Spec(new, "new"))


def edited(document: Document, edit: dict[str, Any]) -> Document:
    """Return a copy with the places of `set` written and those of `remove` gone."""
    result = copy.deepcopy(document)
    for pointer, value in edit.get("set", {}).items():
        parent, key = _parent(result, pointer)
        parent[key] = copy.deepcopy(value)
    for pointer in edit.get("remove", []):
        parent, key = _parent(result, pointer)
        del parent[key]
    return result


def with_schema(scope: str, schema: Any) -> Document:
    """Return a document of one operation that has the schema in one of the six places where a schema can stand."""
    wrapped = {"type": "object", "properties": {"inner": schema}} if scope.endswith("property") else schema
    operation: dict[str, Any] = {"responses": {"200": {"description": "Done"}}}
    answer = operation["responses"]["200"]
    match scope:
        case "request-parameter":
            operation["parameters"] = [{"name": "p", "in": "query", "schema": wrapped}]
        case "request-body" | "request-property":
            operation["requestBody"] = {"content": {"application/json": {"schema": wrapped}}}
        case "response-header":
            answer["headers"] = {"X-Header": {"schema": wrapped}}
        case _:
            answer["content"] = {"application/json": {"schema": wrapped}}
    document = {"openapi": "3.1.0", "info": {"title": "t", "version": "1"}, "paths": {"/p": {"post": operation}}}
    return document | {"components": {"schemas": _SHARED}}


def _parent(document: Any, pointer: str) -> tuple[Any, Any]:
    *path, last = [part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:]]
    for part in path:
        document = document[int(part)] if isinstance(document, list) else document[part]
    return document, int(last) if isinstance(document, list) else last
