"""Every answer of the run, whatever asked for it, against the schema; these tests send nothing and run last."""

from typing import Any

import jsonschema_rs
import pytest

from contract_tests.oracle.page import read_page
from contract_tests.promises.promise import BrokenPromiseError
from contract_tests.schema.cases import load_spec
from contract_tests.wire.exchange import Exchange
from contract_tests.world import NotExercisedError, World


@pytest.mark.promise("response.schema", cost=0)
def test_answers_fit_the_schema(world: World) -> None:
    """Each page is a GetTrafficResponse, and each 422 an HTTPValidationError."""
    spec = load_spec()
    validators = {
        status: jsonschema_rs.validator_for({"$ref": f"#/components/schemas/{name}", "components": spec["components"]})
        for status, name in ((200, "GetTrafficResponse"), (422, "HTTPValidationError"))
    }
    for exchange in world.client.exchanges:
        if exchange.status in validators:
            error = next(iter(validators[exchange.status].iter_errors(_json(exchange))), None)
            if error is not None:
                place = "/".join(str(part) for part in error.instance_path) or "the top level"
                message = f"at {place} of a {exchange.status}: {error.message[:200]}"
                raise BrokenPromiseError("response.schema", message, exchange)
            world.ledger.seen("response.schema", exchange)


@pytest.mark.promise("response.counts", cost=0)
def test_counts_are_not_negative(world: World) -> None:
    """No count of any page is negative."""
    for exchange in _pages(world):
        if any(row.counts.requests for row in read_page(exchange).rows):
            world.ledger.seen("response.counts", exchange)


@pytest.mark.promise("response.offsets", cost=0)
def test_times_carry_an_offset(world: World) -> None:
    """Each time carries an offset, and with it names an instant at which a period of its zone begins or ends.

    That they are the right instants is what the tests of zones and windows look at, with every page that they ask for.
    """
    for exchange in _pages(world):
        if read_page(exchange).rows and exchange.parameters.get("timezone", "UTC") != "UTC":
            world.ledger.seen("response.offsets", exchange)


def _pages(world: World) -> list[Exchange]:
    pages = [exchange for exchange in world.client.exchanges if exchange.status == 200]
    if not pages:
        raise NotExercisedError("The server has not given a single page.")
    return pages


def _json(exchange: Exchange) -> Any:
    try:
        return exchange.json
    except ValueError:
        raise BrokenPromiseError("response.schema", f"the body of a {exchange.status} is not JSON", exchange) from None
