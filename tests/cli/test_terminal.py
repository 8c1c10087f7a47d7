"""What a person sees: the table, the progress and the colours; and what a pipe gets instead."""

import re

import pytest

from apitally_mock import MockServer
from tests.cli.conftest import Cli
from tests.cli.terminal import on_terminal
from tests.sampling import exhaustive

DAY = ["--since", "2026-03-28", "--until", "2026-03-29"]
WINDOW = ["--since", "2025-01-01", "--until", "2026-01-01"]
ESCAPE = "\x1b["


def test_progress_is_on_stderr_and_data_alone_on_stdout(cli: Cli, server: MockServer) -> None:
    """On a terminal, a percentage and the requests so far; it is wiped away, and the data is what a pipe gets."""
    server.set_latency(0.3)
    code, seen = on_terminal(cli, "get", "1", "2", *WINDOW, "--format", "csv", stdout="data.csv")
    server.set_latency(0)
    assert code == 0
    shares = [int(share) for share in re.findall(r"(\d+)%", seen)]
    assert shares[0] == 0
    assert shares == sorted(shares)
    assert any(0 < share < 100 for share in shares)
    assert re.search(r"\d+ HTTP requests?", seen)
    assert seen.endswith(f"{ESCAPE}2K")
    assert (cli.folder / "data.csv").read_text() == cli.data("get", "1", "2", *WINDOW, "--format", "csv")


def test_sync_shows_that_it_goes_on(cli: Cli, server: MockServer) -> None:
    """On a terminal, the requests so far, which are wiped away; stdout has the result alone."""
    server.set_latency(0.3)
    code, seen = on_terminal(cli, "sync", "1", env={"DLT_DATA_DIR": str(cli.folder / "dlt")}, stdout="result.txt")
    server.set_latency(0)
    assert code == 0
    assert re.search(r"[-|/\\] .*\d+ HTTP requests?", seen)
    assert seen.endswith(f"{ESCAPE}2K")
    assert seen.count(f"{ESCAPE}?25l") == seen.count(f"{ESCAPE}?25h")
    result = (cli.folder / "result.txt").read_text()
    assert [line.split()[0] for line in result.splitlines()] == ["Stored", "App"]


def test_a_wait_for_the_rate_limit_is_counted_down(cli: Cli, server: MockServer) -> None:
    """The seconds that are left are shown while they pass."""
    server.set_rate_limit("3/4s")
    code, seen = on_terminal(cli, "get", "1", *WINDOW, "--format", "csv", stdout="data.csv")
    assert code == 0
    seconds = [int(left) for left in re.findall(r"waiting (\d+) s for the API", seen)]
    assert len(set(seconds)) > 1
    assert "429" not in seen


def test_check_counts_its_waits_down(cli: Cli, server: MockServer) -> None:
    """On stderr; stdout has the findings alone."""
    server.set_rate_limit("1/4s")
    code, seen = on_terminal(cli, "check", "1", "2", stdout="findings.txt")
    server.set_rate_limit(None)
    assert code == 0
    assert re.search(r"waiting [1-4] s for the API", seen)
    findings = (cli.folder / "findings.txt").read_text().splitlines()
    assert [line[2:13].strip() for line in findings][4:6] == ["App 1", "App 2"]
    assert ESCAPE not in "".join(findings)


def test_nothing_but_data_where_there_is_no_terminal(cli: Cli) -> None:
    """Neither progress nor colours nor anything else."""
    done = cli.run("get", "1", *WINDOW, "--interval", "day")
    assert done.stderr == ""
    assert ESCAPE not in done.stdout


@pytest.mark.parametrize(
    ("variable", "coloured"), [({}, True), ({"NO_COLOR": "1"}, False), *exhaustive([({"TERM": "dumb"}, False)])]
)
def test_colours_are_for_terminals_that_want_them(cli: Cli, variable: dict[str, str], *, coloured: bool) -> None:
    """`NO_COLOR` and TERM are obeyed."""
    for arguments in (["get", "1", *DAY], ["check", "1"]):
        code, seen = on_terminal(cli, *arguments, env=variable)
        assert code == 0
        assert bool(re.search(rf"{re.escape(ESCAPE)}[0-9;]*3[0-9][;m]", seen)) == coloured, arguments


@pytest.mark.parametrize("command", ["get", "plot"])
def test_an_empty_window_is_told(cli: Cli, command: str) -> None:
    """On stderr, with success."""
    done = cli.run(command, "1", "--since", "2026-03-29T12:00Z", "--until", "2026-03-29T12:00Z")
    assert (done.returncode, done.stderr) == (0, "The window contains no period: its end is its start.\n")
    assert done.stdout.endswith("\n")


def test_that_nothing_has_ended_is_told(cli: Cli) -> None:
    """On stderr, with success, for people and programs alike."""
    window = ["--since", "2026-03-29T12:00Z", "--until", "2026-03-29T14:00Z", "--closed-only"]
    done = cli.run("get", "1", *window, "--format", "ndjson")
    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr == "No period of the window has ended: it is 2026-03-29 12:34 in UTC by the server's clock.\n"
    cli.data("get", "1", "--since", "2026-03-29T11:00Z", *window[2:])


def test_parquet_is_not_sent_to_a_terminal(cli: Cli, server: MockServer) -> None:
    """It would only make noise there."""
    code, seen = on_terminal(cli, "get", "1", "--format", "parquet")
    assert code == 2
    assert "parquet is not for a terminal" in seen
    assert not server.requests


def test_table_has_human_units_bars_and_totals(cli: Cli) -> None:
    """A row for each day with its bar, the totals at the end, the window and its timezone at the top."""
    window = ["--since", "2026-03-27", "--until", "2026-03-29", "--interval", "day", "--timezone", "Europe/Berlin"]
    lines = cli.data("get", "1", *window).splitlines()
    assert lines[0] == "App 1, 2026-03-27 00:00 to 2026-03-29 00:00 in Europe/Berlin"
    assert lines[1].split() == ["Day", "Requests", "Received", "Sent"]
    first, second, total = lines[3], lines[4], lines[-1]
    assert re.fullmatch(r"Fri 2026-03-27 +[\d,]+ +[\d.]+ MB +[\d.]+ [MG]B +█{15,}[▏▎▍▌▋▊▉]? *", first)
    assert first.count("█") > second.count("█") > 0
    days = [int(line.split()[2].replace(",", "")) for line in (first, second)]
    assert total.split()[:2] == ["Total", f"{sum(days):,}"]


def test_table_of_several_apps_has_a_total_for_each(cli: Cli) -> None:
    """And one for all."""
    lines = cli.data("get", "1", "2", "--since", "2026-03-27", "--until", "2026-03-29").splitlines()
    totals = [line.split() for line in lines if "Total" in line]
    assert [total[:-5] for total in totals] == [["1", "Total"], ["2", "Total"], ["Total"]]
    one, two, both = (int(total[-5].replace(",", "")) for total in totals)
    assert one + two == both


def test_table_tells_the_repeated_hour_apart(cli: Cli) -> None:
    """Both two o'clocks of the night in autumn carry the abbreviation of their offset."""
    night = ["--since", "2025-10-26", "--until", "2025-10-27", "--timezone", "Europe/Berlin"]
    table = cli.data("get", "1", *night)
    assert [table.count(f"02:00 {zone}") for zone in ("CEST", "CET")] == [1, 1]


def test_table_marks_the_open_period_by_the_clock_of_the_server(cli: Cli) -> None:
    """Neither one that has ended, whatever this machine thinks, nor one that has not begun."""
    rows = cli.data("get", "1", "--since", "2026-03-29T11:00Z", "--until", "2026-03-29T14:00Z").splitlines()[3:6]
    assert [("12:00 UTC" in row, "(so far)" in row) for row in rows] == [(False, False), (True, True), (False, False)]


@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
def test_table_of_a_terminal_without_unicode(cli: Cli, encoding: str) -> None:
    """The bars are made of what there is, and nothing fails."""
    done = cli.process("get", "1", *DAY, env={"PYTHONIOENCODING": encoding})
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.isascii()
    assert "####" in done.stdout


def test_table_loses_no_digit_on_a_narrow_terminal(cli: Cli) -> None:
    """Lines become longer than the terminal rather than numbers shorter."""
    wide = [line.split()[:9] for line in cli.data("get", "1", *DAY).splitlines() if " UTC " in line]
    narrow = cli.process("get", "1", *DAY, env={"COLUMNS": "40"}).stdout
    assert len(wide) == 24
    assert [line.split() for line in narrow.splitlines() if " UTC " in line] == wide


@pytest.mark.parametrize(("option", "requests", "waits"), [("-v", 0, 1), ("-vv", 3, 1)])
def test_log_lines_on_request(cli: Cli, server: MockServer, option: str, requests: int, waits: int) -> None:
    """`-v` logs retries, `-vv` each request too, on stderr, without the key."""
    server.inject("status", status=503, times=1)
    done = cli.run("get", "1", "2", *DAY, option)
    assert done.returncode == 0
    assert done.stderr.count("GET ") == requests
    assert done.stderr.count("retry 1 of") == waits
    assert server.api_key not in done.stderr


@pytest.mark.parametrize("size", ["0", "-5", "abc", "²", "", "9" * 5000], ids=lambda size: size[:4])
def test_a_size_of_the_terminal_that_is_none(cli: Cli, size: str) -> None:
    """Where COLUMNS and LINES are no sizes, they count as unset."""
    expected = {command: cli.data(command, "1", *DAY) for command in ("get", "plot")}
    cli.env |= {"COLUMNS": size, "LINES": size}
    assert {command: cli.data(command, "1", *DAY) for command in expected} == expected
    assert expected["get"].startswith("App 1, ")
