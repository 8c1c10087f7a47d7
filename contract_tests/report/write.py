"""Brings the verdicts of a run to the terminal and into files."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from contract_tests.options import Options
from contract_tests.promises.promise import Finding, Ledger
from contract_tests.wire.client import Client

_EVIDENCE_KEPT = 6


@dataclass
class Run:
    """A run and what came of it.

    Attributes:
        client: the connection, with everything that was sent.
        ledger: the verdicts.
        options: what the run was told.
        baseline: acknowledged findings, by promise id.
        errors: failures of the suite itself.
        gone: why the server could not be asked to the end, if so.
    """

    client: Client
    ledger: Ledger
    options: Options
    baseline: dict[str, str]
    errors: list[str] = field(default_factory=list)
    gone: str | None = None

    @property
    def exit_code(self) -> int:
        """0 every exercised promise is kept, 1 one is broken, 2 the suite could not run to its end."""
        broken = [finding.promise.id for finding in self.ledger.findings.values() if finding.verdict == "broken"]
        if any(promise_id not in self.baseline for promise_id in broken):
            return 1
        return 2 if self.errors or self.gone else 0


def write_reports(run: Run) -> None:
    """Write report.json and report.html."""
    folder = Path(run.options.report_dir)
    folder.mkdir(parents=True, exist_ok=True)
    content = summary(run)
    (folder / "report.json").write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def summary(run: Run) -> dict[str, Any]:
    """Give the content of report.json."""
    return {
        "base_url": run.client.base_url,
        "app_id": run.client.app_id,
        "seed": run.options.seed,
        "requests": run.client.sent,
        "max_requests": run.client.max_requests,
        "exit_code": run.exit_code,
        "errors": run.errors + ([run.gone] if run.gone else []),
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
    for error in [*run.errors, *([run.gone] if run.gone else [])]:
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
