"""Every promise of the traffic API, in the order in which a run asks for them.

To add one, add an entry here and a test that is marked with its id. `needs` names only what would make the same breach
show up twice: a promise whose breach is a mere consequence is reported as not exercised, next to its cause.
"""

from collections.abc import Iterable
from dataclasses import replace

from contract_tests.declarations.specification import Operation
from contract_tests.promises.operations import promise_of_responses, promises_of_operation
from contract_tests.promises.promise import Promise

_KEY = "Security scheme APIKeyHeader: an apiKey in the header Api-Key."
_START = (
    'Start date and time in ISO 8601 format. Defaults to 24 hours ago if `interval` is "hour", or 30 days ago if '
    '`interval` is "day". Will be rounded down to the beginning of the interval (hour or day).'
)
_END = "End date and time in ISO 8601 format. Defaults to now."
_ZONE = "Timezone to use for intervals and to interpret `start` and `end` if given without offset. Defaults to UTC."
_INTERVAL = "Whether to group by day or by hour."
_LIMIT = "Maximum number of records to return per page."
_TOKEN = "Token to fetch the next page of records, as returned by a previous request."  # noqa: S105 - a sentence
_MORE = "Whether there are more records to fetch."
_TRAFFIC = "the app needs traffic that is at least two days old."
_ENV = "pass --app-env-id with the id of an environment that has traffic."
_CONSUMER = "pass --consumer-id with the id of a consumer that has traffic."
_EACH_ONCE = "pagination.each-once"
"""What is compared may stand on several pages."""

_OTHER_DEFAULTS = (
    "requests.default-interval",
    "requests.default-timezone",
    "requests.default-limit",
    "timezone.hours",
    "timezone.midnights",
    "response.offsets",
)
_OWN = "consistency.each-query-its-own"
_COMPARING = ("timezone.", "window.", "pagination.", "consistency.", "requests.bounds", "requests.default-")
"""Promises that a cache that mixes up queries breaks, too."""

_PROMISES = (
    Promise("auth.key-required", f"{_KEY} No data without it, on any page.", "it needs nothing but a server."),
    Promise("auth.key-exact", f"{_KEY} No data for any other key.", "it needs nothing but a server."),
    Promise("requests.unknown-app", "404: App Not Found.", "it needs nothing but a server."),
    Promise(
        "requests.accepted",
        "200 for every query that the declarations allow.",
        "it needs nothing but a server.",
        ("requests.formats",),
    ),
    Promise(
        "requests.formats",
        f"{_START} {_END} Format date-time.",
        "it needs nothing but a server.",
        ("consistency.closed-periods",),
    ),
    Promise(
        "requests.bounds",
        "422: Validation Error. Minimum, maximum, enum, type, maxLength as declared.",
        "it needs nothing but a server.",
    ),
    Promise(
        "requests.no-server-error",
        "The documented responses are 200, 401, 403, 404, 422 and 429.",
        "it needs nothing but a server.",
    ),
    Promise(
        "consistency.closed-periods",
        "Get API traffic data for an app: a period that is over has the traffic that it had.",
        _TRAFFIC,
    ),
    Promise(_OWN, "Get API traffic data for an app.", _TRAFFIC),
    Promise("timezone.hours", _ZONE, _TRAFFIC),
    Promise("timezone.midnights", _ZONE, _TRAFFIC),
    Promise("timezone.fractional", f"{_ZONE} Some zones stand half an hour or a quarter off.", _TRAFFIC),
    Promise(
        "timezone.dst",
        f"{_ZONE} Twice a year, some have a day of another length.",
        "the app needs traffic around a change of the clocks.",
        ("consistency.closed-periods", "window.splits-add-up", _EACH_ONCE),
    ),
    Promise(
        "timezone.same-traffic",
        f"Get API traffic data for an app. {_ZONE}",
        _TRAFFIC,
        ("consistency.closed-periods", "timezone.dst", "window.splits-add-up", _EACH_ONCE),
    ),
    Promise(
        "timezone.naive",
        _ZONE,
        _TRAFFIC,
        (
            "consistency.closed-periods",
            "requests.formats",
            "timezone.midnights",
            "timezone.fractional",
            "timezone.dst",
            "window.start-rounded",
            "window.splits-add-up",
            _EACH_ONCE,
        ),
    ),
    Promise(
        "consistency.day-is-its-hours",
        _INTERVAL,
        _TRAFFIC,
        ("consistency.closed-periods", "timezone.same-traffic", "timezone.dst", "window.splits-add-up", _EACH_ONCE),
    ),
    Promise("window.nothing-outside", f"{_START} {_END}", _TRAFFIC, ("timezone.naive",)),
    Promise(
        "window.start-rounded",
        "Will be rounded down to the beginning of the interval (hour or day).",
        _TRAFFIC,
        (
            "consistency.closed-periods",
            "timezone.hours",
            "timezone.midnights",
            "timezone.fractional",
            "timezone.dst",
            "timezone.same-traffic",
            "window.splits-add-up",
            _EACH_ONCE,
        ),
    ),
    Promise("window.splits-add-up", f"{_START} {_END}", _TRAFFIC, ("consistency.closed-periods", _EACH_ONCE)),
    Promise("window.default-start-hour", _START, "the app needs traffic in the last two days.", _OTHER_DEFAULTS),
    Promise("window.default-start-day", _START, "the app needs traffic in the last month.", _OTHER_DEFAULTS),
    Promise("window.default-end", _END, "the app needs traffic in the last hours.", _OTHER_DEFAULTS),
    Promise(
        "requests.default-interval", f"{_INTERVAL} Default: hour.", _TRAFFIC, ("consistency.closed-periods", _EACH_ONCE)
    ),
    Promise("requests.default-timezone", _ZONE, _TRAFFIC, ("consistency.closed-periods", "requests.formats")),
    Promise(
        "requests.default-limit",
        f"{_LIMIT} Default: 100.",
        "the app needs more than a hundred periods with traffic.",
        ("consistency.closed-periods",),
    ),
    Promise(
        "consistency.filter-selects",
        "Filter to environment ID, if provided. Filter to consumer ID, if provided.",
        _TRAFFIC,
    ),
    Promise(
        "consistency.environment-below-total",
        "Filter to environment ID, if provided.",
        _ENV,
        ("consistency.closed-periods", _EACH_ONCE),
    ),
    Promise(
        "consistency.consumer-below-total",
        "Filter to consumer ID, if provided.",
        _CONSUMER,
        ("consistency.closed-periods", _EACH_ONCE),
    ),
    Promise(
        "consistency.two-filters",
        "Filter to environment ID, if provided. Filter to consumer ID, if provided.",
        f"{_ENV[:-1]} and --consumer-id likewise.",
        ("consistency.closed-periods", _EACH_ONCE),
    ),
    Promise(
        "auth.token-stays-in-app",
        f"Get API traffic data for an app. {_TOKEN}",
        "pass --other-app-id with the id of another app that the key opens.",
    ),
    Promise("pagination.limit", _LIMIT, _TRAFFIC),
    Promise(
        "pagination.has-more",
        f"{_MORE} Token to fetch the next page of records, if there are more.",
        "the app needs more than one period with traffic.",
    ),
    Promise("pagination.walk-ends", _TOKEN, "the app needs more than one period with traffic."),
    Promise(
        "pagination.each-once",
        _TOKEN,
        "the app needs more than one period with traffic.",
        ("consistency.closed-periods", "pagination.walk-ends", "pagination.has-more"),
    ),
    Promise(
        "pagination.any-page-size",
        f"{_LIMIT} {_TOKEN}",
        "the app needs more than one period with traffic.",
        ("consistency.closed-periods", "pagination.walk-ends", "pagination.each-once"),
    ),
    Promise(
        "pagination.token-keeps-query",
        _TOKEN,
        "the app needs more than one period with traffic.",
        (
            "consistency.closed-periods",
            "window.nothing-outside",
            "window.start-rounded",
            "timezone.naive",
            "timezone.same-traffic",
            "window.splits-add-up",
            "pagination.each-once",
        ),
    ),
    Promise("response.schema", "200: GetTrafficResponse; 422: HTTPValidationError.", "it needs nothing but a server."),
    Promise("response.counts", "Number of requests. Number of bytes received. Number of bytes sent.", _TRAFFIC),
    Promise(
        "response.period-end",
        "End of the period in ISO 8601 format with timezone offset.",
        _TRAFFIC,
        (
            "timezone.hours",
            "timezone.midnights",
            "timezone.fractional",
            "timezone.dst",
            "window.start-rounded",
            "requests.default-interval",
        ),
    ),
    Promise(
        "response.offsets",
        "Start of the period in ISO 8601 format with timezone offset. End of the period likewise.",
        _TRAFFIC,
    ),
)

PROMISES = tuple(
    replace(promise, needs=(*promise.needs, _OWN))
    if promise.id.startswith(_COMPARING) and promise.id != _OWN
    else promise
    for promise in _PROMISES
)
PROMISE_IDS = tuple(promise.id for promise in PROMISES)


def promises_of(operations: Iterable[Operation]) -> tuple[Promise, ...]:
    """Return all promises of a server with these operations, those of traffic first."""
    about_responses = [promise for promise in PROMISES if promise.id.startswith("response.")]
    about_pages = [promise for promise in PROMISES if promise.id.startswith("pagination.")]
    others = [operation for operation in operations if not operation.is_traffic]
    return (
        *PROMISES[: -len(about_responses)],
        *(promise for operation in others for promise in promises_of_operation(operation, about_pages)),
        *about_responses,
        *map(promise_of_responses, others),
    )
