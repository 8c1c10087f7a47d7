"""A row is exactly as long as the hour or the day that was requested, but for clock changes and the present."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from freezegun import freeze_time

from apitally_traffic import Interval, ResponseError, TimeWindow
from tests.wrappers.served_rows import HOUR, WINDOW, client_of, read_slices, row, rows

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


@pytest.mark.parametrize(
    ("interval", "longer"),
    [("hour", timedelta(days=1)), ("hour", timedelta(hours=3)), ("day", timedelta(days=7))],
)
def test_rows_that_are_longer_than_the_interval(interval: Interval, longer: timedelta) -> None:
    """A server that ignores the interval, and gives days for hours or weeks for days, is found out."""
    end = WINDOW.start + timedelta(days=28)
    data = [row(WINDOW.start + number * longer, WINDOW.start + (number + 1) * longer) for number in range(4)]
    with (
        client_of(data) as client,
        pytest.raises(ResponseError, match=f"is longer than the requested interval, one {interval}"),
    ):
        client.get_traffic(1, start=WINDOW.start, end=end, interval=interval).to_list()


def test_rows_that_are_shorter_than_the_interval() -> None:
    """A server that gives hours for days is found out; only the last period may be cut short."""
    data = [row(WINDOW.start + number * HOUR, WINDOW.start + (number + 1) * HOUR) for number in range(24)]
    week = [row(WINDOW.start + number * 24 * HOUR, WINDOW.start + (number + 1) * 24 * HOUR) for number in range(7)]
    week[6] |= {"period_end": "2026-01-07T00:10:00Z"}
    for given_rows in (data, data[::-1]):
        with (
            client_of(given_rows) as client,
            pytest.raises(ResponseError, match="is shorter than the requested interval, one day"),
        ):
            client.get_traffic(1, start="2026-01-01", end="2026-02-01", interval="day").to_list()
    for whole in (week, week[:1], week[5:], [week[0], week[6]]):
        with client_of(whole) as client:
            assert client.get_traffic(1, start="2026-01-01", end="2026-01-07T00:10", interval="day").to_list()


@pytest.mark.parametrize("length", [timedelta(seconds=1), timedelta(minutes=29)])
def test_short_rows_at_every_hour_are_not_hours(length: timedelta) -> None:
    """Rows that start with each hour and end long before the next one are refused, except at the window's end."""
    window = TimeWindow.resolve("2026-01-01", "2026-01-02")
    short = [row(period.start, period.start + length) for period in window.periods()]
    with (
        client_of(short) as client,
        pytest.raises(ResponseError, match=r"`data\[0\].period_end`.*is shorter than the requested interval, one hour"),
    ):
        client.get_traffic(1, start=window.start, end=window.end).to_list()


@pytest.mark.parametrize("place", [0, 11, 12])
def test_one_short_row(place: int) -> None:
    """One short row is refused at either end of a slice, also where a slice has no other, but for the window's last."""
    data = rows(WINDOW)
    data[place] |= {"period_end": (WINDOW.start + place * HOUR + HOUR / 60).isoformat()}
    for first, second in ((data[:12], data[12:]), ([data[place]], [data[place]])):
        with pytest.raises(
            ResponseError, match=rf"`data\[\d+\].period_end`, .*T{place:02}:01:00.*is shorter than the requested"
        ):
            read_slices(first, second)


def test_a_short_row_of_an_open_period() -> None:
    """The row of a period that has not ended may end at the present time, wherever the window ends."""
    with freeze_time("2026-01-01T12:10Z"), client_of([row(WINDOW.start + 12 * HOUR, datetime.now(UTC))]) as client:
        assert len(client.get_traffic(1, start="2026-01-01T08:00", end="2026-01-02").to_list()) == 1


@pytest.mark.parametrize(
    ("interval", "now", "start", "end"),
    [
        ("hour", "2026-01-01T12:10Z", "2026-01-01T11:00Z", "2026-01-01T11:50Z"),
        ("day", "2026-01-02T23:10Z", "2026-01-01T23:00Z", "2026-01-02T22:00Z"),
    ],
)
def test_a_short_row_of_a_period_that_has_ended(interval: Interval, now: str, start: str, end: str) -> None:
    """Once the hour, or the day of the timezone, is over, its row has its whole length."""
    short = row(datetime.fromisoformat(start), datetime.fromisoformat(end))
    with freeze_time(now), client_of([short]) as client:
        query = client.get_traffic(1, start="2d", interval=interval, timezone="Europe/Berlin")
        with pytest.raises(ResponseError, match=rf"is shorter than the requested interval, one {interval}"):
            query.to_list()


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
