"""Which promise a wrong row breaks: the one that it is about, and the row that is wrong."""

from datetime import datetime
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from contract_tests.oracle.inspection import inspect
from contract_tests.oracle.page import read_page
from contract_tests.oracle.query import Query
from contract_tests.oracle.zones import HOUR, with_offset
from contract_tests.promises.promise import BrokenPromiseError
from tests.contract.test_pages import body_of, exchange_of

AZORES, BERLIN, KOLKATA = "Atlantic/Azores", "Europe/Berlin", "Asia/Kolkata"


def instant(text: str, zone: str = "UTC", fold: int = 0) -> int:
    """Return the instant at which the clock of a zone shows a time."""
    return int(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone), fold=fold).timestamp())


def row(start: int, end: int, offset: int, end_offset: int | None = None) -> dict[str, object]:
    """Return a row with its times printed with offsets of so many seconds."""
    last = with_offset(end, offset if end_offset is None else end_offset)
    edges = {"period_start": with_offset(start, offset), "period_end": last}
    return {**edges, "requests": 5, "bytes_received": 2, "bytes_sent": 3}


def breach_of(query: Query, *rows: dict[str, object]) -> BrokenPromiseError:
    """Return what is wrong with a page."""
    with pytest.raises(BrokenPromiseError) as caught:
        inspect(read_page(exchange_of(body_of(*rows))), query, 1000, None)
    return caught.value


def test_a_wrong_offset_is_blamed_on_the_row_that_has_it() -> None:
    """Of a page with one wrong offset among right ones, the message names the wrong one."""
    edges = [instant(f"2026-06-0{day}T00:00", BERLIN) for day in (1, 2, 3, 4)]
    days = [row(start, end, 2 * HOUR) for start, end in pairwise(edges)]
    days[2] |= {"period_start": "2026-06-03T00:00:00+01:00", "period_end": "2026-06-04T00:00:00+01:00"}
    breach = breach_of(Query(edges[0], edges[-1], "day", BERLIN), *days)
    assert breach.promise_id == "response.offsets"
    assert breach.got == "2026-06-03T00:00:00+01:00"


def test_a_day_that_begins_at_the_second_midnight_is_about_the_change_of_the_clocks() -> None:
    """In October midnight comes twice on the Azores; a day begins at the first, and the second has a right offset."""
    day, second = instant("2026-10-25T00:00", AZORES), instant("2026-10-25T00:00", AZORES, fold=1)
    assert second == day + HOUR
    after = instant("2026-10-26T00:00", AZORES)
    breach = breach_of(Query(day, after, "day", AZORES), row(second, after, -HOUR))
    assert breach.promise_id == "timezone.dst"
    assert breach.expected


def test_the_second_of_two_equal_clock_times_with_the_first_offset_is_a_wrong_offset() -> None:
    """It looks as if a period stood twice, but the instant of the second one is missing."""
    first = instant("2026-10-25T02:00", BERLIN)
    hours = [row(first, first + HOUR, 2 * HOUR, HOUR), row(first, first + HOUR, 2 * HOUR, HOUR)]
    breach = breach_of(Query(first, first + 2 * HOUR, "hour", BERLIN), *hours)
    assert breach.promise_id == "response.offsets"
    assert (breach.expected, breach.got) == ("2026-10-25T02:00:00+01:00", "2026-10-25T02:00:00+02:00")


def test_a_period_that_stands_twice_is_that() -> None:
    """Where both of the repeated hours are there, the one that comes again occurs twice."""
    first = instant("2026-10-25T02:00", BERLIN)
    hours = [row(first, first + HOUR, 2 * HOUR, HOUR)] * 2 + [row(first + HOUR, first + 2 * HOUR, HOUR)]
    breach = breach_of(Query(first, first + 2 * HOUR, "hour", BERLIN), *hours)
    assert (breach.promise_id, breach.got) == ("pagination.each-once", "2026-10-25T02:00:00+02:00 2 times")


def test_a_start_that_is_rounded_in_utc_is_about_the_start() -> None:
    """The first hour begins with an hour of UTC, all others with hours of the zone."""
    start = instant("2026-06-01T09:45", KOLKATA)
    first = start // HOUR * HOUR
    aligned = instant("2026-06-01T09:00", KOLKATA)
    hours = [
        row(first, first + HOUR, 19800),
        *(row(aligned + n * HOUR, aligned + (n + 1) * HOUR, 19800) for n in (1, 2)),
    ]
    breach = breach_of(Query(start, start + 3 * HOUR, "hour", KOLKATA), *hours)
    assert breach.promise_id == "window.start-rounded"


def test_hours_that_all_follow_utc_are_about_the_zone() -> None:
    """Where no hour follows the zone, it is not the start that is rounded wrong."""
    start = instant("2026-06-01T09:45", KOLKATA)
    first = start // HOUR * HOUR
    hours = [row(first + n * HOUR, first + (n + 1) * HOUR, 19800) for n in range(3)]
    breach = breach_of(Query(start, start + 3 * HOUR, "hour", KOLKATA), *hours)
    assert breach.promise_id == "timezone.fractional"


def test_a_wrong_offset_at_the_end_of_a_period_is_named_itself() -> None:
    """Where the beginning of a period is right, the message accuses its end."""
    edges = [instant(f"2026-06-0{day}T00:00", BERLIN) for day in (1, 2, 3)]
    days = [row(start, end, 2 * HOUR) for start, end in pairwise(edges)]
    days[1]["period_end"] = "2026-06-03T00:00:00+01:00"
    breach = breach_of(Query(edges[0], edges[-1], "day", BERLIN), *days)
    assert (breach.promise_id, breach.got) == ("response.offsets", "2026-06-03T00:00:00+01:00")


def test_a_period_that_goes_on_to_the_next_one_is_about_its_end() -> None:
    """Two hours without traffic are left out, and belong to none; a day of 25 hours is no such thing."""
    start = instant("2026-06-01T09:00")
    hours = [row(start, start + 3 * HOUR, 0), row(start + 3 * HOUR, start + 4 * HOUR, 0)]
    breach = breach_of(Query(start, start + 4 * HOUR, "hour", "UTC"), *hours)
    assert breach.promise_id == "response.period-end"
    assert breach.expected == "2026-06-01T09:00:00Z to 2026-06-01T10:00:00Z"
    day = instant("2026-10-25T00:00", BERLIN)
    breach = breach_of(Query(day, day + 25 * HOUR, "day", BERLIN), row(day, day + 24 * HOUR, 2 * HOUR, HOUR))
    assert breach.promise_id == "timezone.dst"
