"""`regenerate --from` as the maintainer runs it: what it shows, what it refuses, and what it puts in place."""

import io
import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from spec_pipeline.__main__ import main
from spec_pipeline.project import Project
from spec_pipeline.repin import read_candidate
from tests.pipeline.conftest import PROJECT
from tests.pipeline.repinning import OPERATION, candidate, drop_a_field, operation, run
from tests.pipeline.test_commands import contents

ROOT = Path(__file__).parents[2]


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


def test_fail_on_a_generated_name_that_vanishes(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    """A renamed schema is no change of the API, but of what users import; the configuration can keep the name."""
    renamed = candidate(project, lambda spec: spec["components"]["schemas"]["TrafficItem"].update(title="TrafficRow"))
    before = contents(project.root)
    assert run(project, "--from", renamed, "--fail-on", "breaking", "--dry-run") == 0
    assert run(project, "--from", renamed, "--fail-on", "warning") == 1
    sentence = (
        "error: models.traffic_item.TrafficItem would vanish from the generated client, and none of these changes"
    )
    assert sentence in capsys.readouterr().err
    assert contents(project.root) == before
    entry = "class_overrides:\n  TrafficRow: {class_name: TrafficItem, module_name: traffic_item}"
    config = project.config.read_text(encoding="utf-8").replace("class_overrides:", entry)
    project.config.write_text(config, encoding="utf-8")
    assert run(project, "--from", renamed, "--fail-on", "warning", "--dry-run") == 0


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
        (KeyboardInterrupt(), 130, "interrupted: openapi.json and generated/ are both as before, or both new.\n"),
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
    """An interruption, and a document beyond measure, is one sentence."""

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
