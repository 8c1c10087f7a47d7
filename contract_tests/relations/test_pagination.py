"""Pages: never too long, without gaps or overlaps between them, and all of one query, for every page size."""

import random
from collections.abc import Iterator
from dataclasses import replace

import pytest
from hypothesis import strategies as st

from contract_tests.oracle import zone_table, zones
from contract_tests.oracle.query import EVERYTHING, Filter, Query
from contract_tests.oracle.series import Series
from contract_tests.oracle.zones import DAY, HOUR, Interval
from contract_tests.promises.promise import BrokenPromiseError
from contract_tests.reading.reader import MAX_LIMIT
from contract_tests.reading.stability import blame
from contract_tests.relations.strategies import ANY_INTERVAL, ANY_ZONE
from contract_tests.run import Run

_FOREIGN = ("window.", "timezone.", "consistency.", "response.period-end")


@pytest.mark.promise("pagination.limit", cost=12)
def test_a_page_holds_no_more_than_its_limit(run: Run) -> None:
    """No page has more records than its limit, by default 100."""
    run.sample.traffic()
    for limit in (1, 2, 7, 99, 101, 999, 1000, None):
        page = run.reader.ask(run.sample.base(0).query, limit=limit)
        if page.has_more:
            run.ledger.seen("pagination.limit", page.exchange)
    _a_smaller_limit_holds(run)
    for limit in (1, 3):
        page = run.reader.ask(run.sample.days("Asia/Kathmandu"), limit=limit)
        if page.has_more:
            run.ledger.seen("pagination.limit", page.exchange)


def _a_smaller_limit_holds(run: Run) -> None:
    """With a token and a smaller limit than before, a page still holds no more than the limit."""
    query = run.sample.base(0).query
    page = run.reader.ask(query, limit=6)
    if page.token is not None:
        exchange = run.client.get(query.parameters | {"limit": "2", "next_token": page.token})
        if exchange.status == 200:
            run.reader.check(exchange, query, 2)
            run.ledger.seen("pagination.limit", exchange)


@pytest.mark.promise("pagination.walk-ends", cost=14)
def test_walking_the_tokens_ends(run: Run) -> None:
    """Following the tokens leads to a page without a token."""
    run.sample.traffic()
    busy = run.sample.busy_hours(8)
    hours, days = Query(busy, busy + 8 * HOUR, "hour"), run.sample.days("Asia/Tokyo")
    for query, limit in ((hours, 3), (days, 20)):
        _walked(run, "pagination.walk-ends", run.reader.read(query, limit=limit))


@pytest.mark.promise("pagination.has-more", cost=32)
def test_has_more_is_true_while_there_is_more(run: Run) -> None:
    """`has_more` comes with a token exactly while records are left, also when the records fill pages exactly."""
    run.sample.traffic()
    busy = run.sample.busy_hours(12)
    hours, days = Query(busy, busy + 12 * HOUR, "hour"), _days(run, "Europe/Berlin", 6)
    long = Query(run.sample.settled - min(10, run.sample.horizon) * DAY, run.sample.settled, "hour")
    hundred, two_hundred = replace(long, end=long.start + 100 * HOUR), replace(long, end=long.start + 200 * HOUR)
    walks: list[tuple[Query, int | None]] = [(hours, limit) for limit in (11, 12, 13, 6)]
    walks += [
        (days, 6),
        (days, 3),
        (days, 5),
        (hundred, None),
        (hundred, 100),
        (replace(hundred, end=hundred.end + HOUR), None),
    ]
    walks += [(two_hundred, None)] if min(run.sample.page_size, run.sample.horizon * 24) >= 200 else []
    if run.sample.horizon * 24 >= MAX_LIMIT + 1 and run.sample.page_size >= MAX_LIMIT:
        for extra in (0, 1):
            walks.append(
                (Query(run.sample.settled - (MAX_LIMIT + extra) * HOUR, run.sample.settled, "hour"), MAX_LIMIT)
            )
    for query, limit in walks:
        _complete(run, "pagination.has-more", query, limit)


@pytest.mark.promise("pagination.each-once", cost=28)
def test_each_period_comes_once(run: Run) -> None:
    """The pages together have each period of the window once: none twice, none missing, none with other numbers."""
    run.sample.traffic()
    for zone, limit in (("UTC", 5), ("Asia/Kathmandu", 4), ("Asia/Kolkata", 6)):
        start = zones.floor(zone, "hour", run.sample.busy_hours(12) + HOUR)
        _complete(run, "pagination.each-once", Query(start, start + 11 * HOUR, "hour", zone), limit)
    for zone in ("America/New_York", "Asia/Tokyo"):
        _complete(run, "pagination.each-once", _days(run, zone, 30), 13)
    long = Query(run.sample.settled - min(36, run.sample.horizon) * DAY, run.sample.settled, "hour", "UTC")
    _complete(run, "pagination.each-once", long, 400 if run.sample.page_size >= 400 else MAX_LIMIT)
    for query, limit in _around_changes(run):
        _complete(run, "pagination.each-once", query, limit)


@pytest.mark.promise("pagination.any-page-size", cost=24)
def test_the_size_of_pages_changes_nothing(run: Run) -> None:
    """The records of a window are the same for every limit: some fixed ones, and some that each seed draws."""
    run.sample.traffic()
    busy = run.sample.busy_hours(12)
    hours, long = Query(busy, busy + 10 * HOUR, "hour"), run.sample.hours("UTC", days=9)
    walks: list[tuple[Query, int | None]] = [(replace(hours, end=busy + 7 * HOUR), 1), (hours, 3)]
    walks += [(long, None), (long, 99), *_drawn_sizes(run)]
    for query, limit in walks:
        _complete(run, "pagination.any-page-size", query, limit)

    def same(drawn: tuple[str, Interval, int, int, Filter]) -> None:
        zone, interval, length, pages, whose = drawn
        if interval == "day":
            query = _days(run, zone, min(length, run.sample.horizon - 3))
        else:
            start = zones.floor(zone, "hour", run.sample.busy_hours(30))
            query = Query(start, start + length * HOUR, "hour", zone)
        _complete(run, "pagination.any-page-size", replace(query, filter=whose), -(-length // pages))

    sizes = (st.integers(3, 28), st.integers(2, 4))
    filters = st.sampled_from([EVERYTHING, *run.options.filters])
    drawn = st.tuples(ANY_ZONE, ANY_INTERVAL, *sizes, filters)
    run.budget.draw(drawn, same, max_examples=2, cost=8)


@pytest.mark.promise("pagination.token-keeps-query", cost=36)
def test_a_token_keeps_the_whole_query(run: Run) -> None:
    """A token that is sent with its query continues in the same window, zone, interval and filter.

    The specification does not say what a token does without its query, or with another one.
    """
    run.sample.traffic()
    for query in _whole_queries(run):
        _complete(run, "pagination.token-keeps-query", query, max(1, len(query.periods) // 2))
    hours = replace(
        run.sample.base(0).query, start=run.sample.settled - min(run.sample.horizon, 10) * DAY, zone="Asia/Kathmandu"
    )
    _complete(run, "pagination.token-keeps-query", hours, None)
    _token_of_defaults(run)


def _drawn_sizes(run: Run) -> Iterator[tuple[Query, int]]:
    """Return windows of hours that fill two pages of a size below a hundred, and one page of a size above it."""
    chance = random.Random(run.options.seed)  # noqa: S311 - it has to repeat, not to be secret
    room = (run.sample.horizon - 1) * DAY // HOUR
    for fewest, most, pages in ((4, 98, 2), (101, 999, 1)):
        size = chance.randint(fewest, most)
        length = pages * size + chance.randint(1, size - 1)
        if size <= min(run.sample.page_size, room - 1):
            start = run.sample.settled - min(length, room) * HOUR
            yield Query(start, run.sample.settled, "hour"), size


def _complete(run: Run, promise_id: str, query: Query, limit: int | None) -> None:
    """Read a window in pages, and compare it with the known rows, or with those in as few pages as possible."""
    try:
        series = run.reader.read(query, limit=limit)
    except BrokenPromiseError as breach:
        if not breach.promise_id.startswith(_FOREIGN):
            raise
        run.reader.read(query)  # the same window in one piece, which may be wrong as well
        raise breach.under("pagination.token-keeps-query") from breach
    if series.by_start != run.sample.known(query):
        _require_same(run, promise_id, series, run.reader.read(query))
    _walked(run, promise_id, series)


def _require_same(run: Run, promise_id: str, series: Series, reference: Series) -> None:
    query, limit = series.query, series.limit
    if series.by_start != reference.by_start:
        odd = min(set(series.by_start.items()) ^ set(reference.by_start.items()))[0]
        size = "of the default size" if limit is None else f"of {limit}"
        told = [str(one.by_start.get(odd, "no record")) for one in (series, reference)]
        period = f"the {query.named_interval} from {zones.utc(odd)}"
        message = f"in pages {size} {period} has {told[0]}, in pages of 1000 {told[1]}"
        pair = {"expected": told[1], "got": told[0]}
        named = _named(promise_id, series, reference)
        if named == "pagination.has-more":  # and one row is lost as well
            run.ledger.broken(BrokenPromiseError("pagination.each-once", message, *series.exchanges[-2:], **pair))
        blame(run.reader, named, message, series, reference, **pair)


def _named(promise_id: str, series: Series, reference: Series) -> str:
    """Return the promise that is broken if the pages do not have the rows of the same window in one piece."""
    found, expected = series.by_start.keys(), reference.by_start.keys()
    missing = expected - found
    is_one_end_missing = found < expected and (min(missing) > max(found, default=0) or max(missing) < min(found))
    if is_one_end_missing and series.pages[-1].rows:
        return "pagination.has-more"  # the tokens ended while rows were left
    if promise_id != "pagination.has-more":
        return promise_id
    return "pagination.any-page-size" if found == expected else "pagination.each-once"


def _walked(run: Run, promise_id: str, series: Series) -> None:
    if len(series.pages) > 1 or (promise_id == "pagination.has-more" and series.by_start):
        run.ledger.seen(promise_id, *series.exchanges)


def _days(run: Run, zone: str, count: int) -> Query:
    days = run.sample.days(zone)
    return replace(days, start=max(days.start, zones.floor(zone, "day", days.end - count * DAY + HOUR)))


def _around_changes(run: Run) -> Iterator[tuple[Query, int]]:
    """Windows around a clock change, with a page size for which a page ends at the change."""
    for zone in zone_table.CHANGING[:3]:
        for change in zones.transitions(zone, run.sample.first + 2 * DAY, run.sample.settled - 3 * DAY)[-1:]:
            if zone in zone_table.CHANGING[:2]:
                yield Query(change.instant - 6 * HOUR, change.instant + 6 * HOUR, "hour", zone), 6
            if zone != zone_table.CHANGING[1]:
                day = zones.floor(zone, "day", change.instant)
                end = zones.floor(zone, "day", day + 2 * DAY + 6 * HOUR)
                yield Query(zones.floor(zone, "day", day - 12 * HOUR), end, "day", zone), 1


def _whole_queries(run: Run) -> Iterator[Query]:
    """Queries in which every parameter differs from its default."""
    whose = run.options.filters[0] if run.options.filters else EVERYTHING
    start = zones.floor("Asia/Kathmandu", "hour", run.sample.busy_hours(10, whose) + HOUR)
    yield Query(start, start + 9 * HOUR, "hour", "Asia/Kathmandu", whose)
    yield replace(_days(run, "America/New_York", 9), filter=whose)
    for one in run.options.filters[1:2]:
        yield Query(start, start + 6 * HOUR, "hour", "UTC", one)
    days = _days(run, "Asia/Tokyo", 8)
    yield replace(days, end=days.end - 2 * DAY).naive()


def _token_of_defaults(run: Run) -> None:
    """The token of a query without start and end continues in the window of its first page."""
    start = int(run.reader.now()) - 30 * DAY
    query = Query(start, int(run.reader.now()) + 1, "day", "Asia/Tokyo", omitted=frozenset({"start", "end"}))
    page = run.reader.ask(query, limit=20)
    series = run.reader.walk(page, query, limit=20)
    days = run.reader.read(run.sample.days("Asia/Tokyo"))
    first, last = max(query.first, days.query.start), days.query.end
    found, expected = (
        {start: counts for start, counts in one.by_start.items() if first <= start < last} for one in (series, days)
    )
    if found != expected:
        _complete(run, "pagination.any-page-size", run.sample.days("Asia/Tokyo"), 20)  # else the cause is the page size
        odd = min(set(found.items()) ^ set(expected.items()))[0]
        told = [str(one.get(odd, "no record")) for one in (found, expected)]
        message = (
            f"in pages of the default window the day of Asia/Tokyo from {zones.utc(odd)} has {told[0]}, and {told[1]} "
            "where the same window is asked for"
        )
        blame(run.reader, "pagination.token-keeps-query", message, series, days, expected=told[1], got=told[0])
    _walked(run, "pagination.token-keeps-query", series)
