"""No data without the right key: without a key, with another one, or with the right one in the wrong place."""

import random
import string
from collections.abc import Mapping

import pytest
from hypothesis import strategies as st

from contract_tests.oracle.zones import HOUR, utc
from contract_tests.promises.promise import BrokenPromiseError
from contract_tests.wire.exchange import Exchange
from contract_tests.world import World

_LETTERS = string.ascii_letters + string.digits


@pytest.mark.promise("auth.key-required", cost=12)
def test_no_data_without_a_key(world: World) -> None:
    """A request without a key is refused, whatever it asks for, the later pages of a query included."""
    start = world.settled - 48 * HOUR
    window = {"start": utc(start), "end": utc(start + 24 * HOUR)}
    queries: list[dict[str, str]] = [{}, {"interval": "day"}, {"timezone": "Asia/Tokyo"}, {"limit": "1000"}, window]
    queries += [{"interval": "hour", "limit": "1"}, {"app_env_id": "1"}, {"consumer_id": "1"}]
    first = world.client.get(window | {"limit": "1"})
    token = first.json.get("next_token") if first.status == 200 and isinstance(first.json, dict) else None
    if isinstance(token, str):
        queries += [{"next_token": token}, window | {"limit": "1", "next_token": token}]
    for query in queries:
        _refused(world, "auth.key-required", query, {})


@pytest.mark.promise("auth.key-exact", cost=26)
def test_no_data_for_another_key(world: World) -> None:
    """What is nearly the key, or stands elsewhere than in Api-Key, opens nothing; the name of a header has no case."""
    chance = random.Random(world.options.seed)  # noqa: S311 - it has to repeat, not to be secret
    made_up = "".join(chance.choices(_LETTERS, k=7)) + "." + "".join(chance.choices(_LETTERS, k=32))
    keys = ["wrong", made_up, "", "null", "Bearer {key}", "Api-Key {key}", "{key}x", "x{key}"]
    keys += [
        "{key:without-last}",
        "{key:without-first}",
        "{key:without-last}~",
        "~{key:without-first}",
        "{key:swapped-case}",
    ]
    keys += ["schlüssel"] if world.options.deep else []
    elsewhere: list[Mapping[str, str]] = [
        {"Authorization": "Bearer {key}"},
        {"X-Api-Key": "{key}"},
        {"Cookie": "Api-Key={key}"},
    ]
    for headers in [*({"Api-Key": key} for key in keys), *elsewhere]:
        _refused(world, "auth.key-exact", {}, headers)
    _refused(world, "auth.key-exact", {"interval": "day", "timezone": "Europe/Berlin"}, {"Api-Key": made_up})
    _judge(
        world, "auth.key-exact", world.client.send("GET", f"/v1/apps/{world.client.app_id}/traffic?api_key={{key}}", {})
    )
    lower = world.client.get({"limit": "1"}, headers={"api-key": "{key}"})
    if lower.status != 200:
        message = f"the header api-key with the right key earns {lower.status}; names of headers have no case"
        raise BrokenPromiseError("auth.key-exact", message, lower)
    drawn = st.text(_LETTERS + string.punctuation.replace("{", "").replace("}", ""), min_size=1, max_size=64)
    world.draw(drawn, lambda key: _refused(world, "auth.key-exact", {}, {"Api-Key": key}), most=3, cost=1)


def _refused(world: World, promise_id: str, query: Mapping[str, str], headers: Mapping[str, str]) -> None:
    if not world.client.is_opened_by(headers):
        _judge(world, promise_id, world.client.get(query, headers=headers))


def _judge(world: World, promise_id: str, exchange: Exchange) -> None:
    if exchange.status >= 500:
        raise BrokenPromiseError(
            "requests.no-server-error", f"a request without the key earns {exchange.summary}", exchange
        )
    if exchange.status not in {401, 403}:
        message = f"a request without the right key in Api-Key earns {exchange.summary}, not 401 or 403"
        raise BrokenPromiseError(promise_id, message, exchange)
    world.ledger.seen(promise_id, exchange)
