"""One self-contained page: what was promised, what was seen, and how much of the specification was met."""

from collections.abc import Sequence
from html import escape
from importlib.resources import files
from itertools import groupby

from contract_tests.exchange import Exchange
from contract_tests.promises.promise import Finding
from contract_tests.report.coverage import Mark
from contract_tests.report.outcome import Outcome

_CLASSES = {"kept": "kept", "broken": "broken", "not exercised": "not"}
_GROUPS = {
    "auth": "The key",
    "requests": "Requests",
    "consistency": "Consistency",
    "timezone": "Timezones",
    "window": "The window",
    "pagination": "Pages",
    "response": "Answers",
}
_SHOWN = 6


def render(outcome: Outcome, parameters: Sequence[Mark], statuses: Sequence[Mark]) -> str:
    """Give the page as HTML."""
    findings = list(outcome.ledger.findings.values())
    broken = [finding for finding in findings if finding.verdict == "broken"]
    others = sorted((finding for finding in findings if finding not in broken), key=_group)
    sections = [_section("Broken", broken, outcome)] if broken else []
    sections += [
        _section(list(_GROUPS.values())[place], list(group), outcome) for place, group in groupby(others, _group)
    ]
    style = files("contract_tests.report").joinpath("page.css").read_text(encoding="utf-8")
    return f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(_headline(outcome, broken))}</title><style>{style}</style></head><body><main>
<h1>{escape(_headline(outcome, broken))}</h1>
<p class="lead">{escape(outcome.client.base_url)}, app {outcome.client.app_id} · seed {outcome.options.seed} ·
{outcome.client.sent} of at most {outcome.client.max_requests} requests</p>
{_sums(findings)}
{"".join(f'<p class="note">{escape(error)}</p>' for error in outcome.problems)}
{"".join(sections)}
<h2>What of the specification was met</h2>
<p class="lead">How many requests kept to each declaration, at its very edge where it has one, and how many went
beyond it.</p>
{_coverage(parameters)}
<h2>Answers by status</h2>
{_statuses(statuses)}
<p class="lead last">The lines take the key from the variable APITALLY_API_KEY. They can be pasted into a shell.</p>
</main></body></html>
"""


def _headline(outcome: Outcome, broken: Sequence[Finding]) -> str:
    if not broken:
        return "The run did not come to its end" if outcome.problems else "Every promise that could be tested is kept"
    names = ", ".join(finding.promise.id for finding in broken[:3]) + (" and more" if len(broken) > 3 else "")
    return f"{len(broken)} {'promise is' if len(broken) == 1 else 'promises are'} broken: {names}"


def _group(finding: Finding) -> int:
    return list(_GROUPS).index(finding.promise.id.split(".")[0])


def _sums(findings: Sequence[Finding]) -> str:
    boxes = []
    for verdict, css in _CLASSES.items():
        count = sum(finding.verdict == verdict for finding in findings)
        boxes.append(f'<div class="sum {css}"><b>{count}</b><span>{verdict}</span></div>')
    return f'<div class="sums">{"".join(boxes)}</div>'


def _section(title: str, findings: Sequence[Finding], outcome: Outcome) -> str:
    cards = [_card(finding, outcome.baseline.get(finding.promise.id)) for finding in findings]
    return f"<h2>{escape(title)}</h2>{''.join(cards)}"


def _card(finding: Finding, acknowledged: str | None) -> str:
    verdict, promise = finding.verdict, finding.promise
    parts = {"Promised": f"<blockquote>{escape(promise.sentence)}</blockquote>"}
    if verdict == "broken":
        told = finding.breaches[0].message
        parts["Seen"] = "".join(f"<p>{escape(breach.message)}</p>" for breach in finding.breaches[:3])
        exchanges: list[Exchange] = [exchange for breach in finding.breaches for exchange in breach.exchanges]
    elif verdict == "kept":
        told, exchanges = promise.sentence, finding.exercised
        count = len(finding.exercised)
        parts["Seen"] = f"<p>{count} requests that could have shown otherwise, and did not. Some of them:</p>"
    else:
        told, exchanges = finding.reason, []
        parts["Not exercised"] = f"<p>{escape(finding.reason)}</p>"
    if acknowledged and verdict == "broken":
        parts["Acknowledged"] = f"<p>{escape(acknowledged)}</p>"
    lines = list(dict.fromkeys(_line(exchange) for exchange in exchanges))[:_SHOWN]
    if lines:
        parts["To see it again"] = f"<pre>{chr(10).join(lines)}</pre>"
    inside = "".join(f"<h3>{heading}</h3>{content}" for heading, content in parts.items())
    css = _CLASSES[verdict]
    return (
        f'<details class="{css}"{" open" if verdict == "broken" else ""}><summary><code>{escape(promise.id)}</code>'
        f'<span class="badge {css}">{verdict}</span><span class="what">{escape(told)}</span></summary>'
        f'<div class="inside">{inside}</div></details>'
    )


def _line(exchange: Exchange) -> str:
    return f'{escape(exchange.curl)}\n<span class="seen"># {escape(exchange.summary[:160])}</span>'


def _coverage(marks: Sequence[Mark]) -> str:
    rows = []
    for mark in marks:
        beyond = "-" if mark.broken is None else str(mark.broken)
        bare = "" if mark.is_covered else ' class="bare"'
        named = f"<td><code>{escape(mark.place)}</code></td><td>{escape(mark.keyword)}</td>"
        rows.append(f'<tr{bare}>{named}<td class="n">{mark.met}</td><td class="n">{beyond}</td></tr>')
    covered = sum(mark.is_covered for mark in marks)
    head = '<tr><th>Parameter</th><th>Declared</th><th class="n">Kept to</th><th class="n">Gone beyond</th></tr>'
    return f"<p>{covered} of {len(marks)} met.</p><table>{head}{''.join(rows)}</table>"


def _statuses(marks: Sequence[Mark]) -> str:
    rows = "".join(
        f"<tr><td><code>{escape(mark.place)}</code></td><td>{escape(mark.keyword)}</td>"
        f'<td class="n">{mark.met}</td></tr>'
        for mark in marks
    )
    return f'<table><tr><th>Status</th><th>Documented as</th><th class="n">Answers</th></tr>{rows}</table>'
