"""What the reports of a run show of a finding: enough to file a bug, nothing of the key, and the rows in question."""

import json
import re
from base64 import b64encode
from dataclasses import replace
from datetime import UTC, datetime
from html import unescape
from pathlib import Path
from urllib.parse import quote

import pytest

from contract_tests.exchange import Exchange
from contract_tests.options import Options
from contract_tests.promises.promise import BrokenPromiseError, Finding, Ledger, Promise
from contract_tests.report import github, issue
from contract_tests.report.evidence import evidence_of, shown
from contract_tests.report.outcome import Outcome
from contract_tests.report.write import write_reports, write_table
from contract_tests.wire.client import Client

KEY = "secret-key-of-the-run"
SENTENCE = "Maximum number of records to return per page."


def exchange(body: object, **headers: str) -> Exchange:
    """Return an exchange with a JSON body."""
    sent = datetime(2026, 3, 29, 1, 0, tzinfo=UTC).timestamp()
    shown_headers = ('"Api-Key: $APITALLY_API_KEY"',)
    content = json.dumps(body).encode()
    return Exchange(3, "GET", "http://h/v1/apps/1/traffic", shown_headers, 200, headers, content, sent, sent, key=KEY)


def hours(count: int) -> dict[str, object]:
    """Return a page of hours."""
    rows = [
        {
            "period_start": f"2026-03-28T{hour:02}:00:00+00:00",
            "period_end": f"2026-03-28T{hour + 1:02}:00:00Z",
            "n": hour,
        }
        for hour in range(count)
    ]
    return {"data": rows, "has_more": False, "next_token": None}


def run_with(tmp_path: Path, *breaches: BrokenPromiseError, baseline: dict[str, str] | None = None) -> Outcome:
    """Return a run that has seen these breaches."""
    client = Client("http://127.0.0.1:9", KEY, 1, max_requests=600, requests_per_minute=100)
    ledger = Ledger([Promise("requests.limit", SENTENCE, "hint"), Promise("window.end", "Defaults to now.", "hint")])
    for breach in breaches:
        ledger.broken(breach)
    options = Options(seed=7, report_dir=str(tmp_path))
    return Outcome(client, ledger, options, baseline or {})


def test_the_rows_of_the_periods_in_question_are_shown() -> None:
    """Of a page, the rows whose period the message names by its start, or by an instant inside it, in any offset."""
    message = "the period 2026-03-28T07:00:00+02:00 comes twice, and 2026-03-28T09:30:00Z is missing"
    seen = shown(exchange(hours(20)), message)
    assert [json.loads(row)["n"] for row in seen.rows] == [5, 9]
    assert seen.rows_left_out == 18


def test_a_page_of_which_no_period_is_named_shows_its_ends() -> None:
    """The first and the last row tell what the page was about."""
    seen = shown(exchange(hours(20)), "31 rows, and at most 10 were asked for")
    assert [json.loads(row)["n"] for row in seen.rows] == [0, 19]
    assert shown(exchange(hours(0)), "none").rows == ()


def test_what_is_not_a_page_shows_its_beginning() -> None:
    """An error page is quoted, up to a length that can be read."""
    seen = shown(exchange({"detail": "x" * 5000}), "refused")
    assert seen.rows == ()
    assert seen.body.startswith('{"detail": "xxx')
    assert len(seen.body) < 1000


@pytest.mark.parametrize(
    "name", ["x-request-id", "request-id", "x-amzn-trace-id", "cf-ray", "x-correlation-id", "date"]
)
def test_headers_that_identify_a_request_are_shown(name: str) -> None:
    """The vendor can find the request in their logs; cookies and other headers stay out."""
    seen = shown(exchange(hours(1), **{name: "abc", "set-cookie": "a=b", "x-powered-by": "y"}))
    assert seen.headers == {name: "abc"}


def test_the_key_is_in_no_report(tmp_path: Path) -> None:
    """Wherever the server quotes the key, the files and the annotations show the name of its variable instead."""
    quoted = exchange({"data": [{"period_start": KEY, "note": KEY}], "echo": KEY}, **{"x-request-id": f"r-{KEY}"})
    echo = exchange(f"no page: {KEY}")
    breach = BrokenPromiseError("requests.limit", f"got {KEY}", quoted, echo, expected=KEY, got=f"<{KEY}>")
    run = run_with(tmp_path, breach)
    write_reports(run)
    texts = [path.read_text(encoding="utf-8") for path in tmp_path.iterdir()]
    texts += [github.job_summary(run), *github.annotations(run)]
    assert len(texts) >= 5
    assert not [text for text in texts if KEY in text]
    assert "$APITALLY_API_KEY" in texts[0]


def test_a_bug_report_has_a_name_that_every_file_system_takes() -> None:
    """An operationId may be of any length, and of any characters; two of them have two names."""
    names = {issue.file_name(Finding(Promise(f"response.schema@{'x' * 300}{end}", "", ""))) for end in ('"<a>', '"<b>')}
    assert len(names) == 2
    assert all(re.fullmatch(r"issue-[\w.@-]{1,120}\.md", name) for name in names)
    assert issue.file_name(Finding(Promise("timezone.dst", "", ""))) == "issue-timezone.dst.md"


def test_each_broken_promise_gets_a_bug_report(tmp_path: Path) -> None:
    """It says apart what is documented, what the server does and how to see it, with the rows and the request."""
    breach = BrokenPromiseError(
        "requests.limit",
        "the period 2026-03-28T05:00:00Z comes twice",
        exchange(hours(9), **{"x-request-id": "abc"}),
        expected="once | each",
        got="twice",
    )
    run = run_with(tmp_path, breach)
    write_reports(run)
    assert [path.name for path in tmp_path.glob("issue-*.md")] == ["issue-requests.limit.md"]
    text = (tmp_path / "issue-requests.limit.md").read_text(encoding="utf-8")
    for part in (
        f"> {SENTENCE}",
        "| `once \\| each` | `twice` |",
        "curl -sS",
        "x-request-id: abc",
        '"n": 5',
        "8 other rows",
    ):
        assert part in text
    write_reports(run_with(tmp_path))
    assert not list(tmp_path.glob("issue-*.md")), "the report of an earlier run must not be taken for one of this run"


def test_what_follows_from_a_finding_stands_below_it(tmp_path: Path) -> None:
    """Everywhere the effect is named with its cause, and it is no finding of its own."""
    client = Client("http://127.0.0.1:9", KEY, 1, max_requests=600, requests_per_minute=100)
    ledger = Ledger([Promise("window.a", "S.", "hint"), Promise("window.b", "S.", "hint", ("window.a",))])
    ledger.broken(BrokenPromiseError("window.a", "the first", exchange(hours(1))))
    ledger.broken(BrokenPromiseError("window.b", "the second one", exchange(hours(1))))
    ledger.settle()
    options = Options(seed=7, report_dir=str(tmp_path))
    outcome = Outcome(client, ledger, options, {})
    write_reports(outcome)
    lines: list[str] = []
    write_table(outcome, lines.append)
    assert [path.name for path in tmp_path.glob("issue-*")] == ["issue-window.a.md"]
    assert "- S. But `the second one`" in (tmp_path / "issue-window.a.md").read_text(encoding="utf-8")
    assert '<a href="#window.b">' in (tmp_path / "report.html").read_text(encoding="utf-8")
    assert any("from it follows window.b: the second one" in line for line in lines)
    assert "From it follows `window.b`: `the second one`" in github.job_summary(outcome)
    promises = {p["id"]: p for p in json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))["promises"]}
    assert (promises["window.b"]["verdict"], promises["window.b"]["follows_from"]) == ("not exercised", ["window.a"])


def test_unstable_requests_are_in_all_reports(tmp_path: Path) -> None:
    """A request that succeeded only when it was repeated is listed, counted, and no finding."""
    run = run_with(tmp_path)
    assert run.client is not None
    run.client.unstable.append("502: curl -sS 'http://h/?a=<b>'")
    run.client.sent = 9
    write_reports(run)
    page = unescape((tmp_path / "report.html").read_text(encoding="utf-8"))
    assert "1 of 9 requests succeeded only when they were repeated" in page
    assert "502: curl -sS 'http://h/?a=<b>'" in page
    assert json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))["unstable"] == run.unstable
    assert "unstable: 1 of 9 requests" in github.job_summary(run)
    assert run.exit_code == 0


def test_a_page_with_many_findings_is_closed_and_one_with_few_is_open(tmp_path: Path) -> None:
    """Forty open findings would hide each other; the links of the list open them."""
    promises = [Promise(f"window.p{number}", "S.", "hint") for number in range(40)]
    for count, opened in ((5, 5), (40, 0)):
        ledger = Ledger(promises)
        for promise in promises[:count]:
            ledger.broken(BrokenPromiseError(promise.id, "late", exchange(hours(1))))
        options = Options(seed=7, report_dir=str(tmp_path))
        write_reports(Outcome(None, ledger, options, {}))
        page = (tmp_path / "report.html").read_text(encoding="utf-8")
        assert page.count('class="broken" open>') == opened
        assert page.count('<li><a href="#window.p') == count


def test_an_exchange_of_two_breaches_shows_the_rows_of_both(tmp_path: Path) -> None:
    """One request can show two breaches; the page has it once, with the rows of either."""
    seen = exchange(hours(9))
    breaches = [BrokenPromiseError("window.end", f"2026-03-28T0{hour}:00:00Z is odd", seen) for hour in (3, 5)]
    write_reports(run_with(tmp_path, *breaches))
    page = unescape((tmp_path / "report.html").read_text(encoding="utf-8"))
    assert ('"n": 3' in page, '"n": 5' in page, '"n": 4' in page) == (True, True, False)
    assert "and 7 other rows" in page


def test_a_bug_report_survives_what_a_body_says(tmp_path: Path) -> None:
    """Back quotes and line ends in a response do not end the block that quotes it, nor the row of the table."""
    echo = exchange("```\n# no heading")
    run = run_with(tmp_path, BrokenPromiseError("window.end", "odd", echo, expected="a\nb", got="c"))
    text = issue.render(run, run.broken[0])
    assert "| `a b` | `c` |" in text
    assert "````text" in text


def test_a_key_in_a_token(tmp_path: Path) -> None:
    """A server may make its tokens of the key: neither it nor its base64 is in any report, and the lines still run."""
    encoded = b64encode(f"?>:{KEY}:?>".encode()).decode()
    for token in (KEY, quote(KEY, safe=""), quote(encoded, safe=""), encoded.translate(str.maketrans("+/", "-_"))):
        seen = replace(exchange(hours(1)), url=f"http://127.0.0.1:9/v1/apps/1/traffic?next_token={token}")
        write_reports(run_with(tmp_path, BrokenPromiseError("requests.limit", "too many", seen)))
        assert "next_token=" in seen.curl
        for text in (seen.curl, *(path.read_text(encoding="utf-8") for path in tmp_path.iterdir())):
            assert "${APITALLY_API_KEY}" in text
            assert KEY not in text
            assert encoded[8:-8] not in text


@pytest.mark.parametrize("text", ["\ud800", "\x1b[2J\x1b]0;title\x07", "\u202egnp.exe", "<script>a</script>![x](y)@z"])
def test_hostile_text_in_all_reports(tmp_path: Path, text: str) -> None:
    """Half of a surrogate pair, control characters and markup are shown, and change nothing."""
    breach = BrokenPromiseError(
        "requests.limit", f"got {text}", exchange([{"requests": text}]), expected=text, got=text
    )
    run = run_with(tmp_path, breach)
    for old in ("report.html", "report.json", "issue-window.end.md"):
        (tmp_path / old).write_text("of another run", encoding="utf-8")
    write_reports(run)
    lines: list[str] = []
    write_table(run, lines.append)
    files = {path.name: path.read_text(encoding="utf-8") for path in tmp_path.iterdir()}
    assert set(files) == {"report.html", "report.json", "issue-requests.limit.md"}
    for report in (*files.values(), *lines, *github.annotations(run), github.job_summary(run)):
        assert report.replace("\n", "").isprintable()
        assert "of another run" not in report
    for markdown in (files["issue-requests.limit.md"], github.job_summary(run)):
        prose = re.sub(r"(?s)```.*?```|`[^`]*`", "", markdown)
        assert "<script>" not in prose
        assert "@z" not in prose


def test_report_json_has_expected_got_rows_and_headers(tmp_path: Path) -> None:
    """What the pages show can be read by a machine, too."""
    breach = BrokenPromiseError("requests.limit", "too many", exchange(hours(2), date="d"), expected="1", got="2")
    write_reports(run_with(tmp_path, breach))
    promises = {p["id"]: p for p in json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))["promises"]}
    (seen,) = promises["requests.limit"]["breaches"]
    assert (seen["expected"], seen["got"]) == ("1", "2")
    assert seen["exchanges"][0]["headers"] == {"date": "d"}
    assert seen["exchanges"][0]["sent_at"] == "2026-03-29T01:00:00.000Z"
    assert len(seen["exchanges"][0]["rows"]) == 2
    assert promises["window.end"]["breaches"] == []


def test_the_same_breach_is_shown_once() -> None:
    """Drawn values often show the same breach again; the first one stays."""
    ledger = Ledger([Promise("a.b", "S.", "hint")])
    first, again = exchange(hours(1)), exchange(hours(2))
    for seen in (first, again):
        ledger.broken(BrokenPromiseError("a.b", "one", seen))
    ledger.broken(BrokenPromiseError("a.b", "two", again))
    evidence = evidence_of(ledger.findings["a.b"])
    assert [one.message for one in evidence] == ["one", "two"]
    assert len(evidence[0].exchanges[0].rows) == 1


def test_annotations_are_escaped_and_acknowledged_findings_are_warnings(tmp_path: Path) -> None:
    """A message of several lines is one annotation; what the baseline knows does not look like an error."""
    breaches = (BrokenPromiseError("requests.limit", "50%\nof it"), BrokenPromiseError("window.end", "late"))
    run = run_with(tmp_path, *breaches, baseline={"window.end": "ticket 1"})
    assert list(github.annotations(run)) == [
        "::error title=requests.limit::50%25%0Aof it",
        "::warning title=window.end::late",
    ]


def test_the_job_summary_is_added_to_what_is_there(tmp_path: Path) -> None:
    """Other steps write to the same file; where GitHub names none, nothing is written."""
    path = tmp_path / "summary.md"
    path.write_text("# Before\n", encoding="utf-8")
    run = run_with(tmp_path, BrokenPromiseError("window.end", "late", exchange(hours(1))))
    github.write_job_summary(run, {"GITHUB_STEP_SUMMARY": str(path)})
    github.write_job_summary(run, {})
    text = path.read_text(encoding="utf-8")
    assert text.startswith("# Before\n## 1 promise is broken: window.end")
    assert "curl -sS" in text
    assert "requests.limit" in text, "what was not exercised is listed"


def test_the_title_of_a_bug_report_fits_a_line() -> None:
    """A long message is cut in the title and whole below it."""
    ledger = Ledger([Promise("a.b", "S.", "hint")])
    ledger.broken(BrokenPromiseError("a.b", "long " * 60, exchange(hours(1))))
    client = Client("http://127.0.0.1:9", KEY, 1, max_requests=600, requests_per_minute=100)
    options = Options(seed=7, report_dir="unused")
    title, *rest = issue.render(Outcome(client, ledger, options, {}), ledger.findings["a.b"]).splitlines()
    assert len(title) < 120
    assert any("long " * 59 in line for line in rest)


@pytest.mark.parametrize(
    ("required", "exit_code"), [(0, 0), (1, 0), (2, 1), (frozenset({"a.b"}), 0), (frozenset({"a.b", "a.c"}), 1)]
)
def test_what_has_to_be_exercised_is_a_number_or_ids(required: int | frozenset[str], exit_code: int) -> None:
    """Of two promises one was exercised; the run fails where the other one is required."""
    ledger = Ledger([Promise("a.b", "S.", "hint"), Promise("a.c", "S.", "hint")])
    ledger.seen("a.b", exchange(hours(1)))
    ledger.completed("a.b")
    options = Options(seed=7, report_dir="unused", require_exercised=required)
    outcome = Outcome(None, ledger, options, {})
    assert outcome.exit_code == exit_code
    assert [warning for warning in outcome.warnings if "--require-exercised" in warning] == [outcome.unmet][:exit_code]
