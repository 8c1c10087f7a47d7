"""Which periods have ended, by the clocks of the server and of this machine, and what a wrong clock leaves behind."""

from datetime import UTC, datetime, timedelta

import pytest

from apitally_traffic import ResponseError
from tests.sampling import exhaustive
from tests.sync.api import Api
from tests.sync.databases import Database, DuckDB
from tests.sync.test_sync import LATER, NOW, TABLE, sync


@pytest.mark.parametrize("interval", ["hour", *exhaustive(["day"])])
def test_the_server_says_which_periods_have_ended(api: Api, duckdb_file: DuckDB, interval: str) -> None:
    """With a clock of this machine that is months ahead or behind, half a period is not stored as a whole one."""
    api.show(0, "2026-03-28T10:59:59+00:00")
    sync(api, duckdb_file, interval=interval)
    ((last,),) = duckdb_file.query(f"SELECT max(period_end) FROM {TABLE}")
    assert last == datetime(2026, 3, 28, 10 if interval == "hour" else 0, tzinfo=UTC)
    api.show(0, "2026-03-28T11:00:00+00:00" if interval == "hour" else "2026-03-29T00:00:00+00:00")
    sync(api, duckdb_file, interval=interval)
    ((last,),) = duckdb_file.query(f"SELECT max(period_end) FROM {TABLE}")
    assert last == datetime(2026, 3, 28 if interval == "hour" else 29, 11 if interval == "hour" else 0, tzinfo=UTC)


def test_a_server_clock_that_is_ahead_leaves_no_hole(
    api: Api, database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    """The earlier of both clocks counts, so nothing counts as read before it has ended; a warning has both times."""
    now = datetime.now(UTC)
    api.show(0, (now + timedelta(days=400)).isoformat())
    result = sync(api, database, [1, 2], start=now - timedelta(days=9))
    assert {end - now < timedelta(minutes=5) for end in result.complete_until.values()} == {True}
    (message,) = caplog.messages
    assert f"{now + timedelta(days=400):%Y-%m-%d}" in message
    assert f"{now:%Y-%m-%d}" in message
    api.show(0, now.isoformat())
    sync(api, database)
    gaps = f"SELECT period_end FROM {TABLE} WHERE app_id = 1 EXCEPT SELECT period_start FROM {TABLE} WHERE app_id = 1"
    assert len(database.query(gaps)) == 1


@pytest.mark.parametrize(
    "then",
    [
        "2026-03-28T09:59:00+00:00",
        *exhaustive(["2020-01-01T00:00:00+00:00", "2026-03-22T10:20:30+00:00", "2026-03-20T00:30:00+00:00"]),
    ],
)
def test_a_clock_that_goes_back_loses_nothing(api: Api, duckdb_file: DuckDB, then: str) -> None:
    """By an hour, by days, or to before the series: what is stored from the future is read again when it has ended."""
    api.show(1, NOW)
    sync(api, duckdb_file)
    api.show(2, then)
    if then > "2026":
        (end,) = sync(api, duckdb_file).complete_until.values()
        assert end <= datetime.fromisoformat(then)
    else:
        with pytest.raises(ValueError, match="lies in the future"):
            sync(api, duckdb_file)
        with pytest.raises(
            ValueError, match=r"begins at 2026-03-20T00:00:00\+00:00, and it is 2020-01-01T.* now.*pass"
        ):
            sync(api, duckdb_file, start=None)
    api.show(0, LATER)
    assert sync(api, duckdb_file, start=None).complete_until == {1: datetime(2026, 3, 29, 12, tzinfo=UTC)}
    hours = duckdb_file.query(f"SELECT period_start FROM {TABLE} ORDER BY 1")
    first = datetime(2026, 3, 20, tzinfo=UTC)
    assert hours == [(first + timedelta(hours=number),) for number in range(9 * 24 + 12)]


def test_a_server_that_is_behind_replaces_nothing(api: Api, duckdb_file: DuckDB) -> None:
    """Of several servers, one does not know the last periods: the run fails, and a later one is complete."""
    api.show(1, "2026-03-27T10:20:30+00:00")
    sync(api, duckdb_file)
    stored = duckdb_file.query(f"SELECT * FROM {TABLE} ORDER BY ALL")
    api.show(1, NOW)
    api.let_another_lag("2026-03-25T10:20:30+00:00")
    with pytest.raises(ResponseError, match=r"app 1 is 2026-03-25T10:20:30.* until 2026-03-28T10:00:00"):
        sync(api, duckdb_file)
    assert duckdb_file.query(f"SELECT * FROM {TABLE} ORDER BY ALL") == stored
    api.let_another_lag("2026-03-28T09:59:45+00:00")
    with pytest.raises(ResponseError, match=r"app 1 is 2026-03-28T09:59:45"):
        sync(api, duckdb_file)
    assert duckdb_file.query(f"SELECT * FROM {TABLE} ORDER BY ALL") == stored
    api.let_another_lag("2026-03-28T09:59:59+00:00")
    with pytest.raises(ResponseError, match=r"app 1 is 2026-03-28T09:59:59"):
        sync(api, duckdb_file)
    api.show(1, "2026-03-28T10:00:05+00:00")
    api.let_another_lag("2026-03-28T09:59:55+00:00")
    assert sync(api, duckdb_file).rows == 48 + 24


def test_an_end_that_was_stored_by_a_wrong_clock_is_mended(api: Api, duckdb_file: DuckDB) -> None:
    """Where the stored end lies ahead, what was left out before it is unknown, and everything is read again."""
    api.show(0, "2026-03-25T00:00:00+00:00")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            "apitally_traffic.sync._cursor.Cursor.to_state",
            lambda cursor: {"start": cursor.start.isoformat(), "end": "2027-03-25T00:00:00+00:00"},
        )
        sync(api, duckdb_file)
    api.show(0, NOW)
    assert sync(api, duckdb_file).rows == 202
    assert sync(api, duckdb_file).rows == 48


@pytest.mark.exhaustive
def test_a_start_that_was_stored_by_a_wrong_clock_is_mended_by_an_earlier_one(api: Api, duckdb_file: DuckDB) -> None:
    """The error says so; the history before it is read then."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            "apitally_traffic.sync._cursor.Cursor.to_state",
            lambda _: {"start": "2027-02-25T00:00:00+00:00", "end": "2027-03-25T00:00:00+00:00"},
        )
        api.show(0, NOW)
        sync(api, duckdb_file)
    with pytest.raises(ValueError, match="If that is right, pass start to read what is before"):
        sync(api, duckdb_file, start=None)
    assert sync(api, duckdb_file).rows == 202
    assert sync(api, duckdb_file, start=None).rows == 48
