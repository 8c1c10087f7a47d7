"""A row is exactly as long as the hour or the day that was requested, but for clock changes and the present."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from freezegun import freeze_time

from apitally_traffic import Interval, ResponseError, TimeWindow
from tests.wrappers.test_rows import HOUR, client_of, row, rows

DAY = 24 * HOUR


def read(data: list[dict[str, Any]], window: TimeWindow) -> int:
    """Read a window from a server that gives these rows; return how many items come."""
    with client_of(data) as client:
        query = client.get_traffic(
            1, start=window.start, end=window.end, interval=window.interval, timezone=window.timezone
        )
        return len(query.to_list())


def chain(start: datetime, length: timedelta, number: int) -> list[dict[str, Any]]:
    """Return rows without gaps."""
    return [row(start + place * length, start + (place + 1) * length) for place in range(number)]


WRONG = [("hour", factor * HOUR) for factor in (0.5, 1.5, 2)] + [("day", factor * DAY) for factor in (0.5, 2)]
WRONG += [("day", hours * HOUR) for hours in (22, 23, 25, 26)]
WRONG += [("hour", HOUR + step * timedelta(microseconds=1)) for step in (-1_000_001, 1)]


@pytest.mark.parametrize("timezone", ["UTC", "Europe/Berlin", "Asia/Kathmandu", "Australia/Lord_Howe"])
@pytest.mark.parametrize(("interval", "length"), WRONG)
def test_rows_of_another_length(interval: Interval, length: timedelta, timezone: str) -> None:
    """Rows of half an hour, of two days and so on are refused, in a chain, with gaps, and one among others."""
    window = TimeWindow.resolve("2026-06-01", "2026-06-20", interval, timezone)
    start = window.start.astimezone(UTC)
    right = rows(window)
    gaps = [entry for entry in rows(window)[::3] if entry is not right[-1]]
    for entry in gaps:
        entry["period_end"] = (datetime.fromisoformat(entry["period_start"]) + length).isoformat()
    one = right[:5] + gaps[2:3] + right[9:]
    is_short = length < (HOUR if interval == "hour" else DAY)
    side, word = ("early", "shorter") if is_short else ("late", "longer")
    for data in (chain(start, length, 4), gaps, one, one[::-1], gaps[:1]):
        with pytest.raises(
            ResponseError, match=rf"`data\[\d+\].period_end`.*, is too {side}: .* is {word} than .*, one {interval}"
        ) as e:
            read(data, window)
        assert e.value.is_final


@pytest.mark.parametrize("end", [-HOUR / 2, HOUR / 2, DAY])
def test_the_last_row_is_cut_at_the_end_only(end: timedelta) -> None:
    """The row of the last period may end where the window does, and nowhere else before its own end."""
    lengths: dict[Interval, timedelta] = {"hour": HOUR, "day": DAY}
    for interval, length in lengths.items():
        window = TimeWindow.resolve("2026-06-01", datetime(2026, 6, 9, tzinfo=UTC) + end, interval)
        data = rows(window)
        assert read(data, window) == len(data)
        assert read([*data[:-1], data[-1] | {"period_end": window.end.isoformat()}], window) == len(data)
        begin = datetime.fromisoformat(data[-1]["period_start"])
        early = {"period_end": (begin + length / 4).isoformat()}
        with pytest.raises(ResponseError, match=rf"`data\[{len(data) - 1}\].period_end`.* is shorter than"):
            read([*data[:-1], data[-1] | early], window)


def test_the_row_of_an_open_period_ends_at_the_present() -> None:
    """A row that is not over ends at the end of its period or about now, and not somewhere in the future."""
    with freeze_time("2026-06-01T12:10Z"):
        window = TimeWindow.resolve("2026-06-01", "2026-06-02")
        noon = datetime(2026, 6, 1, 12, tzinfo=UTC)
        for minutes in (1, 10, 13, 60):
            assert read([row(noon, noon + timedelta(minutes=minutes))], window) == 1
        for minutes in (30, 59, 90):
            with pytest.raises(ResponseError, match="than the requested interval"):
                read([row(noon, noon + timedelta(minutes=minutes))], window)


CHANGES: list[tuple[str, str, Interval, list[float]]] = [
    ("Australia/Lord_Howe", "2026-04-04T15:00Z", "hour", [0.5, 1, 1.5]),
    ("Australia/Lord_Howe", "2026-10-03T15:00Z", "hour", [0.5, 1, 1.5]),
    ("Australia/Lord_Howe", "2026-04-03T13:00Z", "day", [24, 24.5]),
    ("Europe/Berlin", "2026-03-28T23:00Z", "day", [23, 24]),
    ("Europe/Berlin", "2026-10-24T22:00Z", "day", [24, 25]),
    ("Pacific/Apia", "2011-12-29T10:00Z", "day", [24, 48]),
    ("America/St_Johns", "2011-03-13T03:30Z", "hour", [1 / 60, 1]),
]


@pytest.mark.parametrize(("timezone", "start", "interval", "hours"), CHANGES)
def test_rows_at_a_clock_change(timezone: str, start: str, interval: Interval, hours: list[float]) -> None:
    """Where clocks change, a period is longer or shorter by the change, and servers may see that differently."""
    begin = datetime.fromisoformat(start)
    window = TimeWindow.resolve(begin, begin + 20 * (HOUR if interval == "hour" else DAY), interval, timezone)
    for length in hours:
        assert read([row(begin, begin + length * HOUR)], window) == 1


@pytest.mark.parametrize(("timezone", "change"), [("Europe/Berlin", "2026-10-25T00:00Z"), ("UTC", "2026-10-25T00:00Z")])
def test_hours_last_an_hour_where_clocks_change_by_one(timezone: str, change: str) -> None:
    """An hour that comes twice on the clock is two rows of one hour, and never one of two."""
    begin = datetime.fromisoformat(change)
    window = TimeWindow.resolve(begin, begin + 5 * HOUR, "hour", timezone)
    with pytest.raises(ResponseError, match="is longer than the requested interval, one hour"):
        read([row(begin, begin + 2 * HOUR)], window)


def test_a_row_that_starts_some_seconds_late() -> None:
    """A row between others that starts inside an hour is found, also where all minutes are the same."""
    window = TimeWindow.resolve("2026-06-01", "2026-06-02")
    start = window.start + 5 * HOUR + timedelta(seconds=30)
    data = [*rows(window)[:5], row(start, start + HOUR), *rows(window)[7:]]
    with pytest.raises(ResponseError, match=r"`data\[5\].period_start`.* is not the start of one hour"):
        read(data, window)
