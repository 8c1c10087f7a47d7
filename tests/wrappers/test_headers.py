"""The time at which a server made a response."""

from datetime import UTC, datetime
from time import process_time

import httpx
import pytest

from apitally_traffic._headers import date_of, parse_number, parse_retry_after


@pytest.mark.parametrize(
    ("date", "expected"),
    [
        ("Thu, 01 Jan 1970 00:00:00 GMT", datetime(1970, 1, 1, tzinfo=UTC)),
        ("Thu, 01 Jan 2026 00:00:09 GMT", datetime(2026, 1, 1, 0, 0, 9, tzinfo=UTC)),
        ("Thu, 01 Jan 2026 00:00:09 GMT, Thu, 01 Jan 2026 00:00:04 GMT", datetime(2026, 1, 1, 0, 0, 4, tzinfo=UTC)),
        ("Thu, 31 Dec 9998 23:59:59 GMT", datetime(9998, 12, 31, 23, 59, 59, tzinfo=UTC)),
        ("Fri, 01 Jan 9999 00:00:00 GMT", None),
        ("Wed, 31 Dec 1969 23:59:59 GMT", None),
        ("Mon, 01 Jan 0001 00:00:00 GMT", None),
        ("Thu, 01 Jan 2026 00:00:09 +0000", datetime(2026, 1, 1, 0, 0, 9, tzinfo=UTC)),
        ("Thursday, 01-Jan-26 00:00:09 GMT", datetime(2026, 1, 1, 0, 0, 9, tzinfo=UTC)),
        ("Thu Jan  1 00:00:09 2026", datetime(2026, 1, 1, 0, 0, 9, tzinfo=UTC)),
        ("Fri Nov 27 02:37:43 2026", datetime(2026, 11, 27, 2, 37, 43, tzinfo=UTC)),
        ("Thu Jan  1 00:00:09 2026, Thu, 01 Jan 2026 00:00:14 GMT", datetime(2026, 1, 1, 0, 0, 9, tzinfo=UTC)),
        ("Thu Jan  1 00:00:09 0026", None),
        ("Thu, 32 Jan 2026 00:00:00 GMT", None),
        ("1767225609", None),
        ("", None),
    ],
)
def test_the_date_of_a_response(date: str, expected: datetime | None) -> None:
    """It is read to the second, and not used where it says nothing, or lies where clocks cannot be compared.

    Of two, such as a gateway's beside that of a cache behind it, the earlier one is that of the rows.
    """
    assert date_of(httpx.Headers({"Date": date})) == expected


@pytest.mark.parametrize(
    "text", ["x", "Mon", "Mon,", "Mon, ", "Mon, 1 ", "1,", "1.", "1e1", " ", "s", "01-Jan-26", "GMT+"], ids=repr
)
def test_a_long_header(text: str) -> None:
    """It takes time by its length: several times as long as a server may send, it takes no second."""
    value = (text * 300_000)[:300_000]
    began = process_time()
    assert [parse_number(value), parse_retry_after(value, 0)] == [parse_number(value)] * 2
    assert date_of(httpx.Headers({"Date": value})) is None
    assert process_time() - began < 1


@pytest.mark.parametrize(("seconds", "wait"), [(366 * 86_400, 31_622_400.0), (366 * 86_400 + 1, None)])
def test_the_longest_wait(seconds: int, wait: float | None) -> None:
    """It is a leap year, and what is longer is none."""
    assert parse_retry_after(str(seconds), 0) == wait


def test_a_response_without_a_date() -> None:
    """Without the header there is no time."""
    assert date_of(httpx.Headers()) is None
