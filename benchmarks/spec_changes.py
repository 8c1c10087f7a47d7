"""Comparing two versions of a large spec, against validating one of them. CPU time."""

import copy
import json
import time
from typing import Any

from benchmarks.measure import Run, Table, in_turns
from spec_pipeline.changes.compare.document import compare_documents
from spec_pipeline.openapi.references import Spec
from spec_pipeline.openapi.time_limit import time_budget
from spec_pipeline.openapi.validation import validate_openapi

OPERATIONS = 400
BRANCHES = 200
COPIES = 40
ROUNDS = 5
_MOST_SECONDS = 600


def document(schemas: dict[str, Any], responses: list[Any]) -> dict[str, Any]:
    """Return a document with one operation for each response schema."""
    paths = {
        f"/o{number}": {
            "get": {
                "operationId": f"o{number}",
                "responses": {"200": {"description": "", "content": {"application/json": {"schema": schema}}}},
            }
        }
        for number, schema in enumerate(responses)
    }
    info = {"title": "t", "version": "1"}
    return {"openapi": "3.1.0", "info": info, "paths": paths, "components": {"schemas": schemas}}


def chains(length: int, copies: int = 1) -> dict[str, Any]:
    """Return a document whose operations return components that each refer to the next one."""
    schemas: dict[str, Any] = {}
    for chain in range(copies):
        for number in range(length):
            following = {"next": {"$ref": f"#/components/schemas/C{chain}x{number + 1}"}} if number + 1 < length else {}
            schemas[f"C{chain}x{number}"] = {"type": "object", "properties": {"value": {"type": "integer"}} | following}
    return document(schemas, [{"$ref": f"#/components/schemas/{name}"} for name in schemas])


def branches(count: int, longest: int) -> dict[str, Any]:
    """Return a document with one `oneOf` of many branches."""
    kinds = [
        {"type": "object", "properties": {"kind": {"const": number}, "text": {"type": "string", "maxLength": longest}}}
        for number in range(count)
    ]
    return document({}, [{"oneOf": kinds}])


def changed(old: dict[str, Any]) -> dict[str, Any]:
    """Return a copy in which the last component has changed."""
    new = copy.deepcopy(old)
    *_, last = new["components"]["schemas"].values()
    last["properties"]["value"]["type"] = "string"
    return new


def compare(old: dict[str, Any], new: dict[str, Any]) -> Run:
    """Return a run that compares two documents."""

    def run() -> float:
        before = time.process_time()
        compare_documents(Spec(old, "old"), Spec(new, "new"))
        return time.process_time() - before

    return run


def validate(spec: dict[str, Any]) -> Run:
    """Return a run that validates a document."""

    def run() -> float:
        before = time.process_time()
        with time_budget(_MOST_SECONDS):
            validate_openapi(spec, "spec")
        return time.process_time() - before

    return run


def main() -> list[Table]:
    """Run it."""
    chain, large = chains(OPERATIONS), chains(100, COPIES)
    megabytes = len(json.dumps(large)) / 1e6
    validation, ours = "validate one of them", f"compare {megabytes:.1f} MB with itself"
    ways = {
        ours: compare(large, copy.deepcopy(large)),
        validation: validate(large),
        f"compare {megabytes:.1f} MB, one component changed": compare(large, changed(large)),
        f"compare {OPERATIONS} operations on a chain, the last component changed": compare(chain, changed(chain)),
        f"compare {BRANCHES} branches, all changed": compare(branches(BRANCHES, 10), branches(BRANCHES, 20)),
    }
    rows = in_turns(ours, ways, ROUNDS)
    return [Table("Spec changes: two versions compared", "less than validating", "CPU time ÷ ours", rows, ROUNDS)]
