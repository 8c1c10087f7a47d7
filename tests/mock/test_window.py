"""The window of a query, without a server: defaults, rounding, and the ends of the calendar."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from apitally_mock._time.http_date import http_date
from apitally_mock._time.parsing import parse_time
from apitally_mock._time.periods import Interval
from apitally_mock._time.timezones import FIRST_INSTANT, LAST_INSTANT
from apitally_mock._time.window import window_end, window_start

BERLIN = ZoneInfo("Europe/Berlin")


def instant(text: str) -> int:
    """Return an instant in seconds since 1970."""
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())


NOW = instant("2025-06-18 12:34:56")


@pytest.mark.parametrize(
    ("interval", "start", "expected"),
    [
        ("hour", None, "2025-06-17 12:00:00"),
        ("day", None, "2025-05-18 22:00:00"),
        ("hour", "2025-06-18T10:59:59", "2025-06-18 08:00:00"),
        ("day", "2025-01-18T00:00:00Z", "2025-01-17 23:00:00"),
    ],
)
def test_a_window_starts_with_a_period(interval: Interval, start: str | None, expected: str) -> None:
    """The start is 24 hours or 30 days ago by default, and rounded down to an hour or a midnight of the timezone."""
    given = None if start is None else parse_time(start)
    assert window_start(given, NOW, interval, BERLIN) == instant(expected)


def test_a_window_ends_now_or_with_the_next_second() -> None:
    """The end is not rounded to the interval: a fraction of a second counts as the whole one."""
    assert window_end(None, NOW, BERLIN) == NOW
    assert window_end(parse_time("2025-06-18T10:59:59"), NOW, BERLIN) == instant("2025-06-18 08:59:59")
    assert window_end(parse_time("2025-06-18T10:59:59.001"), NOW, BERLIN) == instant("2025-06-18 09:00:00")


def test_windows_stay_in_the_calendar() -> None:
    """What lies before the first or after the last instant is moved there, and the last one is not rounded down."""
    first, last = parse_time("0001-01-01T00:00:00+14:00"), parse_time("9999-12-31T23:59:59-14:00")
    assert window_start(first, NOW, "hour", ZoneInfo("UTC")) == FIRST_INSTANT
    assert window_start(last, NOW, "day", BERLIN) == LAST_INSTANT
    assert window_start(parse_time("9999-12-30T00:00:00Z"), NOW, "day", BERLIN) == LAST_INSTANT
    assert window_end(last, NOW, BERLIN) == LAST_INSTANT


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (NOW, "Wed, 18 Jun 2025 12:34:56 GMT"),
        (253_402_300_799, "Fri, 31 Dec 9999 23:59:59 GMT"),
        (253_402_300_800, "Fri, 31 Dec 9999 23:59:59 GMT"),
    ],
)
def test_a_date_of_http_has_four_digits_for_the_year(seconds: int, text: str) -> None:
    """A date is written as HTTP wants it, up to the end of the year 9999."""
    assert http_date(seconds) == text
