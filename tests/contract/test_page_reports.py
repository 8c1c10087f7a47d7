"""What the suite says of a page that does not fit its query, word for word."""

import pytest

from contract_tests.oracle.inspection import inspect
from contract_tests.oracle.query import Query
from contract_tests.oracle.series import Series
from contract_tests.oracle.zones import DAY, HOUR
from contract_tests.promises.promise import BrokenPromiseError
from tests.contract.test_pages import START, Body, page_of, row, told

MAY = Query(START, START + 2 * HOUR, "hour")
KOLKATA = Query(START + 12 * HOUR, START + 14 * HOUR, "hour", "Asia/Kolkata")
TOKYO = Query(START - HOUR, START + 25 * HOUR, "day", "Asia/Tokyo")
MARCH = START - 46 * DAY  # 2025-03-29: the clocks of Berlin change on the next day
BERLIN = Query(MARCH, MARCH + 3 * DAY, "day", "Europe/Berlin")


@pytest.mark.parametrize(
    ("rows", "query", "report"),
    [
        pytest.param(
            [row(0)] * 10,
            MAY,
            (
                "pagination.limit",
                "the page has 10 records, and at most 9 were asked for",
                "at most 9 records",
                "10 records",
            ),
            id="too many",
        ),
        pytest.param(
            [row(0), row(1), row(0)],
            MAY,
            (
                "pagination.each-once",
                "the period 2025-05-14T00:00:00Z stands twice on one page",
                "each period once",
                "2025-05-14T00:00:00Z 2 times",
            ),
            id="twice",
        ),
        pytest.param(
            [row(2)],
            MAY,
            (
                "window.nothing-outside",
                "the period 2025-05-14T02:00:00Z begins at or after the end, 2025-05-14T02:00:00Z",
                "periods that begin before 2025-05-14T02:00:00Z",
                "one that begins at 2025-05-14T02:00:00Z",
            ),
            id="after the end",
        ),
        pytest.param(
            [row(-1)],
            MAY,
            (
                "window.nothing-outside",
                "the period 2025-05-13T23:00:00Z begins before 2025-05-14T00:00:00Z, the start rounded down",
                "periods that begin at 2025-05-14T00:00:00Z or later",
                "one that begins at 2025-05-13T23:00:00Z",
            ),
            id="before the start",
        ),
        pytest.param(
            [row(12), row(13)],
            KOLKATA,
            (
                "timezone.fractional",
                "the period 2025-05-14T12:00:00Z does not begin with an hour of Asia/Kolkata",
                "a period that begins at 2025-05-14T11:30:00Z or 2025-05-14T12:30:00Z",
                "one that begins at 2025-05-14T12:00:00Z",
            ),
            id="hours of UTC",
        ),
        pytest.param(
            [row(12), row(12.5), row(13.5)],
            KOLKATA,
            (
                "window.start-rounded",
                "the period 2025-05-14T12:00:00Z does not begin with an hour of Asia/Kolkata",
                "a period that begins at 2025-05-14T11:30:00Z or 2025-05-14T12:30:00Z",
                "one that begins at 2025-05-14T12:00:00Z",
            ),
            id="a start rounded in UTC",
        ),
        pytest.param(
            [row(0, hours=24)],
            TOKYO,
            (
                "timezone.midnights",
                "the period 2025-05-14T00:00:00Z does not begin with a day of Asia/Tokyo",
                "a period that begins at 2025-05-13T15:00:00Z or 2025-05-14T15:00:00Z",
                "one that begins at 2025-05-14T00:00:00Z",
            ),
            id="days of UTC",
        ),
        pytest.param(
            [row(9, hours=2)],
            Query(START, START + DAY, "hour"),
            (
                "response.period-end",
                (
                    "the period 2025-05-14T09:00:00Z ends at 2025-05-14T11:00:00Z; "
                    "an hour of UTC ends at 2025-05-14T10:00:00Z"
                ),
                "2025-05-14T09:00:00Z to 2025-05-14T10:00:00Z",
                "2025-05-14T09:00:00Z to 2025-05-14T11:00:00Z",
            ),
            id="two hours",
        ),
        pytest.param(
            [row(9, hours=0.5)],
            Query(START, START + DAY, "hour"),
            (
                "timezone.hours",
                (
                    "the period 2025-05-14T09:00:00Z ends at 2025-05-14T09:30:00Z; "
                    "an hour of UTC ends at 2025-05-14T10:00:00Z"
                ),
                "2025-05-14T09:00:00Z to 2025-05-14T10:00:00Z",
                "2025-05-14T09:00:00Z to 2025-05-14T09:30:00Z",
            ),
            id="half an hour",
        ),
    ],
)
def test_what_does_not_fit_the_query(rows: list[Body], query: Query, report: tuple[str, ...]) -> None:
    """The sentence names the period, the zone, and the period that belongs there."""
    page = page_of(*rows)
    with pytest.raises(BrokenPromiseError) as raised:
        inspect(page, query, 9, None)
    assert told(raised.value) == report
    assert raised.value.exchanges == (page.exchange,)


@pytest.mark.parametrize(
    ("first", "last", "query", "promise_id"),
    [
        pytest.param(START, START + 1795, Query(START, START + 1800, "hour"), None, id="cut, five seconds early"),
        pytest.param(START, START + 1794, Query(START, START + 1800, "hour"), "timezone.hours", id="six seconds"),
        pytest.param(
            START,
            START + 1711,
            Query(START, START + 1800, "hour", omitted=frozenset({"end"})),
            None,
            id="cut at a time during the request",
        ),
        pytest.param(
            START,
            START + 1709,
            Query(START, START + 1800, "hour", omitted=frozenset({"end"})),
            "timezone.hours",
            id="cut before the request",
        ),
        pytest.param(START, START, Query(START, START + 3, "hour"), "timezone.hours", id="cut to nothing"),
        pytest.param(
            START,
            START + 7805,
            Query(START, START + 7800, "hour"),
            "response.period-end",
            id="to the end of the window",
        ),
        pytest.param(START, START + 7806, Query(START, START + 7800, "hour"), "timezone.hours", id="beyond the end"),
        pytest.param(MARCH - HOUR, MARCH + 22 * HOUR, BERLIN, "timezone.dst", id="the day before a change"),
        pytest.param(MARCH + 23 * HOUR, MARCH + 47 * HOUR, BERLIN, "timezone.dst", id="the day of a change"),
        pytest.param(
            MARCH + 25 * HOUR,
            MARCH + 27 * HOUR,
            Query(MARCH, MARCH + 3 * DAY, "hour", "Europe/Berlin"),
            "timezone.dst",
            id="the hour after a change",
        ),
        pytest.param(
            MARCH + 23 * HOUR,
            MARCH + 58 * HOUR,
            Query(MARCH, MARCH + 58 * HOUR, "day", "Europe/Berlin"),
            "timezone.dst",
            id="the day of a change, half a day too long",
        ),
        pytest.param(
            MARCH + 23 * HOUR,
            MARCH + 58 * HOUR + 1,
            Query(MARCH, MARCH + 58 * HOUR + 1, "day", "Europe/Berlin"),
            "response.period-end",
            id="the day of a change, and more than half a day",
        ),
    ],
)
def test_a_period_of_another_length(first: int, last: int, query: Query, promise_id: str | None) -> None:
    """A period may be cut at the end of the window; another end is held against the clocks, or is a wrong end."""
    page = page_of(row((first - START) / HOUR, hours=(last - first) / HOUR))
    if promise_id is None:
        inspect(page, query, 9, None)
        return
    with pytest.raises(BrokenPromiseError) as raised:
        inspect(page, query, 9, None)
    assert raised.value.promise_id == promise_id


OCTOBER = START + 165 * DAY  # 2025-10-26: the clocks of Berlin show two o'clock at 00:00Z, and again at 01:00Z
AGAIN = Query(OCTOBER - HOUR, OCTOBER + 3 * HOUR, "hour", "Europe/Berlin")


def test_a_clock_time_that_comes_twice() -> None:
    """Where the second of the two periods is missing, the first one that stands twice has the wrong offset once."""
    twice = row(165 * 24, offset=2 * HOUR)
    page = page_of(row(165 * 24 - 1, offset=2 * HOUR), twice, twice, row(165 * 24 + 2, offset=HOUR))
    with pytest.raises(BrokenPromiseError) as raised:
        inspect(page, AGAIN, 9, None)
    assert told(raised.value) == (
        "response.offsets",
        (
            "the clock of Europe/Berlin shows 2025-10-26T02:00:00 twice, and both periods carry the offset of the "
            "first: 2025-10-26T02:00:00+02:00 stands twice, and 2025-10-26T02:00:00+01:00 is missing"
        ),
        "2025-10-26T02:00:00+01:00",
        "2025-10-26T02:00:00+02:00",
    )
    assert raised.value.exchanges == (page.exchange,)
    with pytest.raises(BrokenPromiseError) as raised:
        inspect(page_of(twice, twice, row(165 * 24 + 1, offset=HOUR)), AGAIN, 9, None)
    assert raised.value.promise_id == "pagination.each-once"


def test_a_page_may_be_full() -> None:
    """As many rows as were asked for are not too many."""
    inspect(page_of(row(0), row(1)), MAY, 2, None)


def day_with_offset(offset: str, **counts: int) -> Body:
    """Return the 14th of May of any zone, printed with that offset."""
    return {"period_start": f"2025-05-14T00:00:00{offset}", "period_end": f"2025-05-15T00:00:00{offset}", **counts}


def test_a_clock_time_with_the_offset_of_another_season() -> None:
    """The sentence has the clock time that stands there, and the zone."""
    query = Query(START - 2 * HOUR, START + HOUR, "day", "Europe/Berlin")
    page = page_of(row(0) | day_with_offset("+01:00"))
    with pytest.raises(BrokenPromiseError) as raised:
        inspect(page, query, 9, None)
    assert raised.value.exchanges == (page.exchange,)
    assert told(raised.value) == (
        "response.offsets",
        (
            "2025-05-14T00:00:00+01:00, in the period from 2025-05-14T00:00:00+01:00 to 2025-05-15T00:00:00+01:00, "
            "has the clock of Europe/Berlin with an offset that it does not have then, and so names another instant"
        ),
        "2025-05-14T00:00:00 with the offset that Europe/Berlin has at that time",
        "2025-05-14T00:00:00+01:00",
    )


def known(first: int, last: int) -> Series:
    """Return hours of one request and two bytes each, from one hour of the day in UTC to another."""
    ones = {"bytes_received": 1, "bytes_sent": 1}
    rows = [row(hour, 1) | ones for hour in range(first, last)]
    return Series(Query(START + first * HOUR, START + last * HOUR, "hour"), [page_of(*rows)])


@pytest.mark.parametrize(
    ("truth", "traffic", "promise_id"),
    [
        pytest.param(known(-3, 23), 24, "response.offsets", id="the traffic of the day in Berlin"),
        pytest.param(known(-3, 23), 23, "timezone.midnights", id="less"),
        pytest.param(known(-3, 23), 25, "timezone.midnights", id="more"),
        pytest.param(known(-3, 23), 0, "timezone.midnights", id="none"),
        pytest.param(known(-2, 23), 24, "timezone.midnights", id="what is known begins with the day"),
        pytest.param(known(-3, 22), 24, "timezone.midnights", id="what is known ends with the day"),
        pytest.param(None, 23, "response.offsets", id="nothing is known"),
    ],
)
def test_a_wrong_offset_is_told_from_a_wrong_period_by_its_traffic(
    truth: Series | None, traffic: int, promise_id: str
) -> None:
    """Where the hours around a day are known, its offset is wrong if it has the traffic of the day on its clock."""
    query = Query(START - 26 * HOUR, START + 70 * HOUR, "day", "Europe/Berlin")
    day = day_with_offset("+01:00", requests=traffic, bytes_received=traffic, bytes_sent=traffic)
    with pytest.raises(BrokenPromiseError) as raised:
        inspect(page_of(day), query, 9, truth)
    assert raised.value.promise_id == promise_id
