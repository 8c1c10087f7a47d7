"""Format the verdict: as JSON for programs, as Markdown for a pull request."""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from spec_pipeline.changes.accepted import Accepted, Verdict
from spec_pipeline.changes.change import Change
from spec_pipeline.changes.rules.rule import Level
from spec_pipeline.names import NameChange
from spec_pipeline.openapi.validation import Flaw
from spec_pipeline.texts import code_span, escaped_line


@dataclass(frozen=True)
class Report:
    """What a report is about.

    Attributes:
        verdict: the changes of the spec.
        flaws: what is not valid in the new spec.
        names: the generated public names that differ; None where the client was not generated.
        accepted_names: the entries that accept some of them.
    """

    verdict: Verdict
    flaws: Sequence[Flaw] = ()
    names: Sequence[NameChange] | None = None
    accepted_names: Sequence[Accepted] = field(default=())


def as_json(report: Report) -> str:
    """Return the report for programs: `changes`, those `accepted`, the `flaws` of the spec, and generated `names`."""
    accepted = [
        {
            "id": entry.id,
            "operation": entry.operation,
            "location": entry.location,
            "value": entry.value if entry.names_value else None,
            "reason": entry.reason,
            "expires": entry.expires.isoformat() if entry.expires else None,
        }
        for entry in (*report.verdict.accepted, *report.accepted_names)
    ]
    content = {
        "changes": [change.as_json() for change in report.verdict.changes],
        "accepted": accepted,
        "flaws": [flaw._asdict() for flaw in report.flaws],
        "names": None if report.names is None else [name.as_json() for name in report.names],
    }
    return json.dumps(content, indent=2) + "\n"


def as_markdown(report: Report) -> str:
    """Return the report for a pull request: a summary, and tables of the changes, the flaws and the generated names."""
    verdict, flaws = report.verdict, report.flaws
    lines = ["# Changes of the spec", "", summary(verdict)]
    for level in Level:
        changes = [change for change in verdict.changes if change.level is level]
        if changes:
            lines += ["", f"## {level.value.capitalize()} ({len(changes)})", ""]
            lines += ["| operation | place | old → new | what happened | what to do | rule |", "|" + " --- |" * 6]
            lines += [_row(change, verdict) for change in changes]
    if flaws:
        lines += ["", f"## Flaws of the new document ({len(flaws)})", "", "| rule | place | what is wrong |"]
        lines += ["|" + " --- |" * 3]
        lines += [f"| {_code(flaw.rule)} | {_code(flaw.place or '-')} | {_code(flaw.message)} |" for flaw in flaws]
    if report.names:
        reasons = {entry.location: f". Accepted: {entry.reason}" for entry in report.accepted_names}
        lines += ["", f"## Generated public names ({len(report.names)})", "", "| name | what happened | difference |"]
        lines += ["|" + " --- |" * 3]
        for name in report.names:
            difference = _code(name.difference) if name.event == "changed" else "-"
            lines += [f"| {_code(name.name)} | {name.event}{_prose(reasons.get(name.name, ''))} | {difference} |"]
    return "\n".join(lines) + "\n"


def summary(verdict: Verdict) -> str:
    """Return the number of changes of each level, in one sentence."""
    if not verdict.changes:
        return "Nothing changes for those who call the API."
    counts = Counter(change.level for change in verdict.changes)
    sentence = ", ".join(f"{counts[level]} {level.value}" for level in Level)
    accepted = len(verdict.changes) - len(verdict.open())
    return f"{sentence}; {accepted} of them accepted." if accepted else f"{sentence}."


def values(change: Change) -> str:
    """Return the value before and after, on one line of limited length."""
    return f"{_value(change.old)} → {_value(change.new)}"


def _value(value: Any) -> str:
    if value is None:
        return "-"
    line = escaped_line(value if isinstance(value, str) else json.dumps(value))
    return line if len(line) <= 80 else f"{line[:80]}…"


def _row(change: Change, verdict: Verdict) -> str:
    happened = change.sentence
    if entry := verdict.acceptance(change):
        happened += f" Accepted: {entry.reason}"
    cells = [_code(change.operation or "the whole API"), _code(change.location), _code(values(change))]
    cells += [_prose(happened), _prose(change.action), _code(change.id)]
    return f"| {' | '.join(cells)} |"


def _code(text: str) -> str:
    """Return a text as inline code, escaped for a table cell."""
    return code_span(text).replace("|", "\\|")


def _prose(text: str) -> str:
    """Return a text of this repository, escaped for a table cell."""
    return escaped_line(text).replace("|", "\\|").replace("<", "&lt;")
