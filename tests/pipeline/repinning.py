"""Run `regenerate --from` with an edited copy of the pin."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from spec_pipeline.__main__ import main
from spec_pipeline.project import Project

OPERATION = "/v1/apps/{app_id}/traffic"
Edit = Callable[[dict[str, Any]], object]


def operation(spec: dict[str, Any]) -> dict[str, Any]:
    """Return the one operation of the pin."""
    found: dict[str, Any] = spec["paths"][OPERATION]["get"]
    return found


def drop_a_field(spec: dict[str, Any]) -> None:
    """Take a field out of the responses, and add a parameter and an endpoint: the three edits of a bad day."""
    item = spec["components"]["schemas"]["TrafficItem"]
    del item["properties"]["bytes_sent"]
    item["required"].remove("bytes_sent")
    parameter = {"name": "region", "in": "query", "required": True, "schema": {"type": "string"}}
    operation(spec)["parameters"].append(parameter)
    answer = {"description": "Done", "content": {"application/json": {"schema": {"type": "object", "title": "App"}}}}
    spec["paths"]["/v1/apps"] = {"get": {"tags": ["Apps"], "operationId": "list_apps", "responses": {"200": answer}}}


def candidate(project: Project, edit: Edit) -> Path:
    """Write an edited copy of the pin outside the project."""
    spec = json.loads(project.pin.read_bytes())
    edit(spec)
    path = project.root.parent / f"{project.root.name}-candidate.json"
    path.write_text(json.dumps(spec), encoding="utf-8")
    return path


def run(project: Project, *arguments: str | Path) -> int:
    """Run `regenerate` on a project."""
    return main(["--root", str(project.root), "regenerate", *map(str, arguments)])
