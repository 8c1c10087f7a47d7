"""Reading date-times."""

import contextlib
from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apitally_mock.periods.moment import parse_moment

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")


def seconds(moment: datetime) -> int:
    return (moment - EPOCH) // timedelta(seconds=1)


@given(
    st.datetimes(datetime.fromisoformat("0002-01-01"), datetime.fromisoformat("9998-12-31")),
    st.integers(-1439, 1439),
    st.sampled_from("Tt "),
    st.integers(0, 6),
)
def test_any_rfc_3339_form_names_the_instant_that_it_spells(
    clock: datetime, offset: int, separator: str, digits: int
) -> None:
    """Any date, offset up to 23:59, separator and length of fraction is read, and rounded to the second both ways."""
    aware = clock.replace(tzinfo=timezone(timedelta(minutes=offset)))
    text = aware.isoformat(sep=separator, timespec="seconds")
    fraction = f"{clock.microsecond:06}"[:digits]
    if fraction:
        text = f"{text[:19]}.{fraction}{text[19:]}"
    moment = parse_moment(text)
    assert moment.instant(BERLIN) == seconds(aware)
    assert moment.instant_rounded_up(BERLIN) - moment.instant(BERLIN) == bool(fraction.strip("0"))


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
    """Lower case, leap seconds, long fractions, and local times that are skipped or come twice have one meaning."""
    assert parse_moment(text).instant(BERLIN) == seconds(expected)


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
    """Dates alone, numbers, other ISO 8601 forms, impossible dates and stray characters are no date-time."""
    with pytest.raises(ValueError, match=r"."):
        parse_moment(text)


@given(st.text())
def test_no_text_is_worse_than_refused(text: str) -> None:
    """Whatever the text is, reading it gives a moment or a ValueError."""
    with contextlib.suppress(ValueError):
        parse_moment(text)


@pytest.mark.parametrize("zone", [ZoneInfo("Pacific/Kiritimati"), ZoneInfo("America/Adak"), BERLIN])
@pytest.mark.parametrize("text", ["0001-01-01T00:00:00", "9999-12-31T23:59:59.9", "9999-12-31T23:59:60"])
def test_the_ends_of_the_calendar_have_an_instant_in_every_zone(zone: ZoneInfo, text: str) -> None:
    """The first and last local times that can be written do not overflow."""
    moment = parse_moment(text)
    assert abs(moment.instant(zone) - moment.clock_seconds) < 86_400
