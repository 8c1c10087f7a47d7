"""Parsing date-times."""

import contextlib
from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apitally_mock._time.parsing import parse_instant, parse_time

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")


def seconds(time: datetime) -> int:
    return (time - EPOCH) // timedelta(seconds=1)


@given(
    st.datetimes(datetime.fromisoformat("0002-01-01"), datetime.fromisoformat("9998-12-31")),
    st.integers(-1439, 1439),
    st.sampled_from("Tt "),
    st.integers(0, 6),
)
def test_any_rfc_3339_form_denotes_its_instant(clock: datetime, offset: int, separator: str, digits: int) -> None:
    """Any date, offset up to 23:59, separator and length of fraction is parsed, and rounded both ways."""
    aware = clock.replace(tzinfo=timezone(timedelta(minutes=offset)))
    text = aware.isoformat(sep=separator, timespec="seconds")
    fraction = f"{clock.microsecond:06}"[:digits]
    if fraction:
        text = f"{text[:19]}.{fraction}{text[19:]}"
    time = parse_time(text)
    assert time.instant(BERLIN) == seconds(aware)
    assert time.instant_rounded_up(BERLIN) - time.instant(BERLIN) == bool(fraction.strip("0"))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2025-05-14T00:00:00z", datetime(2025, 5, 14, tzinfo=UTC)),
        ("2025-05-14t00:00:00-00:00", datetime(2025, 5, 14, tzinfo=UTC)),
        ("2016-12-31T23:59:60Z", datetime(2017, 1, 1, tzinfo=UTC)),
        ("2017-01-01T00:59:60+01:00", datetime(2017, 1, 1, tzinfo=UTC)),
        ("2025-05-14T00:00:00." + "0" * 40 + "1Z", datetime(2025, 5, 14, tzinfo=UTC)),
        ("2025-05-14T00:00", datetime(2025, 5, 13, 22, tzinfo=UTC)),
        ("2025-05-14 00:00:00", datetime(2025, 5, 13, 22, tzinfo=UTC)),
        ("2025-03-30T02:30:00", datetime(2025, 3, 30, 1, 30, tzinfo=UTC)),
        ("2025-10-26T02:30:00", datetime(2025, 10, 26, 0, 30, tzinfo=UTC)),
    ],
)
def test_special_forms(text: str, expected: datetime) -> None:
    """Lower case, leap seconds, long fractions, and skipped or repeated local times have one meaning."""
    time = parse_time(text)
    assert time.instant(BERLIN) == seconds(expected)
    assert time.instant_rounded_up(BERLIN) - seconds(expected) == time.has_fraction


def test_an_instant_needs_an_offset() -> None:
    """Where no timezone is given apart, a time without an offset is refused with the form that is expected."""
    assert parse_instant("2025-05-14T02:00:00+02:00") == seconds(datetime(2025, 5, 14, tzinfo=UTC))
    with pytest.raises(ValueError, match=r"^it needs an offset, such as 2025-05-14T02:00:00Z$"):
        parse_instant("2025-05-14T02:00:00")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "now",
        "2025-05-14",
        "20250514T000000Z",
        "1747180800",
        "2025-05-14T00:00Z",
        "2025-05-14T24:00:00Z",
        "2025-05-14T00:60:00Z",
        "2025-05-14T12:00:60Z",
        "2025-05-14T00:00:00+24:00",
        "2025-05-14T00:00:00+0200",
        "2025-05-14T00:00:00 02:00",
        "2025-05-14T00:00:00,5Z",
        "2025-05-14T00:00:00.Z",
        "2025-02-29T00:00:00Z",
        "2025-13-01T00:00:00Z",
        "0000-01-01T00:00:00Z",
        "10000-01-01T00:00:00Z",
        "-2025-05-14T00:00:00Z",
        "2025-05-14T00:00:00Z\n",
        " 2025-05-14T00:00:00Z",
        "2025-05-14T00:00:00Z\0",
        "२०२५-05-14T00:00:00Z",
        "2025-W20-3T00:00:00Z",
    ],
)
def test_anything_else_is_refused(text: str) -> None:
    """Bare dates, numbers, other ISO 8601 forms, impossible dates and stray characters are refused."""
    with pytest.raises(ValueError, match=r"."):
        parse_time(text)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("now", "expected a form such as 2025-05-14T00:00:00Z, 2025-05-14T00:00:00+02:00 or 2025-05-14T00:00:00"),
        ("2025-05-14T12:00:60Z", "a leap second can only be the last second of a day in UTC"),
    ],
)
def test_the_error_says_what_is_expected(text: str, sentence: str) -> None:
    """The message is the sentence that a client reads in the response."""
    with pytest.raises(ValueError, match=r".") as raised:
        parse_time(text)
    assert str(raised.value) == sentence


@given(st.text())
def test_no_text_raises_anything_but_a_value_error(text: str) -> None:
    """Whatever the text is, parsing it returns a time or raises a ValueError."""
    with contextlib.suppress(ValueError):
        parse_time(text)


@pytest.mark.parametrize("zone", [ZoneInfo("Pacific/Kiritimati"), ZoneInfo("America/Adak"), BERLIN])
@pytest.mark.parametrize("text", ["0001-01-01T00:00:00", "9999-12-31T23:59:59.9", "9999-12-31T23:59:60"])
def test_the_ends_of_the_calendar_have_an_instant_in_every_zone(zone: ZoneInfo, text: str) -> None:
    """The first and last local times that can be written do not overflow."""
    time = parse_time(text)
    assert abs(time.instant(zone) - time.local_seconds) < 86_400
