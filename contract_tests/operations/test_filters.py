"""A filter selects: on the first page, and on every later one."""

import random
from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from contract_tests.declarations.parameter import Parameter
from contract_tests.operations.each import Asked, of_each_operation
from contract_tests.operations.filters import Filter, filters_of
from contract_tests.operations.test_pages import agrees
from contract_tests.promises.promise import NotExercisedError
from contract_tests.reading.endpoint import rows_of
from contract_tests.reading.listing import Listing, utc_text

_MAX_PAIRS = 2
_BEFORE_EVERYTHING = "1971-01-01T00:00:00Z"


@of_each_operation("consistency.filter-selects", cost=18)
def test_a_filter_selects(asked: Asked) -> None:
    """A filter returns exactly the records that match it, and every filter excludes something."""
    listing = asked.run.listing(asked.endpoint)
    if not listing.whole().records:
        raise NotExercisedError(f"{listing} has no records.")
    filters = filters_of(asked, listing)
    for one in filters:
        _selects(asked, listing, one)
    for one, other in list(pairwise(one for one in filters if one.is_of_field))[:_MAX_PAIRS]:
        if one.parameter != other.parameter:
            _select_together(asked, listing, one, other)
    for parameter in asked.operation.optional:
        if parameter.is_integer and parameter.is_id:
            _nobody_has(asked, listing, parameter)
        elif parameter.is_moment:
            _is_no_moment_for_all(asked, listing, parameter)


@of_each_operation("pagination.token-keeps-query", cost=12)
def test_a_token_keeps_the_whole_query(asked: Asked) -> None:
    """With the whole query sent along, later pages are filtered as well."""
    listing = asked.run.listing(asked.endpoint)
    total = len(listing.whole().records)
    for one in filters_of(asked, listing):
        part = listing.under(one.query)
        if not 1 < len(part.whole().records) < total:
            continue
        agrees(asked, part, "token-keeps-query", lambda count: -(-count // 2))


def _selects(asked: Asked, listing: Listing, one: Filter) -> None:
    """Compare the records under a filter with the unfiltered ones, read before and after."""
    before, under, after = listing.whole(), listing.under(one.query).whole(), listing.whole(again=True)
    evidence = (*before.exchanges[:1], *under.exchanges[:1])
    wrong = next((record for record in under.records if one.is_of_field and not one.may_have(record)), None)
    if wrong is not None:
        message = f"under {one} comes a record with {one.parameter.name}={wrong.text(one.parameter.name)}"
        raise asked.breach(message, *evidence, expected=str(one), got=wrong.line[:200])
    found, everything = under.counted("key"), before.counted("key") | after.counted("key")
    always = before.counted("key") & after.counted("key")
    lost = next(
        (record for record in before.records if one.is_of_field and one.has(record) and not found[record.key]), None
    )
    if lost is not None and always[lost.key] and under.is_complete:
        message = f"under {one} the record {lost.line[:120]} does not come"
        raise asked.breach(message, *evidence, expected=lost.line[:200], got="not among the records")
    more = found - everything
    if not one.is_about_records:
        with_id = {record.key for record in under.records if record.has_id}
        more = Counter({key: count for key, count in more.items() if key in with_id})
    if more and not _widens(one.parameter):
        message = f"under {one} comes the record {next(iter(more))}, which does not come without it"
        raise asked.breach(message, *evidence, expected="some of the records", got=next(iter(more)))
    if found != everything:
        asked.seen(*under.exchanges)


def _select_together(asked: Asked, listing: Listing, one: Filter, other: Filter) -> None:
    """Request what matches two filters: no record may miss one of them."""
    page = listing.under(one.query | other.query).ask()
    for each in (one, other):
        wrong = next((record for record in page.records if not each.may_have(record)), None)
        if wrong is not None:
            has = f"{each.parameter.name}={wrong.text(each.parameter.name)}"
            message = f"under {one} and {other} comes a record with {has}"
            raise asked.breach(message, page.exchange, expected=f"{one} and {other}", got=wrong.line[:200])
    asked.seen(page.exchange)


def _widens(parameter: Parameter) -> bool:
    """Return whether omitting the parameter means a default value rather than no filter."""
    return "default" in parameter.description.lower()


def _nobody_has(asked: Asked, listing: Listing, parameter: Parameter) -> None:
    """Request an id that does not exist."""
    chance = random.Random(asked.run.options.seed)  # noqa: S311 - it has to repeat, not to be secret
    query = listing.filters | {parameter.name: str(chance.randrange(10**9, 2**31))}
    exchange = asked.endpoint.get(query)
    if exchange.status >= 500:
        told = {"expected": "200 without a record, or a 4xx", "got": exchange.summary}
        raise asked.breach(f"a filter gets {exchange.summary}", exchange, **told)
    if rows := rows_of(exchange):
        message = f"under {parameter.name}={query[parameter.name]}, which does not exist, comes {str(rows[0])[:120]}"
        raise asked.breach(message, exchange, expected="no record", got=f"{len(rows)} records")
    asked.seen(exchange)


def _is_no_moment_for_all(asked: Asked, listing: Listing, parameter: Parameter) -> None:
    """Filter by a time in the far past and one in the future: no record matches both."""
    ahead = utc_text(datetime.fromtimestamp(int(asked.run.reader.now()), UTC) + timedelta(days=1))
    exchanges = [asked.endpoint.get({parameter.name: moment}) for moment in (_BEFORE_EVERYTHING, ahead)]
    failure = next((exchange for exchange in exchanges if exchange.status >= 500), None)
    if failure is not None:
        told = {"expected": "200, or a 4xx", "got": failure.summary}
        raise asked.breach(f"a filter gets {failure.summary}", failure, **told)
    pages = [listing.read(exchange) for exchange in exchanges if exchange.status == 200]
    keys = [{record.key for record in page.records} for page in pages]
    both = keys[0] & keys[1] if len(keys) == len(exchanges) else set()
    if both:
        record = min(both)
        message = f"{parameter.name} selects nothing: the record {record} comes under {_BEFORE_EVERYTHING} and {ahead}"
        raise asked.breach(message, *exchanges, expected="no record under both", got=record)
    if any(keys):
        asked.seen(*exchanges)
