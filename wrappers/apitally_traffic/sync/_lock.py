"""Let one run at a time write to a destination: two would share dlt's staging tables and the place of its state."""

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import dlt
from dlt.common.exceptions import DltException
from filelock import FileLock, Timeout

from apitally_traffic.sync._destination import Target
from apitally_traffic.sync._errors import SyncError, sentence_of

_LOGGER = logging.getLogger("apitally_traffic")
PATIENCE = 300.0
"""How many seconds to wait for another sync into the same destination."""
_PAUSE = 0.5
# Any number does, as long as it is always the same: advisory locks of other programs have other ones.
_POSTGRES_KEY = 5_701_220_374_112_885_911


@contextmanager
def alone_on_this_machine(folder: Path, target: Target) -> Iterator[None]:
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
def alone_in_the_database(pipeline: dlt.Pipeline, target: Target) -> Iterator[None]:
    """Do the same for runs on all machines, where the database is PostgreSQL.

    Its advisory lock belongs to a connection, so it ends with a run that is killed.

    Raises:
        SyncError: the database cannot be reached, or another run has not ended when the patience is over.
    """
    if not target.destination.destination_type.endswith(".postgres"):
        yield
        return
    client = pipeline.sql_client()
    try:
        client.open_connection()
    except DltException:
        raise
    except Exception as error:  # the driver's own
        raise SyncError(f"{target.name}: {sentence_of(error)}") from error
    with closing(client.native_connection):
        _wait(lambda: client.execute_sql("SELECT pg_try_advisory_lock(%s)", _POSTGRES_KEY) == [(True,)], target)
        yield


def _wait(acquired: Callable[[], bool], target: Target) -> None:
    """Try to acquire a lock until it succeeds, and say so once if it takes time."""
    deadline = time.monotonic() + PATIENCE
    if acquired():
        return
    _LOGGER.warning("Waiting for another sync into %s to end.", target.name)
    while not acquired():
        if time.monotonic() > deadline:
            raise SyncError(
                f"Another sync into {target.name} still runs after {PATIENCE:.0f} s of waiting: try again later."
            )
        time.sleep(_PAUSE)
