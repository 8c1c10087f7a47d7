"""Shorten the operationIds that FastAPI generates, and refuse names that two operations would share.

FastAPI's default operationId is the name of the function, the path and a method, with `_` for everything except letters
and digits: `list_apps_v1_apps_get`. The generator names modules and functions after it, so path and method are cut off.
"""

import re
from collections.abc import Iterator
from typing import Any

from spec_pipeline.openapi.parsing import Document
from spec_pipeline.project import PipelineError

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")


def short_operation_id(path: str, operation_id: str) -> str:
    """Return an operationId without the path and the method that FastAPI adds; any other one as it is."""
    suffix = re.sub(r"\W", "_", path)
    # A route with several methods adds one of them to the operationIds of all.
    endings = [f"{suffix}_{method}" for method in METHODS]
    short = next((operation_id.removesuffix(end) for end in endings if operation_id.endswith(end)), operation_id)
    return short if short.strip("_") else operation_id


def with_short_operation_ids(document: Document) -> Document:
    """Return a document with each operationId shortened by rule, also where a link names it."""
    names = {
        operation["operationId"]: short_operation_id(path, operation["operationId"])
        for path, _, operation in _operations(document)
    }
    changed = {name: short for name, short in names.items() if name != short}
    result: Document = _renamed(document, changed)
    return result


def refuse_shared_operation_ids(document: Document, origin: str) -> None:
    """Refuse a document in which two operations would generate the same name.

    Raises:
        PipelineError: two operations have one operationId, or two that differ only in case and separators.
    """
    found: dict[str, str] = {}
    for path, method, operation in _operations(document):
        name = f"{method.upper()} {path}"
        other = found.setdefault(_as_generated(operation["operationId"]), name)
        if other != name:
            raise PipelineError(
                f"{origin}: {other} and {name} would both be called {operation['operationId']}. Give one of them "
                "another operationId in overlay.yaml."
            )


def _operations(document: Document) -> Iterator[tuple[str, str, dict[str, Any]]]:
    paths = document.get("paths")
    # An action of an overlay may have written anything there, which the validation reports.
    for path, item in paths.items() if isinstance(paths, dict) else ():
        for method in METHODS:
            operation = item.get(method) if isinstance(item, dict) else None
            if isinstance(operation, dict) and isinstance(operation.get("operationId"), str):
                yield path, method, operation


def _renamed(node: Any, names: dict[str, str]) -> Any:
    """Return a copy in which the operationIds of operations and links have their new names."""
    if isinstance(node, list):
        return [_renamed(child, names) for child in node]
    if not isinstance(node, dict):
        return node
    result = {key: _renamed(child, names) for key, child in node.items()}
    if isinstance(node.get("operationId"), str):
        result["operationId"] = names.get(node["operationId"], node["operationId"])
    return result


def _as_generated(operation_id: str) -> str:
    """Return an operationId in one spelling: the generator writes `getTraffic` and `get-traffic` as `get_traffic`."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|[\W_]+", "_", operation_id).lower()
