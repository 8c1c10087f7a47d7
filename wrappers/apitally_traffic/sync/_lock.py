"""Let one run at a time write to a destination: two would share dlt's staging tables and the place of its state.

A run waits for others where a lock reaches them. Where none does, it stores nothing if another has stored something
since it began: each would write how far all series are stored, without what the other has added.
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
# Any number does, as long as it is always the same: advisory locks of other programs have other ones.
_POSTGRES_KEY = 5_701_220_374_112_885_911


@contextmanager
def machine_lock(folder: Path, target: Target) -> Iterator[None]:
    """Wait for other runs on this machine, and keep them waiting during the block.

    Raises:
        SyncError: another one still runs when the patience is over.
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
    """Do the same for runs on all machines, where the database is PostgreSQL.

    Its advisory lock belongs to a connection, so it ends with a run that is killed.

    Raises:
        SyncError: the database cannot be reached, or another run has not ended when the patience is over.
    """
    if not target.destination.destination_type.endswith(".postgres"):
        yield
        return
    with _opened(pipeline.sql_client(), target) as client:
        _wait(lambda: client.execute_sql("SELECT pg_try_advisory_lock(%s)", _POSTGRES_KEY) == [(True,)], target)
        yield


def packages_in(pipeline: dlt.Pipeline, target: Target) -> Any:
    """Return what changes with each package that is stored in the destination; None where it cannot be asked.

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
    """Check that nothing has been stored since, and keep a DuckDB file from other processes during the block.

    Args:
        before: what `packages_in` has returned at the beginning of the run.
        pipeline: the pipeline of the run.
        target: where it writes to.

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
                f"Another sync has written to {target.name} since this one began, which has stored nothing: run it "
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
    """Try to acquire a lock until it succeeds, and say so once if it takes time."""
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
