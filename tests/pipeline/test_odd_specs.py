"""What `regenerate --from` makes of a spec that is broken, flawed, odd or beyond measure."""

import json
import re
from typing import Any

import pytest

from spec_pipeline.__main__ import main
from spec_pipeline.openapi.parsing import parse_yaml
from spec_pipeline.project import Project
from tests.pipeline.repinning import candidate, operation, run
from tests.pipeline.test_commands import contents


def test_deep_extension_is_one_sentence(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    """A spec that nests deeper than the overlay can copy is refused in one line, and every file stays."""
    deep = candidate(project, lambda spec: spec.update({"x-a": json.loads("[" * 800 + "]" * 800)}))
    before = contents(project.root)
    assert run(project, "--from", deep) == 2
    error = capsys.readouterr().err
    assert (error.startswith("error: "), error.count("\n")) == (True, 1)
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


@pytest.mark.exhaustive
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
    """A dry run shows slight flaws, and fails as the real run does without `--accept-flaws`; with it, both work."""
    spec, reports = candidate(project, add_flaws), tmp_path_factory.mktemp("reports")
    before = contents(project.root)
    for name in ("flaws.json", "flaws.md"):
        assert run(project, "--from", spec, "--dry-run", "--report", reports / name) == 2
    output, errors = capsys.readouterr()
    assert errors.endswith("pinned nothing. Take it over as it is with --accept-flaws.\n")
    assert "Without --dry-run, this is what would change" in output
    assert run(project, "--from", spec, "--dry-run", "--accept-flaws") == 0
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
    assert run(project, "--from", spec, "--dry-run", "--accept-flaws") == 0
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


def test_anchor_that_is_defined_anew_is_no_warning(recwarn: pytest.WarningsRecorder) -> None:
    """Legal YAML is read without a word of the library."""
    assert parse_yaml(b"a: &x {n: 1}\nb: &x {n: 2}\nc: *x\n", "the document")["c"] == {"n": 2}
    assert [str(warning.message) for warning in recwarn] == []
