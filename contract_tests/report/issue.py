"""One file for each broken promise, ready to be pasted into a bug report to the vendor."""

import hashlib
import re

from contract_tests.promises.promise import Finding
from contract_tests.report.evidence import Evidence, Shown, evidence_of
from contract_tests.report.outcome import Outcome
from spec_pipeline.texts import code_block, code_span

_EXCHANGES_SHOWN = 3
_MAX_NAME = 100


def file_name(finding: Finding) -> str:
    """Return the name of the file for a finding."""
    name = re.sub(r"[^\w.@{}-]+", "-", finding.promise.id, flags=re.ASCII)
    if len(name) > _MAX_NAME:
        name = f"{name[:_MAX_NAME]}-{hashlib.sha256(finding.promise.id.encode()).hexdigest()[:8]}"
    return f"issue-{name}.md"


def render(outcome: Outcome, finding: Finding) -> str:
    """Return the bug report as Markdown."""
    first, *more = evidence_of(finding)
    lines = [
        f"# {finding.promise.id}: {code_span(_title(first))}",
        "",
        f"Seen on {outcome.started_at:%Y-%m-%d} at {outcome.asked}.",
        "",
        "## What the documentation says",
        "",
        *(f"> {line}" for line in finding.promise.sentence.splitlines()),
        "",
        "## What the server does",
        "",
        *code_block([f"{first.message[:1].upper()}{first.message[1:]}."]),
        "",
    ]
    if first.expected or first.got:
        lines += ["| expected | got |", "| --- | --- |", f"| {_cell(first.expected)} | {_cell(first.got)} |", ""]
    lines += ["## How to see it", "", "The key is taken from the variable `APITALLY_API_KEY`.", ""]
    for exchange in first.exchanges[:_EXCHANGES_SHOWN]:
        lines += _exchange(exchange)
    if more:
        lines += ["## Also seen", "", *(f"- {code_span(other.message)}" for other in more[:5]), ""]
    if following := outcome.ledger.consequences(finding):
        lines += ["## What follows from it", ""]
        lines += [
            *(f"- {other.promise.sentence} But {code_span(other.breaches[0].message)}" for other in following[:5])
        ]
        lines.append("")
    when = f"{outcome.started_at:%Y-%m-%d %H:%M} UTC"
    lines += ["---", f"Found by the contract suite of apitally-traffic on {when}, seed {outcome.options.seed}.", ""]
    return "\n".join(lines)


def _title(first: Evidence) -> str:
    return first.message if len(first.message) <= 100 else f"{first.message[:99]}…"


def _exchange(exchange: Shown) -> list[str]:
    lines = [*code_block([exchange.curl], "sh"), "", f"At {exchange.sent_at}, {exchange.status_text}:", ""]
    shown = [*(f"{name}: {value}" for name, value in exchange.headers.items()), "", *(exchange.rows or [exchange.body])]
    if exchange.rows_left_out:
        shown.append(f"… and {exchange.rows_left_out} other rows")
    return [*lines, *code_block(shown), ""]


def _cell(text: str) -> str:
    return code_span(text).replace("|", "\\|") if text.strip() else "-"
