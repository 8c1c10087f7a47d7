"""An API, a database and a folder for dlt, for the tests of the sync."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.sampling import exhaustive
from tests.sync.api import Api, running_api
from tests.sync.databases import Database, DuckDB, PostgresServer, running_postgres


@pytest.fixture(scope="session")
def _session_api() -> Iterator[Api]:
    with running_api() as api:
        yield api


@pytest.fixture
def api(_session_api: Api) -> Api:
    """Return the API as at its start."""
    _session_api.reset()
    return _session_api


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """Run a PostgreSQL server, or skip."""
    with running_postgres() as server:
        yield server


@pytest.fixture
def duckdb_file(tmp_path: Path) -> DuckDB:
    """Return a DuckDB file that does not exist yet."""
    return DuckDB(tmp_path / "traffic.duckdb")


@pytest.fixture(params=["duckdb", *exhaustive(["postgres"])])
def database(request: pytest.FixtureRequest) -> Database:
    """Return an empty database: of each kind at each push where a test says so, and for `tests-full` in all of them."""
    if request.param == "duckdb":
        file: DuckDB = request.getfixturevalue("duckdb_file")
        return file
    server: PostgresServer = request.getfixturevalue("postgres_server")
    return server.database()


@pytest.fixture(autouse=True)
def _own_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Keep the settings of whoever runs the tests out of them, and what they leave out of that person's folders."""
    for name in [name for name in os.environ if name.startswith(("APITALLY_", "DESTINATION__", "RUNTIME__"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("DLT_DATA_DIR", str(tmp_path / "dlt"))
    monkeypatch.chdir(tmp_path)


@pytest.fixture(autouse=True)
def _destination(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, _own_settings: None) -> None:
    """Let dlt know where the database is, in the tests that run with each kind."""
    database: Database | None = request.getfixturevalue("database") if "database" in request.fixturenames else None
    for name, value in database.env.items() if database else ():
        monkeypatch.setenv(name, value)
