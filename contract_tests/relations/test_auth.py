"""No data without a key, with a wrong one, or with the right one in the wrong place."""

import random
import string
from collections.abc import Mapping

import pytest
from hypothesis import strategies as st

from contract_tests.exchange import Exchange
from contract_tests.oracle.page import read_page
from contract_tests.oracle.zones import HOUR, utc
from contract_tests.promises.promise import BrokenPromiseError
from contract_tests.run import Run
from contract_tests.wire.places import Misplaced, ask_group, wrong_places

_LETTERS = string.ascii_letters + string.digits


@pytest.mark.promise("auth.key-required", cost=8)
def test_no_data_without_a_key(run: Run) -> None:
    """A request without a key is refused for every query, also for later pages."""
    for query in [{"timezone": "Asia/Tokyo", "limit": "1000"}, *_queries(run)]:
        _refused(run, "auth.key-required", query, {})


@pytest.mark.promise("auth.key-exact", cost=34)
def test_no_data_for_another_key(run: Run) -> None:
    """A wrong key, or the right one outside Api-Key, is refused; the header name is case-insensitive."""
    chance = random.Random(run.options.seed)  # noqa: S311 - it has to repeat, not to be secret
    made_up = "".join(chance.choices(_LETTERS, k=7)) + "." + "".join(chance.choices(_LETTERS, k=32))
    keys = ["wrong", made_up, "", "null", "Bearer {key}", "Api-Key {key}", "{key}x", "x{key}"]
    keys += [
        "{key:without-last}",
        "{key:without-first}",
        "{key:without-last}~",
        "~{key:without-first}",
        "{key:swapped-case}",
        "schlüssel",
        "wrong,{key}",
        "{key},wrong",
    ]
    for key in keys:
        _refused(run, "auth.key-exact", {}, {"Api-Key": key})

    def misplace(one: Misplaced) -> Exchange:
        target = f"/v1/apps/{run.client.app_id}/traffic" + (f"?{one.query}" if one.query else "")
        return run.client.send("GET", target, one.headers)

    for group in wrong_places():
        for exchange in ask_group(group, misplace, _is_refusal):
            _judge(run, "auth.key-exact", exchange)
    for query in _queries(run):
        _refused(run, "auth.key-exact", query, {"Api-Key": made_up})
    lower = run.client.get(headers={"api-key": "{key}"})
    if lower.status in {401, 403}:
        message = f"the header api-key with the right key gets {lower.status}; names of headers have no case"
        told = {"expected": "the same as with the header Api-Key", "got": lower.summary}
        raise BrokenPromiseError("auth.key-exact", message, lower, **told)
    drawn = st.text(_LETTERS + string.punctuation.replace("{", "").replace("}", ""), min_size=1, max_size=64)
    run.budget.draw(drawn, lambda key: _refused(run, "auth.key-exact", {}, {"Api-Key": key}), max_examples=3, cost=1)


def _queries(run: Run) -> list[dict[str, str]]:
    """Request a page with the right key, and return queries: plain, filtered, and for the next page."""
    window = {"start": utc(run.sample.settled - 48 * HOUR), "end": utc(run.sample.settled - 24 * HOUR), "limit": "1"}
    first = run.client.get(window)
    queries = [{"interval": "day"}, {"app_env_id": "1"}, {"consumer_id": "1"}]
    try:
        token = read_page(first).token if first.status == 200 else None
    except BrokenPromiseError:
        token = None  # another promise is about responses that are not pages
    if token is not None:
        queries += [{"next_token": token}, window | {"next_token": token}]
    return queries


def _refused(run: Run, promise_id: str, query: Mapping[str, str], headers: Mapping[str, str]) -> None:
    if not run.client.is_opened_by(headers):
        _judge(run, promise_id, run.client.get(query, headers=headers))


def _is_refusal(exchange: Exchange) -> bool:
    return exchange.status in {401, 403} and b'"period_start"' not in exchange.body


def _judge(run: Run, promise_id: str, exchange: Exchange) -> None:
    told = {"expected": "401 or 403 without data", "got": exchange.summary}
    if exchange.status >= 500:
        message = f"a request without the key gets {exchange.summary}"
        raise BrokenPromiseError("requests.no-server-error", message, exchange, **told)
    if not _is_refusal(exchange):
        message = f"a request without the right key in Api-Key gets {exchange.summary}, not 401 or 403 without data"
        raise BrokenPromiseError(promise_id, message, exchange, **told)
    run.ledger.seen(promise_id, exchange)
