"""What a run stores, and what a later run changes."""

import re
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from apitally_mock import MockServer
from apitally_traffic import NotFoundError, ResponseError, TrafficClient, TrafficItem
from apitally_traffic.sync import SyncError, SyncResult, sync_traffic
from apitally_traffic.sync._errors import cause_of
from apitally_traffic.testing import fast_retries
from tests.sampling import exhaustive
from tests.sync.api import Api
from tests.sync.databases import EACH_KIND, Database, DuckDB

NOW = "2026-03-28T10:20:30+00:00"
LATER = "2026-03-29T12:34:56+00:00"
TABLE = "apitally.traffic"


def sync(api: Api, database: Database, app_ids: int | list[int] = 1, **options: Any) -> SyncResult:
    """Run a sync into a database."""
    options = {"start": "2026-03-20"} | options
    return sync_traffic(app_ids, destination=database.destination, api_key=api.api_key, base_url=api.url, **options)


def values(item: TrafficItem) -> tuple[datetime | int, ...]:
    """Return the values of an item, in the order of the columns."""
    return item.period_start, item.period_end, item.requests, item.bytes_received, item.bytes_sent


@EACH_KIND
def test_rows_are_those_of_the_api(api: Api, database: Database) -> None:
    """Each closed period of a window is one row, with its counts, and the columns that name its series."""
    api.show(0, NOW)
    result = sync(api, database, app_env_id=2, interval="day", timezone="Europe/Berlin")
    with TrafficClient(api.api_key, base_url=api.url) as client:
        items = client.get_traffic(
            1, start="2026-03-20", end="2026-03-28", interval="day", timezone="Europe/Berlin", app_env_id=2
        ).to_list()
    key = "app=1 env=2 consumer=* interval=day timezone=Europe/Berlin"
    assert database.query(
        f"SELECT series, app_id, app_env_id, consumer_id, interval, timezone, period_start, period_end, requests, "
        f"bytes_received, bytes_sent FROM {TABLE} ORDER BY period_start"
    ) == [(key, 1, 2, None, "day", "Europe/Berlin", *values(item)) for item in items]
    assert result.rows == len(items) == 8
    assert result.complete_until == {1: datetime(2026, 3, 27, 23, tzinfo=UTC)}
    assert result.table == TABLE


def test_a_table_of_somebody_else_is_refused(api: Api, database: Database) -> None:
    """A table of that name without the columns of a sync stays as it is, and nothing is asked or made beside it."""
    api.show(0, NOW)
    database.query("CREATE SCHEMA apitally; CREATE TABLE apitally.traffic (day DATE, visits INT); SELECT 1")
    about = (
        "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema LIKE 'apitally%' ORDER BY 2"
    )
    with pytest.raises(
        SyncError, match=r"^apitally\.traffic of .* is another table, without series, app_id, .*\.$"
    ) as raised:
        sync(api, database)
    assert "\n" not in str(raised.value)
    assert database.query(about) == [("traffic", "day"), ("traffic", "visits")]
    assert not api.server.requests


@EACH_KIND
@pytest.mark.parametrize(
    "filters",
    [
        {},
        *exhaustive([{"app_env_id": 1}, {"consumer_id": 3}]),
        {"app_env_id": 1, "consumer_id": 3},
    ],
)
def test_a_second_run_doubles_nothing(api: Api, database: Database, filters: dict[str, int]) -> None:
    """With any filters or none: the key of the rows has no NULL, which equals nothing."""
    api.show(0, NOW)
    sync(api, database, **filters)
    api.show(0, LATER)
    again = sync(api, database, **filters)
    assert again.rows > 48
    hours = database.query(f"SELECT period_start FROM {TABLE} ORDER BY 1")
    first = datetime(2026, 3, 20, tzinfo=UTC)
    assert hours == [(first + timedelta(hours=number),) for number in range(9 * 24 + 12)]


def test_changed_counts_within_the_lookback_are_replaced(api: Api, database: Database) -> None:
    """What changed in the last two days before the last stored period is stored anew; what is older stays."""
    api.show(0, NOW)
    sync(api, database)
    before: dict[datetime, int] = dict(database.query(f"SELECT period_start, requests FROM {TABLE}"))
    api.show(1, LATER)
    sync(api, database)
    after: dict[datetime, int] = dict(database.query(f"SELECT period_start, requests FROM {TABLE}"))
    boundary = datetime(2026, 3, 26, 10, tzinfo=UTC)
    assert {start for start in before if before[start] == after[start]} == {
        start for start in before if start < boundary
    }


def test_lookback_can_reach_over_everything(api: Api, database: Database) -> None:
    """A longer lookback reads more again, and never more than the history of the series."""
    api.show(0, NOW)
    sync(api, database)
    api.show(1, NOW)
    assert sync(api, database, lookback="400d").rows == 8 * 24 + 10


def test_each_series_has_its_own_cursor(api: Api, database: Database) -> None:
    """Another interval, timezone or filter starts from the beginning, beside what is there."""
    api.show(0, NOW)
    variants: list[dict[str, Any]] = [
        {},
        {"interval": "day"},
        {"interval": "day", "timezone": "Asia/Tokyo"},
        {"app_env_id": 1},
        {"consumer_id": 1},
        {"app_env_id": 1, "consumer_id": 1},
    ]
    for variant in variants:
        sync(api, database, **variant)
    counted = database.query(f"SELECT series, count(*), min(period_start) FROM {TABLE} GROUP BY series ORDER BY series")
    assert len(counted) == len(variants)
    utc, tokyo = datetime(2026, 3, 20, tzinfo=UTC), datetime(2026, 3, 19, 15, tzinfo=UTC)
    for series, rows, first in counted:
        assert rows == (8 if "interval=day" in series else 8 * 24 + 10)
        assert first == (tokyo if "Tokyo" in series else utc)


def test_a_long_pause_leaves_no_gap(api: Api, database: Database) -> None:
    """A run after a month continues where the last one stopped, even if `start` lies behind that."""
    api.show(0, NOW)
    sync(api, database)
    api.show(0, "2026-05-05T00:00:00+00:00")
    sync(api, database, start="7d")
    ((rows, different),) = database.query(f"SELECT count(*), count(DISTINCT period_start) FROM {TABLE}")
    assert rows == different == (datetime(2026, 5, 5) - datetime(2026, 3, 20)).days * 24


def test_an_earlier_start_reads_what_is_missing(api: Api, database: Database) -> None:
    """The history grows backwards, without a gap; what is between is not read again."""
    api.show(0, NOW)
    sync(api, database)
    assert sync(api, database, start="2026-01-01").rows == 78 * 24 + 48
    ((rows, first),) = database.query(f"SELECT count(*), min(period_start) FROM {TABLE}")
    assert (rows, first) == (86 * 24 + 10, datetime(2026, 1, 1, tzinfo=UTC))
    assert sync(api, database, start="2026-01-01").rows == 48


def test_the_open_period_is_not_asked_for(api: Api, duckdb_file: DuckDB) -> None:
    """The window ends where it begins, so a server that cuts a period at the end of a window cannot pass it off."""
    api.show(0, NOW)
    sync(api, duckdb_file)
    ends = [entry.query["end"] for entry in api.server.requests if "end" in entry.query]
    assert ends == ["2026-03-28T10:00:00+00:00"]


def test_without_a_date_nothing_is_stored(api: Api, duckdb_file: DuckDB) -> None:
    """A server that does not tell its time leaves open which periods have ended."""
    api.show(0, NOW)
    api.tells_time = False
    with pytest.raises(ResponseError, match="The API returned no Date, so it is unknown which periods have ended"):
        sync(api, duckdb_file)


def test_a_period_that_the_api_leaves_out(api: Api, database: Database) -> None:
    """It has no row until a later run reads it, and keeps the row where the API leaves it out later."""
    api.show(0, NOW)
    stored = []
    for has_gap in (True, False, True):
        if has_gap:
            api.server.inject("skipped_rows", rows=3, times=2)  # of the pages of traffic, beside that for the time
        assert sync(api, database, lookback="30d").rows == 199 + 3 * (not has_gap)
        stored += database.query(f"SELECT count(*) FROM {TABLE}")
        api.server.clear_faults()
    assert stored == [(199,), (202,), (202,)]


@pytest.mark.parametrize("fault", ["html", "missing_field", "wrong_type"])
def test_a_broken_body_is_an_error_of_the_client(api: Api, duckdb_file: DuckDB, fault: str) -> None:
    """That of the request which asks for the time, too: it is asked for again, and then named."""
    api.show(0, NOW)
    api.server.inject(fault, at=1)
    with fast_retries():
        assert sync(api, duckdb_file).rows == 202
    api.server.inject(fault)
    with fast_retries(), pytest.raises(ResponseError, match="The API returned 200 with a body"):
        sync(api, duckdb_file)


@pytest.mark.parametrize(
    "timezone", ["Europe/Berlin", "America/Sao_Paulo", *exhaustive(["Australia/Lord_Howe", "Asia/Kathmandu"])]
)
def test_days_across_a_clock_change(api: Api, duckdb_file: DuckDB, timezone: str) -> None:
    """Days of 23, 24 and 25 hours are stored once each, without a gap."""
    api.show(0, "2025-11-10T12:00:00+00:00")
    sync(api, duckdb_file, interval="day", timezone=timezone, start="2025-10-01")
    api.show(0, "2025-11-11T12:00:00+00:00")
    sync(api, duckdb_file, interval="day", timezone=timezone, start="2025-10-01")
    rows = duckdb_file.query(f"SELECT period_start, period_end FROM {TABLE} ORDER BY 1")
    assert [end for _, end in rows[:-1]] == [start for start, _ in rows[1:]]
    assert len(rows) in {41, 42}


def test_no_data_truncates_nothing(api: Api, database: Database) -> None:
    """A response without rows leaves the table as it is."""
    api.show(0, NOW)
    sync(api, database)
    api.show(1, NOW)
    api.server.inject("status", status=200, body='{"data": [], "has_more": false, "next_token": null}')
    assert sync(api, database).rows == 0
    assert database.query(f"SELECT count(*) FROM {TABLE}") == [(8 * 24 + 10,)]


def test_a_first_run_without_rows_makes_the_table(api: Api, database: Database) -> None:
    """A query of the table works from the first run on; a later run fills it."""
    api.show(0, NOW)
    api.server.inject("status", status=200, body='{"data": [], "has_more": false, "next_token": null}')
    result = sync(api, database)
    assert (result.rows, result.table) == (0, TABLE)
    assert database.query(f"SELECT count(*), count(requests) FROM {TABLE}") == [(0, 0)]
    api.server.reset()
    api.show(1, NOW)
    assert sync(api, database, start="2026-03-19").rows == 48 + 24, "what is looked at again, and the day before"
    assert database.query(f"SELECT count(*) FROM {TABLE}") == [(48 + 24,)]


def test_a_table_that_was_dropped_is_told(api: Api, database: Database) -> None:
    """The state says that its rows are stored: to go on would leave a hole, and to start again is the user's choice."""
    api.show(0, NOW)
    sync(api, database)
    database.query(f"DROP TABLE {TABLE}; SELECT 1")
    with pytest.raises(SyncError, match=r"apitally\.traffic is missing .* schemas apitally and apitally_staging"):
        sync(api, database)
    database.query("DROP SCHEMA apitally CASCADE; DROP SCHEMA apitally_staging CASCADE; SELECT 1")
    assert sync(api, database).rows == 202


@pytest.mark.parametrize("is_there", [True, False])
def test_a_key_in_the_name_of_a_file_is_not_quoted(api: Api, tmp_path: Path, is_there: bool) -> None:
    """A destination that cannot be used is named without it."""
    file = tmp_path / "folder" / f"{api.api_key}.duckdb"
    if is_there:
        file.parent.mkdir()
        file.write_text("no database", encoding="utf-8")
    with pytest.raises(SyncError, match=r"…\.duckdb(: | is not a DuckDB database)") as raised:
        sync_traffic(1, destination=file, api_key=api.api_key, base_url=api.url)
    assert api.api_key not in str(raised.value)
    assert api.api_key not in repr(raised.value)


def test_one_app_that_fails_stores_nothing(api: Api, database: Database) -> None:
    """The error is that of the client, and the next run reads all apps."""
    api.show(0, NOW)
    with pytest.raises(NotFoundError, match="/v1/apps/99/traffic"):
        sync(api, database, [1, 99])
    sync(api, database, [1, 2])
    assert database.query(f"SELECT app_id, count(*) FROM {TABLE} GROUP BY app_id ORDER BY 1") == [(1, 202), (2, 202)]


def test_one_app_that_fails_ends_the_others(api: Api, duckdb_file: DuckDB) -> None:
    """The error is that of the one, also while the API does not respond for another, and no thread goes on."""
    api.show(0, NOW)
    api.silent = "/v1/apps/1/"
    with pytest.raises(NotFoundError, match="/v1/apps/99/traffic"):
        sync(api, duckdb_file, [1, 99])
    assert [thread.name for thread in threading.enumerate() if thread.name.startswith(("dlt", "apitally-"))] == []


def test_a_database_that_is_gone_is_filled_again(api: Api, duckdb_file: DuckDB) -> None:
    """What is stored is known to the database alone: where the file is deleted, everything is read again."""
    api.show(0, NOW)
    sync(api, duckdb_file)
    duckdb_file.path.unlink()
    assert sync(api, duckdb_file).rows == 202


def test_a_database_that_moved_goes_on(api: Api, duckdb_file: DuckDB, tmp_path: Path) -> None:
    """A copy of the file knows how far it has come, on any machine."""
    api.show(0, NOW)
    sync(api, duckdb_file)
    moved = DuckDB(duckdb_file.path.rename(tmp_path / "moved.duckdb"))
    assert sync(api, moved).rows == 48
    assert moved.query(f"SELECT count(*) FROM {TABLE}") == [(202,)]


def test_a_backup_that_is_put_back_leaves_no_gap(api: Api, duckdb_file: DuckDB) -> None:
    """After an older file is put back, the run continues from where that file ends."""
    api.show(0, NOW)
    sync(api, duckdb_file)
    backup = duckdb_file.path.read_bytes()
    api.show(0, "2026-04-20T00:00:00+00:00")
    sync(api, duckdb_file)
    duckdb_file.path.write_bytes(backup)
    sync(api, duckdb_file)
    assert duckdb_file.query(f"SELECT count(*), count(DISTINCT period_start) FROM {TABLE}") == [(31 * 24, 31 * 24)]


def test_environment_variables_are_no_arguments(api: Api, duckdb_file: DuckDB, monkeypatch: pytest.MonkeyPatch) -> None:
    """A parameter of a dlt source is filled from a variable of its name; ours are not, least of all the key."""
    api.show(0, NOW)
    for name, value in {"INTERVAL": "day", "TIMEZONE": "Asia/Tokyo", "API_KEY": "wrong", "APP_ENV_ID": "2"}.items():
        monkeypatch.setenv(name, value)
    sync(api, duckdb_file)
    assert duckdb_file.query(f"SELECT DISTINCT series FROM {TABLE}") == [
        ("app=1 env=* consumer=* interval=hour timezone=UTC",)
    ]


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"app_ids": []}, "app_ids is empty"),
        ({"app_ids": [0]}, "app_ids must be at least 1"),
        ({"interval": "week"}, 'interval must be "hour" or "day"'),
        ({"timezone": "Mars/Base"}, "Unknown timezone 'Mars/Base'"),
        ({"start": "yesterday"}, "start 'yesterday' is neither"),
        ({"start": "2100-01-01"}, "start 2100-01-01T00:00:00+00:00 lies in the future: it is 20"),
        ({"start": "9999-12-31"}, "start 9999-12-31T00:00:00+00:00 lies in the future: it is 20"),
        ({"lookback": "2026-01-01"}, "lookback must be a duration, such as 36h, 2d or P1W, not '2026-01-01'"),
        ({"lookback": timedelta(days=-1)}, "lookback must be a duration"),
        ({"destination": "nosuch"}, "dlt knows no destination 'nosuch'"),
        ({"destination": "mock-key"}, "destination must be a file whose name ends in .duckdb or .db"),
        ({"destination": "mock_key_of_24_characters", "api_key": "mock_key_of_24_characters"}, "destination '…', and"),
        ({"destination": "postgresql://user:password@host/traffic.db"}, "destination must be a file whose name ends"),
        ({"destination": "a\0.duckdb"}, "destination must be a file whose name ends"),
        ({"destination": "dummy"}, "cannot replace rows"),
        ({"destination": "filesystem"}, "cannot replace rows"),
    ],
)
def test_what_makes_no_sense_is_refused(api: Api, duckdb_file: DuckDB, options: dict[str, Any], sentence: str) -> None:
    """One sentence says what is wrong; no file appears."""
    api.show(0, NOW)
    arguments: dict[str, Any] = {
        "app_ids": 1,
        "destination": duckdb_file.path,
        "api_key": api.api_key,
        "base_url": api.url,
    } | options
    with pytest.raises(ValueError, match=re.escape(sentence)):
        sync_traffic(**arguments)
    assert not duckdb_file.path.exists() or "after" in sentence


def test_no_password_in_the_sentence(api: Api) -> None:
    """A connection string is refused without being repeated."""
    with pytest.raises(ValueError, match="must be a file") as refused:
        sync_traffic(1, destination="postgresql://me:secret@host/db", api_key=api.api_key, base_url=api.url)
    assert "secret" not in str(refused.value)


def test_mock_server_as_it_is(duckdb_file: DuckDB) -> None:
    """Without any setting, the last thirty days up to the last full hour are stored."""
    with MockServer() as server:
        result = sync_traffic(1, destination=duckdb_file.path, api_key=server.api_key, base_url=server.url)
    assert result.rows == 720


def test_what_duckdb_makes_of_ctrl_c_is_an_interruption() -> None:
    """It raises an error of its own, without the KeyboardInterrupt, if it happens to look for signals in a query."""
    assert isinstance(cause_of(RuntimeError("Query interrupted")), KeyboardInterrupt)
