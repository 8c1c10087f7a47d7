"""Servers of six operations, one of which breaks a promise."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from contract_tests.mutants.entry import Entry
from contract_tests.mutants.full_reference import FullReference, Record
from contract_tests.mutants.reference import RefusalError

_APPS, _CONSUMERS, _ENDPOINTS, _LOGS, _DETAILS = (
    "list_apps",
    "list_consumers",
    "list_endpoints",
    "get_request_logs",
    "get_request_details",
)


def _broken(operation: str, name: str, breaks: str | tuple[str, ...], *, fast: bool = False, **changes: Any) -> Entry:
    ids = (breaks,) if isinstance(breaks, str) else breaks
    named = tuple(f"{promise_id}@{operation}" for promise_id in ids)
    return Entry(f"{operation}: {name}", named, changes, fast, FullReference)


def _only(operation: str, method: str, change: Callable[..., Any]) -> Callable[..., Any]:
    """Make a method that is changed for one operation, and the reference's for the others."""

    def changed(self: FullReference, asked: str, *arguments: Any) -> Any:
        right = getattr(FullReference, method)
        if asked != operation:
            return right(self, asked, *arguments)
        return change(self, right, asked, *arguments)

    return changed


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


def _changed_logs(change: Callable[[Any], Any]) -> Callable[..., list[Record]]:
    """Make a `logs_under` that reads changed parameters, after it has read the right ones."""

    def logs_under(self: FullReference, params: Any) -> list[Record]:
        if "method" not in params or len(params["method"]) <= 64:
            FullReference.logs_under(self, params)
        return FullReference.logs_under(self, change(params))

    return logs_under


def _with_a_short_method(params: Any) -> Any:
    return params | {"method": params["method"][:64]} if "method" in params else params


def _without(name: str) -> Callable[[Any], Any]:
    return lambda params: {key: value for key, value in params.items() if key != name}


def _loses_the_filter(self: FullReference, params: Any) -> list[Record]:
    is_later = "next_token" in params
    return FullReference.logs_under(self, {} if is_later else params)


def _loses_since(self: FullReference, right: Any, operation: str, records: list[Record], params: Any) -> Any:
    return right(self, operation, self.consumers_of() if "next_token" in params else records, params)


def _forgets_the_offset(self: FullReference, name: str, params: Any, zone: str) -> datetime | None:
    moment = FullReference.moment(self, name, params, zone)
    if name != "requests_since" or moment is None:
        return moment
    text = params[name]
    return FullReference.moment(self, name, params | {name: text[:19] + "Z"}, zone)


def _without_a_field(name: str) -> Callable[..., Record]:
    return lambda self, right, operation, record: {
        key: value for key, value in right(self, operation, record).items() if key != name
    }


BROKEN_OPERATIONS = (
    _broken(
        _CONSUMERS,
        "served without a key",
        "auth.key-required",
        admit=_open(_CONSUMERS, lambda h, _: "api-key" not in h),
    ),
    _broken(_LOGS, "served without a key", "auth.key-required", admit=_open(_LOGS, lambda h, _: "api-key" not in h)),
    _broken(
        _DETAILS, "served without a key", "auth.key-required", admit=_open(_DETAILS, lambda h, _: "api-key" not in h)
    ),
    _broken(
        _LOGS,
        "later pages are served without a key",
        "auth.key-required",
        admit=_open(_LOGS, lambda headers, params: "api-key" not in headers and "next_token" in params),
    ),
    _broken(
        _ENDPOINTS, "any key opens it", "auth.key-exact", admit=_open(_ENDPOINTS, lambda h, _: bool(h.get("api-key")))
    ),
    _broken(_APPS, "the key in the query opens it", "auth.key-exact", admit=_open(_APPS, lambda _, p: "api_key" in p)),
    _broken(
        _APPS, "a bearer opens it", "auth.key-exact", admit=_open(_APPS, lambda headers, _: "authorization" in headers)
    ),
    _broken(
        _CONSUMERS,
        "an unknown app has those of the known one",
        "requests.unknown-app",
        check_app_of=_only(_CONSUMERS, "check_app_of", _takes_any_app),
    ),
    _broken(
        _LOGS,
        "an unknown app has those of the known one",
        "requests.unknown-app",
        check_app_of=_only(_LOGS, "check_app_of", _takes_any_app),
    ),
    _broken(
        _ENDPOINTS,
        "two methods are refused",
        "requests.accepted",
        endpoints_under=lambda self, params: (
            _refuse("method", params)
            if "," in params.get("method", "")
            else FullReference.endpoints_under(self, params)
        ),
    ),
    _broken(
        _LOGS,
        "a limit of a thousand is refused",
        "requests.accepted",
        limit_of=_only(
            _LOGS,
            "limit_of",
            lambda self, right, asked, params: (
                _refuse("limit", params) if params.get("limit") == "1000" else right(self, asked, params)
            ),
        ),
    ),
    _broken(
        _ENDPOINTS,
        "an unknown order is the default",
        "requests.bounds",
        fast=True,
        order=lambda self, params: params["sort"] if params.get("sort") in {"path", "method"} else "path",
    ),
    _broken(
        _CONSUMERS,
        "a limit over the greatest is the greatest",
        "requests.bounds",
        limit_of=_only(
            _CONSUMERS,
            "limit_of",
            lambda self, right, asked, params: (
                1000
                if params.get("limit", "").isdigit() and int(params["limit"]) > 1000
                else right(self, asked, params)
            ),
        ),
    ),
    _broken(_LOGS, "a long method is cut short", "requests.bounds", logs_under=_changed_logs(_with_a_short_method)),
    _broken(
        _DETAILS,
        "what is no UUID is the first request",
        "requests.bounds",
        details=lambda self, text: FullReference.details(self, text if len(text) == 36 else "0" * 32),
    ),
    _broken(
        _LOGS, "fails on a status that is none", "requests.no-server-error", fast=True, statuses=_fails_on_an_odd_status
    ),
    _broken(
        _ENDPOINTS, "fails on a bracket in a path", "requests.no-server-error", endpoints_under=_fails_on_a_bracket
    ),
    _broken(_CONSUMERS, "the offset of a moment is not read", "requests.formats", moment=_forgets_the_offset),
    _broken(
        _CONSUMERS,
        "a hundred and one by default",
        ("requests.default-limit", "pagination.limit"),
        limit_of=_only(
            _CONSUMERS,
            "limit_of",
            lambda self, right, asked, params: right(self, asked, params) if "limit" in params else 101,
        ),
    ),
    _broken(
        _LOGS,
        "fifty by default",
        "requests.default-limit",
        fast=True,
        limit_of=_only(
            _LOGS,
            "limit_of",
            lambda self, right, asked, params: right(self, asked, params) if "limit" in params else 50,
        ),
    ),
    _broken(
        _ENDPOINTS,
        "another order by default",
        "requests.default-sort",
        order=lambda self, params: FullReference.order(self, {"sort": "method"} | params),
    ),
    _broken(
        _ENDPOINTS,
        "methods are ignored",
        "consistency.filter-selects",
        endpoints_under=lambda self, params: FullReference.endpoints_under(
            self, params if len(params.get("method", "")) > 64 else _without("method")(params)
        ),
    ),
    _broken(
        _CONSUMERS,
        "the time of the latest request is ignored",
        "consistency.filter-selects",
        consumers_since=lambda self, since: self.consumers_of(),
    ),
    _broken(
        _LOGS,
        "the environment is ignored",
        "consistency.filter-selects",
        logs_under=_changed_logs(_without("app_env_id")),
    ),
    _broken(
        _LOGS,
        "the end is ignored",
        "consistency.filter-selects",
        logs_under=_changed_logs(_without("end")),
    ),
    _broken(
        _LOGS,
        "a status hides some of its requests",
        "consistency.filter-selects",
        logs_under=lambda self, params: (
            FullReference.logs_under(self, params)[1:]
            if "status_code" in params
            else FullReference.logs_under(self, params)
        ),
    ),
    _broken(
        _CONSUMERS,
        "a page has one too many",
        "pagination.limit",
        length=_only(_CONSUMERS, "length", lambda self, right, asked, size, params: size + 1),
    ),
    _broken(
        _CONSUMERS,
        "has_more where a page is just full",
        "pagination.has-more",
        is_more=_only(_CONSUMERS, "is_more", lambda self, right, asked, left, last: last <= left),
    ),
    _broken(
        _LOGS,
        "the token leads to the first page",
        ("pagination.walk-ends", "pagination.each-once"),
        left=_only(
            _LOGS, "left", lambda self, right, asked, records, params: right(self, asked, records, params) and records
        ),
    ),
    _broken(
        _CONSUMERS,
        "a record is lost between two pages",
        "pagination.each-once",
        fast=True,
        left=_only(
            _CONSUMERS,
            "left",
            lambda self, right, asked, records, params: right(self, asked, records, params)["next_token" in params :],
        ),
    ),
    _broken(
        _LOGS,
        "a record comes on two pages",
        "pagination.each-once",
        read_token=_only(_LOGS, "read_token", lambda self, right, asked, token: right(self, asked, token) + 1),
    ),
    _broken(
        _CONSUMERS,
        "pages of more than fifty end early",
        ("pagination.any-page-size", "pagination.has-more", "pagination.each-once"),
        is_more=_only(
            _CONSUMERS, "is_more", lambda self, right, asked, left, last: last < left and not 50 < last < 120
        ),
    ),
    _broken(
        _LOGS, "later pages lose the filter", "pagination.token-keeps-query", fast=True, logs_under=_loses_the_filter
    ),
    _broken(
        _CONSUMERS,
        "later pages lose the filter",
        "pagination.token-keeps-query",
        left=_only(_CONSUMERS, "left", _loses_since),
    ),
    _broken(
        _APPS, "an app has no environments", "response.schema", shown=_only(_APPS, "shown", _without_a_field("envs"))
    ),
    _broken(
        _DETAILS,
        "a request has no path",
        "response.schema",
        shown=_only(_DETAILS, "shown", _without_a_field("path")),
    ),
)


def _refuse(name: str, params: Any) -> Any:
    raise RefusalError(422, [{"type": "value_error", "loc": ["query", name], "msg": "no", "input": params[name]}])
