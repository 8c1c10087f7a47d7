"""Format the verdict: as JSON for programs, as Markdown for a pull request."""

import json
from collections import Counter
from collections.abc import Sequence
from typing import Any

from spec_pipeline.changes.accepted import Verdict
from spec_pipeline.changes.change import Change
from spec_pipeline.changes.rules.rule import Level
from spec_pipeline.openapi.validation import Flaw


def as_json(verdict: Verdict, flaws: Sequence[Flaw] = ()) -> str:
    """Return the report for programs: `changes`, the accepted ones with their reasons, and the flaws of the spec."""
    accepted = [
        {
            "id": entry.id,
            "operation": entry.operation,
            "location": entry.location,
            "reason": entry.reason,
            "expires": entry.expires.isoformat() if entry.expires else None,
        }
        for entry in verdict.accepted
    ]
    report = {
        "changes": [change.as_json() for change in verdict.changes],
        "accepted": accepted,
        "flaws": [flaw._asdict() for flaw in flaws],
    }
    return json.dumps(report, indent=2) + "\n"


def as_markdown(verdict: Verdict, flaws: Sequence[Flaw] = ()) -> str:
    """Return the report for a pull request: a summary, a table for each level, and the flaws of the new spec."""
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
        lines += [f"| {_code(flaw.rule)} | {_prose(flaw.place) or '-'} | {_prose(flaw.message)} |" for flaw in flaws]
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
    text = value if isinstance(value, str) else json.dumps(value)
    # Characters that cannot be encoded, such as a lone surrogate, are escaped.
    line = " ".join(text.split()).encode("utf-8", "backslashreplace").decode()
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
    fence = "``" if "`" in text else "`"
    return f"{fence}{' ' * (len(fence) - 1)}{_prose(text)}{' ' * (len(fence) - 1)}{fence}"


def _prose(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")
