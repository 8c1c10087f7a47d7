"""What the suite says of a page that is broken in itself, word for word."""

import json
from itertools import combinations
from typing import Any

import pytest

from contract_tests.exchange import Exchange
from contract_tests.oracle.page import read_page
from contract_tests.promises.promise import BrokenPromiseError
from tests.contract.test_pages import Body, body_of, exchange_of, row, told, without

LONG = "x" * 80


def answer(content: bytes, content_type: str = "application/json") -> Exchange:
    """Return a response with that content."""
    return Exchange(1, "GET", "http://h/", (), 200, {"content-type": content_type}, content, 0.0, 0.0)


@pytest.mark.parametrize(
    ("content", "place", "got", "expected"),
    [
        (b"<html>", "the body is", "200 <html>", "JSON"),
        (b"\xff\xfe", "the body is", "200 \ufffd\ufffd", "JSON"),
        (b"[" * 100_000, "the body is", f"200 {'[' * 300}…", "JSON"),
        (b'{"data": [' + b"9" * 5000 + b"]}", "the body is", f'200 {{"data": [{"9" * 290}…', "JSON"),
        (b'{"data": "\\ud800"}', "the body is", '200 {"data": "\\ud800"}', "JSON"),
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


FIELDS = ("period_start", "period_end", "requests", "bytes_received", "bytes_sent")
WRONG: dict[str, tuple[Any, ...]] = dict.fromkeys(FIELDS[:2], (None, 5)) | dict.fromkeys(FIELDS[2:], ("1", 1.5, True))


@pytest.mark.parametrize("names", [names for number in range(1, 6) for names in combinations(FIELDS, number)], ids=str)
def test_the_first_field_of_a_wrong_type_is_named(names: tuple[str, ...]) -> None:
    """So it is where further fields of the row have the same wrong type."""
    for value in WRONG[names[0]]:
        wrong = {name: value if value in WRONG[name] else None for name in names}
        with pytest.raises(BrokenPromiseError) as raised:
            read_page(exchange_of(body_of(row(0), row(1) | wrong)))
        assert raised.value.message.startswith(f"data[1].{names[0]} is {json.dumps(value)}, not a")


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
