"""Standard streams that are closed or cannot be written to change neither the exit code nor the data."""

import os
import pty
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from apitally_mock import MockServer
from apitally_traffic_cli.formats.catalogue import FORMATS
from tests.cli.conftest import Cli
from tests.sampling import exhaustive

WEEK = ["--since", "2026-03-01", "--until", "2026-03-08", "--format", "csv"]
YEAR = ["--since", "2025-01-01", "--until", "2026-01-01"]
HEADER = "app_id,period_start,period_end,requests,bytes_received,bytes_sent"


@contextmanager
def stream(kind: str) -> Iterator[int]:
    """Open what cannot be written to."""
    if kind == "full disk":
        descriptor = os.open("/dev/full", os.O_WRONLY)
    elif kind == "pipe":
        reader, descriptor = os.pipe()
        os.close(reader)
    else:
        ours, descriptor = pty.openpty()
        os.close(ours)
    yield descriptor
    os.close(descriptor)


def run(cli: Cli, kind: str, *arguments: str) -> tuple[int, list[str]]:
    """Run the command, and return its exit code and the lines that it printed to stdout."""
    if kind == "closed":
        process = cli.start(*arguments, stderr=None, preexec_fn=lambda: os.close(2))
        output, _ = process.communicate(timeout=60)
    else:
        with stream(kind) as descriptor:
            process = cli.start(*arguments, stderr=descriptor, stdin=subprocess.DEVNULL)
            output, _ = process.communicate(timeout=60)
    return process.returncode, output.decode().splitlines()


FULL_DISK = pytest.param(
    "full disk", marks=pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
)
KINDS = pytest.mark.parametrize("kind", [FULL_DISK, "closed", *exhaustive(["pipe", "terminal"])])


@KINDS
def test_the_exit_code_of_an_error_of_the_api(cli: Cli, kind: str) -> None:
    """It is that of the failure, and the sentence does not go to stdout instead."""
    assert run(cli, kind, "get", "99") == (4, [])


@pytest.mark.parametrize(
    ("arguments", "code"),
    [(["get", "x"], 2), (["mock", "--port", "x"], 2), (["get", "1", "--output", "nowhere/traffic.csv"], 5)],
)
def test_the_exit_code_of_other_failures(cli: Cli, arguments: list[str], code: int) -> None:
    """So it is where nothing is asked for."""
    assert run(cli, "closed", *arguments) == (code, [])


@pytest.mark.parametrize("kind", [FULL_DISK, "pipe"])
@pytest.mark.parametrize("name", ["csv", "parquet", *exhaustive(sorted({*FORMATS} - {"csv", "parquet"}))])
def test_the_exit_code_of_a_failure_without_stdout(cli: Cli, kind: str, name: str) -> None:
    """It is that of the failure, also where the rows before it are still to be written."""
    arguments = ["get", "1", "99", *WEEK[:3], "2026-03-02", "--format", name]
    with stream(kind) as descriptor:
        process = cli.start(*arguments, stdout=descriptor)
        _, errors = process.communicate(timeout=60)
    assert process.returncode == 4
    (line,) = errors.decode().splitlines()
    assert "/v1/apps/99/" in line


@pytest.mark.parametrize("name", ["table", *exhaustive(sorted({*FORMATS} - {"table"}))])
def test_a_file_without_stdout(cli: Cli, tmp_path: Path, name: str) -> None:
    """What is written to a file does not need stdout."""
    arguments = ["get", "1", *WEEK[:4], "--format", name, "--output"]
    process = cli.start(*arguments, f"{tmp_path}/without", stdout=None, preexec_fn=lambda: os.close(1))
    _, errors = process.communicate(timeout=60)
    assert (process.returncode, errors) == (0, b"")
    assert cli.run(*arguments, f"{tmp_path}/with").returncode == 0
    assert Path(tmp_path, "without").read_bytes() == Path(tmp_path, "with").read_bytes()


@KINDS
def test_data_beside_log_lines(cli: Cli, kind: str) -> None:
    """Log lines, asked for with an option or the environment, and the progress on a terminal leave the data whole."""
    expected = cli.data("get", "1", *WEEK).splitlines()
    assert len(expected) == 7 * 24 + 1
    assert run(cli, kind, "get", "1", *WEEK, "-vv") == (0, expected)
    cli.env["APITALLY_LOG"] = "debug"
    assert run(cli, kind, "get", "1", *WEEK) == (0, expected)


@pytest.mark.parametrize("variable", [{"PYTHONIOENCODING": "ascii"}, *exhaustive([{"PYTHONUNBUFFERED": "1"}])], ids=str)
def test_where_python_makes_another_stream(cli: Cli, variable: dict[str, str]) -> None:
    """Click writes to ASCII in a way of its own, and without a buffer each write counts."""
    cli.env |= variable
    assert run(cli, "pipe", "get", "99") == (4, [])
    assert "404" in cli.process("get", "99", env={}).stderr


@KINDS
def test_data_beside_remarks(cli: Cli, server: MockServer, kind: str) -> None:
    """A remark or a message that cannot be written changes neither the data nor the exit code."""
    empty = ["--since", "2026-01-01", "--until", "2026-01-01", "--format", "csv"]
    assert run(cli, kind, "get", "1", *empty) == (0, [HEADER])
    assert run(cli, kind, "mock", "--port", server.url.rpartition(":")[2]) == (1, [])


def test_a_picture_beside_remarks(cli: Cli) -> None:
    """The remark that a year is drawn by day does not cost the picture."""
    assert run(cli, "closed", "plot", "1", *YEAR, "--output", "year.svg") == (0, [])
    assert (cli.folder / "year.svg").read_text().startswith("<svg")


def test_a_completion_without_stdout(cli: Cli) -> None:
    """What a shell evaluates at its start is no traceback."""
    cli.env["_APITALLY_TRAFFIC_COMPLETE"] = "bash_source"
    for kind, code in (("pipe", 0), ("terminal", 5)):
        with stream(kind) as descriptor:
            process = cli.start(stdout=descriptor)
            _, errors = process.communicate(timeout=60)
        assert process.returncode == code
        assert errors.count(b"\n") == (code > 0)


def test_a_check_without_stdout(cli: Cli) -> None:
    """The exit code says what was found."""
    process = cli.start("check", "1", stdout=None, preexec_fn=lambda: os.close(1))
    _, errors = process.communicate(timeout=60)
    assert (process.returncode, errors) == (0, b"")


def test_a_picture_without_stdin(cli: Cli) -> None:
    """A closed stdin, of which the library that draws would take whatever was opened in its place."""
    process = cli.start("plot", "1", *WEEK[:4], "--output", "picture.svg", preexec_fn=lambda: os.close(0))
    output, errors = process.communicate(timeout=60)
    assert (process.returncode, output, errors) == (0, b"", b"")
    assert (cli.folder / "picture.svg").read_text().startswith("<svg")


def test_what_is_closed_takes_no_data(cli: Cli) -> None:
    """Where the data is to go to a stream that is closed, that is an error, and no other file has its number."""
    arguments = ["get", "1", *WEEK, "--output", "/dev/fd/2"]
    assert run(cli, "closed", *arguments)[0] == 5
    process = cli.start(*arguments, preexec_fn=lambda: os.closerange(0, 3), stdout=None, stderr=None)
    process.communicate(timeout=60)
    assert process.returncode == 5
    assert run(cli, "closed", *arguments[:-1], "week.csv") == (0, [])
    assert len((cli.folder / "week.csv").read_text().splitlines()) == 7 * 24 + 1
