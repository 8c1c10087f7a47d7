"""The window of a query: its start and end, given or by default."""

import time
from collections.abc import Iterator
from dataclasses import replace

import pytest
from hypothesis import strategies as st

from contract_tests.oracle import zone_table, zones
from contract_tests.oracle.query import Query
from contract_tests.oracle.series import Series
from contract_tests.oracle.zones import DAY, HOUR, Interval
from contract_tests.promises.promise import BrokenPromiseError
from contract_tests.reading.reader import MAX_LIMIT
from contract_tests.relations.strategies import ANY_INTERVAL, ANY_ZONE
from contract_tests.run import Run

_ROOM_SECONDS = 8.0
_NOW = -4
"""Now, as a given end: a little earlier, because a server whose clock is behind may refuse an end in its future."""
_ATTEMPTS = 4
_OF_PERIODS = ("timezone.", "response.period-end", "response.offsets")
_QUARTER_SECONDS = 900


@pytest.mark.promise("window.nothing-outside", cost=14)
def test_nothing_outside_the_window(run: Run) -> None:
    """No period begins before the start rounded down, nor at the end or later, for any start and end."""
    run.sample.traffic()
    busy = run.sample.busy_hours(8)
    hours = Query(busy, busy + 6 * HOUR, "hour")
    queries = [replace(hours, end=hours.end + second) for second in (0, 1, 1800)]
    queries += [replace(hours, start=hours.start - 1)]
    for zone in ("Asia/Kathmandu", "Asia/Kolkata"):
        start = zones.floor(zone, "hour", busy + HOUR)
        queries += [Query(start, start + 4 * HOUR + second, "hour", zone) for second in (0, 1)]
    for zone in ("UTC", "America/New_York"):
        days = run.sample.last_days(zone, 4)
        queries += [days, replace(days, end=days.end - 1)]
    for query in queries:
        series = run.reader.read(query)
        if series.by_start:
            run.ledger.seen("window.nothing-outside", *series.exchanges)

    def holds(drawn: tuple[str, Interval, int, int]) -> None:
        zone, interval, back, length = drawn
        start = max(run.sample.first + 2 * DAY, run.sample.settled - back - length)
        series = run.reader.read(Query(start, min(start + length, run.sample.settled), interval, zone))
        if series.by_start:
            run.ledger.seen("window.nothing-outside", *series.exchanges)

    drawn = st.tuples(ANY_ZONE, ANY_INTERVAL, st.integers(0, 5 * DAY), st.integers(1, 3 * DAY))
    run.budget.draw(drawn, holds, max_examples=3, cost=2)


@pytest.mark.promise("window.start-rounded", cost=20)
def test_the_start_is_rounded_down_in_the_zone(run: Run) -> None:
    """A start in the middle of a period gets the whole period, on the clock of the zone."""
    run.sample.traffic()

    def rounded(query: Query) -> None:
        what = f"the start {zones.utc(query.start)}, rounded down to the {query.named_interval} of {query.named_zone}"
        run.comparison.fits("window.start-rounded", query, what)

    for zone, seconds in (("UTC", (1, 3599)), ("Asia/Kolkata", (1200, 2400)), ("Asia/Kathmandu", (1200, 3000))):
        start = zones.floor(zone, "hour", run.sample.busy_hours(4))
        for second in seconds:
            rounded(Query(start + second, start + 3 * HOUR, "hour", zone))
    for zone in ("UTC", "Europe/Berlin", "America/New_York", "Asia/Tokyo", "Asia/Kathmandu"):
        days = run.sample.last_days(zone, 3)
        for second in (HOUR // 2, DAY - 1800):
            rounded(replace(days, start=days.start + second))
    for days in _days_of_change(run):
        rounded(replace(days, start=days.periods[0][1] - 1800))

    def drawn_rounded(drawn: tuple[str, Interval, int, int]) -> None:
        zone, interval, back, length = drawn
        start = max(run.sample.first + 2 * DAY, run.sample.settled - 6 * DAY - back)
        end = zones.floor(zone, interval, start + length * (HOUR if interval == "hour" else DAY))
        rounded(Query(start, end, interval, zone))

    run.budget.draw(
        st.tuples(ANY_ZONE, ANY_INTERVAL, st.integers(0, 9 * DAY), st.integers(1, 3)),
        drawn_rounded,
        max_examples=3,
        cost=1,
    )


@pytest.mark.promise("window.default-start-hour", cost=9)
def test_hours_start_a_day_ago_by_default(run: Run) -> None:
    """Without a start, hours begin 24 hours ago, rounded down in the zone, whatever the other parameters."""
    for query, limit in (
        (Query(-DAY, _NOW, omitted=frozenset({"end"})), None),
        (Query(-DAY, _NOW, "hour", "Asia/Kathmandu", run.options.narrowest), 100),
        (Query(-DAY, -10 * HOUR, "hour", "UTC"), MAX_LIMIT),
    ):
        _default_is_stated(run, "window.default-start-hour", "start", query, limit)


@pytest.mark.promise("window.default-start-day", cost=9)
def test_days_start_a_month_ago_by_default(run: Run) -> None:
    """Without a start, days begin 30 days ago, rounded down in the zone, whatever the other parameters."""
    for query, limit in (
        (Query(-30 * DAY, _NOW, "day", omitted=frozenset({"end"})), None),
        (Query(-30 * DAY, _NOW, "day", "Asia/Tokyo", run.options.narrowest), 100),
        (Query(-30 * DAY, -3 * DAY, "day", "UTC"), MAX_LIMIT),
    ):
        _default_is_stated(run, "window.default-start-day", "start", query, limit)


@pytest.mark.promise("window.default-end", cost=9)
def test_the_end_is_now_by_default(run: Run) -> None:
    """Without an end, the window ends now: it includes the running period and no later one."""
    for query, limit in (
        (Query(-40 * HOUR, _NOW), None),
        (Query(-5 * HOUR, _NOW, "hour", "Asia/Kathmandu"), 100),
        (Query(-40 * DAY, _NOW, "day", "Asia/Tokyo", run.options.narrowest), MAX_LIMIT),
    ):
        _default_is_stated(run, "window.default-end", "end", query, limit)


def _default_is_stated(run: Run, promise_id: str, omitted: str, from_now: Query, limit: int | None) -> None:
    """Send a query with and without a parameter, within a quarter of an hour: both have the same periods.

    New traffic may add a period meanwhile: so the query without the parameter is sent before the other one and, if they
    differ, again after it; the other response must lie between these two.

    Args:
        run: the run.
        promise_id: the promise that is broken if the responses differ.
        omitted: the parameter that is left out.
        from_now: the query, with its start and end in seconds from now; of zones whose clocks never change, so that
            30 days before now are the same on every reading.
        limit: the page size; `None` for the default.
    """
    for _ in range(_ATTEMPTS):
        _wait_for_room(run.reader.now())
        asked_at = run.reader.now()
        now = int(asked_at)
        query = replace(from_now, start=now + from_now.start, end=now + from_now.end)
        without = replace(query, omitted=query.omitted | {omitted})
        before, given = _read(run, promise_id, without, limit), _read(run, promise_id, query, limit)
        if before is None or given is None:
            return  # the window is too long for the server, or ends in its future
        after = before if _starts(before) == _starts(given) else _read(run, promise_id, without, limit)
        if after is None:
            return
        if int(asked_at) // _QUARTER_SECONDS == int(run.reader.now()) // _QUARTER_SECONDS:
            break
    else:
        return
    starts = [_starts(series) for series in (before, given, after)]
    for few, many, said in ((starts[0], starts[1], "with"), (starts[1], starts[2], "without")):
        if odd := sorted(few - many):
            other = {"with": "without", "without": "with"}[said]
            default = zones.utc(query.start if omitted == "start" else query.end)
            message = (
                f"by default {omitted} is {default}, but the {query.named_interval} of {query.named_zone} from "
                f"{zones.utc(odd[0])} is in the response {other} it and not in the one {said} it"
            )
            evidence = (series.exchanges[0] for series in (before, given, after))
            told = {
                "expected": f"{omitted} {default}, so the same periods",
                "got": f"{zones.utc(odd[0])} only {other} it",
            }
            raise BrokenPromiseError(promise_id, message, *evidence, **told)
    if given.by_start:
        run.ledger.seen(promise_id, before.exchanges[0], given.exchanges[0])


def _starts(series: Series) -> set[int]:
    return {row.start for row in series.rows}


def _wait_for_room(now: float) -> None:
    """Wait, if necessary, until no period begins within seconds: some zones have one each quarter of an hour."""
    passed = now % _QUARTER_SECONDS
    if passed < _ROOM_SECONDS:
        time.sleep(_ROOM_SECONDS - passed)
    elif passed > _QUARTER_SECONDS - _ROOM_SECONDS:
        time.sleep(_QUARTER_SECONDS - passed + _ROOM_SECONDS)


def _read(run: Run, promise_id: str, query: Query, limit: int | None) -> Series | None:
    try:
        page = run.reader.ask_kindly(query, limit=limit)
        return None if page is None else run.reader.walk(page, query, limit=limit)
    except BrokenPromiseError as breach:
        is_by_default = query.interval is None or query.zone is None
        # Errors in explicitly requested periods are not about a default.
        is_known = bool(run.ledger.findings[breach.promise_id].breaches)
        if not is_known and (
            (breach.promise_id == "window.nothing-outside" and query.omitted)
            or (breach.promise_id.startswith(_OF_PERIODS) and is_by_default)
        ):
            raise breach.under(promise_id, f"without {' and '.join(sorted(query.omitted))}") from breach
        raise


def _days_of_change(run: Run) -> Iterator[Query]:
    for zone in zone_table.CHANGING[:4]:
        for change in zones.transitions(zone, run.sample.first + 2 * DAY, run.sample.settled - 3 * DAY)[-1:]:
            start = zones.floor(zone, "day", change.instant)
            yield Query(start, zones.following(zone, "day", zones.following(zone, "day", start)), "day", zone)
