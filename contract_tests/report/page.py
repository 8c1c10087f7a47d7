"""One self-contained page with the verdicts, their evidence, and the coverage of the specification."""

from collections.abc import Sequence
from dataclasses import replace
from html import escape
from importlib.resources import files
from itertools import groupby

from contract_tests.promises.promise import Finding
from contract_tests.report import history
from contract_tests.report.coverage import Mark
from contract_tests.report.evidence import Evidence, Shown, evidence_of
from contract_tests.report.outcome import Outcome

_CLASSES = {"kept": "kept", "broken": "broken", "not exercised": "not"}
_GROUPS = {
    "auth": "The key",
    "requests": "Requests",
    "consistency": "Consistency",
    "timezone": "Timezones",
    "window": "The window",
    "pagination": "Pages",
    "response": "Responses",
}
_SHOWN = 6
_BREACHES_SHOWN = 3
_OPEN = 5


def render(outcome: Outcome, parameters: Sequence[Mark], statuses: Sequence[Mark]) -> str:
    """Return the page as HTML: how the run went, what is broken, then everything else."""
    findings = list(outcome.ledger.findings.values())
    others = sorted((finding for finding in findings if finding not in outcome.broken), key=_group)
    sections = [_section("Broken", outcome.broken, outcome)] if outcome.broken else []
    sections += [
        _section(list(_GROUPS.values())[place], list(group), outcome) for place, group in groupby(others, _group)
    ]
    style, script = (files(__package__).joinpath(name).read_text(encoding="utf-8") for name in ("page.css", "page.js"))
    notes = [*outcome.problems, *outcome.warnings]
    return f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(outcome.headline)}</title><style>{style}</style></head><body><main>
<h1>{escape(outcome.headline)}</h1>
<p class="lead">{escape(outcome.asked)} ·
{outcome.started_at:%Y-%m-%d %H:%M} UTC</p>
{_sums(findings)}
{"".join(f'<p class="note">{escape(error)}</p>' for error in notes)}
{_hint_at_unstable(outcome)}{_contents(outcome)}
{"".join(sections)}
{_unstable(outcome)}
{history.render(outcome.runs)}
<h2>How it was asked</h2>
<p class="lead">Seed {outcome.options.seed}, {outcome.sent} of at most {outcome.options.max_requests} requests.
The curl lines take the key from the variable APITALLY_API_KEY and can be pasted into a shell.</p>
<h3>Parameters</h3>
<p class="lead">How many requests complied with each declaration, at its limit if it has one, and how many
violated it.</p>
{_coverage(parameters)}
<h3>Responses by status</h3>
{_statuses(statuses)}
</main><script>{script}</script></body></html>
"""


def _unstable(outcome: Outcome) -> str:
    """Return the requests that succeeded only when they were repeated; they are not a finding."""
    if not outcome.unstable:
        return ""
    lines = escape("\n".join(outcome.unstable))
    told = (
        f"{len(outcome.unstable)} of {outcome.sent} requests failed at a gateway or on the way, and succeeded when they"
    )
    return f'<h2 id="unstable">Unstable</h2><p class="lead">{told} were repeated.</p><pre>{lines}</pre>'


def _hint_at_unstable(outcome: Outcome) -> str:
    count = len(outcome.unstable)
    told = f"{count} of {outcome.sent} requests succeeded only when they were repeated"
    return f'<p class="lead"><a href="#unstable">{told}</a></p>' if count else ""


def _contents(outcome: Outcome) -> str:
    """Return links to the findings, if there are too many for one screen."""
    if len(outcome.broken) < 2:
        return ""
    links = "".join(
        f'<li><a href="#{escape(finding.promise.id)}"><code>{escape(finding.promise.id)}</code></a> '
        f'<span class="what">{escape(finding.breaches[0].message)}</span></li>'
        for finding in outcome.broken
    )
    return f'<ol class="contents">{links}</ol>'


def _group(finding: Finding) -> int:
    return list(_GROUPS).index(finding.promise.id.split(".")[0])


def _sums(findings: Sequence[Finding]) -> str:
    boxes = []
    for verdict, css in _CLASSES.items():
        count = sum(finding.verdict == verdict for finding in findings)
        boxes.append(f'<div class="sum {css if count else "none"}"><b>{count}</b><span>{verdict}</span></div>')
    return f'<div class="sums">{"".join(boxes)}</div>'


def _section(title: str, findings: Sequence[Finding], outcome: Outcome) -> str:
    cards = [_card(finding, outcome) for finding in findings]
    return f"<h2>{escape(title)}</h2>{''.join(cards)}"


def _card(finding: Finding, outcome: Outcome) -> str:
    verdict, promise = finding.verdict, finding.promise
    acknowledged = outcome.baseline.get(promise.id)
    parts = {"What the documentation says": f"<blockquote>{escape(promise.sentence)}</blockquote>"}
    if verdict == "broken":
        evidence = evidence_of(finding)
        told = evidence[0].message
        parts["What the suite concludes"] = "".join(_conclusion(one) for one in evidence[:_BREACHES_SHOWN])
        exchanges = [exchange for one in evidence[:_BREACHES_SHOWN] for exchange in one.exchanges]
        parts["What the server returns"] = "".join(map(_response, _unique(exchanges)[:_SHOWN]))
        if following := outcome.ledger.consequences(finding):
            parts["What follows from it"] = "".join(map(_consequence, following))
    elif verdict == "kept":
        told = promise.sentence
        lines = dict.fromkeys(f"{escape(exchange.curl)}" for exchange in finding.exercised)
        count = len(finding.exercised)
        parts["What was asked"] = (
            f"<p>{count} requests that could have shown otherwise, and did not, such as:</p>"
            f"<pre>{chr(10).join(list(lines)[:_SHOWN])}</pre>"
        )
    else:
        told = finding.reason
        parts["Not exercised"] = f"<p>{escape(finding.reason)}</p>"
    if acknowledged and verdict == "broken":
        parts["Acknowledged"] = f"<p>{escape(acknowledged)}</p>"
    inside = "".join(f"<h3>{heading}</h3>{content}" for heading, content in parts.items())
    css = _CLASSES[verdict]
    is_open = verdict == "broken" and len(outcome.broken) <= _OPEN
    return (
        f'<details id="{escape(promise.id)}" class="{css}"{" open" if is_open else ""}>'
        f"<summary><code>{escape(promise.id)}</code>"
        f'<span class="badge {css}">{verdict}</span><span class="what">{escape(told)}</span></summary>'
        f'<div class="inside">{inside}</div></details>'
    )


def _conclusion(evidence: Evidence) -> str:
    table = (
        '<table class="versus"><tr><th>Expected</th><th>Got</th></tr>'
        f"<tr><td>{escape(evidence.expected)}</td><td>{escape(evidence.got)}</td></tr></table>"
    )
    return f"<p>{escape(evidence.message)}</p>" + (table if evidence.expected or evidence.got else "")


def _consequence(finding: Finding) -> str:
    link = f'<a href="#{escape(finding.promise.id)}"><code>{escape(finding.promise.id)}</code></a>'
    return f"<p>{link} {escape(finding.breaches[0].message)}</p>"


def _response(exchange: Shown) -> str:
    headers = [f"{name}: {value}" for name, value in exchange.headers.items()]
    content = [*exchange.rows, *([f"… and {exchange.rows_left_out} other rows"] if exchange.rows_left_out else [])]
    text = "\n".join([f"{exchange.status_text}, at {exchange.sent_at}", *headers, "", *(content or [exchange.body])])
    return f'<pre>{escape(exchange.curl)}\n<span class="seen">{escape(text)}</span></pre>'


def _unique(exchanges: Sequence[Shown]) -> list[Shown]:
    """Return each exchange once, with the rows of all breaches that it shows."""
    unique: dict[int, Shown] = {}
    for exchange in exchanges:
        known = unique.get(exchange.number, exchange)
        rows = tuple(dict.fromkeys((*known.rows, *exchange.rows)))
        left_out = known.rows_left_out - (len(rows) - len(known.rows))
        unique[exchange.number] = replace(known, rows=rows, rows_left_out=left_out)
    return list(unique.values())


def _coverage(marks: Sequence[Mark]) -> str:
    rows = []
    for mark in marks:
        beyond = "-" if mark.broken is None else str(mark.broken)
        bare = "" if mark.is_covered else ' class="bare"'
        named = f"<td><code>{escape(mark.place)}</code></td><td>{escape(mark.keyword)}</td>"
        rows.append(f'<tr{bare}>{named}<td class="n">{mark.met}</td><td class="n">{beyond}</td></tr>')
    covered = sum(mark.is_covered for mark in marks)
    head = '<tr><th>Parameter</th><th>Declared</th><th class="n">Complied with</th><th class="n">Violated</th></tr>'
    return f"<p>{covered} of {len(marks)} covered.</p><table>{head}{''.join(rows)}</table>"


def _statuses(marks: Sequence[Mark]) -> str:
    rows = "".join(
        f"<tr><td><code>{escape(mark.place)}</code></td><td>{escape(mark.keyword)}</td>"
        f'<td class="n">{mark.met}</td></tr>'
        for mark in marks
    )
    return f'<table><tr><th>Status</th><th>Documented as</th><th class="n">Answers</th></tr>{rows}</table>'
