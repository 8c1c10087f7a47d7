"""All parts of a spec that cannot be generated are printed before the error, each with its cure on its own line."""

from typing import Any

import pytest

from spec_pipeline.project import Project
from tests.pipeline.parts.documents import FORM, NUMBER, TEXT, UUID, fields, items, parameter, response
from tests.pipeline.repinning import candidate, operation, run

HEADING = "openapi-python-client would write these parts wrongly"


def test_each_part_has_a_line(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    """Parts that the error only counts are printed with what to do, before it; in a dry run, too."""

    def edit(spec: dict[str, Any]) -> None:
        listed = (parameter(f"ids{number}", items(TEXT), explode=False) for number in range(7))
        operation(spec)["parameters"] += [*listed, parameter("params")]

    spec = candidate(project, edit)
    for arguments in (["--dry-run"], []):
        assert run(project, "--from", spec, *arguments) == 2
        output, error = capsys.readouterr()
        lines = output.partition(f"{HEADING}:\n")[2].splitlines()
        assert len(lines) == 8
        assert all(line.startswith("  GET /v1/apps/{app_id}/traffic, query parameter ") for line in lines)
        assert lines[0].endswith(
            "query parameter params: the generated function uses the name params itself; a parameter cannot be given "
            "another name: remove it, or the operation where it is required or part of the path, by an action in "
            "overlay.yaml"
        )
        assert lines[7].endswith("then update the schema with `{type: string}`")
        assert "; and 3 more, 8 in all, as listed above. " in error


def test_what_the_generator_reports(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    """What the generator cannot read is printed in the same run, with what to do about it."""

    def edit(spec: dict[str, Any]) -> None:
        operation(spec)["parameters"].append(parameter("params"))
        get = {"operationId": "image", "responses": response(TEXT, "image/png")}
        spec["paths"]["/v1/image"] = {"get": get}

    assert run(project, "--from", candidate(project, edit), "--dry-run") == 2
    output, error = capsys.readouterr()
    lines = output.partition(f"{HEADING}, and cannot read those at the end:\n")[2].splitlines()
    assert lines[0].startswith("  GET /v1/apps/{app_id}/traffic, query parameter params: ")
    assert lines[1].startswith("  GET /v1/image within default: ")
    assert "Unsupported content_type image/png" in lines[1]
    assert "What it cannot read at all (1) is listed above, too. Tell the generator how" in error
    assert "content_type_overrides: {image/png: application/json}" in error


def test_what_only_the_generator_reports(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    """All parts that the generator cannot read are printed, where the error names the first of them."""

    def edit(spec: dict[str, Any]) -> None:
        for number in range(7):
            get = {"operationId": f"image{number}", "responses": response(TEXT, "image/png")}
            spec["paths"][f"/v1/images/{number}"] = {"get": get}

    assert run(project, "--from", candidate(project, edit), "--dry-run") == 2
    output, error = capsys.readouterr()
    lines = output.partition("openapi-python-client could not generate these parts:\n")[2].splitlines()
    assert [line.split()[1] for line in lines] == [f"/v1/images/{number}" for number in range(7)]
    assert "; and 2 more, 7 in all, as listed above. Tell the generator how" in error


def test_shared_components(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    """A parameter and a body that several operations share are named as components, and printed once."""
    content = {FORM: {"schema": fields(inner=fields(a=NUMBER))}}

    def edit(spec: dict[str, Any]) -> None:
        spec["components"]["parameters"] = {"Ids": parameter("X-Id", UUID, "header")}
        spec["components"]["requestBodies"] = {"Form": {"content": content}}
        for number in range(3):
            spec["paths"][f"/v1/{number}"] = {
                "post": {
                    "operationId": f"post_{number}",
                    "parameters": [{"$ref": "#/components/parameters/Ids"}],
                    "requestBody": {"$ref": "#/components/requestBodies/Form"},
                    "responses": response(TEXT),
                }
            }

    assert run(project, "--from", candidate(project, edit), "--dry-run") == 2
    lines = capsys.readouterr().out.partition(f"{HEADING}:\n")[2].splitlines()
    assert [line.partition(": ")[0] for line in lines] == [
        "  #/components/parameters/Ids, header parameter X-Id, in POST /v1/0 and 2 more operations",
        f"  #/components/requestBodies/Form, request body {FORM}, field inner, in POST /v1/0 and 2 more operations",
    ]
