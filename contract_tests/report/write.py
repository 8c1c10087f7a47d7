"""Brings the verdicts of a run to the terminal and into files."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from contract_tests.promises.promise import Finding
from contract_tests.report.coverage import parameter_marks, status_marks
from contract_tests.report.page import render
from contract_tests.report.run import Run
from contract_tests.schema.spec import load_operations

_EVIDENCE_KEPT = 6


def write_reports(run: Run) -> None:
    """Write report.json and report.html; JUnit is pytest's own."""
    folder = Path(run.options.report_dir)
    folder.mkdir(parents=True, exist_ok=True)
    asked = (load_operations(), run.client.exchanges)
    parameters, statuses = parameter_marks(*asked), status_marks(*asked)
    content = summary(run)
    (folder / "report.json").write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    (folder / "report.html").write_text(render(run, parameters, statuses), encoding="utf-8")


def summary(run: Run) -> dict[str, Any]:
    """Give the content of report.json."""
    return {
        "base_url": run.client.base_url,
        "app_id": run.client.app_id,
        "seed": run.options.seed,
        "requests": run.client.sent,
        "max_requests": run.client.max_requests,
        "exit_code": run.exit_code,
        "errors": run.problems,
        "promises": [_entry(run, finding) for finding in run.ledger.findings.values()],
    }


def write_table(run: Run, write_line: Callable[[str], None]) -> None:
    """Print each promise with its verdict and what shows it."""
    width = max(len(promise_id) for promise_id in run.ledger.findings)
    write_line("")
    for finding in run.ledger.findings.values():
        for line in _lines(run, finding, width):
            write_line(line)
    counts = dict.fromkeys(("kept", "broken", "not exercised"), 0)
    for finding in run.ledger.findings.values():
        counts[finding.verdict] += 1
    write_line("")
    write_line(", ".join(f"{count} {verdict}" for verdict, count in counts.items()) + f"; {run.client.sent} requests")
    write_line(
        f"--seed {run.options.seed} repeats this run; the whole story is in {run.options.report_dir}/report.html"
    )
    for error in run.problems:
        write_line(f"error: {error}")


def _lines(run: Run, finding: Finding, width: int) -> list[str]:
    name, verdict = finding.promise.id.ljust(width), finding.verdict
    if verdict == "kept":
        return [f"{name}  kept           {len(finding.exercised)} requests"]
    if verdict == "not exercised":
        return [f"{name}  not exercised  {finding.reason}"]
    known = run.baseline.get(finding.promise.id)
    first = finding.breaches[0].message
    shown = [f"{name}  BROKEN         {first}", *(f"{'':{width}}    {line}" for line in finding.curl_lines[:2])]
    return [*shown, f"{'':{width}}    acknowledged: {known}"] if known else shown


def _entry(run: Run, finding: Finding) -> dict[str, Any]:
    return {
        "id": finding.promise.id,
        "verdict": finding.verdict,
        "sentence": finding.promise.sentence,
        "message": finding.breaches[0].message if finding.breaches else "",
        "reason": finding.reason if finding.verdict == "not exercised" else "",
        "acknowledged": run.baseline.get(finding.promise.id),
        "evidence": finding.curl_lines[:_EVIDENCE_KEPT],
    }
