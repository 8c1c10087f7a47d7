"""Rows that cannot be true, or that nobody asked for, are an error and never dropped in silence."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest
from freezegun import freeze_time
from hypothesis import given
from hypothesis import strategies as st

from apitally_traffic import Interval, Period, ResponseError, TimeWindow, TrafficClient

Json = dict[str, Any]
COUNTS = ("requests", "bytes_received", "bytes_sent")
HOUR = timedelta(hours=1)
WINDOW = TimeWindow.resolve("2026-01-01", "2026-01-02", "hour", "UTC")


def row(start: datetime, end: datetime, requests: int = 5) -> Json:
    """Return a row as JSON."""
    period = {"period_start": start.isoformat(), "period_end": end.isoformat()}
    return {**period, "requests": requests, "bytes_received": 0, "bytes_sent": 0}


def rows(window: TimeWindow, *, shift: timedelta = timedelta(0)) -> list[Json]:
    """Return a row for each period of a window."""
    utc = [
        Period(period.start.astimezone(UTC) + shift, period.end.astimezone(UTC) + shift) for period in window.periods()
    ]
    return [row(period.start, period.end, number) for number, period in enumerate(utc)]


def client_of(*pages: Sequence[Json]) -> TrafficClient:
    """Return a client whose server gives these rows, page by page, and the last page over and over."""
    left = list(pages)

    def respond(_: httpx.Request) -> httpx.Response:
        data, more = left[0], len(left) > 1
        if more:
            left.pop(0)
        token = f"token {len(left)}" if more else None
        return httpx.Response(200, json={"data": data, "has_more": more, "next_token": token})

    return TrafficClient("key", concurrency=1, max_retries=0, transport=httpx.MockTransport(respond))


def read(
    *pages: Sequence[Json], page_size: int = 1000, interval: Interval = "hour", timezone: str = "UTC"
) -> list[int]:
    """Read the day of the window from these pages; return the counts of its rows."""
    with client_of(*pages) as client:
        query = client.get_traffic(
            1, start="2026-01-01", end="2026-01-02", interval=interval, timezone=timezone, page_size=page_size
        )
        return [item.requests for item in query.to_list()]


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
        with client_of(rows(window)) as client:
            assert len(client.get_traffic(1, start=start, end=end).to_list()) == 24


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        pytest.param(
            {"period_end": "2026-01-01T03:00:00Z"}, r"`data\[3\].period_end`, .*, is not after", id="no length"
        ),
        pytest.param(
            {"period_end": "2026-01-01T02:00:00Z"},
            r"`data\[3\].period_end`, .*, is not after `data\[3\].period_start`, 2026-01-01T03",
            id="backward",
        ),
        pytest.param(
            {"period_end": "2026-01-01T04:30:00Z"},
            r"`data\[4\].period_start`, .*T04:00:00\+00:00, is before `data\[3\].period_end`, .*T04:30.*overlap",
            id="overlap",
        ),
        pytest.param({"period_start": "2026-01-01T02:59:59.999999Z"}, r"`data\[3\].period_start`.*overlap", id="1 µs"),
        pytest.param(
            {"period_start": "2026-01-01T02:00:00Z", "period_end": "2026-01-01T03:00:00Z"},
            r"the period 2026-01-01T02:00:00\+00:00 comes with different values: "
            r"`data\[2\].requests` is 2, and `data\[3\].requests` is 3",
            id="the same period twice",
        ),
        pytest.param(
            {"period_start": "2026-01-01T02:00:00Z", "period_end": "2026-01-01T03:00:00Z", "bytes_sent": 4},
            r"values: `data\[2\].requests` is 2, and `data\[3\].requests` is 3, "
            r"`data\[2\].bytes_sent` is 0, and `data\[3\].bytes_sent` is 4\b",
            id="two values",
        ),
        pytest.param({"requests": -1}, r"`data\[3\].requests`", id="negative requests"),
        pytest.param({"bytes_received": -1}, r"`data\[3\].bytes_received`", id="negative bytes received"),
        pytest.param({"bytes_sent": -(2**62)}, r"`data\[3\].bytes_sent`", id="negative bytes sent"),
    ],
)
def test_rows_that_make_no_sense(change: Json, sentence: str) -> None:
    """A row that cannot be true is refused with its place, in whatever order the rows come."""
    data = rows(WINDOW)
    data[3] |= change
    with pytest.raises(ResponseError, match=sentence):
        read(data)
    with pytest.raises(ResponseError, match=r"`data\[(19|20|21)\]"):
        read(data[::-1])


def test_rows_that_differ_in_an_unknown_field() -> None:
    """Rows of one period that a later version of the API tells apart are not folded into one."""
    data = [entry | {"method": method} for entry in rows(WINDOW)[:2] for method in ("GET", "POST")]
    with pytest.raises(
        ResponseError, match=r"different values: `data\[0\].method` is GET, and `data\[1\].method` is POST"
    ):
        read(data)
    assert read([data[0], {name: value for name, value in data[0].items() if name != "method"}, data[2]]) == [0, 1]


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


def test_the_same_row_twice_is_one() -> None:
    """Identical rows are folded, on one page, on two pages and in two slices."""
    data = rows(WINDOW)
    assert read([*data, *data]) == list(range(24))
    assert read(data[:13], data[12:]) == list(range(24))
    with client_of(data[:13]) as client:
        assert len(client.get_traffic(1, start="2026-01-01", end="2026-01-01T12:00").to_list()) == 12
    assert read_slices(data[:13], data[11:]) == list(range(24))


def read_slices(first: Sequence[Json], second: Sequence[Json]) -> list[int]:
    """Read the day in two slices of twelve hours, one page each; return the counts."""
    pages = iter((first, second))
    transport = httpx.MockTransport(lambda _: httpx.Response(200, json={"data": next(pages), "has_more": False}))
    with TrafficClient("key", concurrency=1, max_retries=0, transport=transport) as client:
        query = client.get_traffic(1, start="2026-01-01", end="2026-01-02", page_size=12)
        return [item.requests for item in query]


@pytest.mark.parametrize("field", COUNTS)
def test_contradictions_between_pages_and_slices(field: str) -> None:
    """The error names the period and both values, also where the other row came with another page or slice."""
    data = rows(WINDOW)
    changed = data[12] | {field: 77}
    with pytest.raises(ResponseError, match=rf"T12:00:00.*the `{field}` of an earlier page is .*\[3\].{field}` is 77"):
        read(data[:13], [*data[13:16], changed])
    with pytest.raises(
        ResponseError, match=rf"two parts of the window.*T12:00:00.*`{field}` is .*, and `{field}` is 77"
    ):
        read_slices(data[:13], [changed, *data[13:]])
    with pytest.raises(ResponseError, match=rf"two parts of the window.*T11:00:00.*`{field}` is 77"):
        read_slices(data[:12], [data[11] | {field: 77}, *data[12:]])


@pytest.mark.parametrize("field", COUNTS)
def test_a_row_that_only_the_neighbouring_slice_has(field: str) -> None:
    """A period with traffic that the slice of its own leaves out is an error, unless it lies outside of the window."""
    data = [entry | dict.fromkeys(COUNTS, 0) for entry in rows(WINDOW)]
    data[11] |= {field: 11}
    data[12] |= {field: 12}
    with pytest.raises(
        ResponseError, match=rf"T12:00:00.* `{field}` 12 in the part before .* the part after it, where"
    ):
        read_slices(data[:13], data[13:])
    with pytest.raises(
        ResponseError, match=rf"T11:00:00.* `{field}` 11 in the part after .* the part before it, where"
    ):
        read_slices(data[:11], data[11:])
    silent = [*data[:11], *(entry | dict.fromkeys(COUNTS, 0) for entry in data[11:13]), *data[13:]]
    assert len(read_slices(silent[:13], silent[13:])) == len(read_slices(silent[:11], silent[11:])) == 23
    around = [row(WINDOW.start - HOUR, WINDOW.start), row(WINDOW.end, WINDOW.end + HOUR)]
    assert len(read_slices([around[0], *data[:12]], [*data[12:], around[1]])) == 24


def test_a_row_of_an_open_period_that_only_one_slice_has() -> None:
    """The first request in a period that has not ended may come between two reads."""
    this_hour = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    pages = iter(([row(this_hour - HOUR, this_hour), row(this_hour, this_hour + HOUR)], []))
    transport = httpx.MockTransport(lambda _: httpx.Response(200, json={"data": next(pages), "has_more": False}))
    with TrafficClient("key", concurrency=1, transport=transport) as client:
        assert client.get_traffic(1, start=this_hour - HOUR, end=this_hour + HOUR, page_size=1).totals().requests == 5


def test_pages_end_with_the_one_that_holds_the_last_item() -> None:
    """Of the pages of a slice, those come that hold as many items as are wanted, and no more."""
    data = rows(WINDOW)
    sent = [data[:2], data[2:4], data[4:6]]
    with client_of(*sent) as client:
        query = client.get_traffic(1, start="2026-01-01", end="2026-01-02", page_size=6, max_items=3)
        assert [[item.requests for item in page.data] for page in query.pages()] == [[0, 1], [2, 3]]


def test_false_rows_are_not_requested_again() -> None:
    """A complete body whose rows contradict each other is final: it is not one that a retry could mend."""
    requested: list[str] = []

    def respond(request: httpx.Request) -> httpx.Response:
        requested.append(request.url.path)
        return httpx.Response(200, json={"data": rows(WINDOW, shift=24 * HOUR), "has_more": False})

    with TrafficClient("key", transport=httpx.MockTransport(respond)) as client, pytest.raises(ResponseError) as raised:
        client.get_traffic(1, start="2026-01-01", end="2026-01-02").to_list()
    assert raised.value.is_final
    assert len(requested) == 1


def test_a_contradiction_between_slices_says_where_to_resume() -> None:
    """What was delivered before a contradiction stays delivered, and the error says what comes next."""
    data = rows(WINDOW)
    pages = iter((data[:12], [data[11] | {"requests": 77}, *data[12:]]))
    transport = httpx.MockTransport(lambda _: httpx.Response(200, json={"data": next(pages), "has_more": False}))
    with TrafficClient("key", concurrency=1, max_retries=0, transport=transport) as client:
        items = iter(client.get_traffic(1, start="2026-01-01", end="2026-01-02", page_size=12))
        delivered = [next(items) for _ in range(12)]
        with pytest.raises(ResponseError) as raised:
            next(items)
    assert raised.value.resume_from == delivered[-1].period_end


def test_the_newer_row_of_an_open_period_wins() -> None:
    """The counts of a period that has not ended grow while the window is read."""
    this_hour = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    older, newer = row(this_hour, this_hour + HOUR, 5), row(this_hour, this_hour + HOUR, 6)
    clipped = row(this_hour, this_hour + HOUR / 60, 7)
    for pages in ([[older, newer]], [[older], [newer]], [[clipped], [newer]], [[older, clipped, newer]]):
        with client_of(*pages) as client:
            items = client.get_traffic(1, start=this_hour, end=this_hour + HOUR).to_list()
        assert [item.requests for item in items] == [6]
    yesterday = [
        entry | {"period_start": "2026-01-01T00:00:00Z", "period_end": "2026-01-01T01:00:00Z"}
        for entry in (older, newer)
    ]
    with pytest.raises(ResponseError, match="comes with different values"):
        read(yesterday)


periods = st.integers(1, 60)


@st.composite
def free_choices(draw: st.DrawFn) -> tuple[TimeWindow, list[list[Json]]]:
    """Draw a window, and pages that a correct server may give for it: any order, any cut, rows left out or repeated."""
    interval: Interval = draw(st.sampled_from(["hour", "day"]))
    zone = ZoneInfo(
        draw(st.sampled_from(["UTC", "Europe/Berlin", "Asia/Kathmandu", "Australia/Lord_Howe", "Pacific/Apia"]))
    )
    start = draw(st.datetimes(datetime(2005, 1, 1), datetime(2025, 1, 1), timezones=st.just(UTC)))
    window = TimeWindow.resolve(
        start, start + draw(periods) * (HOUR if interval == "hour" else 24 * HOUR), interval, zone
    )
    data = [entry for entry in rows(window) if draw(st.booleans())]
    data = draw(st.permutations([*data, *draw(st.lists(st.sampled_from(data), max_size=2))] if data else []))
    cuts = sorted(draw(st.lists(st.integers(0, len(data)), max_size=4)))
    return window, [data[begin:end] for begin, end in zip([0, *cuts], [*cuts, len(data)], strict=True)]


@given(choices=free_choices())
def test_free_choices_of_a_server_are_no_contradictions(choices: tuple[TimeWindow, list[list[Json]]]) -> None:
    """Whatever order, cut and repetition a correct server chooses, each of its rows comes once, oldest first."""
    window, pages = choices
    expected = {entry["period_start"]: entry["requests"] for data in pages for entry in data}
    with client_of(*pages) as client:
        items = client.get_traffic(
            1, start=window.start, end=window.end, interval=window.interval, timezone=window.timezone
        ).to_list()
    assert [item.requests for item in items] == sorted(expected.values())


@given(
    choices=free_choices(), place=st.integers(0, 100), fault=st.sampled_from(["count", "end", "outside", "negative"])
)
def test_one_false_row_is_found(choices: tuple[TimeWindow, list[list[Json]]], place: int, fault: str) -> None:
    """One row that contradicts another, ends early or lies elsewhere is found, on whichever page it comes."""
    window, pages = choices
    everything = [entry for data in pages for entry in data]
    if not everything:
        return
    chosen = everything[place % len(everything)]
    start = datetime.fromisoformat(chosen["period_start"])
    faults: dict[str, Json] = {
        "count": {"bytes_sent": 1},
        "end": {"period_end": (start - HOUR).isoformat()},
        "outside": {"period_start": "2030-01-01T00:00:00Z", "period_end": "2030-01-01T01:00:00Z"},
        "negative": {"requests": -1},
    }
    pages[place % len(pages)].append(chosen | faults[fault])
    with client_of(*pages) as client, pytest.raises(ResponseError, match="data"):
        client.get_traffic(
            1, start=window.start, end=window.end, interval=window.interval, timezone=window.timezone
        ).to_list()


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
    number=periods,
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
