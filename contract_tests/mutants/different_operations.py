"""Servers of six operations that are correct: they lack some of them, have no records, or use another freedom."""

import json
from datetime import datetime, timedelta
from random import Random
from typing import Any

from contract_tests.mutants.entry import Entry
from contract_tests.mutants.full_reference import FullReference
from contract_tests.mutants.messages import RefusalError, Response

_PARAMETERS = {
    *("app_env_id", "consumer_id", "requests_since", "method", "path", "status_code", "sort"),
    *("start", "end", "timezone", "limit", "next_token"),
}


def _different(name: str, *, fast: bool = False, **changes: Any) -> Entry:
    return Entry(f"six operations: {name}", (), changes, FullReference, fast=fast)


def _refused(status: int, *operations: str) -> Any:
    """Make an `admit` that refuses the right key for some operations."""

    def admit(self: FullReference, operation: str, headers: Any, params: Any) -> None:
        FullReference.admit(self, operation, headers, params)
        if operation in operations:
            raise RefusalError(status, "not for you")

    return admit


def _traffic_refused(self: FullReference, target: str, headers: Any) -> Response:
    response = FullReference.traffic(self, target, headers)
    return self.refusal(RefusalError(403, "not for you")) if response.status == 200 else response


def _as_400(self: FullReference, refusal: RefusalError) -> Response:
    return Response(400 if refusal.status == 422 else refusal.status, b"no", {"content-type": "text/plain"})


def _as_403(self: FullReference, refusal: RefusalError) -> Response:
    body = json.dumps({"detail": refusal.detail}).encode()
    return Response(403 if refusal.status == 401 else refusal.status, body, {"content-type": "application/json"})


def _strict(self: FullReference, operation: str, headers: Any, params: Any) -> None:
    unknown = params.keys() - _PARAMETERS
    if unknown:
        raise self.invalid(min(unknown), "", "Extra inputs are not permitted")
    FullReference.admit(self, operation, headers, params)


def _sometimes(every: int, status: int, headers: dict[str, str]) -> Any:
    """Make a `respond` whose result a gateway replaces now and then."""

    def respond(self: FullReference, target: str, asked: Any) -> Response:
        if (self.asked + 1) % every == 0:
            self.asked += 1
            return Response(status, b"busy", headers)
        return FullReference.respond(self, target, asked)

    return respond


def _in_any_order(self: FullReference, params: Any) -> Any:
    records = FullReference.endpoints_under(self, params)
    return Random().sample(records, len(records))  # noqa: S311 - nothing is secret here


def _traffic_missing(self: FullReference, target: str, headers: Any) -> Response:
    response = FullReference.traffic(self, target, headers)
    return self.refusal(RefusalError(404, "Not Found")) if response.status == 200 else response


def _busy(self: FullReference) -> list[dict[str, Any]]:
    now = self.now().isoformat()
    return [one | {"last_request_at": now} if one["id"] % 2 else one for one in FullReference.consumers_of(self)]


def _known(self: FullReference, name: str, params: Any) -> int | None:
    number = FullReference.optional_id(self, name, params)
    if number is not None and number > 9:
        raise RefusalError(404, "unknown filter")
    return number


def _window_refused(self: FullReference, params: Any) -> Any:
    start, end = (self.moment(name, params, self.zone(params)) for name in ("start", "end"))
    first, last = start or self.now() - timedelta(hours=24), end or self.now()
    if first >= last or last > self.now() or last - first > timedelta(days=31):
        raise RefusalError(422, [{"type": "value_error", "loc": ["query", "start"], "msg": "no such window"}])
    return FullReference.logs_under(self, params)


DIFFERENT_OPERATIONS = (
    _different("as they are declared"),
    _different(
        "there are no records",
        consumer_count=0,
        all_endpoints=lambda self: [],
        logs_under=lambda self, params: FullReference.logs_under(self, params)[:0],
    ),
    _different("one consumer", consumer_count=1),
    _different("three thousand consumers", consumer_count=3000),
    _different(
        "five consumers, and few requests",
        consumer_count=5,
        is_inside_of=lambda self, log, start, end: (
            log["key"] % 70 == 0 and FullReference.is_inside_of(self, log, start, end)
        ),
    ),
    _different("the key has no right to consumers", admit=_refused(403, "list_consumers")),
    _different("the plan has no request logs", admit=_refused(402, "get_request_logs", "get_request_details")),
    _different("the plan has no endpoints", admit=_refused(404, "list_endpoints")),
    _different("the key has no right to traffic", traffic=_traffic_refused),
    _different("there is no traffic endpoint", traffic=_traffic_missing),
    _different("unknown parameters are refused", admit=_strict),
    _different("a gateway fails now and then", respond=_sometimes(40, 502, {})),
    _different("429 now and then", respond=_sometimes(50, 429, {"retry-after": "0"})),
    _different("endpoints in any order", endpoints_under=_in_any_order),
    _different("400 for 422, without a body", refusal=_as_400),
    _different("403 for 401", refusal=_as_403),
    _different(
        "pages of any size",
        length=lambda self, operation, size, params: min(size, Random().randint(9, 60)),  # noqa: S311
    ),
    _different("pages of fifty at most", length=lambda self, operation, size, params: min(size, 50)),
    _different("consumers make requests all the time", fast=True, consumers_of=_busy),
    _different("unknown filters are a 404", optional_id=_known),
    _different("windows that make no sense are refused", logs_under=_window_refused),
    _different(
        "a day ends with its last second",
        is_inside_of=lambda self, log, start, end: start <= datetime.fromisoformat(log["timestamp"]) <= end,
    ),
    _different(
        "records with more than is declared",
        shown=lambda self, operation, record: FullReference.shown(self, operation, record) | {"more": [1, None]},
    ),
)
