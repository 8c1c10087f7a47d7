"""The rows of one slice, to the row and to the microsecond: how many it may have, and which contradict each other."""

import json
from collections.abc import Sequence
from contextlib import nullcontext
from datetime import UTC, datetime, timedelta
from itertools import pairwise, product
from zoneinfo import ZoneInfo, available_timezones

import pytest

from apitally_traffic import Interval, PaginationError, TimeWindow
from apitally_traffic._decoding import FalseRowsError, Row
from apitally_traffic._paging.bounds import Bounds
from apitally_traffic._paging.order import check_adjacent, in_order
from apitally_traffic._paging.slices import SlicePage, SliceReader
from tests.wrappers.served_rows import HOUR, Json, row

DAY, MINUTE, SECOND, MOMENT = timedelta(days=1), timedelta(minutes=1), timedelta(seconds=1), timedelta.resolution
NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)


def decode(window: TimeWindow, edges: Sequence[datetime], present: datetime) -> SlicePage:
    """Read rows that begin at each of these edges, and end at the next."""
    data = [row(start, end) for start, end in pairwise(edges)]
    return SliceReader(window).decode(json.dumps({"data": data, "has_more": False}).encode(), present)


@pytest.mark.parametrize(
    ("interval", "minutes", "number"),
    [
        pytest.param("hour", [0, 10, 20], 2, id="two inside"),
        pytest.param("hour", [0, 60, 70, 80, 90], 4, id="three after the end"),
        pytest.param("day", [0, 10, 20], 2, id="two within a day"),
    ],
)
def test_rows_of_an_open_period_are_counted(interval: Interval, minutes: list[int], number: int) -> None:
    """A row may end at the present time, and two of one period are too many, as are three around the window."""
    start = NOON if interval == "hour" else NOON.replace(hour=0)
    window = TimeWindow.resolve(start, start + timedelta(hours=1 if interval == "hour" else 24), interval)
    edges = [start + minute * MINUTE for minute in minutes]
    sentence = rf"^The API returned {number} different periods for a window that has 1 in \S+\.$"
    with pytest.raises(PaginationError, match=sentence):
        decode(window, edges, edges[-1])


def test_hours_that_a_clock_change_cuts_may_be_counted_in_another_way() -> None:
    """An hour and a half on the clock is one period here, and two for a server that counts hours on."""
    change = datetime(2026, 4, 4, 15, tzinfo=UTC)
    window = TimeWindow.resolve(change - HOUR, change + HOUR / 2, "hour", "Australia/Lord_Howe")
    assert len(window) == 1
    assert len(decode(window, [change - HOUR, change, change + HOUR], NOON).rows) == 2


def test_the_bounds_of_a_slice_belong_to_it() -> None:
    """The first row that lies beyond a bound is named, and one that touches it is not."""
    window = TimeWindow.resolve(NOON, NOON + 2 * HOUR)
    inside = [NOON + number * HOUR for number in range(-1, 4)]
    assert len(decode(window, inside, NOON + 9 * HOUR).rows) == 4
    with pytest.raises(FalseRowsError, match=r"`data\[4\]`, 2026-06-01T15:00:00\+00:00 to .* lies more than one hour"):
        decode(window, [*inside, NOON + 4 * HOUR], NOON + 9 * HOUR)
    with pytest.raises(FalseRowsError, match=r"`data\[0\]`, 2026-06-01T10:00:00\+00:00 to .* lies more than one hour"):
        decode(window, [NOON - 2 * HOUR, *inside], NOON + 9 * HOUR)


@pytest.mark.parametrize(
    ("end", "present", "window_end", "is_accepted"),
    [
        pytest.param(HOUR - SECOND, DAY, DAY, True, id="the last second of the hour"),
        pytest.param(HOUR - MOMENT, DAY, DAY, True, id="the last microsecond of the hour"),
        pytest.param(HOUR - SECOND - MOMENT, DAY, DAY, False, id="earlier"),
        pytest.param(29 * MINUTE, DAY, 30 * MINUTE, True, id="a minute before the end of the window"),
        pytest.param(59 * MINUTE, DAY, HOUR, True, id="a minute before the end of a window of whole hours"),
        pytest.param(29 * MINUTE - MOMENT, DAY, 30 * MINUTE, False, id="more than a minute before the end"),
        pytest.param(31 * MINUTE, DAY, 30 * MINUTE, True, id="a minute after the end of the window"),
        pytest.param(31 * MINUTE + MOMENT, DAY, 30 * MINUTE, False, id="more than a minute after the end"),
        pytest.param(20 * MINUTE, 15 * MINUTE, DAY, True, id="five minutes after the present"),
        pytest.param(20 * MINUTE + MOMENT, 15 * MINUTE, DAY, False, id="more than five minutes after the present"),
        pytest.param(20 * MINUTE, 65 * MINUTE - MOMENT, DAY, True, id="just over by a clock that is five minutes slow"),
        pytest.param(20 * MINUTE, 65 * MINUTE, DAY, False, id="over by any clock"),
    ],
)
def test_where_the_row_of_an_hour_may_end(
    end: timedelta, present: timedelta, window_end: timedelta, *, is_accepted: bool
) -> None:
    """It may end with its last second, with the window cut to a minute, or about now while the hour is open."""
    window = TimeWindow.resolve(NOON, NOON + window_end)
    with nullcontext() if is_accepted else pytest.raises(FalseRowsError, match="is shorter than the requested"):
        assert len(decode(window, [NOON, NOON + end], NOON + present).rows) == 1


def test_the_last_days_of_the_calendar() -> None:
    """The day after the window has no end that a time can have; its row may come, and is not over before it ends."""
    start = datetime(9999, 12, 29, tzinfo=UTC)
    window = TimeWindow.resolve(start, start + timedelta(days=1, hours=12), "day")
    days = [start + timedelta(days=number) for number in range(3)]
    assert len(decode(window, days, NOON).rows) == 2
    with pytest.raises(FalseRowsError, match=r"`data\[2\].period_end`, 9999-12-31T12:00:00\+00:00, is too early"):
        decode(window, [*days, days[-1] + 12 * HOUR], NOON)


def hour(start: datetime, requests: int, received: int = 0) -> Row:
    """Return a row of an hour."""
    return Row(start, start + HOUR, requests, received, 0)


def test_what_rows_have_in_common() -> None:
    """Their length, and that each ends where the next one starts, are found in whatever order they come."""
    first, second, third = (hour(NOON + number * HOUR, number) for number in range(3))
    short = Row(NOON + 3 * HOUR, NOON + 3 * HOUR + MINUTE, 0, 0, 0)
    for rows, is_contiguous, length in (
        ([first, second, third], True, HOUR),
        ([first, third], False, HOUR),
        ([first, second, third, short], True, None),
        ([second, short], False, None),
        ([], True, None),
    ):
        for known, page in (([], rows), (rows[:1], rows[1:]), ([], rows[::-1])):
            starts = [row.period_start for row in rows]
            assert in_order(known, page, NOON) == (rows, starts, is_contiguous, length)


def test_rows_that_differ_in_four_fields() -> None:
    """Four fields are named, and no others are said to differ."""
    one, another = Row(NOON, NOON + HOUR, 1, 2, 3), Row(NOON, NOON + HOUR - SECOND, 4, 5, 6)
    sentence = (
        r"values: `data\[0\].period_end` is .*, `data\[0\].requests` is 1, and `data\[1\].requests` is 4, "
        r"`data\[0\].bytes_received` is 2, and `data\[1\].bytes_received` is 5, "
        r"`data\[0\].bytes_sent` is 3, and `data\[1\].bytes_sent` is 6$"
    )
    with pytest.raises(ValueError, match=sentence):
        in_order([], [one, another], NOON + HOUR)


@pytest.mark.parametrize("text", ["\ud800", "a\udc00"], ids=["first", "second"])
def test_half_of_a_surrogate_pair_in_an_unknown_field_of_two_rows(text: str) -> None:
    """It is compared as any other text is."""
    window = TimeWindow.resolve(NOON, NOON + HOUR)
    for other in (text, "\ud801"):
        data = [row(NOON, NOON + HOUR) | {"foo": foo} for foo in (text, other)]
        body = json.dumps({"data": data, "has_more": False}).encode()
        with nullcontext() if other == text else pytest.raises(FalseRowsError, match=r"`data\[0\].foo` is"):
            assert len(SliceReader(window).decode(body, NOON + DAY).rows) == 1


def judged(window: TimeWindow, data: list[Json]) -> str:
    """Return the rows that a slice has of a page, or why it refuses the page."""
    try:
        page = SliceReader(window).decode(json.dumps({"data": data, "has_more": False}).encode(), NOON)
    except (FalseRowsError, PaginationError) as error:
        return str(error)
    return str(page.rows)


@pytest.mark.parametrize(
    ("start", "end", "timezone"),
    [
        ("2026-01-01", "2026-01-01T08", "UTC"),
        ("2026-01-01", "2026-01-01T07:30", "UTC"),
        ("2026-01-01", "2026-01-01T08", "Asia/Kathmandu"),
        ("2026-03-29", "2026-03-29T08", "Europe/Berlin"),
        ("2026-10-25", "2026-10-25T08", "Europe/Berlin"),
        ("2026-04-05", "2026-04-05T08", "Australia/Lord_Howe"),
        ("2026-10-04", "2026-10-04T08", "Australia/Lord_Howe"),
    ],
)
@pytest.mark.parametrize("moved", [None, 3], ids=["in a row", "one moved"])
def test_a_full_slice_is_judged_as_any_other(
    start: str, end: str, timezone: str, moved: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the rows are all hours of a slice, most checks are left out: they would find nothing."""
    window = TimeWindow.resolve(start, end, "hour", timezone)
    first, hours = window.start.astimezone(UTC), len(window)
    for shift, length, more in product(range(-5, 6), (HOUR / 2, HOUR, HOUR * 1.5), (-1, 0, 1)):
        starts = [first + HOUR / 2 * shift + length * number for number in range(hours + more)]
        if moved is not None:
            starts[moved : moved + 2] = [starts[moved] + length / 2]
        data = [row(start, start + length) for start in starts]
        quickly = judged(window, data)
        with monkeypatch.context() as patched:
            patched.setattr(Bounds, "is_filled_by", lambda *_: False)
            assert quickly == judged(window, data)


def offset_minutes(time: datetime, zone: ZoneInfo) -> timedelta:
    """Return by how much full hours of a timezone differ from those of UTC."""
    offset = time.astimezone(zone).utcoffset()
    assert offset is not None
    return offset % HOUR


def test_an_offset_that_lasted_for_a_month() -> None:
    """Full hours of UTC before and after it are no full hours in it: Accra was 20 minutes ahead for 38 days."""
    window = TimeWindow.resolve("1919-11-23", "1920-01-02", "hour", "Africa/Accra")
    edges = [window.start.astimezone(UTC) + number * HOUR for number in range(40 * 24 + 1)]
    assert edges[-1] == window.end
    data = [row(*hour) for hour in pairwise(edges)]
    assert "is not the start of one hour in the requested timezone" in judged(window, data)


@pytest.mark.exhaustive
def test_minutes_of_an_offset_last_longer_than_a_slice() -> None:
    """Since 1943, in all timezones, until their rules repeat."""
    for name in available_timezones():
        zone, time, since = ZoneInfo(name), datetime(1943, 1, 1, tzinfo=UTC), None
        minutes = offset_minutes(time, zone)
        while time.year < 2040:
            time += 3 * DAY
            if (now := offset_minutes(time, zone)) != minutes:
                assert since is None or time - since > 50 * DAY, f"{name} until {time}"
                minutes, since = now, time


def test_pages_of_a_slice_are_bounded_together() -> None:
    """Of three pages of 3 MiB each, the third one is too large to be kept with those before it."""
    reader = SliceReader(TimeWindow.resolve(NOON, NOON + 3 * HOUR))
    for number in range(3):
        start = NOON + number * HOUR
        data = [row(start, start + HOUR) | {"unknown": "x" * 3 * 2**20}]
        body = json.dumps({"data": data, "has_more": True, "next_token": str(number)}).encode()
        with nullcontext() if number < 2 else pytest.raises(ValueError, match="too large to be kept with the pages"):
            reader.add(reader.decode(body, NOON + DAY))


def test_a_period_without_a_length() -> None:
    """It is refused alone, too."""
    with pytest.raises(ValueError, match=r"`data\[0\].period_end`, .*, is not after `data\[0\].period_start`"):
        in_order([], [Row(NOON, NOON, 0, 0, 0)], NOON)


@pytest.mark.parametrize(("open_after", "is_newer"), [(NOON + HOUR, False), (NOON + HOUR - MOMENT, True)])
def test_a_period_is_open_until_its_end(open_after: datetime, *, is_newer: bool) -> None:
    """Of two rows of a period that was open, the newer one counts; of one that was over, neither does."""
    older, newer = hour(NOON, 1), hour(NOON, 2)
    if is_newer:
        assert in_order([older], [newer], open_after).rows == [newer]
    else:
        with pytest.raises(ValueError, match=r"the `requests` of an earlier page is 1, and `data\[0\].requests` is 2$"):
            in_order([older], [newer], open_after)


@pytest.mark.parametrize(("minutes", "is_newer"), [(4, True), (5, False)])
def test_a_period_may_be_counted_five_minutes_late(minutes: int, *, is_newer: bool) -> None:
    """As long after its end as clocks may differ, a period is still open."""
    data = [row(NOON, NOON + HOUR, requests) for requests in (1, 2)]
    body = json.dumps({"data": data, "has_more": False}).encode()
    reader = SliceReader(TimeWindow.resolve(NOON, NOON + 3 * HOUR))
    with nullcontext() if is_newer else pytest.raises(FalseRowsError, match="comes with different values"):
        assert [one.requests for one in reader.decode(body, NOON + HOUR + minutes * MINUTE).rows] == [2]


def test_a_row_that_the_next_slice_should_have() -> None:
    """The sentence has all counts of the row; the row may be missing while its period is open."""
    stray = hour(NOON, 3, 70)
    check_adjacent([stray], [], NOON, NOON + HOUR - MOMENT)
    sentence = (
        r"^the period 2026-06-01T12:00:00\+00:00 has `requests` 3, `bytes_received` 70 in the response for the part "
        r"before 2026-06-01T12:00:00\+00:00, and is missing from the one for the part after it, where it belongs$"
    )
    with pytest.raises(ValueError, match=sentence):
        check_adjacent([stray], [], NOON, NOON + HOUR)


def test_adjacent_slices_share_no_part_of_a_row() -> None:
    """Rows that end where the next slice begins do not overlap with those that begin there."""
    later = NOON + 3 * HOUR
    check_adjacent([hour(NOON - HOUR, 1)], [hour(NOON, 1)], NOON, later)
    with pytest.raises(ValueError, match="the periods overlap"):
        check_adjacent([hour(NOON - HOUR + MOMENT, 1)], [hour(NOON, 1)], NOON, later)
    with pytest.raises(ValueError, match="`requests` is 1, and `requests` is 2"):
        check_adjacent([hour(NOON - HOUR, 1)], [hour(NOON - HOUR, 2), hour(NOON, 1)], NOON, later)
