"""What docs/sync.md and the docstrings show is true."""

import doctest
import inspect
import os
import re
import runpy
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import Mock
from zoneinfo import ZoneInfo

import click
import dlt
import psycopg2.errors
import pytest

import apitally_traffic.sync
from apitally_mock import MockServer
from apitally_traffic import TrafficClient, TrafficItem
from apitally_traffic_cli.commands.sync import command
from tests.command import COMMAND, run_inside
from tests.sync.api import Api
from tests.sync.databases import Database, PostgresServer

GUIDE = Path(__file__).parents[2] / "docs" / "sync.md"


def blocks(language: str) -> list[str]:
    """Return the blocks of the guide in a language."""
    return re.findall(rf"^```{language}\n(.*?)^```", GUIDE.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)


def test_every_option_is_in_the_table() -> None:
    """With its default, where it has one of its own."""
    rows = re.findall(r"^\| (`--.*?) \|.*\| (.*) \|$", GUIDE.read_text(encoding="utf-8"), re.MULTILINE)
    described = {spelling: default for row, default in rows for spelling in re.findall(r"`(-[\w-]+)`", row)}
    options = [parameter for parameter in command.params if isinstance(parameter, click.Option)]
    assert set(described) == {spelling for option in options for spelling in option.opts}
    for option in options:
        if isinstance(option.default, str):
            assert described[option.opts[0]] == f"`{option.default}`"


def test_commands_run(api: Api) -> None:
    """Each line of the first example ends well and creates its file."""
    (example,) = blocks("sh")
    api.show(0, "2026-01-05T10:20:30+00:00")
    for line in example.splitlines():
        name, *arguments = shlex.split(line)
        assert name == "apitally-traffic"
        connection = ["--api-key", api.api_key, "--base-url", api.url]
        assert run_inside([*arguments, *connection], Path(), os.environ).returncode == 0, line
    assert sorted(path.name for path in Path().glob("*.duckdb")) == ["apitally_traffic.duckdb", "warehouse.duckdb"]


@pytest.mark.exhaustive
def test_queries_count_each_request_once(api: Api, database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """Those of the guide return what the API counts, also where the table holds other series of the same apps."""
    for name, value in database.env.items():
        monkeypatch.setenv(name, value)
    api.show(0, "2026-03-30T22:20:30+00:00")  # 20 minutes after midnight in Berlin
    connection: dict[str, Any] = {"api_key": api.api_key, "base_url": api.url}
    further: list[dict[str, Any]] = [
        {"app_env_id": 1},
        {"consumer_id": 3},
        {"timezone": "Europe/Berlin"},
        {"interval": "day"},
    ]
    for series in [{}, *further]:
        apitally_traffic.sync.sync_traffic([1, 2], destination=database.destination, **series, **connection)
    totals, days, grafana = blocks("sql")
    with TrafficClient(**connection) as client:

        def counted(app_id: int, start: str, **options: Any) -> list[TrafficItem]:
            return client.get_traffic(app_id, start=start, end="2026-03-30T22:00Z", **options).to_list()

        hours = {app_id: counted(app_id, "2026-03-01") for app_id in (1, 2)}
        local = {app_id: counted(app_id, "2026-03-28", interval="day", timezone="Europe/Berlin") for app_id in (1, 2)}
    assert database.query(totals) == [
        (app_id, sum(item.requests for item in items), sum(item.bytes_sent for item in items))
        for app_id, items in hours.items()
    ]
    zone = ZoneInfo("Europe/Berlin")
    of_days = [
        (app_id, item.period_start.astimezone(zone).date(), item.requests)
        for app_id, items in local.items()
        for item in items
    ]
    assert database.query(days) == of_days
    shown = database.query(grafana.replace("$__timeFilter(period_start)", "period_start >= '2026-03-01T00:00:00Z'"))
    assert sorted(shown) == sorted(
        (item.period_start, str(app_id), item.requests) for app_id, items in hours.items() for item in items
    )


def test_rights_suffice(api: Api, postgres_server: PostgresServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Those of the guide let a user sync, again and again, and let a dashboard read; without them, it says which."""
    database = postgres_server.database()
    before, after = (block.replace("DATABASE warehouse", f"DATABASE {database.name}") for block in blocks("postgresql"))
    create, grant = before.splitlines()
    connection: dict[str, Any] = {"api_key": api.api_key, "base_url": api.url}

    def as_user(user: str, password: str) -> str:
        return database.url(password).replace("//postgres:", f"//{user}:")

    def sync() -> int:
        return apitally_traffic.sync.sync_traffic(1, destination="postgres", **connection).rows

    monkeypatch.setenv("DESTINATION__POSTGRES__CREDENTIALS", as_user("traffic", "..."))
    database.execute(create)
    with pytest.raises(apitally_traffic.sync.SyncError, match="needs CREATE on the database"):
        sync()
    database.execute(grant)
    assert sync() == 720
    database.execute(after)
    assert sync() == 48
    reading = psycopg2.connect(as_user("grafana", "..."))
    try:
        with reading, reading.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM apitally.traffic")
            assert cursor.fetchall() == [(720,)]
            with pytest.raises(psycopg2.errors.InsufficientPrivilege):
                cursor.execute("DELETE FROM apitally.traffic")
    finally:
        reading.close()


def test_units_are_what_systemd_reads(tmp_path: Path) -> None:
    """Systemd finds nothing wrong with the service and the timer, once the program is one that this machine has."""
    analyze = shutil.which("systemd-analyze")
    if analyze is None:
        pytest.skip("systemd-analyze is not installed.")
    names = ("traffic.service", "traffic.timer", "traffic-postgres.service")
    units = dict(zip(names, blocks("ini"), strict=True))
    for name, text in units.items():
        (tmp_path / name).write_text(text.replace("/srv/traffic/.venv/bin/apitally-traffic", COMMAND), encoding="utf-8")
    paths = [tmp_path / name for name in units]
    done = subprocess.run([analyze, "verify", *paths], capture_output=True, encoding="utf-8", check=False, timeout=60)
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


@pytest.mark.parametrize("library", ["airflow", "dagster"])
def test_orchestrator_runs_a_sync(library: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The block of each orchestrator, whose decorators call their function here, makes one call of `sync_traffic`."""
    calls: list[inspect.BoundArguments] = []
    signature = inspect.signature(apitally_traffic.sync.sync_traffic)
    monkeypatch.setattr(
        apitally_traffic.sync,
        "sync_traffic",
        lambda *arguments, **options: calls.append(signature.bind(*arguments, **options)),
    )

    def unchanged(function: Callable[[], object]) -> Callable[[], object]:
        return function

    def called(function: Callable[[], object]) -> Callable[[], object]:
        function()
        return function

    airflow = SimpleNamespace(dag=lambda **_: unchanged, task=lambda **_: unchanged)
    dagster = SimpleNamespace(asset=called, ScheduleDefinition=Mock(), Definitions=Mock())
    for name, module in {"airflow": airflow, "airflow.sdk": airflow, "dagster": dagster}.items():
        monkeypatch.setitem(sys.modules, name, module)
    (block,) = [text for text in blocks("py") if library in text]
    (tmp_path / "traffic.py").write_text(block, encoding="utf-8")
    runpy.run_path(str(tmp_path / "traffic.py"))
    assert [(call.args, call.kwargs) for call in calls] == [(([1, 2],), {"destination": "postgres"})]


@pytest.fixture(scope="module")
def server() -> Iterator[MockServer]:
    """Run a mock server, as a reader of the examples does."""
    with MockServer() as server:
        yield server


@pytest.mark.parametrize("name", apitally_traffic.sync.__all__)
def test_example_is_true(name: str, server: MockServer) -> None:
    """The example of a public name does what it shows."""
    run_example(name, server)


def test_example_in_two_directories(server: MockServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A pipeline of one's own writes into the database of the directory in which it runs."""
    for name in ("one", "other"):
        (tmp_path / name).mkdir()
        monkeypatch.chdir(tmp_path / name)
        run_example("traffic_source", server)
        assert (tmp_path / name / "warehouse.duckdb").exists()


def run_example(name: str, server: MockServer) -> None:
    """Check the example in the docstring of a public name."""
    public = {name: getattr(apitally_traffic.sync, name) for name in apitally_traffic.sync.__all__}
    report: list[str] = []
    known: dict[str, Any] = {**public, "Path": Path, "dlt": dlt, "server": server}
    example = doctest.DocTestParser().get_doctest(public[name].__doc__ or "", known, name, None, None)
    assert example.examples
    outcome = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS).run(example, out=report.append)
    assert outcome.failed == 0, "".join(report)
