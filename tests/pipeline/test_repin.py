"""`regenerate --from` as the maintainer runs it: what it shows, what it refuses, and what it puts in place."""

import io
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from spec_pipeline.__main__ import main
from spec_pipeline.project import Project
from spec_pipeline.repin import read_candidate
from tests.pipeline.conftest import PROJECT
from tests.pipeline.test_commands import contents

ROOT = Path(__file__).parents[2]
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


def test_dry_run_shows_the_verdict_and_touches_nothing(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    """A dry run names each change with its level and rule, exits with 0, and leaves every file as it was."""
    before = contents(project.root)
    assert run(project, "--from", candidate(project, drop_a_field), "--dry-run") == 0
    output = capsys.readouterr().out
    for expected in (
        "breaking (2)",
        "new-required-request-parameter",
        "query parameter region",
        "response-required-property-removed",
        "data[].bytes_sent",
        "info (1)",
        "endpoint-added",
        "GET /v1/apps",
        "2 breaking, 0 warning, 1 info.",
        "Dry run: pinned nothing.",
    ):
        assert expected in output
    assert contents(project.root) == before


def test_reports_are_written_beside_the_table(project: Project, tmp_path_factory: pytest.TempPathFactory) -> None:
    """`--report` writes JSON or Markdown after the name of the file."""
    folder = tmp_path_factory.mktemp("reports")
    spec = candidate(project, drop_a_field)
    assert run(project, "--from", spec, "--dry-run", "--report", folder / "changes.json") == 0
    assert run(project, "--from", spec, "--dry-run", "--report", folder / "changes.md") == 0
    changes = json.loads((folder / "changes.json").read_bytes())["changes"]
    assert [(change["level"], change["operation"]) for change in changes] == [
        ("breaking", f"GET {OPERATION}"),
        ("breaking", f"GET {OPERATION}"),
        ("info", "GET /v1/apps"),
    ]
    assert "## Breaking (2)" in (folder / "changes.md").read_text(encoding="utf-8")


def test_fail_on_breaking_pins_nothing(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    """A breaking change with `--fail-on breaking` exits with 1 and leaves every file; a warning alone does not."""
    before = contents(project.root)
    assert run(project, "--from", candidate(project, drop_a_field), "--fail-on", "breaking") == 1
    assert "2 of these changes count for --fail-on breaking; pinned nothing." in capsys.readouterr().err
    assert contents(project.root) == before
    tagless = candidate(project, lambda spec: operation(spec).update(operationId="another"))
    assert run(project, "--from", tagless, "--fail-on", "breaking", "--dry-run") == 0
    assert run(project, "--from", tagless, "--fail-on", "warning", "--dry-run") == 1


def test_accepted_change_does_not_fail(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    """A breaking change that the file accepts is shown with the reason, and `--fail-on breaking` passes."""
    project.accepted_changes.write_text(
        f"- id: request-parameter-max-decreased\n  operation: GET {OPERATION}\n"
        "  location: query parameter limit\n  reason: we never ask for more than 500\n"
    )
    smaller = candidate(project, lambda spec: operation(spec)["parameters"][7]["schema"].update(maximum=500))
    assert run(project, "--from", smaller, "--fail-on", "breaking", "--dry-run") == 0
    assert "Accepted: we never ask for more than 500" in capsys.readouterr().out


def test_new_spec_is_pinned_with_what_it_generates(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    """The publisher's bytes become the pin, the package follows, drift is green, and the names that differ are told."""
    for name in ("wrappers", "contract_tests"):
        shutil.copytree(ROOT / name, project.root / name)
    spec = candidate(project, drop_a_field)
    assert run(project, "--from", spec) == 0
    assert project.pin.read_bytes() == spec.read_bytes()
    output = capsys.readouterr().out
    appeared, _, rest = output.partition("Generated public names that appeared:")[2].partition("that vanished:")
    assert "api.apps.list_apps\n" in appeared
    vanished, _, changed = rest.partition("that changed:")
    assert vanished.split() == ["models.traffic_item.TrafficItem.bytes_sent", "Generated", "public", "names"]
    assert "api.metrics.get_traffic.sync: +region: str" in changed
    wrappers, _, promises = changed.partition("Lines of contract_tests/ that mention them:")
    assert "Lines of wrappers/ that mention them:\n  bytes_sent is mentioned in wrappers/apitally_traffic/" in wrappers
    assert "bytes_sent is mentioned in contract_tests/" in promises
    assert " more" not in promises
    assert main(["--root", str(project.root), "drift"]) == 0
    assert not list(project.root.glob(".regenerate-*"))


def test_yaml_is_pinned_as_json(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    """The pin said in YAML, its dates unquoted, is no change, and is pinned as JSON that says the same."""
    pinned = json.loads(project.pin.read_bytes())
    path = project.root.parent / "candidate.yaml"
    with path.open("w", encoding="utf-8") as file:
        YAML().dump(pinned, file)
    path.write_text(path.read_text().replace("'2025-05-14T00:00:00Z'", "2025-05-14T00:00:00Z"))
    assert "- 2025-05-14T00:00:00Z" in path.read_text()
    generated = contents(project.generated)
    assert run(project, "--from", path) == 0
    output = capsys.readouterr().out
    assert "Nothing changes for those who call the API." in output
    assert "The generated public names are the same." in output
    assert json.loads(project.pin.read_bytes()) == pinned
    assert contents(project.generated) == generated


def test_byte_order_mark_is_not_pinned(project: Project) -> None:
    """The publisher's JSON is pinned byte for byte, without the mark that some readers of JSON stumble over."""
    published = project.pin.read_bytes().replace(b"{", b"{ ", 1)
    path = project.root.parent / "marked.json"
    path.write_bytes(b"\xef\xbb\xbf" + published)
    assert read_candidate(str(path)).pin == published


@pytest.mark.parametrize("encoding", ["ascii", "cp1252"])
def test_terminal_that_has_no_arrow_gets_its_escape(
    project: Project, monkeypatch: pytest.MonkeyPatch, encoding: str
) -> None:
    """A verdict is shown whatever the terminal can write."""
    written = io.BytesIO()
    monkeypatch.setattr("sys.stdout", io.TextIOWrapper(written, encoding=encoding, write_through=True))
    assert run(project, "--from", candidate(project, drop_a_field), "--dry-run") == 0
    assert b"\\u2192" in written.getvalue()


@pytest.mark.parametrize("name", ["openapi.json", "candidate", "accepted-changes.yaml"])
def test_report_overwrites_nothing_that_is_read(
    project: Project, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    """A report that would take the place of the pin or of the new spec is refused, and both stay."""
    source = candidate(project, drop_a_field)
    report = source if name == "candidate" else project.root / name
    before, spec = contents(project.root), source.read_bytes()
    assert run(project, "--from", source, "--dry-run", "--report", report) == 2
    assert ("would overwrite what is read here" if report.suffix == ".json" else "ends in") in capsys.readouterr().err
    assert (contents(project.root), source.read_bytes()) == (before, spec)


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (KeyboardInterrupt(), 130, ""),
        (RecursionError(), 2, "error: one of the documents is nested too deeply.\n"),
        (MemoryError(), 2, "error: one of the documents does not fit into the memory of this machine.\n"),
    ],
    ids=["interrupted", "too deep", "too large"],
)
def test_what_ends_a_run_is_no_traceback(
    project: Project,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    error: BaseException,
    code: int,
    said: str,
) -> None:
    """An interrupted run prints nothing more, and a document beyond measure is one sentence."""

    def fail(_: str) -> None:
        raise error

    monkeypatch.setattr("spec_pipeline.__main__.read_candidate", fail)
    assert run(project, "--from", project.pin) == code
    assert capsys.readouterr().err == said


INTERRUPTED = """
import builtins, runpy
known = builtins.__import__
def interrupted(name, *arguments, **options):
    if name == "spec_pipeline.repin":
        raise KeyboardInterrupt
    return known(name, *arguments, **options)
builtins.__import__ = interrupted
runpy.run_module("spec_pipeline", run_name="__main__")
"""


def test_interruption_of_the_imports_is_no_traceback() -> None:
    """A run that is interrupted before it has begun ends as quietly as one that has."""
    run_of_it = subprocess.run([sys.executable, "-c", INTERRUPTED], check=False, capture_output=True, cwd=ROOT)
    assert (run_of_it.returncode, run_of_it.stderr) == (130, b"")


def test_deep_extension_is_one_sentence(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    """A spec that nests deeper than the overlay can copy is refused in one line, and every file stays."""
    deep = candidate(project, lambda spec: spec.update({"x-a": json.loads("[" * 800 + "]" * 800)}))
    before = contents(project.root)
    assert run(project, "--from", deep) == 2
    error = capsys.readouterr().err
    assert (error.startswith("error: "), error.count("\n")) == (True, 1)
    assert contents(project.root) == before


def test_address_is_followed_and_shown(project: Project, server: str, capsys: pytest.CaptureFixture[str]) -> None:
    """`--from` takes an address, and shows the way when it leads to another one; a bad response changes nothing."""
    before = contents(project.root)
    assert run(project, "--from", f"{server}/moved_pin", "--dry-run") == 0
    output = capsys.readouterr().out
    assert f"Redirected: {server}/moved_pin → {server}/pin" in output
    assert "Nothing changes" in output
    assert run(project, "--from", f"{server}/missing") == 2
    assert capsys.readouterr().err == f"error: {server}/missing responded with 404 Not Found instead of a spec.\n"
    assert contents(project.root) == before


def test_overlay_that_no_longer_applies_is_told(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    """A spec that moves away under the overlay is refused with the action and why it was there; nothing changes."""
    action = "{target: \"$.paths['/v1/apps/{app_id}/traffic'].get\", description: no body, remove: true}"
    project.overlay.write_text(f"overlay: 1.0.0\ninfo: {{title: t, version: 1.0.0}}\nactions: [{action}]\n")
    moved = candidate(project, lambda spec: spec.update(paths={"/v2/traffic": {"get": {"responses": DONE}}}))
    before = contents(project.root)
    for arguments in (["--dry-run"], []):
        assert run(project, "--from", moved, *arguments) == 2
        error = capsys.readouterr().err
        assert "Overlay action 1 no longer applies: the spec has no $.paths['/v1/apps/{app_id}/traffic'].get" in error
        assert "because: no body" in error
        assert contents(project.root) == before


DONE = {"200": {"description": "Done"}}
REFUSED: list[tuple[str, bytes, str]] = [
    ("html", b"<html><body>Sign in</body></html>", "is HTML or XML"),
    ("truncated", b'{"openapi": "3.1.0", "info": {', "is not JSON"),
    ("no OpenAPI", b'{"a": 1}', "does not declare an OpenAPI version"),
    ("Swagger", b'{"swagger": "2.0"}', "declares OpenAPI 2.0"),
    ("number", b"openapi: 3.1", "declares OpenAPI 3.1;"),
    ("no paths", b"openapi: 3.0.0\ninfo: {title: t}\npaths: {}", "is not valid OpenAPI, at info"),
    ("version as a number", b"openapi: 3.1.0\ninfo: {title: t, version: 1.0}\npaths: {}", "at info/version"),
]
SCHEMAS_REFUSED: list[tuple[str, dict[str, Any], str]] = [
    ("broken reference", {"$ref": "#/components/schemas/Nowhere"}, "refers to .*Nowhere, which it does not define"),
    ("other document", {"$ref": "other.yaml#/A"}, "refers to other.yaml#/A, another document"),
    ("loop", {"$ref": "#/components/schemas/New"}, "leads back to itself"),
    (
        "loop of allOf",
        {"allOf": [{"$ref": "#/components/schemas/New"}]},
        "refers back to itself with nothing in between",
    ),
]


@pytest.mark.parametrize(("content", "sentence"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED])
def test_bad_spec_is_one_sentence_and_changes_nothing(
    project: Project, content: bytes, sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """What is no valid spec is refused in one line with exit code 2, and every file stays as it was."""
    path = project.root.parent / "bad"
    path.write_bytes(content)
    before = contents(project.root)
    assert run(project, "--from", path) == 2
    error = capsys.readouterr().err
    assert sentence in error
    assert (error.startswith("error: "), error.count("\n")) == (True, 1)
    assert contents(project.root) == before


@pytest.mark.parametrize(
    ("schema", "sentence"), [row[1:] for row in SCHEMAS_REFUSED], ids=[row[0] for row in SCHEMAS_REFUSED]
)
def test_bad_reference_is_one_sentence_and_changes_nothing(
    project: Project, schema: dict[str, Any], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """A reference that cannot be followed is refused in one line with exit code 2, and every file stays as it was."""

    def refer(spec: dict[str, Any]) -> None:
        spec["components"]["schemas"]["New"] = schema
        spec["components"]["schemas"]["TrafficItem"]["properties"]["new"] = {"$ref": "#/components/schemas/New"}

    before = contents(project.root)
    assert run(project, "--from", candidate(project, refer), "--dry-run") == 2
    error = capsys.readouterr().err
    assert re.search(sentence, error)
    assert error.count("\n") == 1
    assert contents(project.root) == before


def test_pattern_that_takes_exponential_time_ends_the_comparison(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    """A pattern for names of properties, which the comparison reads, is refused in one line, and every file stays."""
    hostile: dict[str, Any] = {"patternProperties": {"^(a+)+$": {}}, "properties": {"a" * 60 + "b": {}}}
    spec = candidate(project, lambda spec: spec["components"]["schemas"]["TrafficItem"].update(hostile))
    before = contents(project.root)
    assert run(project, "--from", spec, "--seconds", "1.5") == 2
    error = capsys.readouterr().err
    assert "takes too long to compare with openapi.json: a pattern" in error
    assert "grant it more than 1.5 seconds with --seconds." in error
    assert error.count("\n") == 1
    assert contents(project.root) == before


def test_steps_of_a_run_share_one_budget(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    """Paths that each step reads in less than the limit, but not all of them, end in one line without blame."""
    get = {"responses": {"200": {"description": ""}}}
    paths = {f"/v1/{number}": {"get": {"operationId": f"get_{number}"} | get} for number in range(600)}
    spec = candidate(project, lambda spec: spec["paths"].update(paths))
    before = contents(project.root)
    assert run(project, "--from", spec, "--dry-run", "--seconds", "1") == 2
    error = capsys.readouterr().err
    assert re.fullmatch(r"error: .* takes? too long to .* more than 1 seconds with --seconds\.\n", error)
    assert "Overlay action" not in error
    assert contents(project.root) == before


@pytest.mark.parametrize("text", ["0", "-1", "nan", "inf", "many"])
def test_seconds_are_checked(project: Project, capsys: pytest.CaptureFixture[str], text: str) -> None:
    """What is no number of seconds is refused before anything is read."""
    with pytest.raises(SystemExit):
        run(project, "--from", "missing.json", "--seconds", text)
    assert f"argument --seconds: {text} is no number of seconds up to 3600" in capsys.readouterr().err


def test_keywords_that_are_null_mean_nothing(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    """A limit that is null is a flaw, no change, and nothing to the generator."""

    def serialise(spec: dict[str, Any]) -> None:
        item = spec["components"]["schemas"]["TrafficItem"]
        item["properties"]["requests"] |= {"maximum": None, "enum": None, "pattern": None, "nullable": None}

    spec = candidate(project, serialise)
    assert run(project, "--from", spec, "--accept-flaws") == 0
    output = capsys.readouterr().out
    assert "keyword-null, at components/schemas/TrafficItem/properties/requests/pattern" in output
    assert "Nothing changes" in output
    assert main(["--root", str(project.root), "drift"]) == 0


def test_schema_that_contains_itself_is_taken_over(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    """A recursive schema is legal: it is classified, and not refused."""

    def recur(spec: dict[str, Any]) -> None:
        item = spec["components"]["schemas"]["TrafficItem"]
        item["properties"]["parts"] = {"type": "array", "items": {"$ref": "#/components/schemas/TrafficItem"}}

    spec = candidate(project, recur)
    assert run(project, "--from", spec, "--dry-run") == 0
    assert "response-optional-property-added" in capsys.readouterr().out
    project.pin.write_bytes(spec.read_bytes())
    assert run(project, "--from", spec, "--dry-run") == 0
    assert "Nothing changes" in capsys.readouterr().out


def add_flaws(spec: dict[str, Any]) -> None:
    """Add flaws that the generator does not mind: a default and a description where they do not belong."""
    item = spec["components"]["schemas"]["TrafficItem"]
    item["properties"]["note"] = {"type": "object", "maxProperties": 0, "default": {"a": 1}}
    spec["components"]["description"] = "components"


def test_flaws_are_shown_and_pinned_on_demand(
    project: Project, capsys: pytest.CaptureFixture[str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    """A dry run warns of slight flaws; pinning them needs `--accept-flaws`, and then every command works with them."""
    spec, reports = candidate(project, add_flaws), tmp_path_factory.mktemp("reports")
    before = contents(project.root)
    for name in ("flaws.json", "flaws.md"):
        assert run(project, "--from", spec, "--dry-run", "--report", reports / name) == 0
    output = capsys.readouterr().out
    assert "  unknown-field, at components: Unknown fields: 'description'" in output
    assert "  default-not-allowed, at components/schemas/TrafficItem/properties/note: " in output
    assert "response-optional-property-added" in output
    rules = [flaw["rule"] for flaw in json.loads((reports / "flaws.json").read_bytes())["flaws"]]
    assert sorted(rules) == ["default-not-allowed", "unknown-field"]
    assert "## Flaws of the new document (2)" in (reports / "flaws.md").read_text(encoding="utf-8")
    assert run(project, "--from", spec) == 2
    assert "Take it over as it is with --accept-flaws." in capsys.readouterr().err
    assert contents(project.root) == before
    assert run(project, "--from", spec, "--accept-flaws") == 0
    assert project.pin.read_bytes() == spec.read_bytes()
    assert main(["--root", str(project.root), "drift"]) == 0
    assert run(project) == 0
    assert run(project, "--from", spec, "--dry-run") == 0
    assert "Nothing changes" in capsys.readouterr().out


@pytest.mark.parametrize("kinds", [["Cat"], ["Cat", "Dog"]])
def test_circular_inheritance_is_shown_with_its_changes(
    project: Project, capsys: pytest.CaptureFixture[str], kinds: list[str]
) -> None:
    """A parent that chooses from children which include the parent is compared, and is what the generator minds."""

    def inherit(spec: dict[str, Any], *more: str) -> None:
        schemas = spec["components"]["schemas"]
        parent = {"$ref": "#/components/schemas/Pet"}
        schemas["Pet"] = {"oneOf": [{"$ref": f"#/components/schemas/{kind}"} for kind in kinds]}
        for kind in kinds:
            own = {"type": "object", "properties": {name: {"type": "string"} for name in (kind, *more)}}
            schemas[kind] = {"allOf": [parent, own]}
        schemas["TrafficItem"]["properties"]["pet"] = parent

    project.pin.write_bytes(candidate(project, inherit).read_bytes())
    assert run(project, "--from", candidate(project, lambda spec: inherit(spec, "color")), "--dry-run") == 2
    captured = capsys.readouterr()
    assert "circular-schema, at components/schemas/Pet: it is part of itself: Pet → Cat → Pet." in captured.out
    assert "response-optional-property-added" in captured.out
    assert "color" in captured.out
    assert "Unable to process schema /components/schemas/Cat" in captured.err
    assert captured.err.count("\n") == 1


def test_overlay_may_not_add_a_flaw(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    """A flaw that an overlay action makes is refused with the action, also in a document that has flaws of its own."""
    with project.overlay.open("a") as overlay:
        overlay.write("\n  - {target: $.info, description: because, update: {subtitle: no such field}}\n")
    assert run(project, "--from", candidate(project, add_flaws), "--accept-flaws") == 2
    error = capsys.readouterr().err
    assert "unknown-field, at info: Unknown fields: 'subtitle'" in error
    assert "makes it so. It is there because: because" in error


def test_flaw_that_the_generator_minds_is_corrected_by_the_overlay(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    """A parameter that the generator cannot read fails the dry run too, until an overlay action corrects it."""
    spec = candidate(project, lambda spec: operation(spec)["parameters"][7]["schema"].update(default="ten"))
    for arguments in (["--dry-run"], ["--accept-flaws"]):
        assert run(project, "--from", spec, *arguments) == 2
        error = capsys.readouterr().err
        assert "GET /v1/apps/{app_id}/traffic within metrics. Endpoint will not be generated" in error
        assert "Invalid int value: ten. Correct the spec with an action in overlay.yaml." in error
    with project.overlay.open("a") as overlay:
        target = "$.paths['/v1/apps/{app_id}/traffic'].get.parameters[7].schema"
        overlay.write(f'\n  - {{target: "{target}", description: the prose says 100, update: {{default: 100}}}}\n')
    assert run(project, "--from", spec, "--accept-flaws") == 0
    assert main(["--root", str(project.root), "drift"]) == 0


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--dry-run"], "name it with --from"),
        (["--accept-flaws"], "name it with --from"),
        (["--fail-on", "breaking"], "name it with --from"),
        (["--from", "openapi.json", "--report", "x.txt"], "name a file that ends in .json or .md"),
        (["--from", ""], "The name of the spec is empty"),
        (["--from", "no-such-file"], "no-such-file cannot be read: No such file or directory."),
        (["--from", "http://127.0.0.1:1/x"], "http://127.0.0.1:1/x cannot be fetched: "),
        (
            ["--from", str(PROJECT / "openapi.json"), "--dry-run", "--report", "no/folder/x.md"],
            "no/folder/x.md cannot be",
        ),
    ],
)
def test_bad_arguments_are_one_sentence(
    project: Project, arguments: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Options that make no sense, and places that cannot be reached, are one line and exit code 2."""
    before = contents(project.root)
    assert run(project, *arguments) == 2
    error = capsys.readouterr().err
    assert sentence in error
    assert error.count("\n") == 1
    assert contents(project.root) == before
