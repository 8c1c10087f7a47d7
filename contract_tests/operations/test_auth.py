"""No operation that requires the key gives data without the right one."""

import random
import string
from collections.abc import Container, Iterator, Mapping

from contract_tests.exchange import Exchange
from contract_tests.operations.each import Asked, of_each_operation
from contract_tests.reading.listing import Listing
from contract_tests.wire.places import Misplaced, ask_group, wrong_places

_OF_KEYS = (401, 403)
_OF_QUERIES = range(400, 500)
"""A server may validate the query before the key."""
_LETTERS = string.ascii_letters + string.digits


@of_each_operation("auth.key-required", cost=4)
def test_no_data_without_a_key(asked: Asked) -> None:
    """A request without a key is refused, also for a later page and with a filter."""
    for query in _queries(asked):
        _refused(asked, {}, query)


@of_each_operation("auth.key-exact", cost=18)
def test_no_data_for_another_key(asked: Asked) -> None:
    """A wrong key, or the right one outside Api-Key, is refused; the header name is case-insensitive."""
    chance = random.Random(asked.run.options.seed)  # noqa: S311 - it has to repeat, not to be secret
    made_up = "".join(chance.choices(_LETTERS, k=7)) + "." + "".join(chance.choices(_LETTERS, k=32))
    for key in ("wrong", "", "{key}x", "{key:without-last}", "{key:swapped-case}", "Bearer {key}", "wrong,{key}"):
        _refused(asked, {"Api-Key": key})

    def misplace(one: Misplaced) -> Exchange:
        return asked.run.client.send("GET", asked.endpoint.target_with(one.query).rstrip("?&"), one.headers)

    for group in wrong_places():
        refusals = _OF_QUERIES if group[0].query else _OF_KEYS

        def is_refusal(exchange: Exchange, refusals: Container[int] = refusals) -> bool:
            return exchange.status in refusals and _record_within(asked, exchange) is None

        for exchange in ask_group(group, misplace, is_refusal):
            _judge(asked, exchange, refusals)
    # Just requested with the right key, so a faulty cache may return them.
    for query in _queries(asked):
        _refused(asked, {"Api-Key": made_up}, query)
    lower = asked.endpoint.get(headers={"api-key": "{key}"})
    if lower.status in {401, 403}:
        message = f"the header api-key with the right key gets {lower.status}; names of headers have no case"
        raise asked.breach(message, lower, expected="200", got=str(lower.status))


def _queries(asked: Asked) -> Iterator[Mapping[str, str]]:
    """Return queries for data: the plain one, one with a filter, and one for the next page, if there is one."""
    yield {}
    for parameter in asked.operation.optional:
        if values := (*asked.run.endpoints.values_of(parameter.name, asked.operation), *parameter.examples):
            yield {parameter.name: values[0]}
            break
    if asked.operation.is_listing and Listing(asked.endpoint).has_limit:
        page = asked.endpoint.get({"limit": "1"})
        token = page.fields.get("next_token")
        yield {"limit": "1"} | ({"next_token": str(token)} if token else {})


def _refused(asked: Asked, headers: Mapping[str, str], query: Mapping[str, str] | None = None) -> None:
    if not asked.run.client.is_opened_by(headers):
        _judge(asked, asked.endpoint.get(query, headers=headers))


def _judge(asked: Asked, exchange: Exchange, refusals: Container[int] = _OF_KEYS) -> None:
    if exchange.status not in refusals:
        message = f"a request without the right key in Api-Key gets {exchange.summary}, not 401 or 403"
        raise asked.breach(message, exchange, expected="401 or 403", got=str(exchange.status))
    if (record := _record_within(asked, exchange)) is not None:
        message = f"a refusal of a request without the right key holds data: {record[:120]}"
        raise asked.breach(message, exchange, expected="no data", got="a record")
    asked.seen(exchange)


def _record_within(asked: Asked, exchange: Exchange) -> str | None:
    """Return a record of the plain response that occurs in a refusal."""
    known = {str(row) for row in asked.endpoint.rows}
    try:
        body = exchange.json
    except ValueError:
        return None
    rows = body.get("data") if isinstance(body, dict) else None
    return next((str(row) for row in rows if str(row) in known), None) if isinstance(rows, list) else None
