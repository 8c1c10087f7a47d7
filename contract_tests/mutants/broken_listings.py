"""Servers of six operations, one of which selects, orders or pages its records wrong."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from contract_tests.mutants.entry import broken_operation, changed_logs, only
from contract_tests.mutants.full_reference import FullReference, Record

_CONSUMERS = "list_consumers"
_ENDPOINTS = "list_endpoints"
_LOGS = "get_request_logs"


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


LISTINGS = (
    broken_operation(_CONSUMERS, "the offset of a moment is not read", "requests.formats", moment=_forgets_the_offset),
    broken_operation(
        _CONSUMERS,
        "a hundred and one by default",
        ("requests.default-limit", "pagination.limit"),
        limit_of=only(
            _CONSUMERS,
            "limit_of",
            lambda self, right, asked, params: right(self, asked, params) if "limit" in params else 101,
        ),
    ),
    broken_operation(
        _LOGS,
        "fifty by default",
        "requests.default-limit",
        limit_of=only(
            _LOGS,
            "limit_of",
            lambda self, right, asked, params: right(self, asked, params) if "limit" in params else 50,
        ),
    ),
    broken_operation(
        _ENDPOINTS,
        "another order by default",
        "requests.default-sort",
        order=lambda self, params: FullReference.order(self, {"sort": "method"} | params),
    ),
    broken_operation(
        _ENDPOINTS,
        "methods are ignored",
        "consistency.filter-selects",
        endpoints_under=lambda self, params: FullReference.endpoints_under(
            self, params if len(params.get("method", "")) > 64 else _without("method")(params)
        ),
    ),
    broken_operation(
        _CONSUMERS,
        "the time of the latest request is ignored",
        "consistency.filter-selects",
        consumers_since=lambda self, since: self.consumers_of(),
    ),
    broken_operation(
        _LOGS,
        "the environment is ignored",
        "consistency.filter-selects",
        logs_under=changed_logs(_without("app_env_id")),
    ),
    broken_operation(
        _LOGS,
        "the end is ignored",
        "consistency.filter-selects",
        logs_under=changed_logs(_without("end")),
    ),
    broken_operation(
        _LOGS,
        "a status hides some of its requests",
        "consistency.filter-selects",
        logs_under=lambda self, params: (
            FullReference.logs_under(self, params)[1:]
            if "status_code" in params
            else FullReference.logs_under(self, params)
        ),
    ),
    broken_operation(
        _CONSUMERS,
        "a page has one too many",
        "pagination.limit",
        length=only(_CONSUMERS, "length", lambda self, right, asked, size, params: size + 1),
    ),
    broken_operation(
        _CONSUMERS,
        "has_more where a page is just full",
        "pagination.has-more",
        is_more=only(_CONSUMERS, "is_more", lambda self, right, asked, left, last: last <= left),
    ),
    broken_operation(
        _LOGS,
        "the token leads to the first page",
        ("pagination.walk-ends", "pagination.each-once"),
        left=only(
            _LOGS, "left", lambda self, right, asked, records, params: right(self, asked, records, params) and records
        ),
    ),
    broken_operation(
        _CONSUMERS,
        "a record is lost between two pages",
        "pagination.each-once",
        left=only(
            _CONSUMERS,
            "left",
            lambda self, right, asked, records, params: right(self, asked, records, params)["next_token" in params :],
        ),
    ),
    broken_operation(
        _LOGS,
        "a record comes on two pages",
        "pagination.each-once",
        read_token=only(_LOGS, "read_token", lambda self, right, asked, token: right(self, asked, token) + 1),
    ),
    broken_operation(
        _CONSUMERS,
        "pages of more than fifty end early",
        ("pagination.any-page-size", "pagination.has-more", "pagination.each-once"),
        is_more=only(_CONSUMERS, "is_more", lambda self, right, asked, left, last: last < left and not 50 < last < 120),
    ),
    broken_operation(
        _LOGS, "later pages lose the filter", "pagination.token-keeps-query", logs_under=_loses_the_filter
    ),
    broken_operation(
        _CONSUMERS,
        "later pages lose the filter",
        "pagination.token-keeps-query",
        left=only(_CONSUMERS, "left", _loses_since),
    ),
)
