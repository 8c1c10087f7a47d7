"""A response is that to the very query: right after a query that differs in one thing alone, it is not that one's."""

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
    """A query, what of it is new, and whether it is for the traffic of nobody."""

    change: str
    query: Query
    limit: int = MAX_LIMIT
    is_for_nobody: bool = False

    def gets_its_own(self, exchange: Exchange) -> bool:
        """Return whether a response can be the one to this query."""
        if exchange.status != 200:
            return self.is_for_nobody
        try:
            page = read_page(exchange)
            inspect(page, self.query, self.limit, None)
        except BrokenPromiseError as breach:
            # Where a period ends is no sign of another query: of a longer interval, the starts are others, too.
            return breach.promise_id == "response.period-end"
        return not self.is_for_nobody or all(row.counts == NOTHING for row in page.rows)

    def earlier(self) -> "_Asked":
        """Return the same for the day before, which nobody has asked for."""
        query = self.query
        return replace(self, query=replace(query, start=query.start - DAY, end=query.end - DAY))


@pytest.mark.promise("consistency.each-query-its-own", cost=12)
def test_a_response_is_about_its_own_query(run: Run) -> None:
    """Each request differs from the one before it in a single thing, which its response has to show.

    A server to which that thing means nothing at all breaks another promise. Here, it has to mean something where
    another query was asked just before, and not where none was.
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
    """Return queries of which each one differs from the one before it in a single thing."""
    chance = random.Random(run.options.seed)  # noqa: S311 - it has to repeat, not to be secret
    nobody = chance.randrange(10**9, 2**31)
    # In the middle of an hour, so that no other test has asked for the same before.
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
    """Ask without a key, with the right one, without one, and with another one."""
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
            message = f"right after the same request with the right key, one without it earns {after.summary}"
            told = {"expected": "401 or 403", "got": str(after.status)}
            raise BrokenPromiseError(named, message, exchange, after, **told)
    return exchange


def _is_not_that_of(run: Run, before: Exchange, asked: _Asked, exchange: Exchange) -> None:
    """Break the promise if a wrong response is the one before it, and the like is right where it comes first."""
    if (exchange.status, exchange.body) != (before.status, before.body):
        return
    like = asked.earlier()
    alone = _ask(run, like)
    if like.gets_its_own(alone):
        message = f"right after a request that differs in {asked.change} alone, this one earns the response to that one"
        raise BrokenPromiseError(
            _OWN,
            message,
            before,
            exchange,
            alone,
            expected="a response to its own query, as it comes where the like is asked first",
            got=f"the response to the request before it, which differs in {asked.change}",
        )
