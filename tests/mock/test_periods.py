"""The hours and days of zones."""

import struct
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apitally_mock._time.periods import (
    Boundary,
    Interval,
    boundaries_of_day,
    boundary_after,
    boundary_at_or_before,
    format_boundary,
)
from apitally_mock._time.timezones import FIRST_INSTANT, LAST_INSTANT, load_zone, offset_at, spans_of_day, zone_names

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
DAY = 86_400

zones = st.sampled_from(sorted(zone_names())).map(load_zone)
intervals = st.sampled_from(["hour", "day"])
instants = st.integers(FIRST_INSTANT, LAST_INSTANT) | st.integers(-4_000_000_000, 4_000_000_000)

CLOCK_CHANGES = [
    ("Europe/Berlin", "2025-03-30"),
    ("Europe/Berlin", "2025-10-26"),
    ("Europe/Berlin", "1893-03-31"),
    ("Australia/Lord_Howe", "2025-04-05"),
    ("Australia/Lord_Howe", "2025-10-04"),
    ("America/Sao_Paulo", "2018-11-04"),
    ("America/Sao_Paulo", "2018-02-18"),
    ("Africa/Cairo", "2024-04-25"),
    ("Africa/Cairo", "2024-10-31"),
    ("Pacific/Apia", "2011-12-30"),
    ("America/Toronto", "1919-03-31"),
    ("America/St_Johns", "2006-04-02"),
    ("America/St_Johns", "2006-10-29"),
    ("America/Juneau", "1867-10-18"),
    ("Asia/Manila", "1844-12-31"),
    ("Asia/Kathmandu", "1985-12-31"),
    ("Africa/Monrovia", "1972-01-07"),
    ("America/Nuuk", "2024-03-31"),
    ("Antarctica/Troll", "2025-03-30"),
]


@pytest.mark.parametrize(("name", "date"), CLOCK_CHANGES)
def test_periods_begin_where_local_time_does(name: str, date: str) -> None:
    """Stepping through local time finds the same beginnings: full hours and new dates, or the end of a gap over one."""
    zone = load_zone(name)
    first = (datetime.fromisoformat(date + "T00:00:00Z") - EPOCH).days - 1
    start, end = first * DAY, (first + 3) * DAY
    # The first day only shows which dates there were already.
    offset = _offset(start - DAY, zone)
    clock = start - DAY + offset
    latest = clock // DAY
    found: dict[Interval, list[tuple[int, int]]] = {"hour": [], "day": []}
    for instant, offset in _walk(start - DAY, end, zone):
        before, clock = clock, instant + offset
        if instant >= start and (clock % 3600 == 0 or (clock > before and clock // 3600 > before // 3600)):
            found["hour"].append((instant, offset))
        if instant >= start and clock // DAY > latest:
            found["day"].append((instant, offset))
        latest = max(latest, clock // DAY)
    for interval, expected in found.items():
        assert [
            boundary for day in range(first, first + 3) for boundary in boundaries_of_day(day, zone, interval)
        ] == expected


def _walk(start: int, end: int, zone: ZoneInfo) -> Iterator[tuple[int, int]]:
    """Yield the full minutes of local time and, of a minute in which its offset changes, each second."""
    for minute in range(start, end, 60):
        offset = _offset(minute, zone)
        if offset == _offset(minute + 59, zone):
            yield minute + -(minute + offset) % 60, offset
        else:
            yield from ((second, _offset(second, zone)) for second in range(minute, minute + 60))


def _offset(instant: int, zone: ZoneInfo) -> int:
    offset = (EPOCH + timedelta(seconds=instant)).astimezone(zone).utcoffset()
    assert offset is not None
    return int(offset.total_seconds())


@given(zones, intervals, instants)
def test_periods_tile(zone: ZoneInfo, interval: Interval, instant: int) -> None:
    """Every instant lies in exactly one period, whose end is the beginning of the next."""
    start = boundary_at_or_before(instant, zone, interval)
    end = boundary_after(instant, zone, interval)
    assert start.instant <= instant < end.instant
    assert boundary_after(start.instant, zone, interval) == end
    assert boundary_at_or_before(start.instant, zone, interval) == start
    assert boundary_at_or_before(end.instant - 1, zone, interval) == start
    assert end.instant - start.instant <= (2 * 3600 if interval == "hour" else 2 * DAY + 3600)


@given(zones, instants)
def test_every_day_begins_where_an_hour_does(zone: ZoneInfo, instant: int) -> None:
    """A day is a whole number of hours."""
    start = boundary_at_or_before(instant, zone, "day")
    assert boundary_at_or_before(start.instant, zone, "hour") == start


@given(zones, intervals, instants)
def test_a_formatted_boundary_denotes_its_instant(zone: ZoneInfo, interval: Interval, instant: int) -> None:
    """The printed offset is the zone's, rounded up to a full minute, and the instant is exact."""
    boundary = boundary_at_or_before(instant, zone, interval)
    printed = datetime.fromisoformat(format_boundary(boundary))
    offset = printed.utcoffset()
    assert (printed - EPOCH) // timedelta(seconds=1) == boundary.instant
    assert offset is not None
    assert 0 <= offset.total_seconds() - boundary.offset < 60
    assert boundary.offset == offset_at(boundary.instant, zone)


@pytest.mark.parametrize(
    ("offset", "text"),
    [(0, "00:00:00Z"), (1, "00:01:00+00:01"), (60, "00:01:00+00:01"), (-59, "00:00:00Z"), (-60, "23:59:00-00:01")],
)
def test_the_smallest_offsets(offset: int, text: str) -> None:
    """Seconds of an offset are rounded up to the next minute, also around zero."""
    assert format_boundary(Boundary(0, offset)).endswith(f"T{text}")


def test_no_zone_changes_its_offset_twice_within_two_days() -> None:
    """`spans_of_day` relies on it: it compares only the two ends of a day."""
    for name in zone_names():
        changes = list(_changes_of_offset(files("tzdata").joinpath("zoneinfo", *name.split("/")).read_bytes()))
        assert all(later - earlier > 2 * DAY for earlier, later in pairwise(changes)), name


def _changes_of_offset(data: bytes) -> Iterator[int]:
    """Read the instants at which an offset changes from a file in the format of RFC 9636."""
    head = struct.Struct(">4sc15x6L")
    *_, n_ut, n_standard, n_leaps, n_times, n_types, n_letters = head.unpack_from(data)
    # The second part has the same times in 64 bits.
    place = head.size + 5 * n_times + 6 * n_types + n_letters + 8 * n_leaps + n_standard + n_ut
    *_, n_times, n_types, _ = head.unpack_from(data, place)
    place += head.size
    times = struct.unpack_from(f">{n_times}q", data, place)
    kinds = data[place + 8 * n_times : place + 9 * n_times]
    offsets = [offset for offset, _, _ in struct.iter_unpack(">lBB", data[place + 9 * n_times :][: 6 * n_types])]
    for time, before, after in zip(times, b"\0" + kinds, kinds, strict=False):
        if offsets[before] != offsets[after]:
            yield time


@given(zones, st.integers(-40_000, 40_000))
def test_stretches_cover_a_day(zone: ZoneInfo, day: int) -> None:
    """The spans_of_day of a day lie end to end, and every one has the offset of both of its ends."""
    parts = spans_of_day(day, zone)
    assert (parts[0].start, parts[-1].end) == (day * DAY, (day + 1) * DAY)
    assert all(one.end == other.start and one.offset != other.offset for one, other in pairwise(parts))
    assert all(offset_at(s, zone) == offset_at(e - 1, zone) == offset for s, e, offset in parts)


@pytest.mark.parametrize("name", ["", "Nowhere", "europe/berlin", "../UTC", "/etc/localtime", "UTC\0", "Europe/"])
def test_a_zone_outside_the_database_is_refused(name: str) -> None:
    """Only the names of the IANA database are zones, and none of them is a path."""
    with pytest.raises(ValueError, match="IANA"):
        load_zone(name)
