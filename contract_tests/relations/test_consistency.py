"""Answers of one server agree with each other: with themselves a moment later, with their parts, with their filters."""

import random
from dataclasses import replace
from itertools import product

import pytest
from hypothesis import strategies as st

from contract_tests.oracle import zones
from contract_tests.oracle.page import NOTHING
from contract_tests.oracle.query import EVERYTHING, Filter, Query
from contract_tests.oracle.reader import LARGEST_LIMIT
from contract_tests.oracle.zones import DAY, Interval
from contract_tests.promises.promise import BrokenPromiseError
from contract_tests.world import ANY_ZONE, World

_INTERVALS: tuple[Interval, ...] = ("hour", "day")
_TIMES = 3


@pytest.mark.promise("consistency.closed-periods", cost=14)
def test_closed_periods_stay_as_they_are(world: World) -> None:
    """A period that has been over for two days has the same traffic each time that it is asked for."""
    world.traffic()
    queries = [world.hours("UTC"), world.days("Europe/Berlin"), world.hours("Asia/Kathmandu", days=2)]
    queries += [replace(world.days("UTC"), filter=one) for one in world.given_filters]
    for query in queries:
        series = world.reader.read(query)
        for _ in range(_TIMES if query == queries[0] else 1):
            again = world.reader.ask(query, limit=LARGEST_LIMIT)
            world.unchanged(series, again)
            if series.by_start:
                world.ledger.seen("consistency.closed-periods", again.exchange)


@pytest.mark.promise("consistency.day-is-its-hours", cost=24)
def test_a_day_equals_its_hours(world: World) -> None:
    """The traffic of a day is the sum of its hours, in every zone and under every filter."""
    world.traffic()

    def equals(zone: str, whose: Filter) -> None:
        hours = world.reader.read(world.hours(zone, whose))
        whole = world.days(zone, whose)
        days = world.reader.read(replace(whole, start=max(whole.start, hours.query.start), end=hours.query.end))
        what = f"days and hours of {zone} ({whose})"
        if world.agree("consistency.day-is-its-hours", days, hours, what):
            world.ledger.seen("consistency.day-is-its-hours", *days.exchanges, *hours.exchanges)

    for zone in ("UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Asia/Kathmandu", "Australia/Lord_Howe"):
        equals(zone, EVERYTHING)
    for zone, whose in product(("UTC", "America/St_Johns"), world.given_filters[:1]):
        equals(zone, whose)
    for whose in world.given_filters[1:]:
        equals("Europe/Berlin", whose)
    drawn = st.tuples(ANY_ZONE, st.sampled_from([EVERYTHING, *world.given_filters]))
    world.draw(drawn, lambda pair: equals(*pair), most=2, cost=4)


@pytest.mark.promise("consistency.filter-selects", cost=14)
def test_a_filter_selects(world: World) -> None:
    """An environment or a consumer that nobody has, alone or beside one that there is, has no traffic."""
    world.traffic()
    chance = random.Random(world.options.seed)  # noqa: S311 - it has to repeat, not to be secret
    nobody = chance.randrange(10**9, 2**31)
    options = world.options
    filters = [Filter(app_env_id=nobody), Filter(consumer_id=nobody)]
    filters += [Filter(options.app_env_id, nobody)] if options.app_env_id else []
    filters += [Filter(nobody, options.consumer_id)] if options.consumer_id else []
    for whose, interval in product(filters, _INTERVALS):
        zone = "UTC" if interval == "hour" else "Asia/Kolkata"
        query = replace(world.hours(zone, days=4) if interval == "hour" else world.days(zone), filter=whose)
        exchange = world.client.get(query.parameters | {"limit": "1000"})
        if exchange.status >= 500:
            raise BrokenPromiseError("requests.no-server-error", f"a filter earns {exchange.summary}", exchange)
        if exchange.status == 200:
            busy = next((row for row in world.reader.check(exchange, query, 1000).rows if row.counts != NOTHING), None)
            if busy is not None:
                message = f"{whose}, which nobody has, has {busy.counts} in the {interval} of {busy}"
                raise BrokenPromiseError("consistency.filter-selects", message, exchange)
        world.ledger.seen("consistency.filter-selects", exchange)


@pytest.mark.promise("consistency.environment-below-total", cost=8)
def test_an_environment_has_no_more_than_the_app(world: World) -> None:
    """In no period has one environment more traffic than all together."""
    _below(world, "consistency.environment-below-total", world.environment, EVERYTHING)


@pytest.mark.promise("consistency.consumer-below-total", cost=8)
def test_a_consumer_has_no_more_than_the_app(world: World) -> None:
    """In no period has one consumer more traffic than all together."""
    _below(world, "consistency.consumer-below-total", world.consumer, EVERYTHING)


@pytest.mark.promise("consistency.two-filters", cost=8)
def test_two_filters_have_no_more_than_one(world: World) -> None:
    """In no period has a consumer within an environment more traffic than either alone."""
    both = Filter(world.environment.app_env_id, world.consumer.consumer_id)
    for one in (world.environment, world.consumer):
        _below(world, "consistency.two-filters", both, one)


def _below(world: World, promise_id: str, part: Filter, whole: Filter) -> None:
    world.traffic(part)
    queries: list[Query] = [world.base(0, part).query, world.days("Europe/Berlin", part)]
    queries.append(world.hours("Asia/Kathmandu", part, days=4))
    for query in queries:
        few, many = world.reader.read(query), world.reader.read(replace(query, filter=whole))
        for start, counts in few.by_start.items():
            if start + DAY <= world.settled and not counts.fits_in(many.of_period(start)):
                message = f"from {zones.utc(start)}, {part} has {counts}, and {whole} has {many.of_period(start)}"
                world.blame(promise_id, message, few, many)
        if few.by_start:
            world.ledger.seen(promise_id, *few.exchanges, *many.exchanges)
