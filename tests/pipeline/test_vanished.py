"""Generated names that vanish count for --fail-on, each by itself, and are in the reports."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from spec_pipeline.changes.accepted import Accepted, judge
from spec_pipeline.changes.change import Change, Finding
from spec_pipeline.changes.vanished import cures, judge_vanished
from spec_pipeline.names import NameChange
from spec_pipeline.project import Project
from tests.pipeline.repinning import OPERATION, candidate, operation, run

TODAY = date(2026, 11, 22)
ROW = "models.traffic_item.TrafficItem"
NAME = """\
- id: generated-name-vanished
  location: {}
  reason: nobody imports it
"""
HEADER = f"""\
- id: optional-response-header-removed
  operation: GET {OPERATION}
  location: response 200 header X-Old
  reason: nobody reads it
"""


def with_header(project: Project) -> None:
    """Let the pin have a header that the candidates below have not."""
    spec = json.loads(project.pin.read_bytes())
    operation(spec)["responses"]["200"]["headers"] = {"X-Old": {"schema": {"type": "string"}}}
    project.pin.write_text(json.dumps(spec), encoding="utf-8")


def rename(spec: dict[str, Any]) -> None:
    """Rename a schema, which no change of the API says."""
    spec["components"]["schemas"]["TrafficItem"].update(title="TrafficRow")
    operation(spec)["responses"]["200"].pop("headers", None)


@pytest.mark.parametrize(("entries", "code"), [(HEADER, 1), (HEADER + NAME.format(ROW), 0)], ids=["other", "own"])
def test_accepted_change_of_something_else_hides_no_name(
    project: Project, entries: str, code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    """A name that vanishes fails whatever else is accepted, unless an entry accepts the name itself."""
    with_header(project)
    project.accepted_changes.write_text(entries, encoding="utf-8")
    assert run(project, "--from", candidate(project, rename), "--fail-on", "warning", "--dry-run") == code
    output = capsys.readouterr()
    assert (f"{ROW} would vanish" in output.err) is bool(code)
    assert (f"  {ROW}; accepted: nobody imports it" in output.out) is not bool(code)


@pytest.mark.parametrize(
    ("rule", "place", "old", "name"),
    [
        ("api-removed-with-deprecation", "operation", "list_apps", "api.apps.list_apps"),
        ("api-removed-with-deprecation", "operation", "list_apps", "models.list_apps_kind.ListAppsKind"),
        ("api-operation-id-removed", "operationId", "listApps", "api.apps.list_apps"),
        ("api-tag-removed", "tags", "Old Apps", "api.old_apps.list_apps"),
        (
            "response-optional-property-removed",
            "response 200 application/json: lastSeen",
            "lastSeen",
            "models.a.A.last_seen",
        ),
    ],
)
def test_accepted_change_covers_what_it_takes_away(rule: str, place: str, old: str, name: str) -> None:
    """A name that goes for an accepted change needs no entry of its own; for one that is not accepted, it counts."""
    gone, other = NameChange(name, ("x",), None), NameChange("models.b.B", ("x",), None)
    change = Change.of("GET /v1/apps", Finding(rule, place, old))
    entry = Accepted(rule, "GET /v1/apps", place, "we follow")
    for entries, counted in ([entry], [other.name]), ([], [name, other.name]):
        verdict = judge([change], entries, TODAY)
        assert [each.location for each in judge_vanished([gone, other], verdict, TODAY).open()] == counted


def test_entry_of_a_name_that_stays_is_named(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    """An entry is told from one that accepts nothing only when the client has been generated."""
    project.accepted_changes.write_text(NAME.format("models.old.Old"), encoding="utf-8")
    assert run(project, "--from", project.pin, "--dry-run") == 0
    expected = "so the entry can go: generated-name-vanished at the whole API, models.old.Old."
    assert capsys.readouterr().out.count(expected) == 1


@pytest.mark.parametrize("dry", [["--dry-run"], []], ids=["dry", "pinned"])
def test_names_are_in_the_reports(project: Project, tmp_path: Path, dry: list[str]) -> None:
    """Each generated name that differs is in the JSON, with its signatures, and in the Markdown."""
    project.accepted_changes.write_text(NAME.format(ROW), encoding="utf-8")
    spec = candidate(project, rename)
    run(project, "--from", spec, "--dry-run", "--report", tmp_path / "names.md")
    assert run(project, "--from", spec, *dry, "--report", tmp_path / "names.json") == 0
    report = json.loads((tmp_path / "names.json").read_bytes())
    assert {"name": ROW, "event": "vanished", "old": ["class"], "new": None} in report["names"]
    assert {(name["event"], name["name"]) for name in report["names"]} >= {
        ("appeared", "models.traffic_row.TrafficRow"),
        ("changed", "models.get_traffic_response.GetTrafficResponse.data"),
    }
    assert [entry["location"] for entry in report["accepted"]] == [ROW]
    text = (tmp_path / "names.md").read_text(encoding="utf-8")
    assert f"| `{ROW}` | vanished. Accepted: nobody imports it | - |" in text
    assert "| changed | `-list[TrafficItem] +list[TrafficRow]` |" in text


def test_report_of_a_client_that_was_not_generated(project: Project, tmp_path: Path) -> None:
    """Where changes fail, nothing is generated, and the report says that it knows no names."""
    spec = candidate(project, lambda spec: operation(spec).update(operationId="read_traffic"))
    assert run(project, "--from", spec, "--fail-on", "warning", "--report", tmp_path / "names.json") == 1
    assert json.loads((tmp_path / "names.json").read_bytes())["names"] is None


def test_failing_name_is_in_the_report(project: Project, tmp_path: Path) -> None:
    """The report that is written where a name fails has the name."""
    arguments = ("--fail-on", "warning", "--report", tmp_path / "names.json")
    before = project.pin.read_bytes()
    assert run(project, "--from", candidate(project, rename), *arguments) == 1
    assert ROW in [name["name"] for name in json.loads((tmp_path / "names.json").read_bytes())["names"]]
    assert project.pin.read_bytes() == before


@pytest.mark.parametrize(
    ("name", "cure"),
    [
        ("api.x.get_a", "by its old operationId and tag, by actions in overlay.yaml"),
        ("models.thing.Thing", "by class_overrides in codegen.yaml"),
        ("models.thing.Thing.size", ""),
    ],
)
def test_each_kind_of_name_has_its_own_cure(name: str, cure: str) -> None:
    """A class is kept by the configuration, a function by the overlay, and an attribute by neither."""
    found = cures([name], "overlay.yaml", "codegen.yaml")
    assert [cure in sentence for sentence in found] == ([True] if cure else [])
