"""Periods begin and end on the clock of the requested zone, and all zones have the same total traffic."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import replace

import pytest
from hypothesis import strategies as st

from contract_tests.oracle import zone_table, zones
from contract_tests.oracle.page import NOTHING
from contract_tests.oracle.query import Query
from contract_tests.oracle.series import Series
from contract_tests.oracle.zones import DAY, HOUR, Interval, Transition
from contract_tests.reading.reader import MAX_LIMIT
from contract_tests.reading.stability import blame
from contract_tests.relations.strategies import ANY_INTERVAL, ANY_ZONE
from contract_tests.run import Run

_RECENT_CHANGES = 10
_OLDER_CHANGES = 5
_NAIVE_CHANGES = 5
_HOURS_ASKED, _HOURS_DRAWN = 7, 3
_DAYS_ASKED, _DAYS_DRAWN = 12, 4
_YEAR = 365 * DAY
_DAYS_OF_FRACTIONAL = 6
_FRACTIONAL = (*zone_table.QUARTER, *zone_table.HALF)


@pytest.mark.promise("timezone.hours", cost=16)
def test_hours_begin_with_the_clock(run: Run) -> None:
    """In zones with an offset of whole hours, every hour begins and ends on the hour."""
    run.sample.traffic()
    for zone in _zones_by_hour(run):
        series = run.reader.read(run.sample.hours(zone))
        if series.by_start:
            run.ledger.seen("timezone.hours", *series.exchanges)


@pytest.mark.promise("timezone.midnights", cost=40)
def test_days_begin_at_midnight(run: Run) -> None:
    """Every day begins and ends at a midnight of its zone."""
    run.sample.traffic()
    for zone in _zones_by_day(run):
        _midnights(run, zone)
    others = st.sampled_from(zone_table.WHOLE[_DAYS_ASKED:])
    run.budget.draw(others, lambda zone: _midnights(run, zone), max_examples=3, cost=1)


def _zones_by_hour(run: Run) -> tuple[str, ...]:
    return _with_drawn(run, _HOURS_ASKED, _HOURS_DRAWN)


def _zones_by_day(run: Run) -> tuple[str, ...]:
    return _with_drawn(run, _DAYS_ASKED, _DAYS_DRAWN)


def _with_drawn(run: Run, asked: int, drawn: int) -> tuple[str, ...]:
    """Return the whole-hour zones that every run requests, and some that each seed draws."""
    chance = random.Random(run.options.seed)  # noqa: S311 - it has to repeat, not to be secret
    others = zone_table.WHOLE[asked:]
    return (*zone_table.WHOLE[:asked], *chance.sample(others, min(drawn, len(others))))


def _midnights(run: Run, zone: str) -> None:
    series = run.reader.read(run.sample.days(zone))
    if series.by_start:
        run.ledger.seen("timezone.midnights", *series.exchanges)


@pytest.mark.promise("timezone.fractional", cost=26)
def test_zones_off_by_a_fraction_of_an_hour(run: Run) -> None:
    """In zones with an offset of half or quarter hours, hours and days follow the local clock."""
    run.sample.traffic()
    for zone in _FRACTIONAL:
        for query in (
            (run.sample.hours(zone), run.sample.days(zone))
            if zone in _FRACTIONAL[:_DAYS_OF_FRACTIONAL]
            else (run.sample.hours(zone),)
        ):
            series = run.reader.read(query)
            if series.by_start:
                run.ledger.seen("timezone.fractional", *series.exchanges)


@pytest.mark.promise("timezone.dst", cost=34)
def test_days_on_which_the_clocks_change(run: Run) -> None:
    """A day with a clock change has 23 or 25 hours (or as many as the zone says), and the traffic of those hours."""
    for zone, change in _changes(run):
        midnight = zones.floor(zone, "day", change.instant)
        before = zones.floor(zone, "day", midnight - 12 * HOUR)
        after = zones.following(zone, "day", zones.following(zone, "day", midnight))
        is_recent = before > run.sample.first + DAY
        days = (
            run.reader.read(run.sample.days(zone)) if is_recent else _old_days(run, Query(before, after, "day", zone))
        )
        hours = _read(run, Query(before, after, "hour", zone))
        if days is None or hours is None or not days.by_start or not hours.by_start:
            continue
        if is_recent or (_reach_beyond(midnight, days, hours) and _are_others_right(run, zone, days)):
            _has_its_hours(run, zone, days, hours)
        if is_recent and _is_known(run, hours):
            _agrees(run, days, "timezone.dst")
            _agrees(run, hours, "timezone.dst")
        run.ledger.seen("timezone.dst", *days.exchanges, *hours.exchanges)


@pytest.mark.promise("timezone.same-traffic", cost=8)
def test_no_zone_changes_the_traffic(run: Run) -> None:
    """The hours and days of any zone have the same traffic as the same time in another zone."""
    run.sample.traffic()
    _bases_agree(run)
    by_day = (*_zones_by_day(run), *_FRACTIONAL[:_DAYS_OF_FRACTIONAL])
    by_hour = (*_zones_by_hour(run), *_FRACTIONAL)
    for query in (*(run.sample.days(zone) for zone in by_day), *(run.sample.hours(zone) for zone in by_hour)):
        _agrees(run, run.reader.read(query))

    def agrees(drawn: tuple[str, Interval, int]) -> None:
        zone, interval, length = drawn
        query = run.sample.days(zone) if interval == "day" else run.sample.hours(zone, days=length)
        _agrees(run, run.reader.read(query))

    drawn = st.tuples(ANY_ZONE, ANY_INTERVAL, st.integers(1, 20))
    run.budget.draw(drawn, agrees, max_examples=3, cost=4)


@pytest.mark.promise("timezone.naive", cost=20)
def test_times_without_an_offset_are_read_in_the_zone(run: Run) -> None:
    """A start or end without an offset is local time in `timezone`, before and after a clock change."""
    run.sample.traffic()
    for query in _naive_queries(run):
        written = f"{query.start_text or zones.utc(query.start)} to {query.end_text or zones.utc(query.end)}"
        run.comparison.fits("timezone.naive", query, f"{written} in {query.named_zone}")
    for query in _old_naive_queries(run):
        naive = query.naive()
        what = f"{naive.start_text} to {naive.end_text} in {query.named_zone}"
        run.comparison.same("timezone.naive", naive, query, what)

    def fits(drawn: tuple[str, Interval, int, int]) -> None:
        zone, interval, back, length = drawn
        end = zones.floor(zone, interval, run.sample.settled - back * HOUR)
        query = Query(zones.floor(zone, interval, end - length * HOUR), end, interval, zone)
        if query.start > run.sample.first and _can_be_naive(query):
            run.comparison.fits("timezone.naive", query.naive(), f"{query.naive().start_text} in {zone}")

    back = st.integers(2, max(3, (run.sample.horizon - 6) * 24))
    drawn = st.tuples(ANY_ZONE, ANY_INTERVAL, back, st.integers(25, 60))
    run.budget.draw(drawn, fits, max_examples=3, cost=1)


def _changes(run: Run) -> Iterator[tuple[str, Transition]]:
    """Return clock changes of the last year: the newest ones of many zones, and all those of a few zones."""
    for place, zone in enumerate(zone_table.CHANGING):
        for change in zones.transitions(zone, run.sample.settled - _YEAR, run.sample.settled - 2 * DAY):
            if place < (_RECENT_CHANGES if change.instant > run.sample.first + 3 * DAY else _OLDER_CHANGES):
                yield zone, change


def _has_its_hours(run: Run, zone: str, days: Series, hours: Series) -> None:
    """Compare days around a change with their hours; if other days are wrong, too, the change is not the cause."""
    wrong = []
    for start, end in days.query.periods:
        if hours.query.start <= start < hours.query.end and hours.total(start, end) not in {
            None,
            days.of_period(start),
        }:
            wrong.append((start, end))
    if wrong and all(zones.is_day_of_change(zone, start) for start, _ in wrong):
        start, end = wrong[0]
        day = f"the day of {zone} from {zones.utc(start)} to {zones.utc(end)}, {(end - start) / HOUR:g} hours"
        sums = {"expected": str(hours.total(start, end)), "got": str(days.of_period(start))}
        message = f"{day}, has {sums['got']}, and the hours in it have {sums['expected']}"
        blame(run.reader, run.comparison.named("timezone.dst", days.query), message, days, hours, **sums)


def _are_others_right(run: Run, zone: str, days: Series) -> bool:
    """Return whether old days without a change are sums of their hours: else the change is not the cause."""
    if not run.year.is_whole:
        return True
    hours = run.year.hours[0]
    inside = [one for one in days.query.periods if hours.query.start <= one[0] < one[1] <= hours.query.end]
    quiet = [one for one in inside if not zones.is_day_of_change(zone, one[0])]
    return all(hours.total(*period) in {days.of_period(period[0]), None} for period in quiet)


def _is_known(run: Run, hours: Series) -> bool:
    """Return whether days without a change agree with other zones: else the change is not the cause."""
    base, days = run.sample.base_of(hours.query), run.reader.read(run.sample.days(hours.query.named_zone))
    quiet = [period for period in days.query.periods if not zones.is_day_of_change(hours.query.named_zone, period[0])]
    return all(base.total(*day) in {days.of_period(day[0]), None} for day in quiet) and all(
        hours.of_period(start) == base.total(start, end) for start, end in hours.query.periods[:12]
    )


def _reach_beyond(start: int, *many: Series) -> bool:
    """Return whether there is traffic before a time, so that the server's data does not begin right there."""
    return all(any(row.start < start and any(row.counts) for row in series.rows) for series in many)


def _old_days(run: Run, query: Query) -> Series | None:
    """Read days as part of their year if the server serves that in one piece, so that they are requested once."""
    year = run.year.days(query.named_zone)
    is_inside = year is not None and year.query.start <= query.start < query.end <= year.query.end
    return year if is_inside else _read(run, query)


def _read(run: Run, query: Query) -> Series | None:
    """Read a window that the server may not keep any more."""
    if query.start < run.sample.first:
        page = run.reader.ask_kindly(query)
        return None if page is None else run.reader.walk(page, query, limit=MAX_LIMIT)
    return run.reader.read(query)


def _bases_agree(run: Run) -> None:
    whole = run.sample.base(0)
    for zone, alignment in (("Asia/Kolkata", HOUR // 2), ("Asia/Kathmandu", HOUR // 4)):
        base = run.sample.base(alignment)
        start, end = base.query.start, base.query.end
        total = base.total(start, end) or NOTHING
        least, most = whole.bounds(start, end)
        if not (least.fits_in(total) and total.fits_in(most)):
            message = f"all hours of {zone} together have {total}, and those of UTC between {least} and {most}"
            told = {"expected": f"between {least} and {most}", "got": str(total)}
            blame(run.reader, "timezone.same-traffic", message, base, whole, **told)
        run.comparison.agree("timezone.same-traffic", base, whole, f"hours of {zone} and of UTC")


def _agrees(run: Run, series: Series, promise_id: str = "timezone.same-traffic") -> None:
    base = run.sample.base_of(series.query)
    what = f"{series.query.named_interval}s of {series.query.named_zone} and hours of {base.query.named_zone}"
    if run.comparison.agree(promise_id, series, base, what):
        run.ledger.seen(promise_id, *series.exchanges)


def _naive_queries(run: Run) -> Iterator[Query]:
    for zone in ("Europe/Berlin", "America/New_York", "Asia/Kolkata", "Asia/Tokyo", "Asia/Kathmandu"):
        hours, days = run.sample.hours(zone, days=2), run.sample.days(zone)
        days = replace(days, start=zones.floor(zone, "day", days.end - 5 * DAY + HOUR))
        yield hours.naive()
        yield days.naive()
        if zone == "America/New_York":
            yield replace(hours, start_text=f"{zones.naive(zone, hours.start)}.25")
            yield replace(hours, end_text=zones.naive(zone, hours.end))
    for zone in zone_table.CHANGING[:_NAIVE_CHANGES]:
        for change in _recent_changes(run, zone)[:1]:
            yield from (query.naive() for query in _around(zone, change))


def _old_naive_queries(run: Run) -> Iterator[Query]:
    """Yield queries around the newest changes of the year if the sample has none and the server keeps those days."""
    for zone in zone_table.CHANGING[:_NAIVE_CHANGES]:
        changes = zones.transitions(zone, run.sample.settled - _YEAR, run.sample.first - 4 * DAY)
        if changes and not _recent_changes(run, zone):
            queries = _around(zone, changes[-1])
            before = min(query.start for query in queries) - 2 * DAY
            kept = _read(run, Query(before, before + DAY, "hour", "UTC"))
            if kept is not None and any(any(row.counts) for row in kept.rows):
                yield from queries


def _recent_changes(run: Run, zone: str) -> Sequence[Transition]:
    return zones.transitions(zone, run.sample.first + 4 * DAY, run.sample.settled - 4 * DAY)


def _around(zone: str, change: Transition) -> list[Query]:
    """Return a window of days around a change, and windows of hours before and after it: days can hide a lost hour."""
    midnight = zones.floor(zone, "day", change.instant)
    before = zones.floor(zone, "day", midnight - 12 * HOUR)
    after = zones.floor(zone, "day", midnight + 3 * DAY + 6 * HOUR)
    around = [Query(before, after, "day", zone)]
    for first, last in ((-10, -4), (4, 10)):
        edges = [zones.floor(zone, "hour", change.instant + hours * HOUR) for hours in (first, last)]
        around.append(Query(edges[0], edges[1], "hour", zone))
    return [query for query in around if _can_be_naive(query)]


def _can_be_naive(query: Query) -> bool:
    return all(zones.names_one_instant(query.named_zone, instant) for instant in (query.start, query.end))
