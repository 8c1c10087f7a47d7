"""What the suite makes of a single page: read field by field, and compared with the query that it is for."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from contract_tests.exchange import Exchange
from contract_tests.oracle import zones
from contract_tests.oracle.inspection import inspect
from contract_tests.oracle.page import Page, read_page
from contract_tests.oracle.query import Query
from contract_tests.oracle.zones import HOUR
from contract_tests.promises.promise import BrokenPromiseError

START = 1_747_180_800  # 2025-05-14T00:00:00Z
Body = dict[str, Any]


def exchange_of(body: Body, content_type: str = "application/json") -> Exchange:
    """Return a response with that body."""
    content = json.dumps(body).encode()
    return Exchange(1, "GET", "http://h/", (), 200, {"content-type": content_type}, content, 0.0, 0.0)


def row(hour: float, requests: Any = 1, *, offset: int = 0, hours: float = 1) -> Body:
    """Return an hour, or more, of traffic, counted from the start."""
    first, last = START + round(hour * HOUR), START + round((hour + hours) * HOUR)
    edges = {"period_start": zones.with_offset(first, offset), "period_end": zones.with_offset(last, offset)}
    return edges | {"requests": requests, "bytes_received": 2, "bytes_sent": 3}


def body_of(*rows: Any, **changes: Any) -> Body:
    """Return a last page."""
    return {"data": list(rows), "has_more": False, "next_token": None} | changes


def page_of(*rows: Body) -> Page:
    """Return a page that was read."""
    return read_page(exchange_of(body_of(*rows)))


def told(error: BrokenPromiseError) -> tuple[str, str, str, str]:
    """Return all that a report has of a breach."""
    return error.promise_id, error.message, error.expected, error.got


def without(name: str) -> Callable[[Body], Body]:
    """Take a field away."""
    return lambda body: {key: value for key, value in body.items() if key != name}


@pytest.mark.parametrize(
    ("body", "promise_id"),
    [
        (without("has_more")(body_of()), "response.schema"),
        (body_of(has_more="no"), "response.schema"),
        (body_of(row(0, "1")), "response.schema"),
        (body_of(row(0, 1.5)), "response.schema"),
        (body_of(row(0, True)), "response.schema"),  # noqa: FBT003 - a count that is none
        (body_of(without("bytes_sent")(row(0))), "response.schema"),
        (body_of(row(0) | {"period_start": "14.5.2025"}), "response.schema"),
        (body_of(row(0) | {"period_start": "2025-05-14T00:00:00"}), "response.offsets"),
        *[(body_of(row(0) | {name: -1}), "response.counts") for name in ("requests", "bytes_received", "bytes_sent")],
        (body_of(has_more=True), "pagination.has-more"),
        (body_of(next_token="x"), "pagination.has-more"),
    ],
)
def test_a_page_of_the_wrong_form_breaks_the_right_promise(body: Body, promise_id: str) -> None:
    """Each field that is missing or wrong is found, under the promise that it breaks."""
    with pytest.raises(BrokenPromiseError) as raised:
        read_page(exchange_of(body))
    assert raised.value.promise_id == promise_id


def test_another_content_type_breaks_the_schema() -> None:
    """JSON that calls itself something else is not what is declared."""
    with pytest.raises(BrokenPromiseError, match="text/html"):
        read_page(exchange_of(body_of(), "text/html"))


def test_freedoms_of_a_page_are_read() -> None:
    """More fields, fractions of seconds, Z, any offset and any notation of an integer are read as the same period."""
    plain, free = page_of(row(0)), page_of(row(0, offset=20_700) | {"errors": None})
    assert plain.rows[0].start == free.rows[0].start == START
    fraction = row(0) | {"period_start": "2025-05-14T00:00:00.000Z"}
    assert page_of(fraction).rows[0].start == START
    assert page_of(row(0, 0.0), row(1, 12.0)).rows == page_of(row(0, 0), row(1, 12)).rows


def test_a_page_that_is_not_the_last() -> None:
    """Its token is kept, and parameters and capitals of the content type make no difference."""
    page = read_page(exchange_of(body_of(has_more=True, next_token="x"), "Application/JSON; charset=utf-8"))
    assert (page.has_more, page.token, page.rows) == (True, "x", ())
    last = page_of()
    assert (last.has_more, last.token) == (False, None)


@pytest.mark.parametrize(
    ("rows", "query", "limit", "promise_id"),
    [
        ([row(0), row(1)], Query(START, START + 2 * HOUR, "hour"), 1, "pagination.limit"),
        ([row(0), row(0)], Query(START, START + 2 * HOUR, "hour"), 9, "pagination.each-once"),
        ([row(2)], Query(START, START + 2 * HOUR, "hour"), 9, "window.nothing-outside"),
        ([row(-1)], Query(START, START + 2 * HOUR, "hour"), 9, "window.nothing-outside"),
        ([row(0), row(1)], Query(START, START + 2 * HOUR, "hour", "Asia/Kolkata"), 9, "timezone.fractional"),
        ([row(0)], Query(START, START + 2 * HOUR, "hour", "Asia/Kolkata"), 9, "window.start-rounded"),
        ([row(0, hours=2)], Query(START, START + 2 * HOUR, "hour"), 9, "response.period-end"),
        ([row(0, hours=24)], Query(START - HOUR, START + 25 * HOUR, "day", "Asia/Tokyo"), 9, "timezone.midnights"),
        ([row(-2, offset=HOUR, hours=24)], Query(START - 3 * HOUR, START + HOUR, "day", "Europe/Berlin"), 9, None),
    ],
)
def test_a_page_is_held_against_its_query(rows: list[Body], query: Query, limit: int, promise_id: str | None) -> None:
    """A row too many, outside, twice or off the clock of the zone is found, under the promise that it breaks."""
    page = page_of(*rows)
    if promise_id is None:
        inspect(page, query, limit, None)
        return
    with pytest.raises(BrokenPromiseError) as raised:
        inspect(page, query, limit, None)
    assert raised.value.promise_id == promise_id


def test_the_last_period_may_end_at_the_end() -> None:
    """A period that is cut off at the end of the window is no breach; one that is cut off elsewhere is."""
    cut = row(1) | {"period_end": zones.utc(START + HOUR + 600)}
    inspect(page_of(row(0), cut), Query(START, START + HOUR + 600, "hour"), 9, None)
    with pytest.raises(BrokenPromiseError):
        inspect(page_of(row(0), cut), Query(START, START + HOUR + 1200, "hour"), 9, None)


def test_the_right_clock_with_a_wrong_offset_is_a_wrong_offset() -> None:
    """Midnight in Berlin, printed with the offset of winter in May, names another instant, and is called so."""
    wrong = row(-2, hours=24) | {"period_start": "2025-05-14T00:00:00+01:00", "period_end": "2025-05-15T00:00:00+01:00"}
    with pytest.raises(BrokenPromiseError) as raised:
        inspect(page_of(wrong), Query(START - 2 * HOUR, START + HOUR, "day", "Europe/Berlin"), 9, None)
    assert raised.value.promise_id == "response.offsets"


@pytest.mark.parametrize(
    ("end", "promise_id"),
    [
        ("2025-03-31T01:00:00+02:00", "timezone.dst"),
        ("2025-04-01T00:00:00+02:00", "response.period-end"),
    ],
)
def test_a_day_of_a_change_with_a_wrong_end(end: str, promise_id: str) -> None:
    """A day that is wrong by the change breaks the promise about changes; one that lasts for two, that about ends."""
    day = row(0) | {"period_start": "2025-03-30T00:00:00+01:00", "period_end": end}
    first = 1_743_289_200  # midnight in Berlin
    with pytest.raises(BrokenPromiseError) as raised:
        inspect(page_of(day), Query(first, first + 95 * HOUR, "day", "Europe/Berlin"), 9, None)
    assert raised.value.promise_id == promise_id
