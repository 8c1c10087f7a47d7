"""The databases that the tests sync into: DuckDB files, and a real PostgreSQL server where Debian's package is."""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any, Protocol

import duckdb
import psycopg2
import pytest

Rows = list[tuple[Any, ...]]
EACH_KIND = pytest.mark.parametrize("database", ["duckdb", "postgres"], indirect=True)
"""Lets a test run with each kind of database at each push."""
PASSWORD = "a-password-of-the-tests"


class Database(Protocol):
    """A destination of a sync, and a way to look into it."""

    @property
    def destination(self) -> str:
        """What the sync is told."""

    @property
    def env(self) -> dict[str, str]:
        """What dlt reads to find the database."""

    def query(self, sql: str) -> Rows:
        """Return the rows of a query."""


@dataclass
class DuckDB:
    """A DuckDB file."""

    path: Path

    @property
    def destination(self) -> str:
        """The path of the file."""
        return str(self.path)

    @property
    def env(self) -> dict[str, str]:
        """What dlt reads to find the database: nothing."""
        return {}

    def query(self, sql: str) -> Rows:
        """Return the rows of a query, with times in UTC."""
        with duckdb.connect(self.destination) as connection:
            return [tuple(map(_in_utc, row)) for row in connection.execute(sql).fetchall()]


@dataclass
class PostgreSQL:
    """A database of a PostgreSQL server."""

    port: int
    name: str
    destination: str = "postgres"

    @property
    def env(self) -> dict[str, str]:
        """What dlt reads to find the database."""
        return {"DESTINATION__POSTGRES__CREDENTIALS": self.url()}

    def url(self, password: str = PASSWORD) -> str:
        """Return the connection string."""
        return f"postgresql://postgres:{password}@127.0.0.1:{self.port}/{self.name}"

    def query(self, sql: str) -> Rows:
        """Return the rows of a query, with times in UTC."""
        connection = psycopg2.connect(self.url())
        try:
            with connection, connection.cursor() as cursor:
                cursor.execute(sql)
                return [tuple(map(_in_utc, row)) for row in cursor.fetchall()]
        finally:
            connection.close()

    def execute(self, sql: str) -> None:
        """Run statements, as the superuser."""
        connection = psycopg2.connect(self.url())
        try:
            with connection, connection.cursor() as cursor:
                cursor.execute(sql)
        finally:
            connection.close()


class PostgresServer:
    """A running server, which makes a database for each test."""

    def __init__(self, port: int) -> None:
        self.port = port
        self._numbers = count()

    def database(self) -> PostgreSQL:
        """Make a database."""
        name = f"test_{next(self._numbers)}"
        connection = psycopg2.connect(PostgreSQL(self.port, "postgres").url())
        try:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute(f"CREATE DATABASE {name}")
        finally:
            connection.close()
        return PostgreSQL(self.port, name)


@contextmanager
def running_postgres() -> Iterator[PostgresServer]:
    """Run a server on a loopback port, or skip where there is none; it refuses to run as root, so it does not."""
    programs = _programs()
    user: dict[str, Any] = {"user": "postgres", "group": "postgres"} if os.geteuid() == 0 else {}
    with tempfile.TemporaryDirectory(prefix="postgres-") as folder:
        data, password_file = Path(folder, "data"), Path(folder, "password")
        password_file.write_text(PASSWORD, encoding="utf-8")
        if user:
            account = pwd.getpwnam("postgres")
            for path in (folder, password_file):
                os.chown(path, account.pw_uid, account.pw_gid)
        initdb: list[str | Path] = [
            programs / "initdb",
            "-D",
            data,
            "-U",
            "postgres",
            "-A",
            "scram-sha-256",
            "--pwfile",
            password_file,
            "-N",
        ]
        subprocess.run(initdb, check=True, capture_output=True, cwd=folder, timeout=120, **user)
        port = _free_port()
        options = {"listen_addresses": "127.0.0.1", "port": port, "unix_socket_directories": "", "fsync": "off"}
        settings = [argument for name, value in options.items() for argument in ("-c", f"{name}={value}")]
        server = subprocess.Popen(
            [programs / "postgres", "-D", data, *settings],
            cwd=folder,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            **user,
        )
        try:
            _wait_for(port, server)
            yield PostgresServer(port)
        finally:
            server.send_signal(signal.SIGQUIT)  # an immediate shutdown, which waits for nothing
            server.wait(timeout=60)


def _programs() -> Path:
    on_path = shutil.which("initdb")
    found = [Path(on_path).resolve()] if on_path else sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if not found:
        pytest.skip("PostgreSQL is not installed; on Debian: apt-get install postgresql.")
    return found[-1].parent


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_for(port: int, server: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + 60
    while True:
        try:
            psycopg2.connect(PostgreSQL(port, "postgres").url()).close()
        except psycopg2.OperationalError:
            if server.poll() is not None or time.monotonic() > deadline:
                raise
            time.sleep(0.1)
        else:
            return


def _in_utc(value: Any) -> Any:
    return value.astimezone(UTC) if isinstance(value, datetime) else value
