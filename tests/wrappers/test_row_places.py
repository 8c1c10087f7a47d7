"""A row lies in the requested window, or one period beside it, and starts where a period of the timezone does."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from apitally_traffic import Interval, ResponseError, TimeWindow, TrafficClient
from tests.wrappers.served_rows import HOUR, WINDOW, Json, client_of, read, read_slices, row, rows


class LastDay(httpx.BaseTransport):
    """A server that gives the last 24 hours, whatever is asked."""

    def handle_request(self, request: httpx.Request) -> httpx.Response:  # noqa: ARG002 - that is the fault
        now = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
        data = [row(now - number * HOUR, now - (number - 1) * HOUR) for number in range(24)]
        return httpx.Response(200, json={"data": data, "has_more": False, "next_token": None})


@pytest.mark.parametrize(
    ("window", "page_size"),
    [
        pytest.param({"start": "365d"}, 1000, id="a year"),
        pytest.param({"start": "2025-01-01", "end": "2025-01-02"}, 1000, id="a day in the past"),
        pytest.param({"start": "2025-01-01", "end": "2025-01-02"}, 1, id="in slices of an hour"),
        pytest.param({"start": "2w", "end": "P7D"}, 1000, id="last week"),
        pytest.param({"interval": "day"}, 1000, id="days"),
        pytest.param({"start": "60d", "end": "P30D", "interval": "day"}, 1000, id="days in the past"),
    ],
)
def test_a_server_that_ignores_the_window(window: dict[str, Any], page_size: int) -> None:
    """The error names the first row that was not requested, and the window that was."""
    with TrafficClient("key", max_retries=0, transport=LastDay()) as client:
        query = client.get_traffic(1, **window, page_size=page_size)
        with pytest.raises(
            ResponseError,
            match=r"`data\[\d+\](`, .* lies more than one|.period_end`.* (shorter|longer) than|.period_start`.* is )",
        ) as raised:
            query.totals()
    assert raised.value.status_code == 200
    assert raised.value.url is not None
    assert raised.value.body is not None


def test_a_row_outside_of_the_window_names_both() -> None:
    """The message has the row's place, its period and the window of the request."""
    far = row(datetime(2026, 1, 3, 1, tzinfo=UTC), datetime(2026, 1, 3, 2, tzinfo=UTC))
    with pytest.raises(ResponseError) as raised:
        read([*rows(WINDOW), far])
    assert (
        "`data[24]`, 2026-01-03T01:00:00+00:00 to 2026-01-03T02:00:00+00:00, lies more than one hour outside of the "
        "requested window, 2026-01-01T00:00:00+00:00 to 2026-01-02T00:00:00+00:00"
    ) in str(raised.value)


@pytest.mark.parametrize("year", [1, 1969, 9999])
def test_a_row_of_another_year(year: int) -> None:
    """A row of any year that datetime knows is refused, first or last on the page."""
    other = row(datetime(year, 6, 1, tzinfo=UTC), datetime(year, 6, 1, 1, tzinfo=UTC))
    for data in ([other, *rows(WINDOW)], [*rows(WINDOW), other]):
        with pytest.raises(ResponseError, match=f"{year:04}-06-01.*lies more than one hour outside"):
            read(data)


@pytest.mark.parametrize("hours", [-24, -2, 2, 24, 24 * 365])
def test_shifted_rows(hours: int) -> None:
    """Rows that are shifted by more than a period are refused, in whatever direction."""
    with pytest.raises(ResponseError, match="lies more than one hour outside"):
        read(rows(WINDOW, shift=hours * HOUR))


@pytest.mark.parametrize("hour", [-1, 24])
@pytest.mark.parametrize("page_number", [0, 1])
def test_a_page_of_rows_beside_the_window_alone(hour: int, page_number: int) -> None:
    """It belongs to another request, even if it has no row that lies further away."""
    day = rows(WINDOW)
    stranger = row(WINDOW.start + hour * HOUR, WINDOW.start + (hour + 1) * HOUR)
    pages: list[list[Json]] = [day[8:16], []]
    pages[page_number] = [stranger]
    sentence = r"`data` has no row of the requested window, 2026-01-01T00:00:00.*, but one from 202"
    with pytest.raises(ResponseError, match=sentence):
        read(*pages)
    pages[page_number] = [stranger, day[1]]
    assert len(read(*pages)) == (1, 9)[page_number]


def test_rows_on_both_sides_of_the_window_alone() -> None:
    """A page that has both rows next to the window, and none in it, belongs to another request, too."""
    around = rows(TimeWindow.resolve("2025-12-31T23:00", "2026-01-02T01:00"))
    with pytest.raises(ResponseError, match="`data` has no row of the requested window"):
        read([around[0], around[-1]])


def test_a_row_beside_one_that_is_cut() -> None:
    """A server may cut the last row a minute before the end of the window, and give the next one on another page."""
    *day, last, after = rows(TimeWindow.resolve("2026-01-01", "2026-01-02T01:00"))
    assert read([*day, last | {"period_end": "2026-01-01T23:59:00Z"}], [after], []) == list(range(24))


@pytest.mark.parametrize(
    ("day", "around"),
    [
        pytest.param("2026-03-28", ["03-27T23:00Z", "03-28T23:00Z", "03-29T23:00Z"], id="the day after the window"),
        pytest.param("2026-03-30", ["03-28T22:00Z", "03-29T22:00Z", "03-30T22:00Z"], id="the day before the window"),
    ],
)
def test_a_day_beside_the_window_may_have_24_hours(day: str, around: list[str]) -> None:
    """So it is where it has 23, and a server does not know of the clock change on it."""
    begin = datetime.fromisoformat(day)
    data = [row(*edges) for edges in pairwise(datetime.fromisoformat(f"2026-{edge}") for edge in around)]
    with client_of(data) as client:
        query = client.get_traffic(1, start=day, end=begin + 24 * HOUR, interval="day", timezone="Europe/Berlin")
        assert [item.period_start.astimezone(ZoneInfo("Europe/Berlin")).day for item in query] == [begin.day]


@pytest.mark.parametrize("page_size", [1, 8, 24])
def test_a_row_beside_the_window_on_a_page_of_its_own(page_size: int) -> None:
    """A server that includes the end of a window may have no room for it on the page of the rows before."""
    wide = rows(TimeWindow.resolve("2025-12-31T23:00", "2026-01-02T01:00"))
    for inclusive in (wide[1:], wide[:-1], wide):
        pages = [inclusive[first : first + page_size] for first in range(0, len(inclusive), page_size)]
        for turned in (pages, pages[::-1]):
            assert read(*turned, []) == [entry["requests"] for entry in wide[1:-1]]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        pytest.param(range(12), [24], id="the next window"),
        pytest.param([12], range(12, 24), id="the slice after, where it has one row"),
        pytest.param(range(12), [11], id="the slice before"),
    ],
)
def test_the_response_of_another_slice(first: Sequence[int], second: Sequence[int]) -> None:
    """No slice is taken as one without traffic because the response of the one next to it came in its place."""
    wide = rows(TimeWindow.resolve("2026-01-01", "2026-01-03"))
    with pytest.raises(ResponseError, match="`data` has no row of the requested window"):
        read_slices([wide[hour] for hour in first], [wide[hour] for hour in second])


@pytest.mark.parametrize("timezone", ["UTC", "Asia/Kathmandu", "Australia/Lord_Howe", "Europe/Berlin", "Africa/Cairo"])
@pytest.mark.parametrize("interval", ["hour", "day"])
def test_one_period_around_the_window_is_tolerated(timezone: str, interval: Interval) -> None:
    """A server may include the end of a window, or round down by one period too many: that does no harm."""
    for day in ("2026-03-29", "2026-04-05", "2026-04-24", "2026-10-04", "2026-10-25", "2026-10-30"):
        window = TimeWindow.resolve(day, datetime.fromisoformat(day) + timedelta(days=1), interval, timezone)
        wide = rows(TimeWindow.resolve(window.start - 2 * HOUR, window.end + timedelta(days=2), interval, timezone))
        inside = [entry for entry in wide if window.start <= datetime.fromisoformat(entry["period_start"]) < window.end]
        first = wide.index(inside[0])
        around = wide[max(first - 1, 0) : first + len(inside) + 1]
        with client_of(around) as client:
            items = client.get_traffic(
                1, start=window.start, end=window.end, interval=interval, timezone=timezone
            ).to_list()
        starts = [item.period_start for item in items]
        assert starts == [period.start.astimezone(UTC) for period in window.periods()]


def test_the_first_and_the_last_years_have_bounds() -> None:
    """The tolerance ends where the years of datetime do."""
    for start, end in (("0001-01-01", "0001-01-02"), ("9999-12-30", "9999-12-31")):
        window = TimeWindow.resolve(start, end)
        for data in (rows(window), rows(window)[1:-1]):
            with client_of(data) as client:
                assert len(client.get_traffic(1, start=start, end=end).to_list()) == len(data)


ZONES = ["UTC", "Europe/Berlin", "America/St_Johns", "Asia/Kathmandu", "Australia/Lord_Howe", "Pacific/Apia"]


def offset_changes(start: datetime, zone: ZoneInfo, until: int = 24) -> bool:
    """Return whether the zone's offset changes from a day before an instant until so many hours after it."""
    return len({(start + hours * HOUR).astimezone(zone).utcoffset() for hours in range(-24, until + 1)}) > 1


def length_of(entry: Json) -> timedelta:
    """Return how long a row is."""
    return datetime.fromisoformat(entry["period_end"]) - datetime.fromisoformat(entry["period_start"])


@given(
    interval=st.sampled_from(["hour", "day"]),
    asked=st.sampled_from(ZONES),
    sent=st.sampled_from(ZONES),
    begin=st.datetimes(datetime(2012, 1, 1), datetime(2025, 1, 1), timezones=st.just(UTC)),
    number=st.integers(1, 60),
    in_utc=st.booleans(),
)
def test_rows_of_another_timezone(
    interval: Interval, asked: str, sent: str, begin: datetime, number: int, *, in_utc: bool
) -> None:
    """Rows that start inside an hour or a day of the timezone, or end there, are refused, but around a clock change."""
    length = HOUR if interval == "hour" else 24 * HOUR
    window = TimeWindow.resolve(begin, begin + number * length, interval, asked)
    periods_sent = list(TimeWindow.resolve(window.start, window.end, interval, sent).periods())
    zone = UTC if in_utc else ZoneInfo(sent)
    data = [row(start.astimezone(zone), end.astimezone(zone)) for start, end in periods_sent]
    starts = [period.start.astimezone(UTC) for period in window.periods()]
    strangers = [
        (index, entry)
        for index, entry in enumerate(data)
        if window.start <= (start := datetime.fromisoformat(entry["period_start"]).astimezone(UTC)) < window.end
        and not offset_changes(start, ZoneInfo(asked), 24 if start not in starts else 48)
        and (start not in starts or length_of(entry) != length)
    ]
    inner = [entry for entry in data if window.start <= datetime.fromisoformat(entry["period_start"]) < window.end]
    with client_of(inner) as client:
        query = client.get_traffic(1, start=window.start, end=window.end, interval=interval, timezone=asked)
        if not strangers:
            assert len(query.to_list()) == len(inner)
            return
        pattern = (
            rf"`data\[\d+\].(period_start`, .*, is not the start of one {interval} in .*, {asked}|period_end`, .* than)"
        )
        with pytest.raises(ResponseError, match=pattern) as raised:
            query.to_list()
    assert raised.value.is_final


@pytest.mark.parametrize(
    ("interval", "zone", "start", "wrong"),
    [
        ("day", "Europe/Berlin", "2026-01-01", "2026-01-03T00:00:00Z"),
        ("day", "Europe/Berlin", "2026-01-01", "2026-04-05T23:00:00Z"),
        ("day", "Europe/Berlin", "2026-01-01", "2026-07-05T23:00:00Z"),
        ("hour", "Asia/Kathmandu", "2026-01-01", "2026-01-01T05:00:00Z"),
        ("hour", "UTC", "2026-01-01", "2026-01-01T05:00:30Z"),
    ],
)
def test_one_row_of_another_timezone(interval: Interval, zone: str, start: str, wrong: str) -> None:
    """One row that starts elsewhere is found between others, wherever it comes and whichever are left out."""
    window = TimeWindow.resolve(start, "2026-08-01" if interval == "day" else "2026-01-03", interval, zone)
    began = datetime.fromisoformat(wrong)
    stranger = row(began, began + (HOUR if interval == "hour" else 24 * HOUR))
    around = [entry for entry in rows(window) if abs(datetime.fromisoformat(entry["period_start"]) - began) > 25 * HOUR]
    for data in ([*around, stranger], [stranger, *around], [stranger]):
        with client_of(data) as client:
            query = client.get_traffic(1, start=window.start, end=window.end, interval=interval, timezone=zone)
            with pytest.raises(ResponseError, match=rf"`data\[{data.index(stranger)}\].period_start`"):
                query.to_list()


def test_a_year_of_days_without_clock_changes() -> None:
    """A server that knows no summer time is found out, also where its first and its last day are right."""
    first = datetime(2025, 12, 31, 23, tzinfo=UTC)
    data = [row(first + number * 24 * HOUR, first + (number + 1) * 24 * HOUR) for number in range(365)]
    with client_of(data) as client:
        query = client.get_traffic(1, start="2026-01-01", end="2027-01-01", interval="day", timezone="Europe/Berlin")
        # Until a day after the change of March 29, either offset goes.
        sentence = r"`data\[89\].period_start`, 2026-03-30T23:00:00\+00:00, is not the start of one day"
        with pytest.raises(ResponseError, match=sentence):
            query.to_list()


@pytest.mark.parametrize("length", [HOUR, HOUR - timedelta(seconds=1)])
def test_half_hours(length: timedelta) -> None:
    """A row that starts inside an hour is refused for that, also where its end is inclusive."""
    with pytest.raises(ResponseError, match=r"`data\[0\].period_start`, .*, is not the start of one hour"):
        read([row(WINDOW.start + 4.5 * HOUR, WINDOW.start + 4.5 * HOUR + length)])


@pytest.mark.parametrize(
    ("zone", "interval", "borders", "expected"),
    [
        # A server that learns of a clock change a day late,
        ("Europe/Berlin", "day", ["03-28T23:00", "03-29T22:00", "03-30T22:00"], [["03-28T23:00"], ["03-29T23:00"]]),
        ("Europe/Berlin", "day", ["10-24T22:00", "10-25T23:00", "10-26T23:00"], [["10-24T22:00", "10-25T22:00"], []]),
        ("America/New_York", "day", ["03-08T05:00", "03-09T04:00", "03-10T04:00"], [["03-08T05:00"], ["03-09T05:00"]]),
        # a day early,
        ("Europe/Berlin", "day", ["03-27T23:00", "03-28T23:00", "03-29T22:00"], [["03-27T23:00", "03-28T22:00"], []]),
        (
            "Australia/Lord_Howe",
            "hour",
            ["10-03T15:30", "10-03T16:00", "10-03T17:00", "10-03T18:00"],
            [["10-03T15:30"], ["10-03T16:30"], ["10-03T17:30"]],
        ),
        # and one whose half hours go on.
        (
            "Australia/Lord_Howe",
            "hour",
            ["04-04T13:00", "04-04T14:00", "04-04T15:30", "04-04T16:30"],
            [["04-04T13:00"], ["04-04T14:00", "04-04T15:00"], ["04-04T16:00"]],
        ),
    ],
)
@pytest.mark.parametrize("filters_by", ["start", "overlap"])
def test_rows_by_the_other_offset_around_a_clock_change(
    zone: str, interval: Interval, borders: list[str], expected: list[list[str]], filters_by: str
) -> None:
    """Each is in the window that it starts in, and in no other, whatever the server takes for the rows of a window."""
    length = HOUR if interval == "hour" else 24 * HOUR
    starts = [datetime.fromisoformat(f"2026-{start}Z") for window in expected for start in window]
    whole = [(begin, min(begin + length, after)) for begin, after in pairwise([*starts, starts[-1] + length])]
    delivered = []
    for start, end in pairwise(datetime.fromisoformat(f"2026-{border}Z") for border in borders):
        served = [
            row(*period)
            for period in whole
            if period[0] < end and period[filters_by == "overlap"] >= start != period[1]
        ]
        with client_of(served) as client:
            query = client.get_traffic(1, start=start, end=end, interval=interval, timezone=zone)
            assert len(query.window) == 1
            delivered.append([f"{item.period_start:%m-%dT%H:%M}" for item in query])
    assert delivered == expected


def test_half_hours_on_the_day_of_a_clock_change() -> None:
    """Clocks that change by an hour change nothing about where hours start."""
    begin = datetime(2026, 10, 25, 8, 30, tzinfo=UTC)
    with client_of([row(begin, begin + HOUR), row(begin + HOUR, begin + 2 * HOUR)]) as client:
        query = client.get_traffic(1, start="2026-10-25T10:00", end="2026-10-25T11:00", timezone="Europe/Berlin")
        with pytest.raises(ResponseError, match=r"`data\[0\].period_start`, .*, is not the start of one hour"):
            query.to_list()
