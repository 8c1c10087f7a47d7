"""A response belongs to its own query, also right after a query that differs in one parameter only."""

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace

import pytest

from contract_tests.exchange import Exchange
from contract_tests.oracle.inspection import inspect
from contract_tests.oracle.page import NOTHING, read_page
from contract_tests.oracle.query import Filter, Query
from contract_tests.oracle.zones import DAY, HOUR
from contract_tests.promises.promise import BrokenPromiseError
from contract_tests.reading.reader import MAX_LIMIT
from contract_tests.run import Run

_OWN = "consistency.each-query-its-own"
_NEVER_A_KEY = {"Api-Key": "{key:swapped-case}~"}


@dataclass(frozen=True)
class _Asked:
    """A query, what is new in it, and whether it filters by an id that does not exist."""

    change: str
    query: Query
    limit: int = MAX_LIMIT
    is_for_nobody: bool = False

    def gets_its_own(self, exchange: Exchange) -> bool:
        """Return whether a response can belong to this query."""
        if exchange.status != 200:
            return self.is_for_nobody
        try:
            page = read_page(exchange)
            inspect(page, self.query, self.limit, None)
        except BrokenPromiseError as breach:
            # The ends of periods show nothing more: with another interval, the starts differ, too.
            return breach.promise_id == "response.period-end"
        return not self.is_for_nobody or all(row.counts == NOTHING for row in page.rows)

    def earlier(self) -> "_Asked":
        """Return the same for the day before, which has not been requested yet."""
        query = self.query
        return replace(self, query=replace(query, start=query.start - DAY, end=query.end - DAY))


@pytest.mark.promise("consistency.each-query-its-own", cost=12)
def test_a_response_is_about_its_own_query(run: Run) -> None:
    """Each request differs from the one before it in a single parameter, and its response has to show that.

    A server that always ignores the parameter breaks another promise. This one is broken if the parameter is ignored
    only right after a similar query.
    """
    first, *others = _chain(run)
    exchange = _ask_with_other_keys(run, first)
    for asked in others:
        before, exchange = exchange, _ask(run, asked)
        if asked.gets_its_own(exchange):
            if not asked.gets_its_own(before):
                run.ledger.seen(_OWN, before, exchange)
        else:
            _is_not_that_of(run, before, asked, exchange)


def _chain(run: Run) -> Iterator[_Asked]:
    """Return queries each of which differs from the one before it in a single parameter."""
    chance = random.Random(run.options.seed)  # noqa: S311 - it has to repeat, not to be secret
    nobody = chance.randrange(10**9, 2**31)
    # In the middle of an hour, so that no other test has sent the same query.
    start = run.sample.settled - 5 * DAY + 2 * HOUR + chance.randrange(1, HOUR)
    query = Query(start, start // DAY * DAY + 2 * DAY + 20 * HOUR, "hour", "UTC")
    yield _Asked("the key", query)
    query = replace(query, zone="Asia/Kathmandu")
    yield _Asked("the timezone", query)
    query = replace(query, end=query.end - 2 * HOUR)
    yield _Asked("the end", query)
    query = replace(query, start=query.start + 2 * HOUR)
    yield _Asked("the start", query)
    yield _Asked("the limit", query, 2)
    query = replace(query, interval="day")
    yield _Asked("the interval", query, 2)
    yield _Asked("the consumer", replace(query, filter=Filter(consumer_id=nobody)), 2, is_for_nobody=True)
    yield _Asked("the consumer", query, 2)
    yield _Asked("the environment", replace(query, filter=Filter(app_env_id=nobody)), 2, is_for_nobody=True)


def _ask(run: Run, asked: _Asked) -> Exchange:
    exchange = run.client.get(asked.query.parameters | {"limit": str(asked.limit)})
    if exchange.status >= 500:
        message = f"a valid query fails with {exchange.status}"
        told = {"expected": "200 with a page", "got": exchange.summary}
        raise BrokenPromiseError("requests.no-server-error", message, exchange, **told)
    return exchange


def _ask_with_other_keys(run: Run, asked: _Asked) -> Exchange:
    """Send a request without a key, with the right one, without one, and with a wrong one."""
    given = asked.query.parameters | {"limit": str(asked.limit)}
    refused = run.client.get(given, headers={})
    exchange = _ask(run, asked)
    if asked.gets_its_own(exchange):
        run.ledger.seen(_OWN, refused, exchange)
    else:
        _is_not_that_of(run, refused, asked, exchange)
    for named, headers in (("auth.key-required", {}), ("auth.key-exact", _NEVER_A_KEY)):
        after = run.client.get(given, headers=headers)
        if after.status not in {401, 403}:
            message = f"right after the same request with the right key, one without it gets {after.summary}"
            told = {"expected": "401 or 403", "got": str(after.status)}
            raise BrokenPromiseError(named, message, exchange, after, **told)
    return exchange


def _is_not_that_of(run: Run, before: Exchange, asked: _Asked, exchange: Exchange) -> None:
    """Raise a breach if a response belongs to the query before it, and a similar query alone gets the right one."""
    if (exchange.status, exchange.body) != (before.status, before.body):
        return
    like = asked.earlier()
    alone = _ask(run, like)
    if like.gets_its_own(alone):
        message = (
            f"right after a request that differs in {asked.change} only, this request gets the response to that one"
        )
        raise BrokenPromiseError(
            _OWN,
            message,
            before,
            exchange,
            alone,
            expected="a response to its own query, as a similar query gets it on its own",
            got=f"the response to the request before it, which differs in {asked.change}",
        )
