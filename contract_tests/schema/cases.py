"""Adapt schemathesis' cases to a server whose data is unknown, and map its checks to promises.

These checks are left out because a correct server may fail them: `positive_data_acceptance` (a window far in the past
or the future may be refused), `negative_data_rejection` (its negative date-times are numbers, which a server may read
as Unix time; `_clearly_invalid` replaces it), `status_code_conformance` (400 may mean 422), `unsupported_method`
(405 is not promised), `ignored_auth` and `missing_required_header` (the promises about keys require more). Fixed
values for parameters in its configuration would turn off its negative cases, so valid values are put in here, case by
case.
"""

import copy
import math
import re
from collections.abc import Mapping
from typing import Any

import requests
import schemathesis
from schemathesis import Case
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import Failure, FailureGroup
from schemathesis.core.transport import Response
from schemathesis.schemas import APIOperation
from schemathesis.specs.openapi.checks import content_type_conformance, response_schema_conformance

from contract_tests.declarations.specification import Operation
from contract_tests.exchange import Exchange
from contract_tests.promises.promise import BrokenPromiseError

_CHECKS = [not_a_server_error, response_schema_conformance, content_type_conformance]
_INTEGER = re.compile(r"\s*[+-]?[0-9_]+(\.0*)?\s*")
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_NO_MOMENT = {"now", "today"}


def operation_of(spec: dict[str, Any], path: str, seed: int) -> APIOperation[Any, Any, Any, Any]:
    """Return one operation in schemathesis' form."""
    config = schemathesis.Config(seed=seed)
    schema = schemathesis.openapi.from_dict(copy.deepcopy(spec), config=config).include(path=path, method="GET")
    schema.config.update(base_url="http://127.0.0.1")
    return schema[path]["GET"]


def steer(case: Case[Any], known: Mapping[str, Any], zone: str) -> Mapping[str, Any] | None:
    """Replace values that only look valid by values that this server knows.

    Args:
        case: the case that schemathesis generated.
        known: values for parameters in the path.
        zone: a valid timezone.

    Returns:
        the query; `None` for a case that says nothing about this server.
    """
    query = {name: value for name, value in (case.query or {}).items() if not name.startswith("x-schemathesis")}
    if case.method != "GET" or len(query) != len(case.query or {}):
        return None
    case.path_parameters = dict(case.path_parameters or {})
    for name, value in known.items():
        if _may_be_known(case.path_parameters.get(name)):
            case.path_parameters[name] = value
    token = query.get("next_token")
    if isinstance(token, str) and len(token) <= 1024 and set(token) <= {"0"}:
        del query["next_token"]
    if isinstance(query.get("timezone"), str) and query["timezone"].isalnum() and len(query) > 1:
        query["timezone"] = zone
    case.query = query
    return query


def check(case: Case[Any], operation: Operation, exchange: Exchange) -> list[BrokenPromiseError]:
    """Check a response with schemathesis' checks, and with our own for what they cannot decide."""
    breaches = []
    response = as_response(exchange)
    try:
        case.validate_response(response, checks=_CHECKS)
    except FailureGroup as group:
        breaches = [_breach(failure, operation, exchange) for failure in group.exceptions]
    if not (operation.is_success(exchange.status) or 400 <= exchange.status < 600):
        message = f"{exchange.status} is not a documented response"
        told = {"expected": "a documented status", "got": exchange.summary}
        breaches.append(BrokenPromiseError(operation.promise("response.schema"), message, exchange, **told))
    if operation.is_success(exchange.status) and (reason := _clearly_invalid(operation, exchange)):
        message = f"{reason} gets {exchange.summary}, not a 4xx"
        told = {"expected": "a 4xx", "got": exchange.summary}
        breaches.append(BrokenPromiseError(operation.promise("requests.bounds"), message, exchange, **told))
    return breaches


def _breach(failure: Failure, operation: Operation, exchange: Exchange) -> BrokenPromiseError:
    promise_id = "requests.no-server-error" if exchange.status >= 500 else "response.schema"
    message = " ".join(f"{failure.title}: {failure.message}".split())
    told = {"expected": "what is declared for the status", "got": exchange.summary}
    return BrokenPromiseError(operation.promise(promise_id), message[:300], exchange, **told)


def _clearly_invalid(operation: Operation, exchange: Exchange) -> str | None:
    """Return a parameter that violates its declaration under any interpretation, if there is one."""
    for name, value in exchange.parameters.items():
        declared = operation.alternatives(name)
        if value and declared and not _is_none(value) and not any(_may_fit(schema, value) for schema in declared):
            return f"{name}={value[:60]}" if len(value) <= 1000 else f"a {name} of {len(value)} characters"
    return None


def _may_fit(schema: dict[str, Any], value: str) -> bool:
    """Return whether a value may be read as valid for a schema; true if that cannot be decided here."""
    word = value.strip().lower()
    match schema:
        case {"type": "null"}:
            return False
        case {"type": "integer"}:
            minimum, maximum = float(schema.get("minimum", -math.inf)), float(schema.get("maximum", math.inf))
            return bool(_INTEGER.fullmatch(value)) and minimum <= _number(value) <= maximum
        case {"type": "string", "enum": names}:
            return value in map(str, names)
        case {"type": "string", "format": "date-time"}:
            return len(value) <= 3 or not value.isalpha() or word in _NO_MOMENT
        case {"type": "string", "maxLength": maximum}:
            return bool(len(value) <= maximum)
    return True


def _may_be_known(value: Any) -> bool:
    text = str(value)
    is_positive = bool(_INTEGER.fullmatch(text)) and _number(text) >= 1
    return is_positive or _is_none(text) or bool(_UUID.fullmatch(text))


def _is_none(text: str) -> bool:
    return text.strip().lower() in {"null", "none"}


def _number(text: str) -> float:
    digits = text.strip().replace("_", "")
    try:
        return float(digits)
    except ValueError:
        return 0.0


def as_response(exchange: Exchange) -> Response:
    """Return a response in schemathesis' form."""
    request = requests.Request(exchange.method, exchange.url).prepare()
    return Response(
        status_code=exchange.status,
        headers={name: [value] for name, value in exchange.headers.items()},
        content=exchange.body,
        request=request,
        elapsed=exchange.received_at - exchange.sent_at,
        verify=True,
        encoding="utf-8",
    )
