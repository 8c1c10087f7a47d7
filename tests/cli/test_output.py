"""Files appear whole or not at all, pipes may close, and memory does not grow with the window."""

import io
import os
import signal
import stat
import threading
from itertools import product
from pathlib import Path

import pyarrow as pa
import pytest
from pyarrow import parquet

from apitally_mock import MockServer
from apitally_traffic_cli.formats.catalogue import FORMATS
from tests.cli.conftest import Cli
from tests.sampling import exhaustive

MONTH = ["--since", "2026-01-01", "--until", "2026-02-01"]
OPEN = ["/dev/stdout", "/dev/fd/1", "/proc/self/fd/1", "/proc/thread-self/fd/1", "/dev/fd/2"]
SAMPLE = [("get", "/dev/stdout"), ("get", "/dev/fd/2"), ("plot", "/proc/self/fd/1")]
HEADER = "app_id,period_start,period_end,requests,bytes_received,bytes_sent"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL, *exhaustive([signal.SIGHUP])])
def test_a_killed_run_leaves_the_old_file(cli: Cli, server: MockServer, number: signal.Signals) -> None:
    """A run that is told to end cleans up; whatever kills it, the file is the old one."""
    old = cli.folder / "traffic.csv"
    old.write_text("old")
    server.inject("latency", seconds=30, at=2)
    with cli.start("get", "1", "2", *MONTH, "--output", "traffic.csv") as process:
        while len(server.requests) < 1:
            assert process.poll() is None
        process.send_signal(number)
        assert process.communicate(timeout=30)[1] == b""
    assert process.returncode == (-number if number == signal.SIGKILL else 128 + number)
    assert old.read_text() == "old"
    leftovers = [path for path in cli.folder.iterdir() if path != old]
    assert len(leftovers) == (number == signal.SIGKILL)


def test_a_failed_run_leaves_the_old_file(cli: Cli, server: MockServer) -> None:
    """Also where the first app was already written."""
    old = cli.folder / "traffic.json"
    old.write_text("old")
    server.inject("status", status=501, at=2)
    assert cli.run("get", "1", "2", *MONTH, "--output", "traffic.json").returncode == 5
    assert {path.name: path.read_text() for path in cli.folder.iterdir()} == {"traffic.json": "old"}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["get", "1", "--format", "csv"], " Written so far: everything before 2026-02-11T16:00:00+00:00."),
        (["get", "1", "--format", "json"], " Written so far: everything before 2026-02-11T16:00:00+00:00."),
        (["get", "1", "--format", "ndjson", "-o", "/dev/stdout"], " Written so far: everything before 2026-02-11T16:"),
        (
            ["get", "2", "1", "--format", "csv"],
            " Written so far: everything of app 2 before 2026-02-11T16:00:00+00:00.",
        ),
        (["get", "1"], None),
        (["get", "1", "-o", "traffic.csv"], None),
        (["get", "1", "-o", "traffic.json"], None),
        (["get", "1", "-o", "traffic.parquet"], None),
        (["get", "1", "--format", "parquet"], None),
        (["plot", "1", "-o", "traffic.svg"], None),
    ],
    ids=str,
)
def test_an_error_says_what_is_written(cli: Cli, server: MockServer, arguments: list[str], said: str | None) -> None:
    """That is nothing where a table, a picture or a file is made of everything."""
    first = ""
    while not first.startswith("2026-01-01"):  # on a slow machine the second part may be asked for before the first one
        server.reset()
        server.inject("status", status=501, at=3 if arguments[0] == "plot" else 2)  # which asks for the time first
        done = cli.run(*arguments, "--since", "2026-01-01", "--until", "2026-03-01")
        first = next(request.query["start"] for request in server.requests if "start" in request.query)
    assert done.returncode == 5
    assert (said or "") in done.stderr
    assert "delivered" not in done.stderr
    assert ("Written" in done.stderr) == (said is not None)


def test_an_error_says_which_apps_are_written(cli: Cli, server: MockServer) -> None:
    """Those before the one that failed are whole."""
    server.inject("status", status=501, at=2)
    done = cli.run("get", "2", "1", *MONTH, "--format", "csv")
    assert done.stderr.endswith(" Written so far: app 2.\n")
    assert {line.partition(",")[0] for line in done.stdout.splitlines()} == {"app_id", "2"}


@pytest.mark.parametrize("arguments", [["get", "--closed-only", "--format", "csv"], ["plot", "--output", "t.svg"]])
def test_a_broken_body_is_asked_for_again(cli: Cli, server: MockServer, arguments: list[str]) -> None:
    """Also that of the request which only asks for the time of the server."""
    server.inject("wrong_type", at=1)
    cli.data(*arguments, "1", *MONTH)
    assert len(server.requests) == 3


@pytest.mark.parametrize(("since", "written"), [("2026-03-01", False), ("2024-01-01", True)], ids=["few", "many"])
def test_an_incomplete_parquet_file_cannot_be_read(cli: Cli, since: str, *, written: bool) -> None:
    """Also where it goes to a pipe: what has its end would pass for complete."""
    process = cli.start("get", "1", "99", "--since", since, "--format", "parquet")
    output, errors = process.communicate(timeout=60)
    assert process.returncode == 4
    assert b"/v1/apps/99/" in errors
    assert bool(output) is written
    with pytest.raises(pa.ArrowInvalid):
        parquet.read_table(io.BytesIO(output))


def test_a_file_is_replaced_with_its_permissions(cli: Cli) -> None:
    """A new file has those that the umask leaves, an old one keeps its own."""
    old = cli.folder / "old.csv"
    old.write_text("old")
    old.chmod(0o640)
    for name in ("old.csv", "new.csv"):
        cli.data("get", "1", *MONTH, "--output", name)
    mask = os.umask(0)
    os.umask(mask)
    assert old.read_text().startswith(HEADER)
    assert stat.S_IMODE(old.stat().st_mode) == 0o640
    assert stat.S_IMODE((cli.folder / "new.csv").stat().st_mode) == 0o666 & ~mask


def test_a_link_stays_a_link(cli: Cli) -> None:
    """The file behind it is replaced."""
    target = cli.folder / "target.csv"
    target.write_text("old")
    link = cli.folder / "link.csv"
    link.symlink_to(target)
    cli.data("get", "1", *MONTH, "--output", "link.csv")
    assert link.is_symlink()
    assert target.read_text().startswith(HEADER)


def test_a_named_pipe_is_written_to(cli: Cli) -> None:
    """As the shell's process substitution does: what is no file is not replaced."""
    pipe = cli.folder / "pipe.csv"
    os.mkfifo(pipe)
    read: list[str] = []
    reader = threading.Thread(target=lambda: read.append(pipe.read_text()))
    reader.start()
    cli.data("get", "1", *MONTH, "--output", "pipe.csv")
    reader.join(timeout=30)
    assert read[0].startswith(HEADER)
    assert stat.S_ISFIFO(pipe.stat().st_mode)


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="this system has no /proc")
@pytest.mark.parametrize(
    ("command", "name"), [*SAMPLE, *exhaustive(case for case in product(["get", "plot"], OPEN) if case not in SAMPLE)]
)
def test_what_is_open_already_is_written_to(cli: Cli, command: str, name: str) -> None:
    """A file keeps what it had and a pipe gets the data, where a name leads to a descriptor, also through links."""
    link = cli.folder / ("link.csv" if command == "get" else "link.svg")
    link.symlink_to("further")
    (cli.folder / "further").symlink_to(name)
    arguments = [command, "1", *MONTH, "--output", link.name]
    stream = "stderr" if name.endswith("2") else "stdout"
    with (cli.folder / "log").open("ab") as log:
        log.write(b"before\n")
        log.flush()
        process = cli.start(*arguments, **{stream: log})
        process.communicate(timeout=60)
        assert process.returncode == 0
    output, errors = cli.start(*arguments).communicate(timeout=60)
    data = errors if stream == "stderr" else output
    assert data.startswith(HEADER.encode() if command == "get" else b"<svg")
    assert (cli.folder / "log").read_bytes() == b"before\n" + data


@pytest.mark.skipif(not Path("/dev/stdout").exists(), reason="this system has no /dev/stdout")
def test_dev_stdout_is_a_dash(cli: Cli) -> None:
    """Without a format, it gets the table."""
    assert cli.data("get", "1", *MONTH, "-o", "/dev/stdout") == cli.data("get", "1", *MONTH, "-o", "-")


@pytest.mark.parametrize("name", ["csv", *exhaustive(["table", "ndjson", "json", "parquet"])])
def test_a_reader_who_stops_ends_the_command_quietly(cli: Cli, name: str) -> None:
    """Exit code 0, and nothing on stderr, whatever the format."""
    # More than a pipe holds.
    months = ["--since", "2025-10-01", "--until", "2026-01-01"]
    with cli.start("get", "1", "2", *months, "--format", name) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.read(1)
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 0


def peak_memory(cli: Cli, *arguments: str) -> int:
    """Run the command to its success, and return the most memory that it held, in bytes."""
    process = cli.start(*arguments)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    process.communicate()
    assert process.returncode == 0
    return usage.ru_maxrss * 1024


@pytest.mark.parametrize(
    "name",
    [
        "traffic.csv",
        *exhaustive(["traffic.ndjson", "traffic.json"]),
    ],
)
def test_memory_does_not_grow_with_the_window(cli: Cli, name: str) -> None:
    """Nine years of hours take little more memory than the pages that are read at a time."""
    window = ["--until", "2026-01-01", "--output", name]
    short = peak_memory(cli, "get", "1", "--since", "2025-01-01", *window)
    lines = len(Path(cli.folder / name).read_text().splitlines())
    long = peak_memory(cli, "get", "1", "--since", "2017-01-01", *window)
    assert len(Path(cli.folder / name).read_text().splitlines()) > 8 * lines
    assert long - short < 12_000_000


@pytest.mark.parametrize(
    "arguments",
    [["get", "1"], ["plot", "1"], *exhaustive(["get", "1", "--format", name] for name in FORMATS)],
)
def test_stdout_that_is_closed_is_told(cli: Cli, arguments: list[str]) -> None:
    """In a sentence, with exit code 5."""
    process = cli.start(*arguments, preexec_fn=lambda: os.close(1), stdout=None)
    _, errors = process.communicate(timeout=60)
    assert (process.returncode, errors) == (5, b"Error: stdout is closed.\n")


@pytest.mark.parametrize(
    "arguments",
    [
        ["get", "--output", "../traffic.csv"],
        *exhaustive([["get", "--output", "traffic.csv"], ["plot", "--output", "folder/traffic.svg"]]),
    ],
)
def test_a_folder_that_was_deleted(cli: Cli, server: MockServer, arguments: list[str]) -> None:
    """The sentence says what does not exist; nothing is sent. Where no file of the folder is needed, data comes."""
    process = cli.start(*arguments, "1", preexec_fn=cli.folder.rmdir)
    output, errors = process.communicate(timeout=60)
    assert (process.returncode, output) == (5, b"")
    assert errors.decode() == "Error: The working directory does not exist any more: change to another one.\n"
    assert not server.requests
    cli.folder.mkdir()
    process = cli.start("get", "1", "--format", "csv", preexec_fn=cli.folder.rmdir)
    output, errors = process.communicate(timeout=60)
    assert (process.returncode, errors) == (0, b"")
    assert output.startswith(b"app_id,")
