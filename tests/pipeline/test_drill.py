"""The drill of docs/spec-changes.md, executed: from a copy of the pin to green drift, with six operations."""

import json
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from contract_tests.declarations.specification import operations_of
from spec_pipeline.__main__ import main
from spec_pipeline.overlay import overlaid_spec
from spec_pipeline.project import Project
from tests.pipeline.six_operations import OPERATIONS, six_operations
from tests.pipeline.test_commands import contents
from tests.sampling import exhaustive

GUIDE = (Path(__file__).parents[2] / "docs" / "spec-changes.md").read_text(encoding="utf-8")


def commands() -> list[list[str]]:
    """Return the commands of the drill as lists of words, without comments and the variable."""
    block = GUIDE.partition("## The drill")[2].partition("```bash\n")[2].partition("```")[0]
    found = [shlex.split(line, comments=True) for line in block.splitlines()]
    return [words for words in found if words and not words[0].startswith("SPEC=")]


def write(project: Project, document: dict[str, Any]) -> Path:
    """Write a document outside the project."""
    path = project.root.parent / f"{project.root.name}-six.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    return path


def test_drill_ends_with_green_drift(
    project: Project, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The commands of the guide take six operations over: short names, a report, both files replaced, no drift."""
    spec = write(project, six_operations())
    monkeypatch.chdir(project.root)
    before = contents(project.generated)
    executed = []
    for nox, flag, session, *arguments in commands():
        assert (nox, flag) == ("nox", "-s")
        if session not in {"regenerate", "drift"}:
            continue
        words = [str(spec) if word == "$SPEC" else word for word in arguments if word != "--"]
        assert main([session, *words]) == 0
        executed.append((session, "--dry-run" in words, contents(project.generated) == before))
    assert executed == [("regenerate", True, True), ("regenerate", False, False), ("drift", False, False)]
    assert project.pin.read_bytes() == spec.read_bytes()
    assert "0 breaking, 0 warning, 5 info." in (project.root / "changes.md").read_text(encoding="utf-8")
    dry, _, real = capsys.readouterr().out.partition("openapi.json is ")
    for _, function, tag, *_ in OPERATIONS:
        name = f"api.{tag.lower().replace(' ', '_')}.{function}\n"
        assert name in dry
        assert name in real
    assert {operation.id for operation in operations_of(overlaid_spec(project)) if operation.is_listing} == {
        "get_traffic",
        "list_consumers",
        "get_request_logs",
    }


PAGES = """
import httpx
from apitally_api_client.api.consumers import list_consumers
from apitally_traffic import ResponseError, TrafficClient, paginate

def respond(request):
    first = "next_token" not in request.url.params
    names = ["a", "b"] if first else ["c"]
    names = [5] if "/apps/2/" in request.url.path else names
    items = [{"id": 1, "identifier": name, "last_request_at": "2026-01-01T00:00:00Z"} for name in names]
    return httpx.Response(200, json={"data": items, "has_more": first, "next_token": "t" if first else None})

with TrafficClient("key", max_retries=0, transport=httpx.MockTransport(respond)) as client:
    print([item.identifier for item in paginate(list_consumers, client=client.api, app_id=1)])
    try:
        list(paginate(list_consumers, client=client.api, app_id=2))
    except ResponseError as error:
        print(error)
"""


def test_paginate_reads_a_new_operation(project: Project) -> None:
    """After the drill, `paginate` walks through the pages of an operation that no line was written for."""
    assert main(["--root", str(project.root), "regenerate", "--from", str(write(project, six_operations()))]) == 0
    shutil.copytree(Path(__file__).parents[2] / "wrappers" / "apitally_traffic", project.root / "apitally_traffic")
    script = project.root / "script.py"
    script.write_text(f"import sys\nsys.path[:0] = {[str(project.root), str(project.generated)]}\n{PAGES}")
    run = subprocess.run([sys.executable, str(script)], check=False, capture_output=True, text=True)
    assert run.stderr == ""
    names, message = run.stdout.splitlines()
    assert names == "['a', 'b', 'c']"
    assert message.endswith(" breaks the schema: Expected `str`, got `int` - at `data[0].identifier`.")


def upload(content: dict[str, Any]) -> dict[str, Any]:
    """Return an operation that takes a body and returns another one."""
    responses = {"200": {"description": "Done", "content": content}}
    return {
        "post": {"tags": ["Apps"], "operationId": "upload", "requestBody": {"content": content}}
        | {"responses": responses}
    }


@pytest.mark.parametrize(
    ("media_type", "arguments"),
    [
        ("application/x-ndjson", []),
        *exhaustive(("application/xml", options) for options in ([], ["--dry-run"])),
        *exhaustive([("application/x-ndjson", ["--dry-run"])]),
        *exhaustive(("application/msgpack", options) for options in ([], ["--dry-run"])),
    ],
)
def test_content_type_that_the_generator_does_not_know(
    project: Project, capsys: pytest.CaptureFixture[str], arguments: list[str], media_type: str
) -> None:
    """The dry run fails where the real run does, in one sentence whose cure works."""
    document = six_operations()
    document["paths"]["/v1/uploads"] = upload({media_type: {"schema": {"type": "object"}}})
    command = ["--root", str(project.root), "regenerate", "--from", str(write(project, document)), *arguments]
    before = contents(project.root)
    assert main(command) == 2
    error = capsys.readouterr().err
    assert contents(project.root) == before
    assert error.count("\n") == 1
    assert " object at 0x" not in error
    assert (
        f"POST /v1/uploads within apps. Endpoint will not be generated: Unsupported content type {media_type}" in error
    )
    cure = error.partition("content_type_overrides: ")[2].partition("}")[0] + "}"
    assert cure == f"{{{media_type}: application/json}}"
    project.config.write_text(f"content_type_overrides: {cure}\n{project.config.read_text()}")
    assert main(command) == 0
    assert "api.apps.upload\n" in capsys.readouterr().out


@pytest.mark.parametrize("arguments", [["--dry-run"], []])
def test_response_that_the_generator_leaves_out(
    project: Project, capsys: pytest.CaptureFixture[str], arguments: list[str]
) -> None:
    """A response of an unknown content type fails the run, too, without objects of the generator in the sentence."""
    document = six_operations()
    document["paths"]["/v1/apps"]["get"]["responses"]["200"]["content"] = {"application/x-ndjson": {"schema": {}}}
    assert main(["--root", str(project.root), "regenerate", "--from", str(write(project, document)), *arguments]) == 2
    error = capsys.readouterr().err
    assert "Unsupported content_type application/x-ndjson), response will be omitted" in error
    assert "content_type_overrides: {application/x-ndjson: application/json}" in error
    assert " object at 0x" not in error
