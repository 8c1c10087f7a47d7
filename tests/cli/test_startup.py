"""What the command costs before it does anything, and what it says where the extra `cli` is missing."""

import subprocess
import sys
from importlib import import_module

import click
import pytest

from apitally_traffic_cli.group import COMMANDS, cli
from tests.sampling import exhaustive

HEAVY = ("apitally_traffic", "dlt", "httpx", "msgspec", "pyarrow", "rich", "vl_convert")

AFTER_HELP = """
import sys
from apitally_traffic_cli.console_script import main
sys.argv = ["apitally-traffic", *sys.argv[1:]]
try:
    sys.exit(main())
finally:
    print("imported:", *sorted(name for name in {heavy!r} if name in sys.modules), file=sys.stderr)
"""


def run(program: str, *arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-c", program, *arguments], capture_output=True, text=True, check=False, timeout=60
    )


@pytest.mark.parametrize("arguments", [["--help"], *([name, "--help"] for name in COMMANDS), ["completion", "zsh"]])
def test_help_imports_nothing_heavy(arguments: list[str]) -> None:
    """No library that only reading needs is imported to print help or a completion script."""
    done = run(AFTER_HELP.format(heavy=HEAVY), *arguments)
    assert done.returncode == 0
    assert done.stdout
    assert done.stderr == "imported:\n"


def test_the_import_test_notices_an_import() -> None:
    """A command that reads imports httpx, and the check above sees that."""
    done = run(AFTER_HELP.format(heavy=HEAVY), "check", "--base-url", "http://192.0.2.1", "--api-key", "k")
    assert "httpx" in done.stderr


def test_help_of_all_commands_fits_a_screen() -> None:
    """Each help fits a terminal of 24 lines of 80 columns, and shows how to call the command."""
    for arguments in [[], *([name] for name in COMMANDS)]:
        done = subprocess.run(
            [sys.executable, "-m", "apitally_traffic_cli", *arguments, "--help"],
            capture_output=True,
            check=True,
            encoding="utf-8",
            timeout=60,
        )
        lines = done.stdout.splitlines()
        assert len(lines) <= 24, arguments
        assert max(map(len, lines)) <= 80, arguments
        called = " ".join(["apitally-traffic", *arguments])
        assert called in done.stdout.partition("xample")[2], arguments


def test_help_of_the_group_has_an_example_of_each_command_that_does_something() -> None:
    """Whoever reads only the first page sees how each command is called."""
    context = click.Context(cli, info_name="apitally-traffic")
    examples = cli.get_help(context).partition("Examples:")[2]
    for name in set(COMMANDS) - {"version"}:
        assert f"apitally-traffic {name}" in examples


def test_every_entry_of_the_table_is_a_command() -> None:
    """The table names the modules, and each of them has a command."""
    for name in COMMANDS:
        assert isinstance(import_module(f"apitally_traffic_cli.commands.{name}").command, click.Command)


@pytest.mark.parametrize(
    ("missing", "arguments", "extra"),
    [
        ("click", ["--help"], "cli"),
        ("pyarrow", ["get", "1", "--output", "traffic.parquet", "--api-key", "k"], "arrow"),
        ("dlt", ["sync", "1", "--api-key", "k"], "sync"),
        *exhaustive(
            [
                ("rich", ["get", "1", "--api-key", "k", "--base-url", "http://127.0.0.1:9"], "cli"),
                ("vl_convert", ["plot", "1", "--output", "t.svg", "--api-key", "k"], "plot"),
                ("plotext", ["plot", "1", "--api-key", "k"], "plot"),
                ("starlette", ["mock"], "mock"),
                ("duckdb", ["sync", "1", "--api-key", "k"], "sync"),
            ]
        ),
    ],
)
def test_a_missing_extra_is_one_sentence(missing: str, arguments: list[str], extra: str) -> None:
    """It names the extra, with exit code 1; nothing else is printed, and nothing is asked before."""
    done = run(f"import sys; sys.modules[{missing!r}] = None\n" + AFTER_HELP.format(heavy=()), *arguments)
    assert (done.returncode, done.stdout) == (1, "")
    sentence, rest = done.stderr.split("\n", 1)
    assert f"'apitally-traffic[{extra}]'" in sentence
    assert rest == "imported:\n"


@pytest.mark.parametrize("name", ["reporting", *exhaustive(["postgres"])])
def test_a_missing_library_of_a_database_is_one_sentence(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """It names dlt's extra for the type of the destination, whatever that is called, with the code of other extras."""
    monkeypatch.setenv("DESTINATION__REPORTING__DESTINATION_TYPE", "postgres")
    program = "import sys; sys.modules['psycopg2'] = None\n" + AFTER_HELP.format(heavy=())
    done = run(program, "sync", "1", "--to", name, "--api-key", "k", "--base-url", "http://127.0.0.1:9")
    assert (done.returncode, done.stdout) == (1, "")
    sentence, rest = done.stderr.split("\n", 1)
    assert f"'{name}'" in sentence
    assert sentence.endswith("python3 -m pip install 'dlt[postgres]'")
    assert rest == "imported:\n"


def test_help_marks_what_may_be_left_out() -> None:
    """The apps of `check`, and nothing else that is an argument, are optional."""
    for name, usage in {"check": "[APP_ID...]", "get": "APP_ID...", "sync": "APP_ID..."}.items():
        command = cli.get_command(click.Context(cli), name)
        assert command is not None
        assert command.get_usage(click.Context(command, info_name=name)) == f"Usage: {name} [OPTIONS] {usage}"
