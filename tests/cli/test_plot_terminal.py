"""`plot` in the terminal."""

import re

import pytest

from apitally_mock import MockServer
from tests.cli.conftest import Cli
from tests.cli.page import AUTUMN
from tests.cli.terminal import on_terminal
from tests.sampling import exhaustive


def test_a_plot_in_the_terminal(cli: Cli) -> None:
    """Without a file: the lines from zero, the ticks at local times, in colours unless they are not wanted."""
    code, seen = on_terminal(cli, "plot", "1", "2", *AUTUMN)
    assert code == 0
    assert "Apps 1, 2, 2025-10-24 00:00 to 2025-10-28 00:00 (Europe/Berlin), by hour: requests" in seen
    assert "\x1b[38;5;" in seen
    plain = cli.data("plot", "1", "2", *AUTUMN)
    assert "\x1b" not in plain
    assert re.search(r"^ *0┤", plain, re.MULTILINE)
    assert {"App 1", "App 2"} <= set(re.findall(r"App \d", plain))
    assert re.search(r"\w{3} \d+ Oct", plain.splitlines()[-1] + plain.splitlines()[-2])
    uncoloured = on_terminal(cli, "plot", "1", *AUTUMN, env={"NO_COLOR": "1"})[1]
    assert "\x1b[" not in uncoloured[uncoloured.index("App 1, 2025") :]
    assert cli.process("plot", "1", *AUTUMN, env={"PYTHONIOENCODING": "ascii"}).stdout.isascii()


@pytest.mark.parametrize("encoding", ["ascii", *exhaustive(["utf-8"])])
def test_series_are_told_apart_without_colours(cli: Cli, encoding: str) -> None:
    """Each has a marker of its own, which the legend above the plot explains; with one series there is no legend."""
    env = {"PYTHONIOENCODING": encoding, "COLUMNS": "60"}
    window = ["--since", "2025-10-20", "--until", "2025-10-23"]
    _, legend, *plot = cli.process("plot", "1", "2", *window, env=env).stdout.splitlines()
    assert legend == "** App 1   oo App 2"
    assert all(marker in "".join(plot) for marker in "*o")
    assert "App" not in "".join(plot)
    wrapped = cli.process("plot", "1", "2", *window, env=env | {"COLUMNS": "12"}).stdout.splitlines()
    assert wrapped[1:3] == ["** App 1", "oo App 2"]
    assert "App" not in "".join(cli.process("plot", "1", *window, env=env).stdout.splitlines()[1:])


def test_the_open_period_is_dotted_in_the_terminal(cli: Cli, server: MockServer) -> None:
    """It is explained in the legend, and a window of closed periods has neither."""
    window = ["--since", "2026-03-29T08:00:00Z", "--until", "2026-03-29T12:00:00Z"]
    assert "." not in cli.data("plot", "1", *window)
    server.set_now("2026-03-29T11:30:00Z")
    _, legend, *plot = cli.data("plot", "1", *window).splitlines()
    assert legend == "-- App 1   .. so far".replace("--", "──")
    places = [line.index(".") for line in plot if "." in line]
    assert places
    assert min(places) > 0.7 * len(plot[0])


@pytest.mark.parametrize(("start", "dots"), [("08", 18), *exhaustive([("11", 73)])])
def test_series_are_told_apart_in_the_open_period(cli: Cli, server: MockServer, start: str, dots: int) -> None:
    """Without colours, each keeps its marker there, and the axis is dotted below the period."""
    server.set_now("2026-03-29T11:30:00Z")
    window = ["--since", f"2026-03-29T{start}:00:00Z", "--until", "2026-03-29T12:00:00Z"]
    _, legend, *plot, axis, _ = cli.data("plot", "1", "2", *window).splitlines()
    assert legend == "** App 1   oo App 2   .. so far"
    assert abs(len(axis) - 2 - axis.index(".") - dots) <= 2
    right = "".join(line[axis.index(".") + 1 :] for line in plot)
    assert {"*", "o"} <= set(right)
    assert "." not in right


def test_an_open_period_of_one_column_is_marked(cli: Cli) -> None:
    """In a plot of months, too, it has a dot."""
    axis = cli.data("plot", "1", "2", "--since", "2026-03-01", "--until", "2026-03-29T12:34Z").splitlines()[-2]
    assert re.fullmatch(r" *└[─┬]+\.{1,2}┘", axis)


def test_a_plot_in_the_terminal_has_steps(cli: Cli, server: MockServer) -> None:
    """Three hours, of which one has no traffic, are three level lines of a third of the width each, as in a file."""
    server.inject("skipped_rows", rows=1, at=2)
    window = ["--since", "2025-06-18T10:00:00Z", "--until", "2025-06-18T13:00:00Z"]
    plot = cli.process("plot", "1", *window, env={"PYTHONIOENCODING": "ascii"}).stdout.splitlines()
    levels = [re.sub(r"[^*]", "", line) for line in plot]
    assert len([level for level in levels if len(level) > 15]) == 3


@pytest.mark.parametrize(
    ("size", "width"),
    [((1, 1), 17), ((2, 2), 17), ((5, 80), 17), ((80, 1), 80), ((30, 12), 30), ((999_999_999, 24), 1000)],
    ids=str,
)
def test_a_plot_in_a_terminal_of_any_size(cli: Cli, size: tuple[int, int], width: int) -> None:
    """It has its counts, its lines and a label of time, in a window that is too small and in one that is too large."""
    cli.env |= dict(zip(("COLUMNS", "LINES"), map(str, size), strict=True))
    for apps in (["1"], ["1", "2"]):
        lines = cli.data("plot", *apps, *AUTUMN).splitlines()
        *plot, time = lines[next(number for number, line in enumerate(lines) if "┌" in line) :]
        assert {len(line) for line in plot} == {width}
        assert len(plot) + 1 == min(max(size[1] - 1, 8), 20)
        assert re.search(r"\d┤", "".join(plot))
        assert len(set("".join(plot[1:-1])) - set("0123456789,┤│ ")) > 1
        assert "Oct" in time
