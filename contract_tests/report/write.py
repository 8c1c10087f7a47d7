"""Write the verdicts of a run to the terminal and into files."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from contract_tests.promises.promise import Finding
from contract_tests.report import issue, page
from contract_tests.report.coverage import parameter_marks, status_marks
from contract_tests.report.evidence import evidence_of
from contract_tests.report.history import changes_of, covered
from contract_tests.report.outcome import Outcome

_EVIDENCE_KEPT = 6
_BREACHES_KEPT = 10
_CHANGES_SHOWN = 10


def write_reports(outcome: Outcome) -> None:
    """Write report.json, report.html and a bug report for each broken promise; JUnit is pytest's own."""
    folder = Path(outcome.options.report_dir)
    folder.mkdir(parents=True, exist_ok=True)
    asked = (outcome.operations, outcome.client.exchanges) if outcome.client else ((), ())
    parameters, statuses = parameter_marks(*asked), status_marks(*asked)
    # What another run has left must not be taken for this one's, also where this one cannot write its own.
    for stale in (folder / "report.json", folder / "report.html", *folder.glob("issue-*.md")):
        stale.unlink(missing_ok=True)
    contents = {
        "report.json": json.dumps(summary(outcome), indent=2, ensure_ascii=False) + "\n",
        "report.html": page.render(outcome, parameters, statuses),
        **{issue.file_name(finding): issue.render(outcome, finding) for finding in outcome.broken},
    }
    for name, content in contents.items():
        (folder / name).write_text(content, encoding="utf-8", errors="backslashreplace")


def summary(outcome: Outcome) -> dict[str, Any]:
    """Return the content of report.json."""
    client = outcome.client
    return {
        "base_url": client and client.base_url,
        "app_id": client and client.app_id,
        "started_at": outcome.started_at.isoformat(timespec="seconds"),
        "seed": outcome.options.seed,
        "requests": outcome.sent,
        "max_requests": outcome.options.max_requests,
        "exit_code": outcome.exit_code,
        "errors": outcome.problems,
        "unstable": outcome.unstable,
        "warnings": outcome.warnings,
        "covered": covered(outcome.runs),
        "changes": changes_of(outcome.runs),
        "promises": [_entry(outcome, finding) for finding in outcome.ledger.findings.values()],
    }


def write_table(outcome: Outcome, write_line: Callable[[str], None]) -> None:
    """Print each promise with its verdict and what shows it."""
    width = max(len(promise_id) for promise_id in outcome.ledger.findings)
    write_line("")
    for finding in outcome.ledger.findings.values():
        for line in _lines(outcome, finding, width):
            write_line(line)
    write_line("")
    write_line(outcome.counted)
    write_line(covered(outcome.runs))
    changes = changes_of(outcome.runs)
    for change in changes[:_CHANGES_SHOWN]:
        write_line(f"changed since the run before: {change}")
    if len(changes) > _CHANGES_SHOWN:
        write_line(f"and {len(changes) - _CHANGES_SHOWN} other promises have changed")
    options = outcome.options
    write_line(f"--seed {options.seed} repeats this run; all details are in {options.report_dir}/report.html")
    for error in outcome.problems:
        write_line(f"error: {error}")


def _lines(outcome: Outcome, finding: Finding, width: int) -> list[str]:
    name, verdict = finding.promise.id.ljust(width), finding.verdict
    if verdict == "kept":
        return [
            f"{name}  kept           {len(finding.exercised)} requests{', cut short' if finding.is_cut_short else ''}"
        ]
    if verdict == "not exercised":
        return [f"{name}  not exercised  {finding.reason}"]
    known = outcome.baseline.get(finding.promise.id)
    first = finding.breaches[0].message
    shown = [f"{name}  BROKEN         {first}", *(f"{'':{width}}    {line}" for line in finding.curl_lines[:2])]
    shown += [f"{'':{width}}    acknowledged: {known}"] if known else []
    follow = [f"{one.promise.id}: {one.breaches[0].message}" for one in outcome.ledger.consequences(finding)]
    return shown + [f"{'':{width}}    from it follows {line}" for line in follow]


def _entry(outcome: Outcome, finding: Finding) -> dict[str, Any]:
    return {
        "id": finding.promise.id,
        "verdict": finding.verdict,
        "sentence": finding.promise.sentence,
        "message": finding.breaches[0].message if finding.breaches else "",
        "follows_from": list(finding.causes),
        "cut_short": finding.is_cut_short,
        "reason": finding.reason if finding.verdict == "not exercised" else "",
        "acknowledged": outcome.baseline.get(finding.promise.id),
        "evidence": finding.curl_lines[:_EVIDENCE_KEPT],
        "breaches": [evidence.as_json() for evidence in evidence_of(finding)[:_BREACHES_KEPT]],
    }
