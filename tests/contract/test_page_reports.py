"""What the suite says of a broken page, word for word: the promise, the sentence, what was expected and what came."""

import json
from typing import Any

import pytest

from contract_tests.exchange import Exchange
from contract_tests.oracle.inspection import inspect
from contract_tests.oracle.page import read_page
from contract_tests.oracle.query import Query
from contract_tests.oracle.series import Series
from contract_tests.oracle.zones import DAY, HOUR
from contract_tests.promises.promise import BrokenPromiseError
from tests.contract.test_pages import START, Body, body_of, exchange_of, page_of, row, without

LONG = "x" * 80
MAY = Query(START, START + 2 * HOUR, "hour")
KOLKATA = Query(START + 12 * HOUR, START + 14 * HOUR, "hour", "Asia/Kolkata")
TOKYO = Query(START - HOUR, START + 25 * HOUR, "day", "Asia/Tokyo")
MARCH = START - 46 * DAY  # 2025-03-29: the clocks of Berlin change on the next day
BERLIN = Query(MARCH, MARCH + 3 * DAY, "day", "Europe/Berlin")


def answer(content: bytes, content_type: str = "application/json") -> Exchange:
    """Return a response with that content."""
    return Exchange(1, "GET", "http://h/", (), 200, {"content-type": content_type}, content, 0.0, 0.0)


def told(error: BrokenPromiseError) -> tuple[str, str, str, str]:
    """Return all that a report has of a breach."""
    return error.promise_id, error.message, error.expected, error.got


@pytest.mark.parametrize(
    ("content", "place", "got", "expected"),
    [
        (b"<html>", "the body is", "200 <html>", "JSON"),
        ([1, 2], "the body is", "[1, 2]", "an object"),
        ([LONG], "the body is", f'["{LONG[:58]}', "an object"),
        (without("has_more")(body_of()), "the body.has_more is", "missing", "true or false"),
        (body_of(has_more=LONG), "the body.has_more is", f'"{LONG[:59]}', "true or false"),
        (body_of(next_token=5), "the body.next_token is", "5", "a string or null"),
        (body_of(data={}), "the body.data is", "{}", "an array"),
        (body_of(row(0), 5), "data[1] is", "5", "an object"),
        (body_of(row(0), without("period_end")(row(1))), "data[1].period_end is", "missing", "a string"),
        (body_of(row(0) | {"period_start": None}), "data[0].period_start is", "null", "a string"),
        (body_of(row(0), without("bytes_sent")(row(1))), "data[1].bytes_sent is", "missing", "an integer"),
        (body_of(row(0, "1")), "data[0].requests is", '"1"', "an integer"),
        (body_of(row(0, 1.5)), "data[0].requests is", "1.5", "an integer"),
        (body_of(row(0) | {"period_end": "5pm"}), "data[0].period_end is", "'5pm'", "an RFC 3339 date-time"),
        (
            body_of(row(0) | {"period_start": "2025-02-30T00:00:00Z"}),
            "data[0].period_start is",
            "'2025-02-30T00:00:00Z'",
            "a date-time that the calendar has",
        ),
    ],
)
def test_what_breaks_the_schema(content: Any, place: str, got: str, expected: str) -> None:
    """The sentence names the place, what stands there, and what belongs there."""
    exchange = answer(content) if isinstance(content, bytes) else exchange_of(content)
    with pytest.raises(BrokenPromiseError) as raised:
        read_page(exchange)
    assert told(raised.value) == ("response.schema", f"{place} {got}, not {expected}", expected, got)
    assert raised.value.exchanges == (exchange,)


def test_a_number_beyond_all_bounds_is_no_integer() -> None:
    """A JSON parser makes infinity of it."""
    with pytest.raises(BrokenPromiseError, match=r"data\[0\].requests is Infinity, not an integer"):
        read_page(answer(json.dumps(body_of(row(0, 777))).replace("777", "1e999").encode()))


@pytest.mark.parametrize(
    ("content_type", "got"), [("text/html; charset=utf-8", "text/html; charset=utf-8"), ("", "missing")]
)
def test_another_content_type(content_type: str, got: str) -> None:
    """The sentence has what the server calls it, and what it should."""
    with pytest.raises(BrokenPromiseError) as raised:
        read_page(exchange_of(body_of(), content_type))
    sentence = f"the content type is {got}, not application/json"
    assert told(raised.value) == ("response.schema", sentence, "application/json", got)


@pytest.mark.parametrize(
    ("body", "report"),
    [
        (
            body_of(row(0, -1)),
            (
                "response.counts",
                "data[0].requests is -1 in the period from 2025-05-14T00:00:00+00:00; no count is negative",
                "0 or more",
                "-1",
            ),
        ),
        (
            body_of(row(0) | {"period_end": "2025-05-14T01:00:00"}),
            (
                "response.offsets",
                "data[0].period_end is '2025-05-14T01:00:00', without an offset",
                "a date-time with an offset",
                "2025-05-14T01:00:00",
            ),
        ),
        (
            body_of(has_more=True, next_token=""),
            (
                "pagination.has-more",
                "has_more and next_token contradict each other: it says there are more records and gives no token",
                "has_more: true with a token, or has_more: false without one",
                "has_more: true without a token",
            ),
        ),
        (
            body_of(next_token="x"),
            (
                "pagination.has-more",
                "has_more and next_token contradict each other: it says there are no more, and gives a token",
                "has_more: true with a token, or has_more: false without one",
                "has_more: false with a token",
            ),
        ),
    ],
)
def test_what_breaks_another_promise(body: Body, report: tuple[str, ...]) -> None:
    """A page that fits the schema can still be wrong in itself."""
    exchange = exchange_of(body)
    with pytest.raises(BrokenPromiseError) as raised:
        read_page(exchange)
    assert told(raised.value) == report
    assert raised.value.exchanges == (exchange,)


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


def day_with_offset(offset: str, **counts: int) -> Body:
    """Return the 14th of May of any zone, printed with that offset."""
    return {"period_start": f"2025-05-14T00:00:00{offset}", "period_end": f"2025-05-15T00:00:00{offset}", **counts}


def test_a_clock_time_with_the_offset_of_another_season() -> None:
    """The sentence has the clock time that stands there, and the zone."""
    query = Query(START - 2 * HOUR, START + HOUR, "day", "Europe/Berlin")
    with pytest.raises(BrokenPromiseError) as raised:
        inspect(page_of(row(0) | day_with_offset("+01:00")), query, 9, None)
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
