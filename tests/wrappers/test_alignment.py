"""Which starts and lengths the clock changes of a timezone allow, to the hour."""

from datetime import UTC, datetime, timedelta

import pytest

from apitally_traffic import Interval, TimeWindow
from apitally_traffic._paging.alignment import belongs_from, is_possible_length, misaligned, offset_changes

DAY, HOUR, MINUTE, SECOND = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1), timedelta(seconds=1)


def window(interval: Interval, zone: str) -> TimeWindow:
    """Return a window of a timezone; only its interval and its timezone count here."""
    return TimeWindow.resolve("2026-01-01", "2026-12-31", interval, zone)


def utc(text: str) -> datetime:
    """Return an instant of 2026."""
    return datetime.fromisoformat(f"2026-{text}").replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("start", "length", "is_possible"),
    [
        ("03-26 23:00", 24 * HOUR - MINUTE, False),  # two days before the change of March 29, 01:00
        ("03-27 01:00", 23 * HOUR, True),
        ("03-28 23:00", 23 * HOUR, True),
        ("03-28 23:00", 25 * HOUR, True),
        ("03-28 23:00", 23 * HOUR - SECOND, True),  # the end is inclusive
        ("03-28 23:00", 23 * HOUR - SECOND - timedelta.resolution, False),
        ("03-28 23:00", 22 * HOUR, False),
        ("03-28 23:00", 26 * HOUR, False),
        ("03-30 00:59", 23 * HOUR, True),
        ("03-30 01:00", 23 * HOUR, False),  # a day after it
        ("10-25 22:00", 25 * HOUR, True),
        ("10-24 22:00", 25 * HOUR - SECOND, True),
        ("10-27 22:00", 25 * HOUR, False),
        ("06-10 22:00", 25 * HOUR, False),
    ],
)
def test_lengths_of_days(start: str, length: timedelta, *, is_possible: bool) -> None:
    """From two days before a change of an hour until a day after it, days may have 23 to 25 hours."""
    begin = utc(start)
    assert is_possible_length(begin, begin + length, window("day", "Europe/Berlin")) == is_possible


@pytest.mark.parametrize(
    ("zone", "start", "length", "is_possible"),
    [
        ("Europe/Berlin", "03-29 00:00", HOUR, True),
        ("Europe/Berlin", "03-29 00:00", 2 * HOUR, False),
        ("Europe/Berlin", "10-25 00:00", 2 * HOUR, False),
        ("Europe/Berlin", "03-29 00:00", HOUR - SECOND, True),
        ("Europe/Berlin", "03-29 00:00", HOUR - SECOND - timedelta.resolution, False),
        ("Australia/Lord_Howe", "10-03 15:00", 30 * MINUTE - SECOND, True),
        ("Australia/Lord_Howe", "10-03 15:00", 30 * MINUTE - SECOND - timedelta.resolution, False),
        ("Australia/Lord_Howe", "04-04 14:00", HOUR + 30 * MINUTE, True),
        ("Australia/Lord_Howe", "04-04 14:00", HOUR + 31 * MINUTE, False),
        ("Australia/Lord_Howe", "06-04 14:30", HOUR + 30 * MINUTE, False),
    ],
)
def test_lengths_of_hours(zone: str, start: str, length: timedelta, *, is_possible: bool) -> None:
    """Hours keep their length when the clocks change by a whole one, and may differ by a change of half an hour."""
    begin = utc(start)
    assert is_possible_length(begin, begin + length, window("hour", zone)) == is_possible


@pytest.mark.parametrize("end", [datetime.min.replace(tzinfo=UTC) + HOUR, datetime.max.replace(tzinfo=UTC)])
def test_the_ends_of_the_calendar_have_no_odd_lengths(end: datetime) -> None:
    """Where local times are none, no length but the usual one is possible."""
    assert not is_possible_length(end - HOUR, end, window("day", "Asia/Tokyo"))


@pytest.mark.parametrize("end", [datetime.min.replace(tzinfo=UTC) + HOUR, datetime.max.replace(tzinfo=UTC)])
def test_no_clock_changes_at_the_ends_of_the_calendar(end: datetime) -> None:
    """Where local times are none, no clock changes, and no day may come twice."""
    assert not offset_changes(end, window("day", "Asia/Tokyo"))


@pytest.mark.parametrize(
    ("start", "is_misaligned"),
    [
        ("03-27 23:00", False),
        ("03-27 22:00", True),
        ("03-28 12:00", True),
        ("03-28 22:00", False),  # within a day of the change of March 29, 01:00, the other offset goes, too
        ("03-28 23:00", False),
        ("03-29 01:00", True),
        ("03-29 22:00", False),
        ("03-29 23:00", False),
        ("03-30 00:59", True),
        ("03-30 22:00", False),
        ("03-30 23:00", True),
        ("06-10 22:00", False),
        ("06-10 02:00", True),  # two hours off UTC on the wrong side
    ],
)
def test_starts_of_days(start: str, *, is_misaligned: bool) -> None:
    """A day starts at midnight, by either offset around a clock change; alone, and among the days of a year."""
    days = window("day", "Europe/Berlin")
    begin = utc(start)
    others = [day for period in days.periods() if abs((day := period.start.astimezone(UTC)) - begin) > DAY]
    for starts in ([begin], sorted([*others, begin])):
        assert misaligned(starts, days) == (begin if is_misaligned else None)


@pytest.mark.parametrize(("minute", "is_misaligned"), [(15, False), (0, True), (45, True)])
def test_starts_of_hours(minute: int, *, is_misaligned: bool) -> None:
    """The hours of Kathmandu, 5:45 east of UTC, begin at a quarter past."""
    begin = utc(f"06-10 12:{minute:02}")
    assert misaligned([begin], window("hour", "Asia/Kathmandu")) == (begin if is_misaligned else None)


def test_starts_between_a_change_and_the_change_back() -> None:
    """Clocks that change for three weeks only move midnights for three weeks, and the offsets around do not show it."""
    days = TimeWindow.resolve("2010-09-06", "2010-10-20", "day", "Africa/Cairo")
    starts = [period.start.astimezone(UTC) for period in days.periods()]
    assert {start.hour for start in starts} == {21, 22}
    assert misaligned(starts, days) is None
    for place in (1, 14, 40):
        wrong = starts[place] + 2 * HOUR
        assert misaligned([*starts[:place], wrong, *starts[place + 1 :]], days) == wrong


def test_seconds_that_a_start_has_no_reason_for() -> None:
    """Where the offset has no seconds, a start has none, either."""
    begin = utc("06-10 12:15") + 30 * SECOND
    for zone in ("Europe/Berlin", "Asia/Kathmandu", "UTC"):
        assert misaligned([begin], window("hour", zone)) == begin


@pytest.mark.parametrize(
    ("start", "is_misaligned"),
    [("23:05", True), ("23:06", False), ("23:06:32", False), ("23:07", False), ("23:08", True)],
)
def test_local_mean_time_in_whole_minutes(start: str, *, is_misaligned: bool) -> None:
    """Berlin was 53 minutes and 28 seconds east of UTC, and a response has no seconds in an offset."""
    days = TimeWindow.resolve("1890-06-10", "1890-06-12", "day", "Europe/Berlin")
    begin = datetime.fromisoformat(f"1890-06-10T{start}Z")
    assert misaligned([begin], days) == (begin if is_misaligned else None)


@pytest.mark.parametrize(
    ("border", "earlier"),
    [
        pytest.param("1890-06-09T23:06:32Z", MINUTE, id="local mean time"),
        pytest.param("1893-03-31T23:06:32Z", MINUTE, id="its end"),
        pytest.param("1893-04-01T23:00:00Z", timedelta(0), id="zone time"),
    ],
)
def test_from_when_on_rows_belong_to_a_window(border: str, earlier: timedelta) -> None:
    """A row may start a minute early where the offset has seconds, as it has until the end of local mean time."""
    begin = datetime.fromisoformat(border)
    assert belongs_from(begin, window("day", "Europe/Berlin")) == begin - earlier
