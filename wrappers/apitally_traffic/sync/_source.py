"""The dlt source: one resource per app, which reads new periods and those that may have changed."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import dlt
from dlt.common.schema.typing import TTableSchemaColumns
from dlt.extract import DltResource, DltSource, materialize_schema_item

from apitally_api_client.models import Interval
from apitally_traffic import TimeWindow, TrafficClient, TrafficItem
from apitally_traffic._checks import check_count
from apitally_traffic._windows.periods import floor
from apitally_traffic._windows.time_parsing import TimeLike
from apitally_traffic.errors import ResponseError
from apitally_traffic.sync._cursor import DEFAULT_LOOKBACK, Cursor, Schedule
from apitally_traffic.sync._pipelines import check_destination, package, restore_cursors
from apitally_traffic.sync._series import TABLE, Series
from apitally_traffic.sync._shared_client import SharedClient

SOURCE = "apitally_traffic"
_KEY = ("series", "period_start")
COLUMNS: TTableSchemaColumns = {
    "series": {"data_type": "text", "nullable": False},
    "app_id": {"data_type": "bigint", "nullable": False},
    "app_env_id": {"data_type": "bigint", "nullable": True},
    "consumer_id": {"data_type": "bigint", "nullable": True},
    "interval": {"data_type": "text", "nullable": False},
    "timezone": {"data_type": "text", "nullable": False},
    "period_start": {"data_type": "timestamp", "timezone": True, "nullable": False},
    "period_end": {"data_type": "timestamp", "timezone": True, "nullable": False},
    "requests": {"data_type": "bigint", "nullable": False},
    "bytes_received": {"data_type": "bigint", "nullable": False},
    "bytes_sent": {"data_type": "bigint", "nullable": False},
}
_BATCH = 1000


def traffic_source(
    app_ids: int | Iterable[int],
    *,
    interval: Interval = "hour",
    timezone: str | ZoneInfo = "UTC",
    app_env_id: int | None = None,
    consumer_id: int | None = None,
    start: TimeLike | None = None,
    lookback: timedelta | str = DEFAULT_LOOKBACK,
    api_key: str | None = None,
    base_url: str | None = None,
) -> DltSource:
    """Make a dlt source for the traffic of apps, with a parallelized resource `app_ID` for each app.

    All resources write to the table `traffic`, merged on `series` and `period_start`. A resource reads the periods that
    have ended by the clocks of both the server and this machine and are not stored yet. It also reads those again that
    ended within `lookback` before the last stored one. dlt's state has a cursor for each series: an app with its
    filters, interval and timezone. The state in the destination, next to the rows, is the one that counts.

    If a run was killed, dlt's next run only loads the pending package, and reads nothing new. `sync_traffic` leaves no
    pending package. In your own pipeline, first call `pipeline.run()` without data, and then `pipeline.drop()`: without
    `drop`, a `dataset_name` that you pass to the run itself is applied too late. Name a database file by its absolute
    path: dlt resolves a relative one in the working directory that it remembers under the name of the pipeline.

    Args:
        app_ids: the apps' IDs, from the Apitally dashboard.
        interval: "hour" or "day".
        timezone: an IANA name or a ZoneInfo. Hours and days are those of this timezone.
        app_env_id: "Filter to environment ID, if provided."
        consumer_id: "Filter to consumer ID, if provided."
        start: the start of the series, in the forms that `TrafficClient.get_traffic` accepts. Defaults to 30 days
            before the first run. With an earlier start than in previous runs, the periods in between are read, too; a
            later one leaves no gap.
        lookback: how far before the last stored period to read again, as a timedelta or a duration such as `2d`.
        api_key: as for `TrafficClient`.
        base_url: as for `TrafficClient`.

    Raises:
        ConfigurationError: there is no key, or the key or the base URL cannot be used.
        TypeError: an argument has a wrong type.
        ValueError: an argument is out of bounds or cannot be parsed.

    Example:
        >>> database = str(Path("warehouse.duckdb").resolve())
        >>> pipeline = dlt.pipeline("warehouse", destination=dlt.destinations.duckdb(database))
        >>> source = traffic_source([1, 2], interval="day", api_key=server.api_key, base_url=server.url)
        >>> list(source.resources)
        ['app_1', 'app_2']
        >>> _ = pipeline.run()  # what a killed run has left, if any
        >>> pipeline = pipeline.drop()
        >>> _ = pipeline.run(source)
        >>> pipeline.last_trace.last_normalize_info.row_counts["traffic"]
        60
    """
    client = SharedClient(TrafficClient(api_key, base_url=base_url))
    series = all_series(app_ids, app_env_id, consumer_id, interval, timezone)
    schedule = Schedule(interval, series[0].timezone, start, lookback)
    return source_of(client, series, schedule, is_restored=False)


def source_of(client: SharedClient, series: Iterable[Series], schedule: Schedule, *, is_restored: bool) -> DltSource:
    """Make a dlt source for the traffic of some series; see `traffic_source`.

    Args:
        client: the client to read with.
        series: the series to read.
        schedule: decides which periods to read.
        is_restored: whether the state in dlt's working directory is known to be that of the destination.
    """
    resources = [_resource(client, one, schedule, is_restored=is_restored) for one in series]

    # Without parameters, which dlt would fill from environment variables of the same name, such as API_KEY.
    @dlt.source(name=SOURCE)
    def source() -> list[DltResource]:
        return resources

    return source()


def all_series(
    app_ids: int | Iterable[int],
    app_env_id: int | None,
    consumer_id: int | None,
    interval: Interval,
    timezone: str | ZoneInfo,
) -> list[Series]:
    """Return the series of each app, in the order of the apps.

    Raises:
        TypeError: an ID or the timezone has a wrong type.
        ValueError: there is no app, no such interval or no such timezone, or an ID is out of bounds.
    """
    zone = TimeWindow.resolve(interval=interval, timezone=timezone).timezone.key
    given = app_ids if isinstance(app_ids, Iterable) else [app_ids]
    apps = dict.fromkeys(check_count("app_ids", app_id) for app_id in given)
    if not apps:
        raise ValueError("app_ids is empty: name at least one app.")
    for name, number in {"app_env_id": app_env_id, "consumer_id": consumer_id}.items():
        if number is not None:
            check_count(name, number)
    return [Series(app_id, app_env_id, consumer_id, interval, zone) for app_id in apps]


def apps_counted_before(series: Iterable[Series], state: dict[str, Any]) -> list[int]:
    """Return the apps whose series is not in the source's state, but another one that counts the same requests is."""
    kept = {one: state.get("resources", {}).get(_name(one), {}) for one in series}
    return [
        one.app_id
        for one, stored in kept.items()
        if one.key not in stored and any(one.shares_requests_with(Series.from_key(key)) for key in stored)
    ]


def ends_of(series: Iterable[Series], state: dict[str, Any]) -> dict[int, datetime]:
    """Return the end of each app's cursor from the source's state."""
    cursors = {one.app_id: Cursor.from_state(state["resources"][_name(one)][one.key]) for one in series}
    return {app_id: cursor.end for app_id, cursor in cursors.items() if cursor}


def _name(series: Series) -> str:
    """Return the name of a resource, under which dlt keeps its state, with an entry for each series."""
    return f"app_{series.app_id}"


def _resource(client: SharedClient, series: Series, schedule: Schedule, *, is_restored: bool) -> DltResource:
    client.check(series)
    name = _name(series)

    def rows() -> Iterator[Any]:
        check_destination()
        state: dict[str, Any] = dlt.current.resource_state(name)
        yield materialize_schema_item()  # creates the table even if no row follows
        with client.in_use():
            now = client.time(series.app_id)
            if not is_restored:
                restore_cursors()
            windows, cursor = schedule.windows(Cursor.from_state(state.get(series.key, {})), now)
            for window in windows:
                yield from _batches(series, window, client.items(series, window, now))
        # dlt stores the state and the rows in one package, and stores neither if reading fails.
        state[series.key] = cursor.to_state() | {"package": package()}

    resource: DltResource = dlt.resource(
        rows,
        name=name,
        table_name=TABLE,
        write_disposition="merge",
        primary_key=_KEY,
        columns=COLUMNS,
        parallelized=True,
    )
    return resource


def _batches(series: Series, window: TimeWindow, items: Iterable[TrafficItem]) -> Iterator[list[dict[str, Any]]]:
    batch: list[dict[str, Any]] = []
    for item in items:
        if item.period_end > window.end:
            continue  # the period has not ended
        _check_start(item, window)
        batch.append(_row(series, item))
        if len(batch) == _BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


def _check_start(item: TrafficItem, window: TimeWindow) -> None:
    """Check that a row starts at the start of a period; around clock changes, the client also accepts other starts.

    A later response with the right start would have another key, and the table would contain both rows.
    """
    if floor(item.period_start, window.interval, window.timezone) != item.period_start:
        raise ResponseError(
            f"The API returned a row from {item.period_start.isoformat()} to {item.period_end.isoformat()}, where no "
            f"{window.interval} of {window.timezone.key} starts: it is not stored, because a later run could get the "
            f"same {window.interval} with another start, and store it twice. Nothing of this run is stored."
        )


def _row(series: Series, item: TrafficItem) -> dict[str, Any]:
    return {
        "series": series.key,
        "app_id": series.app_id,
        "app_env_id": series.app_env_id,
        "consumer_id": series.consumer_id,
        "interval": series.interval,
        "timezone": series.timezone,
        "period_start": item.period_start.astimezone(UTC),
        "period_end": item.period_end.astimezone(UTC),
        "requests": item.requests,
        "bytes_received": item.bytes_received,
        "bytes_sent": item.bytes_sent,
    }
