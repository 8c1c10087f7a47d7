"""docs/cli.md and the skill for agents name every command and option, and their examples run."""

import re
import runpy
import shlex
import subprocess
from importlib.metadata import version
from pathlib import Path

import click
import pandas as pd
import pytest

from apitally_mock import MockServer
from apitally_traffic_cli.group import COMMANDS, cli
from tests.cli.conftest import Cli
from tests.sampling import exhaustive

ROOT = Path(__file__).parents[2]
FOR_A_SHELL = frozenset("|&;<>$`*?")
ZONE = ["--timezone", "Europe/Berlin"]
GUIDE = ROOT / "docs" / "cli.md"
PLOTS = ROOT / "docs" / "plots.md"
SKILL = ROOT / "skills" / "apitally-traffic" / "SKILL.md"


def commands() -> dict[str, click.Command]:
    """Return the group and each of its commands, by what a person types."""
    context = click.Context(cli, info_name="apitally-traffic")
    found: dict[str, click.Command] = {"apitally-traffic": cli}
    for name in COMMANDS:
        command = cli.get_command(context, name)
        assert command is not None
        found[f"apitally-traffic {name}"] = command
    return found


def options() -> set[str]:
    """Return every spelling of every option of every command."""
    return {
        spelling
        for name, command in commands().items()
        for parameter in command.get_params(click.Context(command, info_name=name))
        if isinstance(parameter, click.Option)
        for spelling in parameter.opts
    }


def named(text: str) -> set[str]:
    """Return all options that a text names in code."""
    code = " ".join(re.findall(r"`[^`\n]+`|^apitally-traffic .*$", text, re.MULTILINE))
    return set(re.findall(r"(?<![\w-])--?[a-z][a-z-]*", code))


@pytest.mark.parametrize("path", [GUIDE, SKILL], ids=["guide", "skill"])
def test_every_command_and_option_is_described(path: Path) -> None:
    """One that is missing from the page, or one on the page that no command has, fails."""
    text = path.read_text(encoding="utf-8")
    assert [name for name in commands() if name not in text] == []
    # Those of `mock` are in the mock server's guide; click adds `--help` by a name of its own.
    others = {"-h", "-n", "-vv", *re.findall(r"apitally-traffic mock (--[a-z-]+)", text)}
    assert options() - named(text) == set()
    assert named(text) - options() - others == set()


def test_every_command_has_a_section_in_the_guide() -> None:
    """Named as it is typed."""
    headings = re.findall(r"^## `(\w+)`", GUIDE.read_text(encoding="utf-8"), re.MULTILINE)
    assert sorted(headings) == sorted(COMMANDS)


def test_defaults_in_the_guide_are_those_of_the_options() -> None:
    """Where an option has a default of its own."""
    text = GUIDE.read_text(encoding="utf-8")
    get = commands()["apitally-traffic get"]
    defaults = {
        parameter.opts[0]: parameter.default
        for parameter in get.params
        if isinstance(parameter, click.Option) and isinstance(parameter.default, str)
    }
    assert len(defaults) == 2
    for option, default in defaults.items():
        assert re.search(rf"^\| `{option}` \|.*\| `{default}` \|$", text, re.MULTILINE)


@pytest.mark.parametrize("path", [GUIDE, *exhaustive([PLOTS, SKILL])], ids=["guide", "plots", "skill"])
def test_examples_run(cli: Cli, path: Path) -> None:
    """Line by line, each ends with exit code 0 and says nothing on stderr."""
    blocks = re.findall(r"^```sh\n(.*?)^```", path.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    assert len(blocks) >= 2
    with MockServer() as server:  # as a reader starts it
        cli.env["APITALLY_API_BASE_URL"] = server.url
        for line in "".join(blocks).splitlines():
            name, *arguments = shlex.split(line)
            assert name == "apitally-traffic"
            if FOR_A_SHELL.isdisjoint(line):
                cli.data(*arguments)
                continue
            command = ["bash", "-c", f"set -o pipefail; {line}"]
            done = subprocess.run(command, cwd=cli.folder, env=cli.env, capture_output=True, check=False)
            assert (done.returncode, done.stderr) == (0, b""), line


def test_sessions_print_what_the_guide_shows(cli: Cli) -> None:
    """Of each session with a `$`, what the guide shows is what the command prints."""
    sessions = re.findall(r"^```console\n\$ ([^\n]*)\n(.*?)^```", GUIDE.read_text(), re.DOTALL | re.MULTILINE)
    assert len(sessions) == 3
    varying = re.compile(r"in \d+ ms|in \d+ s\b")
    with MockServer(rate_limit="100/60s") as server:  # as a reader starts it, whenever that is
        cli.env["APITALLY_API_BASE_URL"] = server.url
        for command, output in sessions:
            printed = cli.data(*command.split()[1:]).replace(server.url, "http://127.0.0.1:8000")
            lines = [varying.sub("…", line).rstrip() for line in printed.splitlines()]
            assert lines == [varying.sub("…", line).rstrip() for line in output.splitlines()], command


def test_pandas_reads_times_across_a_clock_change(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    """The lines of the guide give each hour of a day of 25 hours a time of its own."""
    cli.data("get", "1", "--since", "2025-10-26", "--until", "2025-10-27", *ZONE, "--output", "traffic.csv")
    monkeypatch.chdir(cli.folder)
    (block,) = re.findall(r"^```py\n(.*?)^```", GUIDE.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    Path("reads.py").write_text(block, encoding="utf-8")
    hours = runpy.run_path("reads.py")["table"]["period_start"]
    assert str(hours.dt.tz) == "Europe/Berlin"
    assert hours.diff().dropna().eq(pd.Timedelta(hours=1)).all()
    assert len(hours) == 25


def test_version_names_the_libraries_of_every_extra(cli: Cli) -> None:
    """With their versions, where they are installed."""
    shown = dict(line.split(" ", 1) for line in cli.data("version").splitlines())
    for library in ("pyarrow", "vl-convert-python", "dlt", "duckdb"):
        assert shown[library] == version(library)


def test_the_plot_in_the_guide_is_what_is_printed(cli: Cli) -> None:
    """Where there are no colours, character by character."""
    ((command, output),) = re.findall(
        r"^```console\n\$ ([^\n]*)\n(.*?)^```", PLOTS.read_text(), re.DOTALL | re.MULTILINE
    )
    printed = [line.rstrip() for line in cli.data(*command.split()[1:]).splitlines()]
    assert printed == output.splitlines()
