"""The pictures of `plot`: the right values at the right places, the same for whoever looks."""

import json
import re
import signal
import struct
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from apitally_mock import MockServer
from tests.cli.conftest import Cli
from tests.cli.page import AUTUMN, BERLIN, content
from tests.cli.terminal import on_terminal
from tests.sampling import exhaustive

WIDTH = 840
UNTIL_NOW = ["--since", "2026-03-10", "--until", "2026-03-29T12:34Z", "--timezone", "America/New_York"]


def rows_of_get(cli: Cli, *arguments: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in cli.data("get", *arguments, "--format", "ndjson").splitlines()]


def tick_positions(svg: str) -> dict[str, float]:
    """Return where the labels of the first panel's time axis are, in pixels from its left."""
    found = re.findall(r'<text[^>]*text-anchor="middle"[^>]*translate\(([\d.]+),15\)[^>]*>([^<]+)</text>', svg)
    return {label: float(x) for x, label in found}


def test_a_png_is_a_picture_of_two_pixels_for_each_point(cli: Cli) -> None:
    """It has the signature and the size."""
    assert cli.data("plot", "1", *AUTUMN, "--output", "t.png") == ""
    data = (cli.folder / "t.png").read_bytes()
    assert data.startswith(b"\x89PNG\r\n\x1a\n")
    width, height = struct.unpack(">II", data[16:24])
    assert width > 2 * WIDTH
    assert height > 800


@pytest.mark.parametrize(
    ("window", "interval"),
    [
        pytest.param(AUTUMN, "hour", id="closed hours"),
        pytest.param(AUTUMN, "day", id="closed days", marks=pytest.mark.exhaustive),
        pytest.param(UNTIL_NOW, "hour", id="open hours", marks=pytest.mark.exhaustive),
        pytest.param(UNTIL_NOW, "day", id="open days", marks=pytest.mark.exhaustive),
    ],
)
def test_an_svg_is_the_same_in_every_timezone_of_the_machine(cli: Cli, window: list[str], interval: str) -> None:
    """To the byte, with what is marked in it."""
    drawn = []
    for zone in ("UTC", "America/Los_Angeles"):
        arguments = ["plot", "1", "2", *window, "--interval", interval, "--output", "t.svg"]
        assert cli.process(*arguments, env={"TZ": zone}).returncode == 0
        drawn.append((cli.folder / "t.svg").read_bytes())
    assert drawn[0] == drawn[1]
    assert b'aria-label="time' not in drawn[0]


def test_what_an_svg_tells_a_screen_reader_is_local(cli: Cli) -> None:
    """It is an image whose label has the window and the timezone, and no part of it has times in UTC."""
    cli.data("plot", "1", "2", *AUTUMN, "--output", "t.svg")
    drawn = (cli.folder / "t.svg").read_text()
    window = "2025-10-24 00:00 to 2025-10-28 00:00 (Europe/Berlin), by hour"
    label = f"Apps 1, 2, {window}: requests, bytes sent and bytes received"
    assert drawn.startswith(f'<svg role="img" aria-label="{label}" ')
    assert not re.search("utc", drawn, re.IGNORECASE)


@pytest.mark.parametrize("interval", ["hour", "day"])
def test_a_day_of_25_hours_is_25_hours_wide(cli: Cli, interval: str) -> None:
    """Ticks are at local midnights, and the distance of two is that of the instants."""
    cli.data("plot", "1", *AUTUMN, "--interval", interval, "--output", "t.svg")
    ticks = tick_positions((cli.folder / "t.svg").read_text())
    hour = WIDTH / (4 * 24 + 1)
    saturday, sunday, monday = (ticks[label] for label in ("Sat 25 Oct", "Sun 26 Oct", "Mon 27 Oct"))
    assert sunday - saturday == pytest.approx(24 * hour, abs=1)
    assert monday - sunday == pytest.approx(25 * hour, abs=1)


def test_the_first_day_has_its_label(cli: Cli) -> None:
    """A window that begins at midnight has the day below the left end of each axis."""
    cli.data("plot", "1", *AUTUMN, "--output", "t.svg")
    assert tick_positions((cli.folder / "t.svg").read_text())["Fri 24 Oct"] == 0


@pytest.mark.parametrize(
    ("zone", "window", "instants", "lines"),
    [
        (
            "America/Sao_Paulo",
            ["--since", "2018-02-10", "--until", "2018-11-10", "--interval", "day"],
            ["2018-02-18T02:00:00Z", "2018-11-04T03:00:00Z"],
            [
                "Clocks go back on Sun 2018-02-18 from 00:00 to Sat 2018-02-17 23:00.",
                "Clocks go forward on Sun 2018-11-04 from 00:00 to 01:00.",
            ],
        ),
        (
            "Australia/Lord_Howe",
            ["--since", "2025-04-01", "--until", "2026-05-01", "--interval", "day"],
            ["2025-04-05T15:00:00Z", "2025-10-04T15:30:00Z", "2026-04-04T15:00:00Z"],
            ["The clocks change at the dashed lines."],
        ),
        *exhaustive(
            [
                (
                    "Europe/Berlin",
                    ["--since", "2026-03-28", "--until", "2026-03-30"],
                    ["2026-03-29T01:00:00Z"],
                    ["Clocks go forward on Sun 2026-03-29 from 02:00 to 03:00."],
                ),
                ("Europe/Berlin", ["--since", "2025-10-20", "--until", "2025-10-26"], [], []),
                ("Africa/Casablanca", ["--since", "2012-06-01", "--until", "2018-06-01", "--interval", "day"], [], []),
            ]
        ),
    ],
)
def test_changes_of_the_clocks_are_marked(
    cli: Cli, zone: str, window: list[str], instants: list[str], lines: list[str]
) -> None:
    """By a rule at the instant, and in a line below the title; more than two dozen of them are not."""
    for output in ("t.svg", "t.html"):
        cli.data("plot", "1", *window, "--timezone", zone, "--output", output)
    page = cli.folder / "t.html"
    marked = [row["time"] / 1000 for row in content(page)["datasets"]["clocks"]]
    assert marked == [datetime.fromisoformat(instant).timestamp() for instant in instants]
    drawn = (cli.folder / "t.svg").read_text()
    assert drawn.count('stroke-dasharray="4,3"') == 3 * len(instants)
    assert [line for line in re.findall(r"<(?:text|tspan)[^>]*>([^<]+)<", drawn) if "lock" in line] == lines
    subtitle = re.search(r"<p>(.*)</p>", page.read_text(encoding="utf-8"))
    assert subtitle
    assert subtitle[1].split("<br>")[1:] == lines
    in_terminal = cli.data("plot", "1", *window, "--timezone", zone).splitlines()
    assert [line for line in in_terminal if "lock" in line] == lines


def test_title_and_legend(cli: Cli) -> None:
    """The title names the apps, the window, the timezone and the interval; the legend has each app."""
    cli.data("plot", "1", "2", *AUTUMN, "--env-id", "2", "--output", "t.svg")
    texts = re.findall(r"<(?:text|tspan)[^>]*>([^<]+)<", (cli.folder / "t.svg").read_text())
    assert "Apps 1, 2, environment 2" in texts
    assert "2025-10-24 00:00 to 2025-10-28 00:00 (Europe/Berlin), by hour" in texts
    assert {"App 1", "App 2", "Requests", "Bytes sent", "Bytes received", "0"} <= set(texts)
    assert not {"0k", "0B"} & set(texts)
    assert "so far" not in texts


def test_long_names_are_whole_in_the_legend(cli: Cli) -> None:
    """The difference of two may be at their ends; with long names the legend has fewer columns, and stays as wide."""
    consumers = [f"123456789012345{number}" for number in range(4)]
    options = [option for consumer in consumers for option in ("--consumer-id", consumer)]
    cli.data("plot", "1", "2", *AUTUMN, *options, "--interval", "day", "--output", "t.svg")
    drawn = (cli.folder / "t.svg").read_text()
    texts = re.findall(r"<text[^>]*>([^<]+)</text>", drawn)
    names = {f"App {app_id}, consumer {consumer}" for app_id in (1, 2) for consumer in consumers}
    assert names <= set(texts)
    width = re.search(r'<svg[^>]* width="(\d+)"', drawn)
    assert width
    assert int(width[1]) < 1.2 * WIDTH


def test_no_two_of_28_lines_look_the_same(cli: Cli) -> None:
    """In a file they differ by colour or dashes, as in its legend, and in the terminal by character."""
    consumers = [option for number in range(1, 29) for option in ("--consumer-id", str(number))]
    window = ["--since", "2025-10-24", "--until", "2025-10-26", "--interval", "day"]
    cli.data("plot", "1", *window, *consumers, "--output", "t.svg")
    drawn = (cli.folder / "t.svg").read_text()
    stroke = r'[^>]* stroke="([^"]+)"[^>]* stroke-dasharray="([^"]+)"'
    lines = re.findall(f'<path aria-label="Requests"{stroke}', drawn)
    assert len(lines) == len(set(lines)) == 28
    assert re.findall(f'role-legend-symbol"[^>]*><path{stroke}', drawn) == lines
    marks = re.findall(r"(\S)\1 Consumer", cli.data("plot", "1", *window, *consumers))
    assert len(marks) == len(set(marks)) == 28
    done = cli.run("plot", "1", *window, *consumers, "--consumer-id", "29")
    assert (done.returncode, done.stderr) == (0, "29 lines are too many to tell apart: only 28 look different.\n")


@pytest.mark.parametrize("interval", ["hour", "day"])
def test_a_page_has_the_values_of_get(cli: Cli, interval: str) -> None:
    """For each app and period; the tooltip has the local times with abbreviation and offset, ready-made."""
    cli.data("plot", "1", "2", *AUTUMN, "--interval", interval, "--output", "t.html")
    periods = content(cli.folder / "t.html")["datasets"]["periods"]
    for number, app_id in enumerate(["1", "2"]):
        rows = rows_of_get(cli, app_id, *AUTUMN, "--interval", interval)
        assert len(rows) == len(periods)
        for row, period in zip(rows, periods, strict=True):
            assert period["start"] == datetime.fromisoformat(row["period_start"]).timestamp() * 1000
            assert period["end"] == datetime.fromisoformat(row["period_end"]).timestamp() * 1000
            for column in ("requests", "bytes_sent", "bytes_received"):
                assert period[f"{column}_{number}"] == f"{row[column]:,}"
    whens = [period["when"] for period in periods]
    if interval == "hour":
        assert "Sun 2025-10-26 02:00 CEST +02:00\nto Sun 2025-10-26 02:00 CET +01:00" in whens
    else:
        assert whens[2] == "Sun 2025-10-26 00:00 CEST +02:00\nto Mon 2025-10-27 00:00 CET +01:00"


def test_lines_end_where_the_last_period_ends(cli: Cli) -> None:
    """Each line has one more point than there are periods, so that the last one has its width."""
    cli.data("plot", "1", "2", *AUTUMN, "--output", "t.html")
    data = content(cli.folder / "t.html")["datasets"]
    for name in ("App 1", "App 2"):
        line = [point for point in data["lines"] if point["series"] == name]
        assert len(line) == len(data["periods"]) + 1
        assert line[-1]["time"] == data["periods"][-1]["end"]
        assert line[-1]["requests"] == line[-2]["requests"]


def test_consumers_side_by_side(cli: Cli) -> None:
    """Each has one line of its own, with its own values, however often it is named."""
    consumers = ["--consumer-id", "3", "--consumer-id", "4", "--consumer-id", "3"]
    cli.data("plot", "1", *AUTUMN, *consumers, "--output", "t.html")
    page = content(cli.folder / "t.html")
    for name, consumer_id in (("Consumer 3", "3"), ("Consumer 4", "4")):
        line = [point["requests"] for point in page["datasets"]["lines"] if point["series"] == name]
        rows = rows_of_get(cli, "1", *AUTUMN, "--consumer-id", consumer_id)
        assert line[:-1] == [row["requests"] for row in rows]
    assert "App 1, consumers 3, 4" in (cli.folder / "t.html").read_text()


def test_a_period_that_the_api_leaves_out_had_no_traffic(cli: Cli, server: MockServer) -> None:
    """It is drawn as zero, and not as the value before it."""
    server.inject("skipped_rows", rows=3, at=2)
    cli.data("plot", "1", *AUTUMN, "--output", "t.html")
    line = [point["requests"] for point in content(cli.folder / "t.html")["datasets"]["lines"]]
    full = [row["requests"] for row in rows_of_get(cli, "1", *AUTUMN)]
    gaps = [index for index, requests in enumerate(line) if requests == 0]
    assert len(gaps) == 3
    assert [0 if index in gaps else requests for index, requests in enumerate(full)] == line[:-1]


def test_what_has_not_begun_is_left_empty(cli: Cli) -> None:
    """The one period that is open is marked, and lines and values end with it; the axis goes on."""
    window = ["--since", "2026-03-29T11:00Z", "--until", "2026-03-29T15:00Z"]
    cli.data("plot", "1", *window, "--output", "t.html")
    data = content(cli.folder / "t.html")["datasets"]
    hours = [datetime(2026, 3, 29, hour, tzinfo=UTC).timestamp() * 1000 for hour in (11, 12, 13)]
    assert data["open"] == [{"start": hours[1], "end": hours[2]}]
    assert [point["time"] for point in data["lines"]] == hours
    assert [period["when"].endswith("(so far)") for period in data["periods"]] == [False, True]
    plot = cli.process("plot", "1", *window, env={"PYTHONIOENCODING": "ascii"}).stdout.splitlines()[2:]
    right = [re.sub(r"[-+| ]", "", line[len(plot[0]) * 6 // 10 :]) for line in plot[1:-2]]
    assert "".join(right) == ""


def test_the_open_period_is_marked_by_the_clock_of_the_server(bare: Cli) -> None:
    """In the picture, and in its tooltip; a closed one is not."""
    with MockServer() as live:
        connection = ["--api-key", live.api_key, "--base-url", live.url]
        bare.data("plot", "1", "--since", "3h", "--output", "t.svg", *connection)
        bare.data("plot", "1", "--since", "3h", "--output", "t.html", *connection)
    data = content(bare.folder / "t.html")["datasets"]
    assert "so far" in (bare.folder / "t.svg").read_text()
    assert [period["when"].endswith("(so far)") for period in data["periods"]] == [False] * 3 + [True]
    now = datetime.now(UTC)
    (still_open,) = data["open"]
    assert still_open["end"] / 1000 > now.timestamp() - 60
    assert still_open["start"] / 1000 > (now - timedelta(hours=1, minutes=1)).timestamp()


@pytest.mark.parametrize("end", ["2000-01-01", "2000-01-02"])
def test_an_empty_window_and_no_traffic_are_drawn(cli: Cli, end: str) -> None:
    """Without periods there are axes, and where there are hardly any requests their scale has whole numbers."""
    window = ["--since", "2000-01-01", "--until", end]
    for target in (["--output", "t.svg"], ["--output", "t.html"], []):
        done = cli.run("plot", "1", *window, *target)
        assert (done.returncode, bool(done.stderr)) == (0, end == "2000-01-01")
    texts = re.findall(r"<text[^>]*>([^<]+)</text>", (cli.folder / "t.svg").read_text())
    assert {"0", "1", "2", "3", "4", "5"} <= set(texts)
    assert not [text for text in texts if re.fullmatch(r"\d+mB?", text)]


@pytest.mark.parametrize("target", [[], ["--output", "t.svg"], *exhaustive([["--output", "t.html"]])])
def test_a_window_in_the_future_is_told(cli: Cli, target: list[str]) -> None:
    """In a sentence with the server's time; without a line to draw, the terminal has no frame."""
    window = ["--since", "2026-03-30", "--until", "2026-04-01", *BERLIN]
    done = cli.run("plot", "1", "2", *window, *target)
    clock = "it is 2026-03-29 14:34 in Europe/Berlin by the server's clock"
    assert (done.returncode, done.stderr) == (0, f"No period of the window has begun: {clock}.\n")
    title = "Apps 1, 2, 2026-03-30 00:00 to 2026-04-01 00:00 (Europe/Berlin), by hour: requests\n"
    assert done.stdout == ("" if target else title)


@pytest.mark.parametrize("output", ["t.png", "t.svg"])
def test_ctrl_c_while_a_picture_is_drawn(cli: Cli, output: str) -> None:
    """It ends the command at once, by the signal, and the old file is all there is."""
    (cli.folder / output).write_text("old")
    window = ["--since", "2025-01-01", "--until", "2025-04-01"]
    code, seen = on_terminal(cli, "plot", "1", *window, "--output", output, interrupt_at=f"Drawing {output}")
    assert code == -signal.SIGINT
    assert seen.endswith(f"Drawing {output} ...")
    assert {path.name: path.read_text() for path in cli.folder.iterdir()} == {output: "old"}


def test_days_are_suggested_where_there_are_thousands_of_hours(cli: Cli) -> None:
    """In one line on stderr, whose count is that of all series."""
    window = ["--since", "2025-01-01", "--until", "2025-03-05", *BERLIN, "--output", "t.html"]
    done = cli.run("plot", "1", "2", *window)
    assert (done.returncode, done.stderr.count("\n")) == (0, 1)
    assert "3,024 hours" in done.stderr
    assert "--interval day" in done.stderr
    assert cli.run("plot", "1", *window).stderr == ""
    assert cli.run("plot", "1", "2", *window, "--interval", "day").stderr == ""


@pytest.mark.parametrize(
    ("arguments", "code", "sentence"),
    [
        (["1", "--output", "t.gif"], 2, "'t.gif' ends in none of .png, .svg, .html."),
        (["1", "--since", "x", "--output", "t.svg"], 4, "'x' is neither"),
        (["99", "--output", "t.svg"], 4, "404"),
        (["1", "--output", "nowhere/t.svg"], 5, "nowhere/t.svg cannot be written"),
    ],
)
def test_failures_are_sentences(cli: Cli, arguments: list[str], code: int, sentence: str) -> None:
    """With the exit codes of `get`, and no file."""
    done = cli.run("plot", *arguments)
    assert (done.returncode, done.stdout) == (code, "")
    assert sentence in done.stderr
    assert not list(cli.folder.iterdir())
