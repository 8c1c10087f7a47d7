"""Adjacent windows add up to the whole and share no period, wherever they meet and however the time is written."""

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from hypothesis import strategies as st

from contract_tests.oracle import zones
from contract_tests.oracle.query import EVERYTHING, Query
from contract_tests.oracle.zones import DAY, HOUR, Interval
from contract_tests.reading.stability import blame
from contract_tests.relations.strategies import ANY_INTERVAL, ANY_ZONE
from contract_tests.run import Run

_SPLIT = "window.splits-add-up"
_Form = Callable[[str, int], str]
"""How an instant is written in a zone."""


@pytest.mark.promise("window.splits-add-up", cost=22)
def test_split_windows_add_up(run: Run) -> None:
    """A window that is split at the beginning of a period has the same periods and traffic as both parts."""
    run.sample.traffic()
    for query, cut, form in _joints(run):
        _adds_up(run, query, cut, form)

    def drawn_adds_up(drawn: tuple[str, Interval, int, int, int, _Form]) -> None:
        zone, interval, back, length, cut, form = drawn
        step = HOUR if interval == "hour" else DAY
        start = zones.floor(
            zone, interval, max(run.sample.first + 2 * DAY, run.sample.settled - back * HOUR - 21 * step)
        )
        query = Query(start, min(start + length * step, run.sample.settled), interval, zone)
        edges = [edge for edge, _ in query.periods[1:] if not query.is_unclear(edge)]
        if edges:
            _adds_up(run, query, edges[cut % len(edges)], form)

    numbers = (st.integers(0, 200), st.integers(2, 20), st.integers(0, 19))
    drawn = st.tuples(ANY_ZONE, ANY_INTERVAL, *numbers, st.sampled_from((_in_utc, _with_offset)))
    run.budget.draw(drawn, drawn_adds_up, max_examples=2, cost=5)


def _joints(run: Run) -> Iterator[tuple[Query, int, _Form]]:
    """Return windows of both intervals, split at an hour and at a midnight, also in unusual zones."""
    busy = run.sample.busy_hours(8)
    yield Query(busy, busy + 8 * HOUR, "hour", "UTC"), busy + HOUR, _in_utc
    quarters = zones.floor("Asia/Kathmandu", "hour", busy + HOUR)
    yield Query(quarters, quarters + 7 * HOUR, "hour", "Asia/Kathmandu"), quarters + 4 * HOUR, _with_offset
    narrowest = run.options.filters[0] if run.options.filters else EVERYTHING
    for zone, whose, form in (
        ("Asia/Kathmandu", EVERYTHING, _with_offset),
        ("Europe/Berlin", EVERYTHING, _naive),
        ("America/New_York", narrowest, _in_utc),
        ("UTC", EVERYTHING, _with_offset),
    ):
        days = run.sample.last_days(zone, 5)
        midnight = days.periods[1][1]
        yield replace(days, filter=whose), midnight, form
        if zone == "Asia/Kathmandu":
            yield Query(midnight - 5 * HOUR, midnight + 6 * HOUR, "hour", zone), midnight, form


def _in_utc(_: str, instant: int) -> str:
    return zones.utc(instant)


def _with_offset(zone: str, instant: int) -> str:
    return zones.with_offset(instant, zones.offset_at(zone, instant))


def _naive(zone: str, instant: int) -> str:
    return zones.naive(zone, instant) if zones.names_one_instant(zone, instant) else zones.utc(instant)


def _adds_up(run: Run, query: Query, cut: int, form: _Form) -> None:
    """Compare two adjacent windows with the known rows of the whole; it is read in one piece only if necessary."""
    texts = [form(query.named_zone, instant) for instant in (query.start, cut, query.end)]
    halves = [
        run.reader.read(replace(query, end=cut, start_text=texts[0], end_text=texts[1])),
        run.reader.read(replace(query, start=cut, start_text=texts[1], end_text=texts[2])),
    ]
    exchanges = [exchange for half in halves for exchange in half.exchanges]
    joined = {start: counts for half in halves for start, counts in half.by_start.items()}
    if joined != run.sample.known(query):
        whole = run.reader.read(query)
        exchanges += whole.exchanges
        if joined != whole.by_start:
            odd = min(set(joined.items()) ^ set(whole.by_start.items()))[0]
            told = [str(known.get(odd, "no record")) for known in (joined, whole.by_start)]
            window = f"the window from {zones.utc(query.start)} to {zones.utc(query.end)}, cut at {texts[1]}"
            message = f"{window}: of the period from {zones.utc(odd)} the parts have {told[0]}, and the whole {told[1]}"
            blame(run.reader, _SPLIT, message, whole, *halves, expected=told[1], got=told[0])
    if all(half.by_start for half in halves):
        run.ledger.seen(_SPLIT, *exchanges)
