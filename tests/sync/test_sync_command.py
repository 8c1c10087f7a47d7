"""The command `sync`: what it prints, and the sentence and exit code of each failure."""

import errno
import os
import shlex
import signal
import sqlite3
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import duckdb
import pytest

from tests.command import COMMAND, run_inside
from tests.sampling import exhaustive
from tests.sync.api import Api
from tests.sync.databases import PASSWORD, DuckDB, PostgresServer

NOW = "2026-03-28T10:20:30+00:00"
FILE = "apitally_traffic.duckdb"

Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def env(api: Api) -> dict[str, str]:
    """Return the environment of a user: a home, a key, and the address of the API."""
    api.show(0, NOW)
    kept = {name: os.environ[name] for name in ("HOME", "PATH", "DLT_DATA_DIR")}
    return {**kept, "LANG": "C.UTF-8", "APITALLY_API_KEY": api.api_key, "APITALLY_API_BASE_URL": api.url}


@pytest.fixture
def start(env: dict[str, str]) -> Callable[..., "subprocess.Popen[str]"]:
    """Return a function that starts `sync` with arguments, in the folder of the test."""

    def start(*arguments: str, limit: str = "", **more: str) -> "subprocess.Popen[str]":
        command = shlex.join([COMMAND, "sync", *arguments])
        if limit:  # Python would keep the first part of a compiled module, and fail to import it from then on
            more["PYTHONDONTWRITEBYTECODE"] = "1"
        return subprocess.Popen(
            ["/bin/bash", "-c", f"{limit} exec {command}"],
            env=env | more,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
        )

    return start


@pytest.fixture
def process(start: Callable[..., "subprocess.Popen[str]"]) -> Run:
    """Return a function that runs `sync` to its end, in a process of its own."""

    def run(*arguments: str, **options: str) -> "subprocess.CompletedProcess[str]":
        with start(*arguments, **options) as process:
            output, errors = process.communicate(timeout=120)
        return subprocess.CompletedProcess(arguments, process.returncode, output, errors)

    return run


@pytest.fixture
def run(env: dict[str, str]) -> Run:
    """Return a function that runs `sync` to its end, inside this process."""
    return lambda *arguments, **more: run_inside(["sync", *arguments], Path(), env | more)


def failure(done: "subprocess.CompletedProcess[str]") -> tuple[int, str]:
    """Return exit code and sentence; there must be one line, and no data."""
    assert done.stdout == ""
    (line,) = done.stderr.splitlines()
    return done.returncode, line


def test_the_report_of_a_run(run: Run) -> None:
    """Two lines say how much was stored where, and until when an app is complete in its timezone."""
    done = run("1", "2", "--interval", "day", "--timezone", "Europe/Berlin", "--since", "2026-03-01")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == [
        f"Stored 54 periods in apitally.traffic of {FILE}.",
        "App 1 is complete until 2026-03-28 00:00 in Europe/Berlin.",
        "App 2 is complete until 2026-03-28 00:00 in Europe/Berlin.",
    ]
    assert DuckDB(Path(FILE)).query("SELECT count(*) FROM apitally.traffic") == [(54,)]


def test_a_further_series_is_told_once(run: Run) -> None:
    """The report of the run that begins it says that the app's requests are now stored twice, and how to tell them."""
    assert len(run("1", "--env-id", "1").stdout.splitlines()) == 2
    assert len(run("1", "--env-id", "2").stdout.splitlines()) == 2  # other requests
    begun = run("1", "2", "--timezone", "Europe/Berlin")
    assert (begun.returncode, begun.stderr) == (0, "")
    assert begun.stdout.splitlines()[-1] == (
        "App 1 has other series in the table, which count the same requests: filter on interval, timezone, "
        "app_env_id and consumer_id, or on series, before you add rows up."
    )
    assert len(run("1", "2", "--timezone", "Europe/Berlin").stdout.splitlines()) == 3


def test_a_report_quotes_no_key(run: Run, env: dict[str, str]) -> None:
    """Not even where the name of the database has it."""
    done = run("1", "--since", "2026-03-20", "--to", f"of {env['APITALLY_API_KEY']}.duckdb")
    assert done.returncode == 0
    assert "apitally.traffic of of ….duckdb." in done.stdout
    assert env["APITALLY_API_KEY"] not in done.stdout + done.stderr


def test_all_options_reach_the_sync(run: Run) -> None:
    """The filters, the start, the lookback and the file."""
    options = ["1", "--env-id", "2", "--consumer-id", "3", "--start", "2026-03-20", "--to", "other.db"]
    run(*options)
    assert run(*options, "--lookback", "5h").stdout.startswith("Stored 5 periods in apitally.traffic of other.db.")
    assert DuckDB(Path("other.db")).query("SELECT DISTINCT app_env_id, consumer_id FROM apitally.traffic") == [(2, 3)]


def test_into_postgres(run: Run, postgres_server: PostgresServer) -> None:
    """A destination of dlt is called by its name, and found by dlt's own configuration."""
    database = postgres_server.database()
    done = run("1", "--to", "postgres", **database.env)
    assert (done.returncode, done.stderr) == (0, "")
    assert database.query("SELECT count(*) FROM apitally.traffic") == [(720,)]


def test_into_postgres_without_a_password_in_the_url(run: Run, postgres_server: PostgresServer) -> None:
    """An empty one leaves it to the variable of PostgreSQL's client; without one, the sentence says so."""
    database = postgres_server.database()
    empty = database.url("")
    url = {"DESTINATION__POSTGRES__CREDENTIALS": empty.replace(":@", "@"), "PGPASSWORD": PASSWORD}
    code, sentence = failure(run("1", "--to", "postgres", **url))
    assert code == 5
    assert "The credentials of postgres lack the password: complete DESTINATION__POSTGRES__CREDENTIALS" in sentence
    assert "an empty password, as in postgresql://user:@host/database" in sentence
    done = run("1", "--to", "postgres", **url | {"DESTINATION__POSTGRES__CREDENTIALS": empty})
    assert (done.returncode, done.stderr) == (0, "")
    assert database.query("SELECT count(*) FROM apitally.traffic") == [(720,)]


@pytest.mark.parametrize(
    ("arguments", "code", "sentence"),
    [
        ([], 2, "Missing argument 'APP_ID...'."),
        (["1", "--interval", "week"], 2, "'week' is not one of"),
        (["1", "--api-key", "wrong"], 3, "401"),
        (["99"], 4, "/v1/apps/99/traffic"),
        (["1", "--start", "yesterday"], 4, "Error: --start 'yesterday' is neither"),
        (["1", "--to", "traffic.csv"], 4, "Error: --to must be a file"),
        (["1", "--lookback", "2026-01-01"], 4, "Error: --lookback must be a duration"),
        (["1", "--since", "2100-01-01"], 4, "Error: --since 2100-01-01T00:00:00+00:00 lies in the future"),
        (["1", "--timezone", "Mars/Base"], 4, "Unknown timezone 'Mars/Base'"),
        (["1", "--to", "nosuch"], 4, "dlt knows no destination 'nosuch'"),
        (["1", "--to", "postgres"], 5, "set DESTINATION__POSTGRES__CREDENTIALS"),
        (["1", "--to", "nowhere/traffic.duckdb"], 5, "there is no folder"),
        (["1", "--to", "loop.db"], 5, "loop.db cannot be opened: Too many levels of symbolic links."),
        (["1", "--to", f"{'long' * 70}.duckdb"], 5, "long.duckdb cannot be opened: File name too long."),
        (["1", "--to", "loop.db/traffic.duckdb"], 5, "cannot be opened: Too many levels of symbolic links."),
        (["1", "--to", "pipe.db"], 5, "pipe.db cannot be opened: it is not a regular file."),
        (["1", "--to", "folder.db"], 5, "folder.db cannot be opened: it is not a regular file."),
        (["1", "--to", "sqlite.db"], 5, "sqlite.db is not a DuckDB database: choose another file, or move this one."),
        (["1", "--to", "empty.db"], 5, "empty.db is not a DuckDB database"),
        pytest.param(
            ["1", "--to", "/proc/traffic.duckdb"],
            5,
            "/proc/traffic.duckdb cannot be created: No such file or directory.",
            marks=pytest.mark.skipif(not Path("/proc/self").exists(), reason="this system has no /proc"),
        ),
        *exhaustive([(["1", "--base-url", "http://127.0.0.1:9"], 5, "cannot be reached")]),
    ],
)
def test_exit_codes(run: Run, arguments: list[str], code: int, sentence: str) -> None:
    """Each failure has its code and its sentence, never a traceback, and leaves no file of rows."""
    Path("loop.db").symlink_to("loop.db")
    Path("folder.db").mkdir()
    Path("empty.db").touch()
    with closing(sqlite3.connect("sqlite.db")) as connection:
        connection.execute("CREATE TABLE traffic (x)")
    os.mkfifo("pipe.db")
    done = run(*arguments)
    assert (done.returncode, done.stdout) == (code, "")
    assert sentence in done.stderr.splitlines()[-1]
    assert code == 2 or len(done.stderr.splitlines()) == 1
    assert not list(Path().glob("*.duckdb*"))


def test_5_for_a_file_that_is_open_elsewhere(process: Run) -> None:
    """DuckDB lets one process write; the sentence names it."""
    with duckdb.connect(FILE):
        code, sentence = failure(process("1"))
    assert code == 5
    assert f"PID {os.getpid()}" in sentence
    assert sentence.endswith(" Close it there, and run the sync again.")
    assert process("1").returncode == 0


def test_5_where_no_database_listens(run: Run) -> None:
    """What the driver says in two lines is two sentences in one line."""
    url = "postgresql://user:password@127.0.0.1:9/database"
    code, sentence = failure(run("1", "--to", "postgres", DESTINATION__POSTGRES__CREDENTIALS=url))
    assert code == 5
    assert "failed: Connection refused. Is the server running" in sentence


def test_5_for_a_wrong_password(run: Run, postgres_server: PostgresServer) -> None:
    """The sentence is the server's, without the password."""
    url = postgres_server.database().url("wrong-password")
    code, sentence = failure(run("1", "--to", "postgres", DESTINATION__POSTGRES__CREDENTIALS=url))
    assert code == 5
    assert "password authentication failed" in sentence
    assert "wrong-password" not in sentence


@pytest.mark.exhaustive
@pytest.mark.parametrize("kilobytes", [8, 300, 1000, 1500])
def test_5_for_a_full_disk(run: Run, process: Run, kilobytes: int) -> None:
    """A file that cannot grow any more gets a sentence, whichever file it is; with more room, a rerun is complete."""
    code, sentence = failure(process("1", "--since", "2025-01-01", limit=f"ulimit -f {kilobytes};"))
    assert code == 5
    assert "File too large" in sentence
    assert run("1", "--since", "2025-01-01").returncode == 0
    hours = DuckDB(Path(FILE)).query("SELECT count(*), count(DISTINCT period_start) FROM apitally.traffic")
    assert hours == [(10_834, 10_834)]


@pytest.mark.parametrize(
    "place",
    [
        pytest.param("dlt.common.storages.file_storage.FileStorage.save", id="at the beginning"),
        pytest.param("dlt.common.data_writers.buffered.BufferedDataWriter._flush_and_close_file", id="rows"),
    ],
)
def test_5_for_a_full_folder_of_dlt(run: Run, place: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The sentence names the folder, and how to choose another one, and not the database."""

    def fail(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(place, fail)
    code, sentence = failure(run("1"))
    reason = "where dlt works, cannot be used: No space left on device. DLT_DATA_DIR names another place."
    assert (code, sentence.partition(", ")[2]) == (5, reason)
    assert os.environ["DLT_DATA_DIR"] in sentence


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), *exhaustive([(signal.SIGTERM, 143), (signal.SIGHUP, 129)])]
)
def test_an_interruption_ends_a_run_quietly(
    api: Api, start: Callable[..., "subprocess.Popen[str]"], run: Run, number: signal.Signals, code: int
) -> None:
    """Also while responses for several apps are waited for; the next run is complete."""
    api.silent = "/v1/apps/"
    with start("1", "2") as process:
        while not api.asked:
            assert process.poll() is None
            time.sleep(0.05)
        process.send_signal(number)
        output, errors = process.communicate(timeout=25)
    assert (process.returncode, output, errors.strip()) == (code, "", "")
    assert not list(Path().glob("*.duckdb*"))
    api.reset()
    api.show(0, NOW)
    assert run("1").returncode == 0


def test_two_syncs_at_once(api: Api, start: Callable[..., "subprocess.Popen[str]"]) -> None:
    """One waits for the other and says so; both are stored."""
    api.server.inject("latency", seconds=1)
    with start("1") as first, start("2", "--interval", "day") as second:
        ended = [process.communicate(timeout=120) for process in (first, second)]
    assert (first.returncode, second.returncode) == (0, 0)
    (waited,) = [errors.splitlines() for _, errors in ended if errors]
    assert waited == [f"Waiting for another sync into {FILE} to end."]
    rows = DuckDB(Path(FILE)).query("SELECT app_id, count(*) FROM apitally.traffic GROUP BY 1 ORDER BY 1")
    assert rows == [(1, 720), (2, 30)]


def test_two_machines_at_once(
    api: Api, start: Callable[..., "subprocess.Popen[str]"], postgres_server: PostgresServer, tmp_path: Path
) -> None:
    """Syncs that share nothing but the database wait for each other too, and store each period once."""
    api.server.inject("latency", seconds=1)
    database = postgres_server.database()
    machines = [database.env | {"DLT_DATA_DIR": str(tmp_path / name)} for name in ("one", "other")]
    with (
        start("1", "--to", "postgres", **machines[0]) as first,
        start("1", "2", "--to", "postgres", **machines[1]) as second,
    ):
        ended = [process.communicate(timeout=120) for process in (first, second)]
    assert (first.returncode, second.returncode) == (0, 0), ended
    (waited,) = [errors.splitlines() for _, errors in ended if errors]
    assert waited == ["Waiting for another sync into postgres to end."]
    rows = database.query(
        "SELECT app_id, count(*), count(DISTINCT period_start) FROM apitally.traffic GROUP BY 1 ORDER BY 1"
    )
    assert rows == [(1, 720, 720), (2, 720, 720)]


@pytest.mark.exhaustive
@pytest.mark.parametrize("is_new", [True, False])
def test_two_folders_of_dlt_and_one_file(
    api: Api, start: Callable[..., "subprocess.Popen[str]"], run: Run, tmp_path: Path, *, is_new: bool
) -> None:
    """A run that another one has overtaken stores nothing: what that one has stored would be forgotten."""
    other = {"DLT_DATA_DIR": str(tmp_path / "other")}
    if not is_new:
        assert run("2").returncode == 0
    api.silent = "/v1/apps/1/"
    asked = api.asked
    with start("1") as slow:
        while api.asked == asked:
            assert slow.poll() is None
            time.sleep(0.05)
        assert run("2", "--since", "60d", **other).returncode == 0
        api.respond()
        output, errors = slow.communicate(timeout=60)
    assert (slow.returncode, output) == (5, "")
    assert errors == (
        f"Error: Another sync has written to {FILE} since this one started, which has stored nothing: run it again. "
        "Syncs wait for each other where they have the same DLT_DATA_DIR and user.\n"
    )
    api.show(0, "2026-05-28T10:20:30+00:00")
    assert run("1", "2").returncode == 0
    rows = DuckDB(Path(FILE)).query("SELECT app_id, count(*) FROM apitally.traffic GROUP BY 1 ORDER BY 1")
    assert rows == [(1, 720), (2, (60 + 61) * 24)]


@pytest.fixture
def telemetry() -> Iterator[tuple[str, list[str]]]:
    """Run a server in place of that of dlt's telemetry; return its address and what it receives."""
    received: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            received.append(self.path)
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/v1/track", received
        server.shutdown()
        thread.join()


@pytest.mark.parametrize("is_on", [False, *exhaustive([True])])
def test_telemetry_is_off(process: Run, telemetry: tuple[str, list[str]], *, is_on: bool) -> None:
    """Nothing is reported to the makers of dlt, unless the user turns that on."""
    url, received = telemetry
    choice = {"RUNTIME__DLTHUB_TELEMETRY": "true"} if is_on else {}
    assert process("1", RUNTIME__DLTHUB_TELEMETRY_ENDPOINT=url, **choice).returncode == 0
    assert bool(received) == is_on


def test_nothing_is_left_of_dlts_files(run: Run, env: dict[str, str]) -> None:
    """Its working directory is removed after a run and after a failure."""
    run("1")
    run("1", "--api-key", "wrong")
    left = [path.name for path in Path(env["DLT_DATA_DIR"]).rglob("*") if path.is_file()]
    assert left == ["lock"]
