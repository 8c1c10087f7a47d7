"""Responses agree: when they are repeated, with their parts, and with their filters."""

import random
from dataclasses import replace
from itertools import product

import pytest
from hypothesis import strategies as st

from contract_tests.oracle import zones
from contract_tests.oracle.page import NOTHING
from contract_tests.oracle.query import EVERYTHING, Filter, Query
from contract_tests.oracle.zones import DAY, Interval
from contract_tests.promises.promise import BrokenPromiseError
from contract_tests.reading.reader import MAX_LIMIT
from contract_tests.reading.stability import blame, require_unchanged
from contract_tests.relations.seasons import require_every_season
from contract_tests.relations.strategies import ANY_ZONE
from contract_tests.run import Run

_INTERVALS: tuple[Interval, ...] = ("hour", "day")
_TIMES = 3


@pytest.mark.promise("consistency.closed-periods", cost=14)
def test_closed_periods_stay_as_they_are(run: Run) -> None:
    """A period that ended two days ago has the same traffic in each response."""
    run.sample.traffic()
    queries = [run.sample.hours("UTC"), run.sample.days("Europe/Berlin"), run.sample.hours("Asia/Kathmandu", days=2)]
    queries += [replace(run.sample.days("UTC"), filter=one) for one in run.options.filters]
    for query in queries:
        series = run.reader.read(query)
        for _ in range(_TIMES if query == queries[0] else 1):
            again = run.reader.ask(query, limit=MAX_LIMIT)
            require_unchanged(series, again)
            if series.by_start:
                run.ledger.seen("consistency.closed-periods", again.exchange)


@pytest.mark.promise("consistency.day-is-its-hours", cost=32)
def test_a_day_equals_its_hours(run: Run) -> None:
    """The traffic of a day is the sum of its hours, in every zone, with every filter and in every month."""
    run.sample.traffic()

    def equals(zone: str, whose: Filter) -> None:
        hours = run.reader.read(run.sample.hours(zone, whose))
        whole = run.sample.days(zone, whose)
        days = run.reader.read(replace(whole, start=max(whole.start, hours.query.start), end=hours.query.end))
        what = f"days and hours of {zone} ({whose})"
        if run.comparison.agree("consistency.day-is-its-hours", days, hours, what):
            run.ledger.seen("consistency.day-is-its-hours", *days.exchanges, *hours.exchanges)

    for zone in ("UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Asia/Kathmandu", "Australia/Lord_Howe"):
        equals(zone, EVERYTHING)
    for zone, whose in product(("UTC", "America/St_Johns"), run.options.filters[:1]):
        equals(zone, whose)
    for whose in run.options.filters[1:]:
        equals("Europe/Berlin", whose)
    require_every_season(run)
    drawn = st.tuples(ANY_ZONE, st.sampled_from([EVERYTHING, *run.options.filters]))
    run.budget.draw(drawn, lambda pair: equals(*pair), max_examples=2, cost=4)


@pytest.mark.promise("consistency.filter-selects", cost=14)
def test_a_filter_selects(run: Run) -> None:
    """An environment or a consumer that does not exist has no traffic, alone or combined with an existing filter."""
    run.sample.traffic()
    chance = random.Random(run.options.seed)  # noqa: S311 - it has to repeat, not to be secret
    nobody = chance.randrange(10**9, 2**31)
    options = run.options
    filters = [Filter(app_env_id=nobody), Filter(consumer_id=nobody)]
    filters += [Filter(options.app_env_id, nobody)] if options.app_env_id else []
    filters += [Filter(nobody, options.consumer_id)] if options.consumer_id else []
    for whose, interval in product(filters, _INTERVALS):
        zone = "UTC" if interval == "hour" else "Asia/Kolkata"
        query = replace(run.sample.hours(zone, days=4) if interval == "hour" else run.sample.days(zone), filter=whose)
        exchange = run.client.get(query.parameters | {"limit": "1000"})
        if exchange.status >= 500:
            told = {"expected": "200 without traffic, or a 4xx", "got": exchange.summary}
            message = f"{whose}, which does not exist, gets {exchange.summary}"
            raise BrokenPromiseError("requests.no-server-error", message, exchange, **told)
        if exchange.status == 200:
            busy = next((row for row in run.reader.check(exchange, query, 1000).rows if row.counts != NOTHING), None)
            if busy is not None:
                message = f"{whose}, which does not exist, has {busy.counts} in the {interval} of {busy}"
                told = {"expected": "no traffic", "got": f"{busy.counts} in the {interval} of {busy}"}
                raise BrokenPromiseError("consistency.filter-selects", message, exchange, **told)
        run.ledger.seen("consistency.filter-selects", exchange)


@pytest.mark.promise("consistency.environment-below-total", cost=8)
def test_an_environment_has_no_more_than_the_app(run: Run) -> None:
    """No period has more traffic in one environment than in all."""
    _below(run, "consistency.environment-below-total", run.options.environment, EVERYTHING)


@pytest.mark.promise("consistency.consumer-below-total", cost=8)
def test_a_consumer_has_no_more_than_the_app(run: Run) -> None:
    """No period has more traffic of one consumer than of all."""
    _below(run, "consistency.consumer-below-total", run.options.consumer, EVERYTHING)


@pytest.mark.promise("consistency.two-filters", cost=8)
def test_two_filters_have_no_more_than_one(run: Run) -> None:
    """No period has more traffic with both filters than with either one."""
    both = Filter(run.options.environment.app_env_id, run.options.consumer.consumer_id)
    for one in (run.options.environment, run.options.consumer):
        _below(run, "consistency.two-filters", both, one)


def _below(run: Run, promise_id: str, part: Filter, whole: Filter) -> None:
    run.sample.traffic(part)
    queries: list[Query] = [run.sample.base(0, part).query, run.sample.days("Europe/Berlin", part)]
    queries.append(run.sample.hours("Asia/Kathmandu", part, days=4))
    for query in queries:
        few, many = run.reader.read(query), run.reader.read(replace(query, filter=whole))
        for start, counts in few.by_start.items():
            if start + DAY <= run.sample.settled and not counts.fits_in(many.of_period(start)):
                most = many.of_period(start)
                message = f"from {zones.utc(start)}, {part} has {counts}, and {whole} has {most}"
                told = {"expected": f"at most {most}", "got": str(counts)}
                blame(run.reader, promise_id, message, few, many, **told)
        if few.by_start:
            run.ledger.seen(promise_id, *few.exchanges, *many.exchanges)
