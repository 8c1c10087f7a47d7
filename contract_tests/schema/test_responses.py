"""Check every response of the run against the schema; these tests send nothing and run last."""

import json
import re
from datetime import datetime
from functools import lru_cache
from operator import itemgetter
from typing import Any

import jsonschema_rs
import pytest

from contract_tests.declarations.specification import Header, Operation, Specification
from contract_tests.exchange import Exchange
from contract_tests.operations.each import Asked, of_each_operation
from contract_tests.promises.promise import BrokenPromiseError
from contract_tests.run import Run
from contract_tests.schema.headers import header_values

_COUNTS = ("requests", "bytes_received", "bytes_sent")
_EDGES = ("period_start", "period_end")
_MAX_HOURS = {"hour": 2, "day": 26}  # with the largest clock change
_counts_of, _edges_of = itemgetter(*_COUNTS), itemgetter(*_EDGES)
_OFFSET = re.compile(r"(Z|[+-]\d\d:\d\d)$", re.IGNORECASE | re.ASCII)


@pytest.mark.promise("response.schema", cost=0)
def test_responses_fit_the_schema(run: Run) -> None:
    """Each response of traffic is valid for the schema of its status."""
    _fits(run, run.spec.traffic)


@of_each_operation("response.schema", cost=0)
def test_responses_of_an_operation_fit_its_schema(asked: Asked) -> None:
    """Each response of another operation is valid for the schema of its status."""
    _fits(asked.run, asked.operation)


def _fits(run: Run, operation: Operation) -> None:
    promise_id = operation.promise("response.schema")
    # Of traffic, times have a promise of their own.
    has_formats = not operation.is_traffic
    validators = {
        status: _validator(run.spec, operation.body_schema(status), has_formats=has_formats)
        for status in operation.responses
    }
    headers = {
        status: [(name, header, _validator(run.spec, header.schema)) for name, header in declared.items()]
        for status, declared in operation.headers.items()
    }
    for exchange in run.client.exchanges:
        status = operation.declared_status(exchange.status)
        if status is None or run.spec.serving(exchange.url) is not operation:
            continue
        for name, header, of_header in headers[status]:
            _header_fits(promise_id, exchange, name, header, of_header)
        validator = validators[status]
        if validator is not None:
            error = next(iter(validator.iter_errors(_json(exchange, promise_id))), None)
            if error is not None:
                place = "/".join(str(part) for part in error.instance_path) or "the top level"
                message = f"at {place} of a {exchange.status}: {error.message[:200]}"
                told = {"expected": f"what is declared at {place}", "got": error.message[:200]}
                raise BrokenPromiseError(promise_id, message, exchange, **told)
            run.ledger.seen(promise_id, exchange)


def _header_fits(
    promise_id: str,
    exchange: Exchange,
    name: str,
    header: Header,
    validator: jsonschema_rs.Draft202012Validator | None,
) -> None:
    text = exchange.headers.get(name)
    if text is None:
        if header.is_required:
            told = {"expected": f"the header {name}, which is required", "got": "no such header"}
            message = f"a {exchange.status} is without the header {name}, which is declared as required"
            raise BrokenPromiseError(promise_id, message, exchange, **told)
    elif validator is not None:
        errors = [next(iter(validator.iter_errors(value)), None) for value in header_values(text)]
        if None not in errors and (error := errors[0]) is not None:
            told = {"expected": "what is declared of that header", "got": error.message[:200]}
            message = f"the header {name} of a {exchange.status}: {error.message[:200]}"
            raise BrokenPromiseError(promise_id, message, exchange, **told)


@pytest.mark.promise("response.counts", cost=0)
def test_counts_are_not_negative(run: Run) -> None:
    """No count of any page is negative."""
    for exchange, items in _pages(run):
        negative = next((item for item in items if min(_counts_of(item)) < 0), None)
        if negative is not None:
            told = {"expected": "counts that are 0 or more", "got": json.dumps(negative)}
            message = f"the period from {negative['period_start']} has a negative count"
            raise BrokenPromiseError("response.counts", message, exchange, **told)
        if any(item["requests"] for item in items):
            run.ledger.seen("response.counts", exchange)


@pytest.mark.promise("response.period-end", cost=0)
def test_periods_end_when_they_are_over(run: Run) -> None:
    """No period is longer than an hour or a day can be, so none extends over a gap.

    The tests of zones and windows check the exact ends, with every page that they read.
    """
    for exchange, items in _pages(run):
        interval = exchange.parameters.get("interval", "hour")
        if (
            "next_token" in exchange.parameters and "interval" not in exchange.parameters
        ) or interval not in _MAX_HOURS:
            continue  # the specification does not say what a token does without its query
        long = next((item for item in items if _hours(*_edges_of(item)) > _MAX_HOURS[interval]), None)
        if long is not None:
            lasts = f"{_hours(*_edges_of(long)):g} hours"
            message = f"the period from {long['period_start']} to {long['period_end']} lasts {lasts}"
            told = {"expected": f"no {interval} of more than {_MAX_HOURS[interval]} hours", "got": lasts}
            raise BrokenPromiseError("response.period-end", message, exchange, **told)
        if items:
            run.ledger.seen("response.period-end", exchange)


@pytest.mark.promise("response.offsets", cost=0)
def test_times_carry_an_offset(run: Run) -> None:
    """Each time has an offset.

    The tests of zones and windows check that it is the right one, with every page that they read.
    """
    for exchange, items in _pages(run):
        without = next((item for item in items if not all(map(_has_offset, _edges_of(item)))), None)
        if without is not None:
            told = {"expected": "times with an offset", "got": f"{without['period_start']} to {without['period_end']}"}
            message = f"the period from {without['period_start']} has a time without an offset"
            raise BrokenPromiseError("response.offsets", message, exchange, **told)
        if items and exchange.parameters.get("timezone", "UTC") != "UTC":
            run.ledger.seen("response.offsets", exchange)


@lru_cache(maxsize=1 << 16)
def _hours(start: str, end: str) -> float:
    """Return the length of a period in hours; 0 if an offset is missing or a date is invalid."""
    try:
        return (datetime.fromisoformat(end) - datetime.fromisoformat(start)).total_seconds() / 3600
    except (ValueError, TypeError):
        return 0.0


@lru_cache(maxsize=1 << 16)
def _has_offset(text: str) -> bool:
    return _OFFSET.search(text) is not None


@lru_cache(maxsize=1)
def _pages(run: Run) -> list[tuple[Exchange, list[dict[str, Any]]]]:
    """Return the items of each page of traffic that is valid for the schema."""
    traffic = run.spec.traffic
    validator = _validator(run.spec, traffic.body_schema("200"))
    assert validator is not None, "traffic is declared"
    pages = []
    for exchange in run.client.exchanges:
        is_page = exchange.status == 200 and traffic.values_of(exchange.url) is not None
        if is_page and validator.is_valid(body := _json(exchange, "response.schema")):
            pages.append((exchange, body["data"]))
    return pages


def _validator(
    spec: Specification, schema: dict[str, Any] | None, *, has_formats: bool = False
) -> jsonschema_rs.Draft202012Validator | None:
    if schema is None:
        return None
    whole = schema | {"components": spec.document.get("components", {})}
    return jsonschema_rs.Draft202012Validator(whole, validate_formats=has_formats)


def _json(exchange: Exchange, promise_id: str) -> Any:
    try:
        return exchange.json
    except ValueError as error:
        message = f"the body of a {exchange.status} is not JSON: {error}"
        told = {"expected": "JSON", "got": exchange.summary}
        raise BrokenPromiseError(promise_id, message, exchange, **told) from None
