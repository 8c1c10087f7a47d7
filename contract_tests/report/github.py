"""What GitHub Actions shows of a run: an annotation for each broken promise, and a summary of the job."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from contract_tests.report.evidence import evidence_of
from contract_tests.report.outcome import Outcome
from spec_pipeline.texts import code_block, code_span


def annotations(outcome: Outcome) -> Iterator[str]:
    """Yield the lines that GitHub turns into annotations; an acknowledged finding is a warning."""
    for finding in outcome.broken:
        level = "warning" if finding.promise.id in outcome.baseline else "error"
        yield f"::{level} title={_property(finding.promise.id)}::{_data(finding.breaches[0].message)}"
    for problem in outcome.problems:
        yield f"::error title=The contract suite could not run to its end::{_data(problem)}"
    for warning in outcome.warnings:
        level = "error" if warning == outcome.unmet else "warning"
        yield f"::{level} title=The contract suite did not test everything::{_data(warning)}"


def write_job_summary(outcome: Outcome, environment: Mapping[str, str]) -> None:
    """Add the run to the summary of the job, if GitHub runs it."""
    if path := environment.get("GITHUB_STEP_SUMMARY"):
        with Path(path).open("a", encoding="utf-8") as summary:
            summary.write(job_summary(outcome))


def job_summary(outcome: Outcome) -> str:
    """Return the summary as Markdown: how the run went, then every finding with the requests that show it."""
    lines = [f"## {outcome.headline}", "", outcome.counted, ""]
    for finding in outcome.broken:
        first = evidence_of(finding)[0]
        acknowledged = outcome.baseline.get(finding.promise.id)
        lines += [
            f"### `{finding.promise.id}`",
            "",
            f"> {finding.promise.sentence}",
            "",
            *code_block([first.message]),
            "",
        ]
        lines += [f"Acknowledged: {acknowledged}", ""] if acknowledged else []
        lines += [*code_block((exchange.curl for exchange in first.exchanges[:2]), "sh"), ""]
        following = outcome.ledger.consequences(finding)
        lines += [
            f"From it follows `{other.promise.id}`: {code_span(other.breaches[0].message)}\n" for other in following
        ]
    if outcome.not_exercised:
        lines += ["<details><summary>Not exercised</summary>", ""]
        lines += [f"- `{finding.promise.id}`: {code_span(finding.reason)}" for finding in outcome.not_exercised]
        lines += ["", "</details>", ""]
    lines += [f"**Note:** {code_span(note)}\n" for note in (*outcome.problems, *outcome.warnings)]
    return "\n".join([*lines, ""])


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
