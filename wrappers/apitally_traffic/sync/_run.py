"""One run of a sync, from the lock to the result.

Only the destination knows what is stored: dlt writes its state there, in the same package as the rows, and the state
counts only once the package is complete. So each run starts in an empty working directory, with the state of the
destination. Packages that a killed run has left on this machine are never loaded, because they are outdated, and the
next run reads all of their periods again.
"""

import hashlib
import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from copy import deepcopy
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import dlt
from dlt.common.configuration.exceptions import ConfigFieldMissingException
from dlt.common.exceptions import DltException
from dlt.destinations.job_client_impl import SqlJobClientBase
from dlt.extract import DltSource
from dlt.pipeline.exceptions import PipelineStepFailed

from apitally_api_client.models import Interval
from apitally_traffic._texts import quoted
from apitally_traffic._windows.time_parsing import TimeLike
from apitally_traffic.client import TrafficClient
from apitally_traffic.errors import ApitallyError
from apitally_traffic.sync._configuration import destination_alone
from apitally_traffic.sync._cursor import DEFAULT_LOOKBACK, Schedule
from apitally_traffic.sync._destination import DEFAULT_DESTINATION, Target, resolve_destination
from apitally_traffic.sync._errors import INTERRUPTIONS, SyncError, cause_of, missing_credentials, sentence_of
from apitally_traffic.sync._lock import alone_since, database_lock, machine_lock, packages_in
from apitally_traffic.sync._series import DATASET, TABLE
from apitally_traffic.sync._shared_client import SharedClient
from apitally_traffic.sync._source import COLUMNS, SOURCE, all_series, apps_counted_before, ends_of, source_of


@dataclass(frozen=True)
class SyncResult:
    """The result of a run.

    Attributes:
        rows: how many periods were stored, both new ones and those that were read again.
        table: the table, with its dataset.
        destination: the DuckDB file, or the name of the destination.
        complete_until: for each app, the time up to which every period is stored.
        counted_before: the apps for which this run has started a new series although the table contains another series
            that counts the same requests.

    Example:
        >>> result = sync_traffic([1, 2], destination="traffic.duckdb", api_key=server.api_key, base_url=server.url)
        >>> result.table, sorted(result.complete_until)
        ('apitally.traffic', [1, 2])
    """

    rows: int
    table: str
    destination: str
    complete_until: dict[int, datetime]
    counted_before: list[int]


def sync_traffic(
    app_ids: int | Iterable[int],
    *,
    destination: str | os.PathLike[str] = DEFAULT_DESTINATION,
    interval: Interval = "hour",
    timezone: str | ZoneInfo = "UTC",
    app_env_id: int | None = None,
    consumer_id: int | None = None,
    start: TimeLike | None = None,
    lookback: timedelta | str = DEFAULT_LOOKBACK,
    api_key: str | None = None,
    base_url: str | None = None,
) -> SyncResult:
    """Store the traffic of apps in the table `apitally.traffic` of a database, continuing where the last run stopped.

    A run stores the periods that have ended by the clocks of both the server and this machine, and replaces those that
    ended within `lookback` before the last stored one. Running it again at any time, even after it was killed, loses no
    period and stores none twice. It waits for other syncs into the same destination on this machine and, with
    PostgreSQL, on any machine. It stores nothing if it could not wait for another sync that has stored something.

    dlt's telemetry is off, unless `RUNTIME__DLTHUB_TELEMETRY` turns it on.

    For the rest of the process, dlt's telemetry is off, unless `RUNTIME__DLTHUB_TELEMETRY` is set.

    Args:
        app_ids: the apps' IDs, from the Apitally dashboard.
        destination: a DuckDB file, whose name ends in .duckdb or .db; or the name of a destination of dlt, configured
            as dlt documents, for example with `DESTINATION__POSTGRES__CREDENTIALS`.
        interval: "hour" or "day".
        timezone: an IANA name or a ZoneInfo. Hours and days are those of this timezone.
        app_env_id: "Filter to environment ID, if provided."
        consumer_id: "Filter to consumer ID, if provided."
        start: the start of the series, as for `traffic_source`. Defaults to 30 days before the first run.
        lookback: how far before the last stored period to read again, as a timedelta or a duration such as `2d`.
        api_key: as for `TrafficClient`.
        base_url: as for `TrafficClient`.

    Raises:
        ApitallyError: the API refused, failed, or could not be reached. Nothing of this run is stored.
        ModuleNotFoundError: a library that the destination needs is missing.
        SyncError: the destination failed, another sync has written to it or is still running after five minutes, or
            dlt cannot read or use its configuration.
        TypeError: an argument has a wrong type.
        ValueError: an argument is out of bounds or cannot be parsed, or the destination cannot be used.

    Example:
        >>> result = sync_traffic(1, destination="traffic.duckdb", api_key=server.api_key, base_url=server.url)
        >>> result.rows
        720
    """
    os.environ.setdefault("RUNTIME__DLTHUB_TELEMETRY", "false")  # before dlt reads it for the first pipeline
    with destination_alone():
        client = SharedClient(TrafficClient(api_key, base_url=base_url))
        series = all_series(app_ids, app_env_id, consumer_id, interval, timezone)
        schedule = Schedule(interval, series[0].timezone, start, lookback)
        source = source_of(client, series, schedule, is_restored=True)
        target = resolve_destination(destination)
        folder = _folder(target)
        with (
            machine_lock(folder, target),
            _empty(folder / SOURCE),
            _translated_errors(target, folder),
            closing(client),
        ):
            rows, before, state = _load(source, target, folder)
    return SyncResult(
        rows=rows,
        table=f"{DATASET}.{TABLE}",
        destination=target.name,
        complete_until=ends_of(series, state),
        counted_before=apps_counted_before(series, before),
    )


def _load(source: DltSource, target: Target, folder: Path) -> tuple[int, dict[str, Any], dict[str, Any]]:
    """Load the rows of a source; return their number, and the source's state before and after."""
    target.create_file(keep=False)
    pipeline = dlt.pipeline(SOURCE, pipelines_dir=str(folder), destination=target.destination, dataset_name=DATASET)
    pipeline.config.runtime.intercept_signals = False  # so that Ctrl-C ends the run
    try:
        with database_lock(pipeline, target):
            packages = packages_in(pipeline, target)
            is_there = not target.is_new and _has_table(pipeline, target)
            if not target.is_new:
                pipeline.sync_destination()
            before = _state(pipeline)
            if before and not is_there:
                raise SyncError(
                    f"{DATASET}.{TABLE} is missing in {target.name}, where earlier runs have stored it: put it back, "
                    f"or drop the schemas {DATASET} and {DATASET}_staging to start again from nothing."
                )
            pipeline.extract(source)
            normalized = pipeline.normalize()
            target.create_file(keep=True)
            with alone_since(packages, pipeline, target):
                pipeline.load(raise_on_failed_jobs=True)
        return normalized.row_counts.get(TABLE, 0), before, _state(pipeline)
    finally:
        pipeline.deactivate()


def _has_table(pipeline: dlt.Pipeline, target: Target) -> bool:
    """Return whether the destination has the table, or True if there is no way to ask.

    Raises:
        SyncError: the table was not made by a sync, so dlt would add our columns to it.
    """
    with pipeline.destination_client() as client:
        if not isinstance(client, SqlJobClientBase):
            return True
        exists, columns = client.get_storage_table(TABLE)
    missing = [name for name in COLUMNS if name not in {column.lower() for column in columns}]
    if exists and missing:
        raise SyncError(
            f"{DATASET}.{TABLE} of {target.name} is another table, without {', '.join(missing)}: rename it, or sync "
            "into another database."
        )
    return exists


def _state(pipeline: dlt.Pipeline) -> dict[str, Any]:
    return deepcopy(pipeline.state.get("sources", {}).get(SOURCE, {}))


@contextmanager
def _empty(folder: Path) -> Iterator[None]:
    """Remove a folder before the block, in case a killed run has left it, and after the block."""
    shutil.rmtree(folder, ignore_errors=True)
    try:
        yield
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _folder(target: Target) -> Path:
    """Return the folder for the lock and dlt's working directory, a separate one for each destination."""
    digest = hashlib.sha256(target.identity.encode()).hexdigest()[:16]
    folder = Path(dlt.current.run_context().get_data_entity(SOURCE)) / digest
    try:
        str(folder).encode()  # dlt writes the path into files
        folder.mkdir(parents=True, exist_ok=True)
    except UnicodeEncodeError as error:
        raise SyncError(
            f"{quoted(str(folder))} cannot be used: its path is not UTF-8. DLT_DATA_DIR names another place."
        ) from error
    except OSError as error:
        raise SyncError(f"{folder} cannot be made: {error.strerror}. DLT_DATA_DIR names another place.") from error
    return folder


@contextmanager
def _translated_errors(target: Target, folder: Path) -> Iterator[None]:
    """Convert an error of dlt to the client's own error that caused it, or to one sentence about the destination."""
    try:
        yield
    except DltException as error:
        cause = cause_of(error)
        if isinstance(cause, INTERRUPTIONS):
            raise cause from error
        if isinstance(cause, ApitallyError):
            cause.resume_from = None  # nothing of this run is stored
            raise cause from error
        if isinstance(error, PipelineStepFailed) and error.step == "extract" and isinstance(cause, ValueError):
            raise cause from error
        if isinstance(error, PipelineStepFailed) and error.step != "load" and isinstance(cause, OSError):
            raise _unusable(folder, cause) from error
        if isinstance(cause, ConfigFieldMissingException) and (missing := missing_credentials(cause)):
            raise SyncError(
                f"The credentials of {target.name} lack the {' and the '.join(missing)}: complete "
                f"DESTINATION__{target.name.upper()}__CREDENTIALS. PostgreSQL's own PGPASSWORD and ~/.pgpass are used "
                "with an empty password, as in postgresql://user:@host/database."
            ) from error
        if isinstance(cause, ConfigFieldMissingException):
            raise SyncError(
                f"dlt does not know where {target.name} is: set DESTINATION__{target.name.upper()}__CREDENTIALS to a "
                f"connection string, or write [destination.{target.name}.credentials] in .dlt/secrets.toml."
            ) from error
        raise SyncError(f"{target.name}: {sentence_of(cause)}") from error
    except OSError as error:  # from making dlt's folders, which happens before its first step
        raise _unusable(folder, error) from error


def _unusable(folder: Path, error: OSError) -> SyncError:
    reason = error.strerror or error
    return SyncError(f"{folder}, where dlt works, cannot be used: {reason}. DLT_DATA_DIR names another place.")
