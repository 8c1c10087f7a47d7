"""Servers of six operations, one of which needs no key, accepts too much, refuses too much, or fails."""

import re
from collections.abc import Callable
from typing import Any

from contract_tests.mutants.entry import broken_operation, changed_logs, only
from contract_tests.mutants.full_reference import FullReference, Record
from contract_tests.mutants.messages import RefusalError

_APPS = "list_apps"
_CONSUMERS = "list_consumers"
_ENDPOINTS = "list_endpoints"
_LOGS = "get_request_logs"
_DETAILS = "get_request_details"


def _without_key(headers: Any, _: Any) -> bool:
    return "api-key" not in headers


def _open(operation: str, is_open: Callable[[Any, Any], bool]) -> Callable[..., None]:
    """Make an `admit` that lets requests for one operation in without the key where a condition holds."""

    def admit(self: FullReference, asked: str, headers: Any, params: Any) -> None:
        if asked != operation or not is_open(headers, params):
            FullReference.admit(self, asked, headers, params)

    return admit


def _fails_on_an_odd_status(self: FullReference, params: Any) -> list[str]:
    text = params.get("status_code", "")
    if not all(part[:1].isdigit() for part in text.split(",") if text):
        raise RuntimeError(text)
    return FullReference.statuses(self, params)


def _fails_on_a_bracket(self: FullReference, params: Any) -> list[Record]:
    if "(" in params.get("path", ""):
        raise RuntimeError("unterminated group")
    return FullReference.endpoints_under(self, params)


def _takes_any_app(self: FullReference, right: Any, operation: str, text: str, params: Any) -> None:
    if not (text.isascii() and text.isdigit() and int(text)):
        right(self, operation, text, params)


def _with_a_short_method(params: Any) -> Any:
    return params | {"method": params["method"][:64]} if "method" in params else params


def _either_filter(self: FullReference, params: Any) -> list[Record]:
    found = FullReference.endpoints_under(self, params)
    if {"method", "path"} <= params.keys():
        for name in ("method", "path"):
            others = {key: value for key, value in params.items() if key != name}
            found += [one for one in FullReference.endpoints_under(self, others) if one not in found]
    return found


def _without_a_field(name: str) -> Callable[..., Record]:
    return lambda self, right, operation, record: {
        key: value for key, value in right(self, operation, record).items() if key != name
    }


OPERATIONS = (
    broken_operation(
        _CONSUMERS,
        "served without a key",
        "auth.key-required",
        admit=_open(_CONSUMERS, _without_key),
    ),
    broken_operation(_LOGS, "served without a key", "auth.key-required", admit=_open(_LOGS, _without_key)),
    broken_operation(_DETAILS, "served without a key", "auth.key-required", admit=_open(_DETAILS, _without_key)),
    broken_operation(
        _LOGS,
        "later pages are served without a key",
        "auth.key-required",
        admit=_open(_LOGS, lambda headers, params: "api-key" not in headers and "next_token" in params),
    ),
    broken_operation(
        _ENDPOINTS, "any key opens it", "auth.key-exact", admit=_open(_ENDPOINTS, lambda h, _: bool(h.get("api-key")))
    ),
    broken_operation(
        _APPS,
        "the key in the query opens it",
        "auth.key-exact",
        admit=_open(_APPS, lambda _, params: params.get("api_key") == FullReference.key),
    ),
    broken_operation(
        _LOGS,
        "a cookie opens it",
        "auth.key-exact",
        admit=_open(_LOGS, lambda headers, _: "key=" in headers.get("cookie", "")),
    ),
    broken_operation(
        _APPS, "a bearer opens it", "auth.key-exact", admit=_open(_APPS, lambda headers, _: "authorization" in headers)
    ),
    broken_operation(
        _CONSUMERS,
        "an unknown app has those of the known one",
        "requests.unknown-app",
        check_app_of=only(_CONSUMERS, "check_app_of", _takes_any_app),
    ),
    broken_operation(
        _LOGS,
        "an unknown app has those of the known one",
        "requests.unknown-app",
        check_app_of=only(_LOGS, "check_app_of", _takes_any_app),
    ),
    broken_operation(
        _ENDPOINTS,
        "two methods are refused",
        "requests.accepted",
        endpoints_under=lambda self, params: (
            _refuse("method", params)
            if "," in params.get("method", "")
            else FullReference.endpoints_under(self, params)
        ),
    ),
    broken_operation(
        _LOGS,
        "a limit of a thousand is refused",
        "requests.accepted",
        limit_of=only(
            _LOGS,
            "limit_of",
            lambda self, right, asked, params: (
                _refuse("limit", params) if params.get("limit") == "1000" else right(self, asked, params)
            ),
        ),
    ),
    broken_operation(
        _ENDPOINTS,
        "an unknown order is the default",
        "requests.bounds",
        order=lambda self, params: params["sort"] if params.get("sort") in {"path", "method"} else "path",
    ),
    broken_operation(
        _ENDPOINTS,
        "an order in capital letters",
        "requests.bounds",
        order=lambda self, params: FullReference.order(
            self, params | {"sort": params["sort"].lower()} if "sort" in params else params
        ),
    ),
    broken_operation(
        _CONSUMERS,
        "a limit over the greatest is the greatest",
        "requests.bounds",
        limit_of=only(
            _CONSUMERS,
            "limit_of",
            lambda self, right, asked, params: (
                1000
                if params.get("limit", "").isdigit() and int(params["limit"]) > 1000
                else right(self, asked, params)
            ),
        ),
    ),
    broken_operation(
        _LOGS, "a long method is cut short", "requests.bounds", logs_under=changed_logs(_with_a_short_method)
    ),
    broken_operation(
        _DETAILS,
        "a text that is not a UUID is the first request",
        "requests.bounds",
        details=lambda self, text: FullReference.details(self, text if len(text) == 36 else "0" * 32),
    ),
    broken_operation(
        _LOGS, "fails on a status that is none", "requests.no-server-error", statuses=_fails_on_an_odd_status
    ),
    broken_operation(
        _ENDPOINTS, "fails on a bracket in a path", "requests.no-server-error", endpoints_under=_fails_on_a_bracket
    ),
    broken_operation(
        _APPS, "an app has no environments", "response.schema", shown=only(_APPS, "shown", _without_a_field("envs"))
    ),
    broken_operation(
        _CONSUMERS,
        "one time has no offset",
        "response.schema",
        shown=only(
            _CONSUMERS,
            "shown",
            lambda self, right, operation, record: (
                right(self, operation, record) | ({"created_at": "2025-01-01T00:00:00"} if record["key"] == 1 else {})
            ),
        ),
    ),
    broken_operation(
        _ENDPOINTS,
        "either of two filters is enough",
        "consistency.filter-selects",
        endpoints_under=_either_filter,
    ),
    broken_operation(
        _LOGS,
        "an offset to the west is none",
        "requests.formats",
        logs_under=lambda self, params: FullReference.logs_under(
            self, {name: re.sub(r"-\d\d:\d\d$", "Z", value) for name, value in params.items()}
        ),
    ),
    broken_operation(
        _DETAILS,
        "a request has no path",
        "response.schema",
        shown=only(_DETAILS, "shown", _without_a_field("path")),
    ),
)


def _refuse(name: str, params: Any) -> Any:
    raise RefusalError(422, [{"type": "value_error", "loc": ["query", name], "msg": "no", "input": params[name]}])
