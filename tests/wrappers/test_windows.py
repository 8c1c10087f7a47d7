"""Time windows against zoneinfo itself: every timezone, and every clock change from 2000 to 2037."""

import time as clock
from datetime import UTC, date, datetime, timedelta
from functools import cache
from itertools import pairwise
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apitally_traffic import Interval, Period, TimeWindow
from tests.sampling import exhaustive

HOUR, DAY, SECOND = timedelta(hours=1), timedelta(days=1), timedelta(seconds=1)
ZONES = tuple(sorted(available_timezones() - {"Factory", "localtime"}))
SAMPLE = (*ZONES[::40], "Africa/Cairo", "America/Havana", "Australia/Lord_Howe", "Europe/Berlin", "Pacific/Apia")

for_zones = pytest.mark.parametrize(
    "zones",
    [pytest.param(SAMPLE, id="sample"), pytest.param(ZONES, id="all", marks=pytest.mark.exhaustive)],
)


def offset(instant: datetime, zone: ZoneInfo) -> timedelta:
    """Return the timezone's offset at an instant."""
    found = instant.astimezone(zone).utcoffset()
    assert found is not None
    return found


@cache
def clock_changes(zones: tuple[str, ...]) -> list[tuple[datetime, ZoneInfo]]:
    """Return each change of an offset from 2000 to 2037, once for timezones that change alike."""
    distinct: dict[tuple[datetime, timedelta, timedelta], ZoneInfo] = {}
    first, last = datetime(2000, 1, 1, tzinfo=UTC), datetime(2038, 1, 1, tzinfo=UTC)
    weeks = [first + number * 7 * DAY for number in range((last - first) // (7 * DAY) + 2)]
    for name in zones:
        zone = ZoneInfo(name)
        for (before, old), (after, new) in pairwise((week, offset(week, zone)) for week in weeks):
            if old != new:
                low, high = 0, (after - before) // SECOND
                while high - low > 1:
                    middle = (low + high) // 2
                    low, high = (middle, high) if offset(before + middle * SECOND, zone) == old else (low, middle)
                distinct.setdefault((before + high * SECOND, old, new), zone)
    return [(instant, zone) for (instant, _, _), zone in distinct.items()]


def around(change: datetime, zone: ZoneInfo, interval: Interval) -> list[Period]:
    """Return the periods around a clock change, after checking that they tile the window."""
    window = TimeWindow.resolve(change - 50 * HOUR, change + 50 * HOUR, interval, zone)
    periods = list(window.periods())
    utc = [(period.start.astimezone(UTC), period.end.astimezone(UTC)) for period in periods]
    assert utc[0][0] == window.start.astimezone(UTC) <= change - 50 * HOUR < utc[0][1]
    assert utc[-1][0] < change + 50 * HOUR <= utc[-1][1]
    assert all(end == start for (_, end), (start, _) in pairwise(utc))
    assert len(window) == len(periods)
    assert {time.tzinfo for period in periods for time in period} == {zone}
    return periods


@for_zones
def test_there_are_clock_changes_to_test(zones: tuple[str, ...]) -> None:
    """The search finds clock changes of every kind, half-hour changes and skipped dates among them."""
    changes = clock_changes(zones)
    assert len(changes) > (2000 if zones is ZONES else 300)
    assert any(abs(offset(instant, zone) - offset(instant - SECOND, zone)) == HOUR / 2 for instant, zone in changes)
    assert any(instant == datetime(2011, 12, 30, 10, tzinfo=UTC) for instant, _ in changes)


@for_zones
def test_hours_around_clock_changes(zones: tuple[str, ...]) -> None:
    """Hours tile, start at a full hour of the wall clock, and last 60 minutes; only a clock change makes one differ."""
    for change, zone in clock_changes(zones):
        for period in around(change, zone, "hour"):
            start, length = period.start.astimezone(UTC), period.end.astimezone(UTC) - period.start.astimezone(UTC)
            assert length == HOUR or (start <= change <= start + length and length < 2 * HOUR), (zone, period)
            assert (period.start.minute, period.start.second) == (0, 0) or start == change, (zone, period)


@for_zones
def test_days_around_clock_changes(zones: tuple[str, ...]) -> None:
    """Days tile, cover one date each, and start at its first instant; a skipped date has no day."""
    for change, zone in clock_changes(zones):
        periods = around(change, zone, "day")
        for period in periods:
            start = period.start.astimezone(UTC)
            assert (start - SECOND).astimezone(zone).date() < start.astimezone(zone).date(), (zone, period)
            midnight = period.start.time() == datetime.min.time()
            assert midnight or start == change, (zone, period)
        for before, after in pairwise(period.start.date() for period in periods):
            skipped = [before + number * DAY for number in range(1, (after - before).days)]
            assert before < after
            for day in skipped:
                noon = datetime(day.year, day.month, day.day, 12, tzinfo=zone)
                assert noon.astimezone(UTC).astimezone(zone).date() != day, (zone, day)


@given(
    zone=st.sampled_from(ZONES),
    start=st.datetimes(datetime(1900, 1, 1), datetime(2100, 1, 1)),
    length=st.timedeltas(timedelta(0), timedelta(days=120)),
    interval=st.sampled_from(["hour", "day"]),
    max_periods=st.integers(1, 200),
)
def test_slices_tile_the_window(
    zone: str, start: datetime, length: timedelta, interval: Interval, max_periods: int
) -> None:
    """Slices have no gaps, are full except the last, and hold the window's periods in order."""
    first = start.replace(tzinfo=UTC)
    window = TimeWindow.resolve(first, first + length, interval, zone)
    slices = list(window.slices(max_periods))
    periods = list(window.periods())
    assert [period for part in slices for period in part.periods()] == periods
    assert [len(part) for part in slices[:-1]] == [max_periods] * (len(slices) - 1)
    assert sum(len(part) for part in slices) == len(window) == len(periods)
    assert all(one.end.astimezone(UTC) == two.start.astimezone(UTC) for one, two in pairwise(slices))
    if slices:
        assert (slices[0].start, slices[-1].end) == (window.start, window.end)


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        ("Europe/Berlin", "2026-03-29", 23),
        ("Europe/Berlin", "2026-10-25", 25),
        ("Asia/Kathmandu", "2026-03-29", 24),
        ("America/Sao_Paulo", "2018-11-04", 23),
        ("Africa/Cairo", "2026-04-24", 23),
        ("America/Havana", "2026-11-01", 25),
        ("Australia/Lord_Howe", "2026-04-05", 24),
        ("Australia/Lord_Howe", "2026-10-04", 24),
        ("America/St_Johns", "2010-03-14", 24),
        ("Pacific/Apia", "2011-12-30", 0),
        ("UTC", "2028-02-29", 24),
    ],
)
def test_known_days(zone: str, day: str, hours: int) -> None:
    """Known days have the documented number of hours; an hour that Lord Howe's half-hour change cuts counts as one."""
    following = date.fromisoformat(day) + DAY
    assert len(TimeWindow.resolve(day, following, "hour", zone)) == hours
    assert len(TimeWindow.resolve(day, following, "day", zone)) == bool(hours)


@pytest.mark.parametrize(
    ("zone", "interval", "start", "end", "number"),
    [
        pytest.param("Pacific/Apia", "day", "2011-12-01", "2012-02-01", 61, id="a skipped date"),
        pytest.param("Australia/Lord_Howe", "hour", "2026-10-03T15:30Z", "2026-10-07T19:30Z", 101, id="half an hour"),
    ],
)
def test_counting_starts_beside_a_clock_change(
    zone: str, interval: Interval, start: str, end: str, number: int
) -> None:
    """Steps of many periods skip no change that makes them one fewer or one more."""
    window = TimeWindow.resolve(start, end, interval, zone)
    assert len(window) == sum(1 for _ in window.periods()) == number


@pytest.mark.parametrize(
    ("zone", "time", "starts"),
    [
        pytest.param("America/Toronto", "1919-03-31T12:00", "1919-03-31T00:30-04:00", id="midnight inside a gap"),
        pytest.param("America/St_Johns", "2010-11-07T02:45Z", "2010-11-07T00:00-02:30", id="yesterday shown again"),
        pytest.param("America/Havana", "2026-11-01T12:00", "2026-11-01T00:00-04:00", id="midnight twice: the first"),
        pytest.param("Africa/Cairo", "2026-04-24T12:00", "2026-04-24T01:00+03:00", id="midnight skipped"),
    ],
)
def test_days_that_do_not_start_at_midnight(zone: str, time: str, starts: str) -> None:
    """A day starts at its first instant, at midnight or not."""
    window = TimeWindow.resolve(time, "2030-01-01", "day", zone)
    assert window.start.astimezone(UTC) == datetime.fromisoformat(starts)


@pytest.mark.parametrize(
    ("zone", "time", "starts"),
    [
        pytest.param("Australia/Lord_Howe", "2026-10-03T15:40Z", "2026-10-03T15:30Z", id="the full hour is skipped"),
        pytest.param("Australia/Lord_Howe", "2026-10-03T15:30:00.5Z", "2026-10-03T15:30Z", id="half a second ago"),
        pytest.param("Australia/Lord_Howe", "2026-04-04T15:10Z", "2026-04-04T14:00Z", id="half of it comes twice"),
        pytest.param("Europe/Berlin", "1893-03-31T23:10Z", "1893-03-31T23:06:32Z", id="local mean time ends"),
    ],
)
def test_hours_that_a_clock_change_cuts(zone: str, time: str, starts: str) -> None:
    """A time shortly after the change lies in the hour that starts with it, or before it."""
    window = TimeWindow.resolve(time, "2027-01-01", "hour", zone)
    assert window.start.astimezone(UTC) == datetime.fromisoformat(starts)


@pytest.mark.parametrize(
    ("zone", "time", "starts"),
    [
        pytest.param("Etc/GMT+5", "2026-01-02T04:00Z", "2026-01-01T05:00Z", id="west"),
        pytest.param("Etc/GMT-14", "2026-01-01T11:00Z", "2026-01-01T10:00Z", id="east"),
    ],
)
def test_days_where_clocks_never_change(zone: str, time: str, starts: str) -> None:
    """They start at midnight by the clock of the timezone."""
    window = TimeWindow.resolve(time, "2027-01-01", "day", zone)
    assert window.start.astimezone(UTC) == datetime.fromisoformat(starts)


@pytest.mark.skipif(not hasattr(clock, "tzset"), reason="this system does not take its timezone from the environment")
@pytest.mark.parametrize(
    ("machine", "zone", "interval", "start", "end"),
    [
        pytest.param("XXX-14", "Pacific/Pago_Pago", "day", "2026-01-01T11:00Z", "2026-01-02T11:00Z", id="another date"),
        pytest.param(
            "XXX+5", "America/Toronto", "day", "1919-03-31T04:30Z", "1919-04-01T04:00Z", id="skipped midnight"
        ),
        pytest.param("XXX+3:30", "America/St_Johns", "hour", "2011-03-13T03:30Z", "2011-03-13T03:31Z", id="cut hour"),
    ],
)
def test_the_timezone_of_the_machine_does_not_count(
    monkeypatch: pytest.MonkeyPatch, machine: str, zone: str, interval: Interval, start: str, end: str
) -> None:
    """A period is the same where a machine shows another date, or the offset before a clock change."""
    try:
        with monkeypatch.context() as patch:
            patch.setenv("TZ", machine)
            clock.tzset()
            period = next(TimeWindow.resolve(start, "2027-01-01", interval, zone).periods())
    finally:
        clock.tzset()
    assert [edge.astimezone(UTC) for edge in period] == [datetime.fromisoformat(edge) for edge in (start, end)]


def test_hours_from_the_end_of_local_mean_time_on() -> None:
    """The first hour of Berlin's zone time is shorter by what its clock was put forward: six minutes and 32 seconds."""
    window = TimeWindow.resolve("1893-03-31T22:00Z", "1893-04-01T02:00Z", "hour", "Europe/Berlin")
    assert [period.start.astimezone(UTC).time().isoformat() for period in window.periods()] == [
        "21:06:32",
        "22:06:32",
        "23:06:32",
        "00:00:00",
        "01:00:00",
    ]


def test_windows_that_differ_by_a_fold_differ() -> None:
    """The two hours that the wall clock shows alike are different windows."""
    first = TimeWindow.resolve("2026-10-25T00:00Z", "2026-10-25T05:00Z", "hour", "Europe/Berlin")
    second = TimeWindow.resolve("2026-10-25T01:00Z", "2026-10-25T05:00Z", "hour", "Europe/Berlin")
    assert first.start.replace(tzinfo=None) == second.start.replace(tzinfo=None)
    assert first != second
    assert (len(first), len(second)) == (5, 4)


@pytest.mark.parametrize(("interval", "start", "end"), [("hour", "1914", "1919"), ("day", "1880", "2040")])
@pytest.mark.parametrize(
    "zones",
    [
        pytest.param(("Africa/Cairo", "America/Toronto", "Europe/London"), id="sample"),
        pytest.param(ZONES[::10], id="every tenth", marks=pytest.mark.exhaustive),
    ],
)
def test_length_counts_every_period(zones: tuple[str, ...], interval: Interval, start: str, end: str) -> None:
    """Counting in steps of many periods gives the same as one by one, also where clocks changed at odd times."""
    for name in zones:
        window = TimeWindow.resolve(f"{start}-01-01", f"{end}-01-01", interval, name)
        assert len(window) == sum(1 for _ in window.periods())


@pytest.mark.parametrize(
    ("zone", "interval"),
    [
        ("Australia/Lord_Howe", "hour"),
        ("America/St_Johns", "day"),
        *exhaustive([("UTC", "hour"), ("UTC", "day"), ("Australia/Lord_Howe", "day"), ("America/St_Johns", "hour")]),
    ],
)
def test_length_of_a_long_window(zone: str, interval: Interval) -> None:
    """The length of thousands of years is the sum of the lengths of their parts, which are counted one by one."""
    whole = TimeWindow.resolve("1650-03-05T07:00Z", "3005-10-30T07:00Z", interval, zone)
    bounds = [f"{year}-01-01" for year in (1799, 1801, 2099, 2101, 2300, 2499, 2501, 2700, 2899, 2901)]
    parts = pairwise(["1650-03-05T07:00Z", *bounds, "3005-10-30T07:00Z"])
    assert len(whole) == sum(len(TimeWindow.resolve(start, end, interval, zone)) for start, end in parts)
