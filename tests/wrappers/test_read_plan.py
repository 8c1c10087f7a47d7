"""Which slices a plan starts, and how far it says that a read has come."""

import json
from collections.abc import Sequence
from contextlib import nullcontext
from datetime import UTC, datetime, timedelta

import pytest

from apitally_traffic import ResponseError, TimeWindow
from apitally_traffic._decoding import FalseRowsError
from apitally_traffic._paging.plan import ReadPlan
from apitally_traffic._paging.server_time import ResponseTime
from apitally_traffic._paging.slices import SliceReader
from tests.wrappers.served_rows import rows

NOW = datetime(2026, 6, 1, tzinfo=UTC)
WINDOW = TimeWindow.resolve("2026-01-01", "2026-01-02")
ALL_ROWS = rows(TimeWindow.resolve("2025-12-31", "2026-01-07"))


def read(reader: SliceReader, hours: Sequence[int], date: datetime | None = None) -> SliceReader:
    """Read a page that has these hours, counted from the start of the slice, with a `Date`, or with none."""
    first = 24 + (reader.window.start - WINDOW.start) // timedelta(hours=1)
    body = json.dumps({"data": [ALL_ROWS[first + hour] for hour in hours], "has_more": False}).encode()
    reader.add(reader.decode(body, NOW, None if date is None else ResponseTime(date, (0,))))
    return reader


def test_progress_counts_periods() -> None:
    """A slice counts with all of its periods, those without a row, too; the last one completes what was expected."""
    plan = ReadPlan(TimeWindow.resolve("2026-01-01", "2026-01-01T21:00"), 10, None, concurrency=2)
    assert (plan.expected, plan.done, plan.slices_at_a_time, plan.resume_from) == (21, 0, 2, None)
    first, second = plan.next_slices()
    assert not list(plan.next_slices())
    assert len(plan.take_rows(read(first, [0, 3]))) == 2
    assert (plan.done, plan.resume_from) == (10, second.window.start)
    (third,) = plan.next_slices()
    assert plan.take_rows(read(second, [])) == []
    assert plan.done == 20
    assert not list(plan.next_slices())
    assert len(plan.take_rows(read(third, [0]))) == 1
    assert (plan.done, plan.resume_from) == (21, None)


def test_progress_counts_items_where_their_number_is_bounded() -> None:
    """Slices are started for as many items as are still wanted, and no more items are delivered than that."""
    plan = ReadPlan(WINDOW, 5, 12, concurrency=8)
    assert (plan.expected, plan.slices_at_a_time) == (12, 5)
    first, second, third = plan.next_slices()
    assert len(plan.take_rows(read(first, [0, 1]))) == 2
    assert plan.done == 2
    assert not list(plan.next_slices())
    assert len(plan.take_rows(read(second, [4]))) == 1
    assert plan.done == 3
    (fourth,) = plan.next_slices()
    assert len(plan.take_rows(read(third, range(5)))) == 5
    assert plan.done == 8
    delivered = plan.take_rows(read(fourth, range(5)))
    assert [row.period_start.hour for row in delivered] == [15, 16, 17, 18]
    assert (plan.done, plan.resume_from) == (12, None)
    assert not list(plan.next_slices())


def test_more_items_than_there_are_periods_are_not_expected() -> None:
    """A bound that the window cannot reach is none, and a read is complete when the window is."""
    plan = ReadPlan(WINDOW, 24, 100, concurrency=8)
    assert (plan.expected, plan.slices_at_a_time) == (24, 1)
    (whole,) = plan.next_slices()
    plan.take_rows(read(whole, [5]))
    assert plan.done == plan.expected


def test_pages_are_taken_until_they_hold_enough_rows() -> None:
    """The page that holds the last item is the last one that comes."""
    plan = ReadPlan(WINDOW, 24, 3, concurrency=1)
    (reader,) = plan.next_slices()
    data = rows(WINDOW)
    for number in range(4):
        page = {
            "data": data[2 * number : 2 * number + 2],
            "has_more": number < 3,
            "next_token": str(number)[number // 3 :],
        }
        reader.add(reader.decode(json.dumps(page).encode(), NOW))
    assert [len(page.rows) for page in plan.take_pages(reader)] == [2, 2]
    assert (plan.done, plan.resume_from, reader.pages) == (3, None, [])


def test_pages_are_taken_until_they_hold_enough_new_rows() -> None:
    """A row that came before, or that lies outside of the window, is none of the items."""
    plan = ReadPlan(WINDOW, 24, 3, concurrency=1)
    (reader,) = plan.next_slices()
    outside = rows(TimeWindow.resolve("2025-12-31T23:00", "2026-01-01"))
    data = [*outside, *rows(WINDOW)]
    for number in range(4):
        page = {"data": data[number : number + 2], "has_more": number < 3, "next_token": str(number)[number // 3 :]}
        reader.add(reader.decode(json.dumps(page).encode(), NOW))
    assert [len(page.rows) for page in plan.take_pages(reader)] == [2, 2, 2]
    assert plan.done == 3


@pytest.mark.parametrize("is_paged", [False, True])
@pytest.mark.parametrize("is_before", [False, True])
def test_a_read_resumes_at_a_row_that_was_missing(is_before: bool, is_paged: bool) -> None:
    """A row that comes with the slice next to its own was not delivered: what is read again begins with it.

    A slice that has rows of the next one is not delivered before that is known.
    """
    plan = ReadPlan(WINDOW, 4, None, concurrency=3)
    first, before, after = plan.next_slices()
    take = plan.take_pages if is_paged else plan.take_rows
    assert len(list(take(read(first, [0, 1, 2, 3])))) == (1 if is_paged else 4)
    held = list(take(read(before, [0, 1, 2, *([3, 4] if is_before else [])])))
    assert bool(held) != is_before
    sentence = r"^The API contradicts itself in the pages of two parts of the window: the period .* is missing from"
    with pytest.raises(ResponseError, match=sentence) as raised:
        take(read(after, [*([] if is_before else [-1, 0]), 1, 2, 3]))
    missing = before.window.start if is_before else after.window.start - timedelta(hours=1)
    assert raised.value.resume_from == missing
    assert raised.value.is_final
    assert str(raised.value).endswith(f"Everything before {raised.value.resume_from.isoformat()} was delivered.")


def test_a_read_resumes_on_the_clock_of_the_window() -> None:
    """So it is where the row that was missing is older than what was delivered."""
    window = TimeWindow.resolve("2026-01-01", "2026-01-02", timezone="Europe/Berlin")
    plan = ReadPlan(window, 4, None, concurrency=3)
    first, before, after = plan.next_slices()
    plan.take_rows(read(first, range(4)))
    plan.take_rows(read(before, range(3)))
    with pytest.raises(ResponseError, match=r"Everything before 2026-01-01T07:00:00\+01:00 was delivered") as raised:
        plan.take_rows(read(after, range(-1, 4)))
    assert raised.value.resume_from == datetime(2026, 1, 1, 6, tzinfo=UTC)


def test_a_read_resumes_at_a_slice_that_was_behind() -> None:
    """A response that is older than one before it is an error of the responses, and its slice is read again."""
    plan = ReadPlan(WINDOW, 4, None, concurrency=1)
    (first,) = plan.next_slices()
    assert len(plan.take_rows(read(first, range(4), WINDOW.start + timedelta(hours=9)))) == 4
    (second,) = plan.next_slices()
    sentence = (
        r"^The API contradicts itself in responses: the Date of one is 2026-01-01T06:30:00\+00:00, and that of "
        r"another 2026-01-01T09:00:00\+00:00, so a server is behind and may not know all of the period 2026-01-01T06:00"
    )
    with pytest.raises(ResponseError, match=sentence) as raised:
        plan.take_rows(read(second, range(4), WINDOW.start + timedelta(hours=6.5)))
    assert (raised.value.resume_from, raised.value.is_final) == (second.window.start, True)


@pytest.mark.parametrize("is_paged", [False, True])
def test_what_the_next_slice_confirms_is_held_back(is_paged: bool) -> None:
    """Each slice of a server that includes the end of a window waits for the next one, and the last one for none."""
    plan = ReadPlan(TimeWindow.resolve("2026-01-01", "2026-01-01T12"), 3, None, concurrency=4)
    take = plan.take_pages if is_paged else plan.take_rows
    readers = list(plan.next_slices())
    starts = [reader.window.start for reader in readers]
    delivered = [len(list(take(read(reader, range(4))))) for reader in readers[:2]]
    assert (delivered, plan.resume_from) == ([0, 1 if is_paged else 3], starts[1])
    delivered = [
        len(list(take(read(reader, hours)))) for reader, hours in zip(readers[2:], (range(3), [0]), strict=True)
    ]
    assert (delivered, plan.resume_from) == ([2, 1] if is_paged else [6, 1], None)


@pytest.mark.parametrize("concurrency", [1, 4])
@pytest.mark.parametrize("max_items", [None, 9])
def test_what_may_be_behind_is_held_back(max_items: int | None, concurrency: int) -> None:
    """As long as there are further slices, whose responses may have a later `Date`; in order after that."""
    plan = ReadPlan(TimeWindow.resolve("2026-01-01", "2026-01-01T12"), 3, max_items, concurrency)
    readers: list[SliceReader] = []
    dates = [WINDOW.start + timedelta(hours=hours) for hours in (3.2, 5.2, 5.3)]
    for date, delivered in zip(dates, ([0, 1, 2], [], [0, 1, 2, 0, 1, 2] if max_items else []), strict=True):
        readers += plan.next_slices()
        assert [row.period_start.hour % 3 for row in plan.take_rows(read(readers.pop(0), range(3), date))] == delivered
    assert plan.done == 9
    if max_items is None:
        assert plan.resume_from == WINDOW.start + timedelta(hours=3)
        readers += plan.next_slices()
        assert len(plan.take_rows(read(readers.pop(0), [0]))) == 7
    assert (plan.done, [*readers, *plan.next_slices()]) == (max_items or 12, [])


def test_no_more_than_eight_slices_are_held_back() -> None:
    """Of a server whose clock is years behind, or of a window that ends in a thousand years."""
    plan = ReadPlan(TimeWindow.resolve("2026-01-01", "2026-01-02"), 1, None, concurrency=1)
    delivered = []
    for _ in range(24):
        (reader,) = plan.next_slices()
        delivered.append(len(plan.take_rows(read(reader, [0], datetime(1970, 1, 1, tzinfo=UTC)))))
    assert delivered == [0] * 8 + [1] * 15 + [9]


def test_without_rows_there_is_nothing_to_resume_after() -> None:
    """A slice without rows delivers nothing."""
    plan = ReadPlan(WINDOW, 4, None, concurrency=2)
    first, second = plan.next_slices()
    assert plan.take_rows(read(first, [])) == []
    assert plan.resume_from is None
    assert len(plan.take_rows(read(second, [0]))) == 1
    third, _ = plan.next_slices()
    assert plan.resume_from == third.window.start


def test_a_slice_without_a_later_one_is_not_held_back() -> None:
    """A clock of more than five minutes after the end of a slice cannot be behind."""
    plan = ReadPlan(WINDOW, 4, None, concurrency=1)
    for minutes in (5, 4.9):
        (reader,) = plan.next_slices()
        date = reader.window.end + timedelta(minutes=minutes)
        assert len(plan.take_rows(read(reader, range(4), date))) == (4 if minutes == 5 else 0)


def test_a_contradiction_to_what_was_delivered_is_final() -> None:
    """Where the same row comes with two slices, and with different values, what is read again begins after it."""
    plan = ReadPlan(WINDOW, 4, None, concurrency=2)
    before, after = plan.next_slices()
    plan.take_rows(read(before, range(4)))
    own = rows(after.window)[0]
    start, end = (before.window.end + timedelta(hours=hours) for hours in (-1, 0))
    other = own | {"period_start": start.isoformat(), "period_end": end.isoformat(), "requests": 77}
    after.add(after.decode(json.dumps({"data": [other, own], "has_more": False}).encode(), NOW))
    with pytest.raises(ResponseError, match="comes with different values") as raised:
        plan.take_rows(after)
    assert (raised.value.resume_from, raised.value.is_final) == (after.window.start, True)


def test_the_last_slice_alone_may_be_cut() -> None:
    """The last row of the window may end a minute before it does, and that of an earlier slice may not."""
    plan = ReadPlan(TimeWindow.resolve("2026-01-01", "2026-01-01T03:30"), 2, None, concurrency=2)
    first, last = plan.next_slices()
    for reader in (first, last):
        entry = rows(reader.window)[1]
        cut = (reader.window.end - timedelta(minutes=1)).isoformat()
        body = json.dumps({"data": [entry | {"period_end": cut}], "has_more": False}).encode()
        with nullcontext() if reader is last else pytest.raises(FalseRowsError, match="shorter than the requested"):
            assert len(reader.decode(body, NOW).rows) == 1
