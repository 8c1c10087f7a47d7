"""The calendar of the suite: hours and days of a zone through every kind of change of its clocks."""

from datetime import UTC, datetime

import pytest

from contract_tests.oracle import zone_table, zones
from contract_tests.oracle.zones import DAY, HOUR


def at(text: str) -> int:
    """Return the seconds since 1970 of a time in UTC."""
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        ("Europe/Berlin", "2025-03-30T10:00", 23),
        ("Europe/Berlin", "2025-10-26T10:00", 25),
        ("America/New_York", "2025-03-09T15:00", 23),
        ("Australia/Lord_Howe", "2025-04-05T20:00", 24.5),
        ("Pacific/Chatham", "2025-09-27T20:00", 23),
        ("Antarctica/Troll", "2025-10-26T10:00", 26),
        ("Asia/Kathmandu", "2025-03-30T10:00", 24),
    ],
)
def test_days_are_as_long_as_their_clocks_make_them(zone: str, day: str, hours: float) -> None:
    """A day ends where the next one begins, 23, 24, 25 or some other number of hours after its midnight."""
    start = zones.floor(zone, "day", at(day))
    assert zones.following(zone, "day", start) - start == hours * HOUR


def test_hours_follow_the_clock_of_the_zone() -> None:
    """An instant is rounded down to the full hour that the clock of its zone shows, quarters of hours and all."""
    instant = at("2025-05-14T12:34:56")
    assert zones.floor("UTC", "hour", instant) == at("2025-05-14T12:00")
    assert zones.floor("Asia/Kolkata", "hour", instant) == at("2025-05-14T12:30")
    assert zones.floor("Asia/Kathmandu", "hour", instant) == at("2025-05-14T12:15")


def test_changes_are_found_to_the_second() -> None:
    """The changes of a zone within a year are found, each with its offsets."""
    changes = zones.transitions("Europe/Berlin", at("2025-01-01T00:00"), at("2026-01-01T00:00"))
    assert [(change.instant, change.shift) for change in changes] == [
        (at("2025-03-30T01:00"), HOUR),
        (at("2025-10-26T01:00"), -HOUR),
    ]


def test_odd_changes_are_those_that_split_an_hour() -> None:
    """A shift by half an hour, or at a quarter to, is odd; one by an hour on the full hour is not."""
    for zone, is_odd in (("Australia/Lord_Howe", True), ("Pacific/Chatham", True), ("Europe/Berlin", False)):
        changes = zones.transitions(zone, at("2025-01-01T00:00"), at("2026-01-01T00:00"))
        assert [zones.is_odd(change) for change in changes] == [is_odd, is_odd]


def test_an_hour_that_is_full_on_the_clock_alone_is_split_by_nothing() -> None:
    """Whether a change is odd, the clock says that was right before it."""
    change = at("2025-04-05T13:15")
    assert not zones.is_odd(zones.Transition(change, 45_900, 49_500))
    assert zones.is_odd(zones.Transition(change + 900, 45_900, 49_500))
    assert zones.is_odd(zones.Transition(change, 45_900, 47_700))


@pytest.mark.parametrize(
    ("zone", "days"),
    [
        ("Europe/Berlin", ["2025-03-30"]),
        ("America/Santiago", ["2025-09-06", "2025-09-07"]),
        ("America/Havana", ["2025-11-02"]),
    ],
)
def test_days_of_a_change(zone: str, days: list[str]) -> None:
    """A change belongs to the day that it falls into; one at midnight, to the days before and after it."""
    noons = {day: at(f"{day}T16:00") for first in days[:1] for day in around(first)}
    assert [day for day, noon in noons.items() if zones.is_day_of_change(zone, noon)] == days


def around(day: str) -> list[str]:
    """Return the five days around one."""
    return [zones.utc(at(f"{day}T00:00") + number * DAY)[:10] for number in range(-2, 4)]


def test_a_day_begins_where_its_clock_first_shows_it() -> None:
    """Midnight that comes twice is the first one, and midnight that is skipped is the change."""
    assert zones.floor("America/Havana", "day", at("2025-11-02T18:00")) == at("2025-11-02T04:00")
    assert zones.floor("America/Santiago", "day", at("2025-09-07T18:00")) == at("2025-09-07T04:00")


def test_a_time_that_a_clock_shows_twice() -> None:
    """The second one is a repetition of the first, and of nothing else."""
    first, second = at("2025-10-26T00:30"), at("2025-10-26T01:30")
    assert zones.is_repeated("Europe/Berlin", first, second)
    assert not zones.is_repeated("Europe/Berlin", second, first)
    assert not zones.is_repeated("Europe/Berlin", first, first)
    assert not zones.is_repeated("Europe/Berlin", first, second + HOUR)


def test_times_that_come_twice_or_never_are_known() -> None:
    """A local time names one instant, unless the clocks go back over it."""
    assert zones.names_one_instant("Europe/Berlin", at("2025-10-26T10:00"))
    assert not zones.names_one_instant("Europe/Berlin", at("2025-10-26T00:30"))
    assert not zones.names_one_instant("Europe/Berlin", at("2025-10-26T01:30"))


def test_periods_cover_their_window_without_a_gap() -> None:
    """Each period begins where the one before ends, from the start of the window to its end."""
    start = zones.floor("America/St_Johns", "day", at("2025-03-01T00:00"))
    periods = list(zones.periods("America/St_Johns", "day", start, start + 30 * DAY))
    assert [end for _, end in periods[:-1]] == [begin for begin, _ in periods[1:]]
    assert len(periods) == 31  # one of them has an hour less, so the window ends within the next one
    assert list(zones.periods("UTC", "hour", 0, 2 * HOUR)) == [(0, HOUR), (HOUR, 2 * HOUR)]


def test_offsets_are_written_with_their_minutes() -> None:
    """An instant with an offset of any sign and size reads back as the same instant."""
    instant = at("2025-05-14T12:34:56")
    for offset in (0, 20_700, -12_600, 14 * HOUR, -12 * HOUR, 60, -60):
        text = zones.with_offset(instant, offset)
        assert datetime.fromisoformat(text).timestamp() == instant
    assert zones.with_offset(instant, -12_600) == "2025-05-14T09:04:56-03:30"
    assert zones.with_offset(instant, 0) == "2025-05-14T12:34:56+00:00"


@pytest.mark.parametrize("zone", ["UTC", "Pacific/Kiritimati", "Pacific/Pago_Pago", "America/Juneau"])
@pytest.mark.parametrize("instant", [-62_135_683_140, -62_135_596_800, 253_402_300_799, 253_402_387_139])
def test_the_ends_of_the_calendar(zone: str, instant: int) -> None:
    """A server may name any instant, so none ends in an error; those of no year are not printed as others."""
    for interval in ("hour", "day"):
        zones.following(zone, interval, zones.floor(zone, interval, instant))
    zones.is_day_of_change(zone, instant)
    zones.names_one_instant(zone, instant)
    assert (zones.utc(instant)[-1] == "Z") == (instant in {-62_135_596_800, 253_402_300_799})


def test_the_table_of_zones_has_every_kind() -> None:
    """Whole hours, halves and quarters are there, and zones whose clocks change."""
    now = at("2025-06-01T00:00")
    assert {zone_table.alignment(zone, now) for zone in zone_table.HALF} == {HOUR // 2}
    assert {zone_table.alignment(zone, now) for zone in zone_table.QUARTER} == {HOUR // 4}
    assert {zone_table.alignment(zone, now) for zone in zone_table.WHOLE} == {0}
    assert set(zone_table.CHANGING) <= set(zone_table.ALL)
