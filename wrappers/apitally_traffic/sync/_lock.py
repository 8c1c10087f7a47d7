"""Let only one run at a time write to a destination, because two would share dlt's staging tables and its state.

A run waits for others if they share a lock with it. Without a common lock, it stores nothing if another run has stored
something since it started: each run writes the cursors of all series, and would overwrite those of the other.
"""

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import dlt
from dlt.common.exceptions import DltException
from dlt.common.schema.typing import LOADS_TABLE_NAME as LOADS
from dlt.destinations.exceptions import DatabaseUndefinedRelation
from dlt.destinations.job_client_impl import SqlJobClientBase
from dlt.destinations.sql_client import SqlClientBase
from filelock import FileLock, Timeout

from apitally_traffic.sync._destination import Target
from apitally_traffic.sync._errors import SyncError, sentence_of

_logger = logging.getLogger("apitally_traffic")
LOCK_TIMEOUT = 300.0
"""How many seconds to wait for another sync into the same destination."""
_PAUSE = 0.5
# An arbitrary constant, which the advisory locks of other programs are unlikely to use.
_POSTGRES_KEY = 5_701_220_374_112_885_911


@contextmanager
def machine_lock(folder: Path, target: Target) -> Iterator[None]:
    """Wait for other runs on this machine, and make them wait during the block.

    Raises:
        SyncError: another run has not ended after `LOCK_TIMEOUT`.
    """
    lock = FileLock(folder / "lock")

    def acquired() -> bool:
        try:
            lock.acquire(timeout=0)
        except Timeout:
            return False
        return True

    _wait(acquired, target)
    try:
        yield
    finally:
        lock.release()


@contextmanager
def database_lock(pipeline: dlt.Pipeline, target: Target) -> Iterator[None]:
    """Wait for other runs on all machines, and make them wait during the block, if the database is PostgreSQL.

    Its advisory lock belongs to a connection, so it ends even if the run is killed.

    Raises:
        SyncError: the database cannot be reached, or another run has not ended after `LOCK_TIMEOUT`.
    """
    if not target.destination.destination_type.endswith(".postgres"):
        yield
        return
    with _opened(pipeline.sql_client(), target) as client:
        _wait(lambda: client.execute_sql("SELECT pg_try_advisory_lock(%s)", _POSTGRES_KEY) == [(True,)], target)
        yield


def packages_in(pipeline: dlt.Pipeline, target: Target) -> Any:
    """Return a value that changes with each package that is stored in the destination; None if there is no way to ask.

    Raises:
        SyncError: the database cannot be reached.
    """
    client = pipeline.destination_client()
    if target.is_new or not isinstance(client, SqlJobClientBase):
        return None
    with _opened(client.sql_client, target) as connected:
        return _packages(connected)


@contextmanager
def alone_since(before: Any, pipeline: dlt.Pipeline, target: Target) -> Iterator[None]:
    """Check that no other run has stored anything, and lock other processes out of a DuckDB file during the block.

    Args:
        before: the result of `packages_in` at the start of the run.
        pipeline: the pipeline of the run.
        target: the destination of the run.

    Raises:
        SyncError: another run has stored something, or the database cannot be reached.
    """
    client = pipeline.destination_client()
    if not isinstance(client, SqlJobClientBase):
        yield
        return
    with _opened(client.sql_client, target) as connected:
        if _packages(connected) != before:
            raise SyncError(
                f"Another sync has written to {target.name} since this one started, which has stored nothing: run it "
                "again. Syncs wait for each other where they have the same DLT_DATA_DIR and user."
            )
        yield


def _packages(client: SqlClientBase[Any]) -> Any:
    table = client.make_qualified_table_name(LOADS)
    try:
        return client.execute_sql(f"SELECT count(*), max(load_id) FROM {table}")  # noqa: S608 - a name of dlt's
    except DatabaseUndefinedRelation:
        return None


@contextmanager
def _opened(client: SqlClientBase[Any], target: Target) -> Iterator[SqlClientBase[Any]]:
    try:
        client.open_connection()
    except DltException:
        raise
    except Exception as error:  # the driver's own
        raise SyncError(f"{target.name}: {sentence_of(error)}") from error
    try:
        yield client
    finally:
        client.close_connection()


def _wait(acquired: Callable[[], bool], target: Target) -> None:
    """Try to acquire a lock until it succeeds; if that takes time, log a warning once."""
    deadline = time.monotonic() + LOCK_TIMEOUT
    if acquired():
        return
    _logger.warning("Waiting for another sync into %s to end.", target.name)
    while not acquired():
        if time.monotonic() > deadline:
            raise SyncError(
                f"Another sync into {target.name} still runs after {LOCK_TIMEOUT:.0f} s of waiting: try again later."
            )
        time.sleep(_PAUSE)
