"""Accepted changes stay visible and fail nothing, until they expire; a bad entry is one sentence."""

import io
import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from spec_pipeline.changes.accepted import Verdict, judge, read_accepted
from spec_pipeline.changes.change import Change
from spec_pipeline.changes.report import Report, as_json, as_markdown
from spec_pipeline.changes.rules.rule import Level
from spec_pipeline.changes.table import show
from spec_pipeline.project import PipelineError

TODAY = date(2026, 11, 22)
ENTRY = """\
- id: request-parameter-max-decreased
  operation: GET /rows
  location: query parameter limit
  reason: nobody asks for so many
"""
CHANGE = Change(
    "request-parameter-max-decreased", Level.BREAKING, "GET /rows", "query parameter limit", old=9, new=[True, None]
)
OTHER = Change("api-server-removed", Level.BREAKING, None, "servers", "https://a|b", None)


def verdict(tmp_path: Path, entries: str) -> Verdict:
    """Return the two changes compared with a file of accepted ones."""
    path = tmp_path / "accepted-changes.yaml"
    path.write_text(entries, encoding="utf-8")
    return judge([CHANGE, OTHER], read_accepted(path), TODAY)


def shown(found: Verdict, width: int = 200) -> str:
    """Return what the terminal shows."""
    console = Console(width=width, file=io.StringIO(), record=True)
    show(found, console)
    return console.export_text()


@pytest.mark.parametrize(
    ("expires", "accepted"),
    [("", True), ("  expires: 2026-11-22\n", True), ("  expires: '2026-11-21'\n", False)],
    ids=["for good", "last day", "expired"],
)
def test_acceptance_lasts_until_it_expires(tmp_path: Path, expires: str, accepted: bool) -> None:
    """An entry keeps its change from failing up to the day that it names, and says so when it no longer does."""
    found = verdict(tmp_path, ENTRY + expires)
    assert found.open() == ([OTHER] if accepted else [CHANGE, OTHER])
    assert ("No longer accepted since 2026-11-21" in shown(found)) is not accepted
    assert ("1 of them accepted" in shown(found)) is accepted


@pytest.mark.parametrize(
    "line",
    ["operation: POST /rows", "location: query parameter offset", "id: request-parameter-min-increased"],
)
def test_entry_accepts_its_own_change_alone(tmp_path: Path, line: str) -> None:
    """Another rule, operation or place is another change; the entry that fits none is named, so that it can go."""
    key = line.partition(":")[0]
    lines = [f"  {line}" if row.strip("- ").startswith(key) else row for row in ENTRY.splitlines()]
    found = verdict(tmp_path, "\n".join(lines).replace("  id", "- id"))
    assert found.open() == [CHANGE, OTHER]
    assert "not found any more" in shown(found)


GONE = [
    Change("request-parameter-enum-value-removed", Level.BREAKING, "GET /rows", "query parameter kind", value, None)
    for value in ("a", 1, True)
]
NO_VALUE = """\
- id: request-parameter-enum-value-removed
  operation: GET /rows
  location: query parameter kind
  reason: nobody sends it
"""


@pytest.mark.parametrize(
    ("lines", "accepted"),
    [(["  value: a"], ["a"]), (["  value: 1"], [1]), (["  value: true"], [True]), (["  value: b"], []), ([], [])],
    ids=["text", "number", "boolean", "other", "none"],
)
def test_entry_says_which_of_several_changes_it_accepts(tmp_path: Path, lines: list[str], accepted: list[Any]) -> None:
    """One value that goes is accepted, and not the others; an entry that names none is told which there are."""
    path = tmp_path / "accepted-changes.yaml"
    path.write_text("\n".join([NO_VALUE.rstrip(), *lines]), encoding="utf-8")
    entries = read_accepted(path)
    found = judge(GONE, entries, TODAY)
    assert [change.old for change in GONE if found.acceptance(change)] == accepted
    text = 'Accepts nothing, because it fits several changes; add `value: "a"` or `value: 1` or `value: true`: '
    assert (text in shown(found)) is not bool(lines)
    assert judge([GONE[0]], entries, TODAY).open() == ([] if not lines or accepted == ["a"] else [GONE[0]])


def test_value_is_the_new_one_where_there_is_one(tmp_path: Path) -> None:
    """What a change leads to is what was looked at, so that another one at the same place is open."""
    path = tmp_path / "accepted-changes.yaml"
    path.write_text(ENTRY + "  value: 5\n", encoding="utf-8")
    changes = [Change(CHANGE.id, CHANGE.level, CHANGE.operation, CHANGE.location, 9, new) for new in (5, 4)]
    assert [judge([change], read_accepted(path), TODAY).open() for change in changes] == [[], [changes[1]]]


def test_accepted_change_stays_in_every_report(tmp_path: Path) -> None:
    """The table, the Markdown and the JSON all show an accepted change with the reason."""
    found = verdict(tmp_path, ENTRY)
    report = json.loads(as_json(Report(found)))
    assert [change["id"] for change in report["changes"]] == [CHANGE.id, OTHER.id]
    assert report["accepted"] == [
        {
            "id": CHANGE.id,
            "operation": "GET /rows",
            "location": "query parameter limit",
            "value": None,
            "reason": "nobody asks for so many",
            "expires": None,
        }
    ]
    for text in (as_markdown(Report(found)), shown(found)):
        assert "Accepted: nobody asks for so many" in text
        assert CHANGE.id in text


def test_json_report_has_exactly_the_promised_fields(tmp_path: Path) -> None:
    """Each change carries its id, level, operation, location, old and new value in JSON's types, and a message."""
    [change, _] = json.loads(as_json(Report(verdict(tmp_path, ""))))["changes"]
    assert change == {
        "id": "request-parameter-max-decreased",
        "level": "breaking",
        "operation": "GET /rows",
        "location": "query parameter limit",
        "old": 9,
        "new": [True, None],
        "message": "query parameter limit: The maximum was decreased. Stay below the new maximum.",
    }


def test_markdown_row_cannot_leave_its_table(tmp_path: Path) -> None:
    """A bar inside a value is escaped, so each row has as many cells as the heading."""
    row = next(line for line in as_markdown(Report(verdict(tmp_path, ""))).splitlines() if "https://a" in line)
    assert row.replace("\\|", "").count("|") == 7


def test_table_is_grouped_and_takes_text_literally(tmp_path: Path) -> None:
    """Levels come worst first, each with its count, and square brackets of a spec are no markup."""
    info = Change("endpoint-added", Level.INFO, "GET /[red]x", "operation", None, "\ud800")
    found = verdict(tmp_path, "")
    found.changes.append(info)
    text = shown(found)
    assert text.index("breaking (2)") < text.index("info (1)")
    assert "GET /[red]x" in text
    assert "2 breaking, 0 warning, 1 info." in text


@pytest.mark.parametrize(
    ("entries", "sentence"),
    [
        ("id: x", "accepted-changes.yaml must be a list of entries"),
        ("- [", "accepted-changes.yaml is not YAML"),
        ("- text", "entry 1: write it as id, operation, location and reason"),
        (ENTRY + "  until: 2026-01-01", "entry 1: there is no field until"),
        (ENTRY.replace("nobody asks for so many", "' '"), "entry 1: add a string as reason"),
        (
            ENTRY + ENTRY.replace("max-decreased", "max-shrunk"),
            "entry 2: there is no rule request-parameter-max-shrunk",
        ),
        (ENTRY + "  expires: soon", "entry 1: expires is soon; write a date"),
        (ENTRY + "  expires: 2026", "entry 1: expires is 2026; write a date"),
    ],
)
def test_bad_entry_is_one_sentence(tmp_path: Path, entries: str, sentence: str) -> None:
    """A file that cannot be understood is refused with the entry and what to write instead."""
    with pytest.raises(PipelineError, match=sentence) as caught:
        verdict(tmp_path, entries)
    assert "\n" not in str(caught.value)


def test_no_file_accepts_nothing(tmp_path: Path) -> None:
    """Without the file, or with an empty one, every change counts."""
    assert read_accepted(tmp_path / "none.yaml") == []
    assert verdict(tmp_path, "# nothing yet\n").open() == [CHANGE, OTHER]
