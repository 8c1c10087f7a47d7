"""Each exit code, and the one sentence that goes with it."""

import contextlib
import json
import os
import re
import signal
import socket
import threading
from pathlib import Path

import click
import pytest

from apitally_mock import MockServer
from apitally_traffic import APITimeoutError
from apitally_traffic.testing import fast_retries
from apitally_traffic_cli.failures import sentence_of
from apitally_traffic_cli.group import COMMANDS
from apitally_traffic_cli.group import cli as cli_group
from tests.cli.conftest import Cli
from tests.cli.terminal import on_terminal
from tests.sampling import exhaustive


def failure(cli: Cli, *arguments: str) -> tuple[int, str]:
    """Run the command, which must print no data, no traceback and never the key; return its code and sentence."""
    done = cli.run(*arguments)
    assert done.stdout == ""
    assert "Traceback" not in done.stderr
    assert cli.env.get("APITALLY_API_KEY", "no key") not in done.stderr
    return done.returncode, done.stderr.splitlines()[-1]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ([], "Missing argument 'APP_ID...'."),
        (["x"], "'x' is not a whole number of at least 1."),
        (["0"], "'0' is not a whole number of at least 1."),
        (["1", "--max-items", "-1"], "'-1' is not a whole number of at least 1."),
        (["1", "--interval", "week"], "'week' is not one of 'hour', 'day'."),
        (["1", "--format", "xlsx"], "'xlsx' is not one of 'table', 'csv', 'ndjson', 'json', 'parquet'."),
        (["1", "--output", "traffic.xlsx"], "ends in none of .csv, .ndjson, .jsonl, .json, .parquet: choose a format"),
        (["1", "--output", ""], "it is empty: name a file."),
        (["1", "--fast"], "No such option '--fast'."),
    ],
)
def test_2_what_the_parser_rejects(cli: Cli, server: MockServer, arguments: list[str], sentence: str) -> None:
    """The sentence names the option and what would be right; nothing is sent."""
    code, text = failure(cli, "get", *arguments)
    assert code == 2
    assert sentence in text
    assert not server.requests


_LONG_KEY = "kq7Zx2m.a8Hd93kLpQ0wErTyUi5oPzXcVbNm1JhG"


@pytest.mark.parametrize(
    "arguments",
    [
        ["get", _LONG_KEY],
        ["get", "1", "--interval", _LONG_KEY],
        ["get", "1", "--timezone", _LONG_KEY],
        ["get", "x", f"--{_LONG_KEY}"],
        ["get", "1", "--output", f"missing/{_LONG_KEY}.csv"],
        ["plot", "1", "--output", f"{_LONG_KEY}/a.svg"],
        ["sync", "1", "--to", f"missing/{_LONG_KEY}.duckdb"],
        [_LONG_KEY],
    ],
)
@pytest.mark.parametrize("source", ["environment", "option", "file"])
def test_the_key_as_another_argument(cli: Cli, arguments: list[str], source: str) -> None:
    """A key that is typed in the wrong place is not quoted back, wherever the command has the right one from."""
    cli.env.pop("APITALLY_API_KEY", None)
    if source == "environment":
        cli.env["APITALLY_API_KEY"] = _LONG_KEY
    if source == "file":
        folder = Path(cli.env["HOME"], ".apitally")
        folder.mkdir()
        (folder / "auth.json").write_text(json.dumps({"api_key": _LONG_KEY}), encoding="utf-8")
    if source == "option" and len(arguments) > 1:
        arguments = [*arguments[:2], "--api-key", _LONG_KEY, *arguments[2:]]
    done = cli.run(*arguments)
    assert done.returncode in {2, 4, 5}
    assert "'" in done.stderr or "…" in done.stderr
    assert (_LONG_KEY in done.stderr) == (source == "option" and len(arguments) == 1)  # then no key is known


@pytest.mark.parametrize("variable", ["APITALLY_API_BASE_URL", "APITALLY_LOG", "HTTPS_PROXY", "SSL_CERT_FILE"])
def test_the_key_as_another_argument_beside_a_wrong_setting(cli: Cli, variable: str) -> None:
    """The key is known even where no client can be made with the environment."""
    cli.env |= {"APITALLY_API_KEY": _LONG_KEY, variable: "no such thing"}
    code, text = failure(cli, "get", _LONG_KEY)
    assert (code, "is not a whole number" in text) == (2, True)


@pytest.mark.parametrize("key", [f"{_LONG_KEY}\n{_LONG_KEY}", f"https://{_LONG_KEY}", f"{_LONG_KEY}\udcff"])
def test_a_key_that_no_client_accepts_as_another_argument(cli: Cli, key: str) -> None:
    """It may be a key that was copied with something else, so it is not quoted back, either."""
    cli.env["APITALLY_API_KEY"] = key
    code, text = failure(cli, "get", key)
    assert (code, _LONG_KEY in text, "'…' is not a whole number" in text) == (2, False, True)


def test_either_key_as_another_argument(cli: Cli) -> None:
    """The key of the environment stays hidden, too, where another one is typed."""
    cli.env["APITALLY_API_KEY"] = _LONG_KEY
    assert "'…' is not a whole number" in failure(cli, "get", _LONG_KEY, "--api-key", "key-of-another")[1]


@pytest.mark.parametrize(("name", "advice"), [("-", True), ("/dev/stdout", True), ("picture.gif", False)])
def test_2_for_what_no_picture_can_be(cli: Cli, name: str, *, advice: bool) -> None:
    """A picture needs a file; where stdout is named, the sentence says so."""
    code, text = failure(cli, "plot", "1", "--output", name)
    assert code == 2
    assert f"'{name}' ends in none of .png, .svg, .html." in text
    assert ("A picture goes into a file" in text) == advice


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_2_for_an_option_that_is_given_twice(name: str) -> None:
    """Whatever its spellings, and whichever command it belongs to; where several make sense, they are taken."""
    command = cli_group.get_command(click.Context(cli_group), name)
    assert command is not None
    single = [
        parameter
        for parameter in command.params
        if isinstance(parameter, click.Option) and not (parameter.multiple or parameter.count or parameter.is_flag)
    ]
    for option in single:
        twice = [option.opts[0], "1", option.opts[-1], "2"]
        with pytest.raises(click.UsageError) as refused:
            command.parse_args(click.Context(command), ["1", *twice])
        assert refused.value.message == f"{' / '.join(option.opts)} is given 2 times: give it once."
    assert single or name in {"completion", "mock", "version"}


def test_2_for_a_command_that_is_none(cli: Cli) -> None:
    """A misspelt command is a usage error as well."""
    assert failure(cli, "gte", "1")[0] == 2


@pytest.mark.parametrize("command", ["get", "sync"])
def test_3_without_a_key(bare: Cli, command: str) -> None:
    """The sentence says where a key is looked for, as a user of the command writes it."""
    code, text = failure(bare, command, "1")
    assert code == 3
    assert "pass --api-key, set APITALLY_API_KEY, or write it to ~/.apitally/auth.json" in text


@pytest.mark.parametrize("name", ["csv", "json", "ndjson"])
def test_nothing_is_written_where_the_first_request_fails(cli: Cli, name: str) -> None:
    """A program that reads stdout sees neither a header nor a bracket of data that does not come."""
    assert failure(cli, "get", "999", "--format", name)[0] == 4


@pytest.mark.parametrize("status", [401, 403])
def test_3_where_the_api_refuses_the_key(cli: Cli, server: MockServer, status: int) -> None:
    """401 and 403 alike."""
    server.inject("status", status=status)
    code, text = failure(cli, "get", "1")
    assert code == 3
    assert str(status) in text


def test_3_rather_than_sending_the_key_unencrypted(cli: Cli) -> None:
    """A base URL that a key may not be sent to is refused before anything is sent."""
    code, text = failure(cli, "get", "1", "--base-url", "http://192.0.2.1")
    assert code == 3
    assert "use https" in text


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--since", "yesterday"], "Error: --since 'yesterday' is neither an ISO 8601 date or time"),
        (["--since", "1h", "--end", "2h"], r"--since \S+ is after --end \S+: swap them"),
        (["--start", "2100-01-01"], r"--start 2100-01-01T00:00:00\+00:00 lies in the future: it is \S+ now"),
        (["--until", "2020-01-01"], r"--until 2020-\S+ is before the default start \S+: pass --since, too"),
        (["--env-id", str(2**63)], "--env-id must be from 1 to"),
        (["--timezone", "Mars/Base"], "Unknown timezone 'Mars/Base'"),
        (["--since", "0001-01-01", "--timezone", "Asia/Tokyo"], "years 1 to 9999"),
    ],
)
def test_4_for_times_that_make_no_sense(cli: Cli, server: MockServer, options: list[str], sentence: str) -> None:
    """The sentence says what would; nothing is sent, and no file appears."""
    code, text = failure(cli, "get", "1", *options, "--output", "traffic.csv")
    assert code == 4
    assert re.search(sentence, text)
    assert not server.requests
    assert not list(cli.folder.iterdir())


@pytest.mark.parametrize("status", [400, 404, 422])
def test_4_where_the_api_refuses_what_is_asked(cli: Cli, server: MockServer, status: int) -> None:
    """400, 404 and 422 alike."""
    server.inject("status", status=status)
    assert failure(cli, "get", "1")[0] == 4


def test_4_for_an_app_that_is_not_there(cli: Cli) -> None:
    """The sentence names the path and says where the right ID is found."""
    code, text = failure(cli, "get", "99", "--format", "ndjson")
    assert code == 4
    assert "/v1/apps/99/traffic" in text


@pytest.mark.parametrize("fault", [{"fault": "status", "status": 501}, {"fault": "wrong_type"}])
def test_5_where_the_api_fails(cli: Cli, server: MockServer, fault: dict[str, object]) -> None:
    """A status of 5xx, and a body that breaks the schema."""
    server.inject(**fault)  # type: ignore[arg-type]  # options of two faults
    assert failure(cli, "get", "1")[0] == 5


def test_5_where_nobody_listens(cli: Cli) -> None:
    """The sentence names the server."""
    with socket.create_server(("127.0.0.1", 0)) as closed:
        url = f"http://127.0.0.1:{closed.getsockname()[1]}"
    done = cli.run("check", "--base-url", url)
    assert done.returncode == 5
    assert f"{url} cannot be reached" in done.stdout


def test_5_where_a_socks_proxy_closes_the_connection(cli: Cli) -> None:
    """The sentence names the proxy, and no password."""
    pytest.importorskip("socksio", reason="of the dependency group `test`")
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def close() -> None:
            with contextlib.suppress(OSError):
                while True:
                    listener.accept()[0].close()

        thread = threading.Thread(target=close)
        thread.start()
        address = f"127.0.0.1:{listener.getsockname()[1]}"
        cli.env |= {"APITALLY_API_BASE_URL": "https://127.0.0.1:9", "ALL_PROXY": f"socks5://me:secret@{address}"}
        with fast_retries():
            code, text = failure(cli, "get", "1")
        listener.shutdown(socket.SHUT_RDWR)
        thread.join()
    assert code == 5
    assert f"through the proxy socks5://{address} of ALL_PROXY" in text
    assert "secret" not in text


@pytest.mark.parametrize("command", ["get", "plot"])
@pytest.mark.parametrize(
    ("file", "reason"),
    [
        ("nowhere/traffic.FORMAT", "No such file or directory"),
        (".", "Is a directory"),
        ("new/", "Is a directory"),
        ("file/traffic.FORMAT", "Not a directory"),
        ("loop.FORMAT", "Too many levels of symbolic links"),
        (f"{'long' * 70}.FORMAT", "File name too long"),
        ("/dev/fd/99.FORMAT", "No such file or directory"),
    ],
)
def test_5_for_what_is_no_place_for_a_file(cli: Cli, server: MockServer, command: str, file: str, reason: str) -> None:
    """The sentence names the file; nothing is sent."""
    name = file.replace("FORMAT", "csv" if command == "get" else "svg")
    (cli.folder / "file").touch()
    for ending in ("csv", "svg"):
        (cli.folder / f"loop.{ending}").symlink_to(f"loop.{ending}")
    assert failure(cli, command, "1", "--output", name) == (5, f"Error: {name} cannot be written: {reason}.")
    assert not server.requests


@pytest.mark.parametrize("arguments", [["get", "1", "--format", "csv", "--output"], ["plot", "1", "--output"]])
def test_control_characters_of_the_command_line_are_escaped(cli: Cli, arguments: list[str]) -> None:
    """A terminal would obey them, and a line break would make two messages of one."""
    done = cli.run(*arguments, "nowhere/\x1b[31mred\nError: no\x9b\u202e.svg")
    assert done.returncode != 0
    assert done.stderr.endswith("\n")
    error = done.stderr.splitlines()[-1]
    assert error.isprintable()
    assert r"nowhere/\x1b[31mred\nError: no\x9b\u202e.svg" in error


def test_control_characters_of_a_file_are_escaped_while_it_is_drawn(cli: Cli) -> None:
    """Its name is on the terminal meanwhile."""
    window = ["--since", "2025-10-24", "--until", "2025-10-25"]
    code, seen = on_terminal(cli, "plot", "1", *window, "--output", "\x1b[31mred.svg")
    assert code == 0
    assert r"Drawing \x1b[31mred.svg ..." in seen


@pytest.mark.parametrize("bound", ["timeout", "deadline"])
def test_advice_that_no_option_follows_is_left_out(bound: str) -> None:
    """The command has no option for the bounds of a request."""
    error = APITimeoutError(f"It did not respond. Try again, or raise the {bound}. The attempt before failed: why.")
    assert sentence_of(error) == "It did not respond. Try again. The attempt before failed: why."


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
@pytest.mark.parametrize("arguments", [["--output", "/dev/full", "--format", "csv"], ["--format", "csv"], []])
def test_5_where_the_disk_is_full(cli: Cli, arguments: list[str]) -> None:
    """In a file and in what stdout leads to."""
    with Path("/dev/full").open("wb") as full:
        process = cli.start("get", "1", *arguments, stdout=full)
        _, errors = process.communicate(timeout=60)
    assert process.returncode == 5
    assert errors.decode().endswith("No space left on device.\n")
    assert len(errors.splitlines()) == 1


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
@pytest.mark.parametrize(
    "arguments",
    [[], ["get"], *exhaustive([["--version"], *([name] for name in COMMANDS if name != "get")])],
    ids=" ".join,
)
def test_help_ends_like_data(bare: Cli, arguments: list[str]) -> None:
    """One sentence and 5 where the disk is full; nothing and 0 where the reader of a pipe has gone."""
    command = arguments if "--version" in arguments else [*arguments, "--help"]
    with Path("/dev/full").open("wb") as full:
        process = bare.start(*command, stdout=full)
        _, errors = process.communicate(timeout=60)
    assert (process.returncode, errors) == (5, b"Error: stdout cannot be written: No space left on device.\n")
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "wb") as pipe:
        process = bare.start(*command, stdout=pipe)
        _, errors = process.communicate(timeout=60)
    assert (process.returncode, errors) == (0, b"")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
@pytest.mark.parametrize("command", [["mock"], ["get"]], ids=" ".join)
def test_help_on_a_full_disk_where_stdout_has_no_buffer(bare: Cli, command: list[str]) -> None:
    """Python writes at once with `PYTHONUNBUFFERED`, as containers often set it."""
    bare.env["PYTHONUNBUFFERED"] = "1"
    with Path("/dev/full").open("wb") as full:
        process = bare.start(*command, "--help", stdout=full)
        _, errors = process.communicate(timeout=60)
    assert (process.returncode, errors) == (5, b"Error: stdout cannot be written: No space left on device.\n")


@pytest.mark.parametrize("output", [["--output", "traffic.csv"], ["--format", "csv"]])
def test_130_for_ctrl_c(cli: Cli, server: MockServer, output: list[str]) -> None:
    """Quietly, while a response is waited for; no row is printed, the old file stays, and nothing is beside it."""
    old = cli.folder / "traffic.csv"
    old.write_text("old")
    server.inject("slow_drip", seconds=1)
    process = cli.start("get", "1", *output)
    while not server.requests:
        assert process.poll() is None
    process.send_signal(signal.SIGINT)
    printed, errors = process.communicate(timeout=30)
    assert (process.returncode, errors.strip()) == (130, b"")
    assert len(printed.splitlines()) <= 1  # the header
    assert [path.read_text() for path in cli.folder.iterdir()] == ["old"]


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)])
@pytest.mark.parametrize("kind", [OSError, click.ClickException])
def test_an_error_after_a_signal_is_not_told(
    cli: Cli, monkeypatch: pytest.MonkeyPatch, number: signal.Signals, code: int, kind: type[Exception]
) -> None:
    """Libraries turn the exception of an interruption into one of their own."""

    def fail_when_interrupted(**_: object) -> None:
        try:
            signal.raise_signal(number)
        except BaseException:  # noqa: BLE001 - as DuckDB does
            raise kind("Query interrupted") from None

    monkeypatch.setattr(cli_group, "main", fail_when_interrupted)
    done = cli.run("get", "1")
    assert (done.returncode, done.stdout, done.stderr) == (code, "", "")


def test_a_part_that_was_written_is_told(cli: Cli, server: MockServer) -> None:
    """Where the API fails half-way, what is on stdout is whole lines, and the sentence says where to go on."""
    server.inject("status", status=501, at=2)
    done = cli.run("get", "1", "2", "--format", "ndjson", "--since", "2026-03-28", "--until", "2026-03-29")
    assert done.returncode == 5
    assert {json.loads(line)["app_id"] for line in done.stdout.splitlines()} == {1}
    assert "501" in done.stderr
