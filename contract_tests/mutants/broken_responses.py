"""Servers that break a promise about the form of responses, or about defaults."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from contract_tests.mutants.entry import broken, changed_counts
from contract_tests.mutants.messages import Query, RefusalError, Response
from contract_tests.mutants.reference import Reference


def _item(change: Any) -> Any:
    return lambda self, row, query: change(Reference.item(self, row, query))


def _default(name: str, value: str) -> Any:
    return lambda self, params: {name: value} | params


def _only_for(interval: str, shift: timedelta) -> Any:
    def default_start(self: Reference, asked: str, zone: str, end: Any) -> datetime:
        start = Reference.default_start(self, asked, zone, end)
        return start + shift if asked == interval else start

    return default_start


_START_HOUR, _START_DAY = "window.default-start-hour", "window.default-start-day"


def _has(name: str, value: str | None = None) -> Any:
    return lambda params: name in params if value is None else params.get(name) == value


def _default_if(condition: Any, limit: str) -> Any:
    return lambda self, params: {"limit": limit} | params if condition(params) else params


def _days_of_consumer(params: dict[str, str]) -> bool:
    return params.get("interval") == "day" and "consumer_id" in params


def _of_consumer(query: Query) -> bool:
    return query.consumer is not None


def _of_environment(query: Query) -> bool:
    return query.env is not None


def _of_zone(query: Query) -> bool:
    return query.zone != "UTC"


def _of_small_page(query: Query) -> bool:
    return query.limit < 1000


def _of_all(query: Query) -> bool:
    return query.env is None and query.consumer is None and query.zone == "UTC" and query.limit < 1000


def _start_if(interval: str, condition: Any, ago: timedelta) -> Any:
    """Have another default start under a condition on the query."""

    def fresh(self: Reference, start: Any, end: Any, *rest: Any) -> Query:
        query = Reference.fresh(self, start, end, *rest)
        is_meant = start is None and query.interval == interval and condition(query)
        return Reference.fresh(self, self.now() - ago, end, *rest) if is_meant else query

    return fresh


def _end_if(condition: Any) -> Any:
    """End at midnight by default, under a condition on the query."""

    def fresh(self: Reference, start: Any, end: Any, *rest: Any) -> Query:
        query = Reference.fresh(self, start, end, *rest)
        is_meant = end is None and condition(query)
        return replace(query, end=self.floor(self.now(), "day", query.zone)) if is_meant else query

    return fresh


def _a_day_long(self: Reference, start: Any, end: Any, *rest: Any) -> Query:
    latest = None if start is None or end is not None else min(self.now(), start + timedelta(hours=24))
    return Reference.fresh(self, start, end or latest, *rest)


def _day_for_long_windows(self: Reference, params: dict[str, str]) -> str:
    if "interval" in params or not {"start", "end"} <= params.keys():
        return Reference.interval(self, params)
    first, last = (self.moment(name, params, "UTC") for name in ("start", "end"))
    return "day" if first and last and last - first > timedelta(days=7) else "hour"


def _zone_of_start(self: Reference, params: dict[str, str]) -> str:
    is_indian = "timezone" not in params and params.get("start", "").endswith("+05:30")
    return "Asia/Kolkata" if is_indian else Reference.zone(self, params)


def _local_as_utc(self: Reference, moment: datetime, zone: str) -> str:
    return moment.astimezone(ZoneInfo(zone)).replace(tzinfo=UTC).isoformat()


def _standard_offset(self: Reference, moment: datetime, zone: str) -> str:
    local = moment.astimezone(ZoneInfo(zone))
    saved = local.dst() or timedelta()
    text = local.replace(tzinfo=None).isoformat()
    offset = (local.utcoffset() or timedelta()) - saved
    sign, seconds = ("-" if offset < timedelta() else "+"), abs(int(offset.total_seconds()))
    return f"{text}{sign}{seconds // 3600:02}:{seconds // 60 % 60:02}"


def _detail_as_text(self: Reference, refusal: RefusalError) -> Response:
    body = {"detail": "invalid"} if refusal.status == 422 else {"detail": refusal.detail}
    return Response(refusal.status, json.dumps(body).encode(), {"content-type": "application/json"})


def _negative_at_night(
    _: Reference, __: Query, start: datetime, ___: datetime, counts: dict[str, Any]
) -> dict[str, Any]:
    return counts | {"bytes_received": -1} if start.hour == 3 else counts


def _with_header(name: str, value: str) -> Any:
    def success(self: Reference, body: dict[str, Any], params: Any) -> Response:
        response = Reference.success(self, body, params)
        return replace(response, headers=response.headers | {name: value})

    return success


def _refusal_in_debt(self: Reference, refusal: RefusalError) -> Response:
    response = Reference.refusal(self, refusal)
    return replace(response, headers=response.headers | {"x-ratelimit-remaining": "-1"})


RESPONSES = (
    broken(
        "has_more is text",
        "response.schema",
        envelope=lambda self, body, query: body | {"has_more": str(body["has_more"]).lower()},
    ),
    broken(
        "no next_token on the last page",
        "response.schema",
        envelope=lambda self, body, query: {
            name: value for name, value in body.items() if name != "next_token" or value
        },
    ),
    broken("counts are text", "response.schema", item=_item(lambda item: item | {"requests": str(item["requests"])})),
    broken(
        "counts have fractions",
        "response.schema",
        item=_item(lambda item: item | {"bytes_sent": item["bytes_sent"] + 0.5}),
    ),
    broken(
        "no bytes_received",
        "response.schema",
        item=_item(lambda item: {name: value for name, value in item.items() if name != "bytes_received"}),
    ),
    broken(
        "no traffic is null",
        "response.schema",
        item=lambda self, row, query: (
            Reference.item(self, row, query) | ({"requests": None} if row.start.hour == 5 else {})
        ),
    ),
    broken(
        "text/html",
        "response.schema",
        success=lambda self, body, params: Response(200, json.dumps(body).encode(), {"content-type": "text/html"}),
    ),
    broken("refusals of another form", "response.schema", refusal=_detail_as_text),
    broken("the rate limit is text", "response.schema", success=_with_header("x-ratelimit-limit", "many")),
    broken("the rate limit has a fraction", "response.schema", success=_with_header("x-ratelimit-reset", "1.5")),
    broken("what remains is negative in refusals", "response.schema", refusal=_refusal_in_debt),
    broken("negative counts at night", "response.counts", counts=changed_counts(_negative_at_night)),
    broken(
        "a negative count in a filter",
        "response.counts",
        counts=changed_counts(
            lambda self, query, start, end, counts: (
                counts | {"requests": -counts["requests"]} if query.consumer else counts
            )
        ),
    ),
    broken(
        "no offset",
        "response.offsets",
        text=lambda self, moment, zone: moment.astimezone(ZoneInfo(zone)).replace(tzinfo=None).isoformat(),
    ),
    broken(
        "no offset at the end of a period",
        "response.offsets",
        item=_item(lambda item: item | {"period_end": item["period_end"][:19]}),
    ),
    broken("local time with Z", "response.offsets", text=_local_as_utc),
    broken("the offset of winter all year", "response.offsets", text=_standard_offset),
    broken("the default interval is a day", "requests.default-interval", params=_default("interval", "day")),
    broken(
        "the default interval is a day in other zones",
        "requests.default-interval",
        params=lambda self, params: {"interval": "day"} | params if "timezone" in params else params,
    ),
    broken("the default zone is Berlin", "requests.default-timezone", params=_default("timezone", "Europe/Berlin")),
    broken(
        "the default zone is Berlin for days",
        "requests.default-timezone",
        params=lambda self, params: (
            {"timezone": "Europe/Berlin"} | params if params.get("interval") == "day" else params
        ),
    ),
    broken("the default limit is 1000", "requests.default-limit", params=_default("limit", "1000")),
    broken("the default limit is 50", "requests.default-limit", params=_default("limit", "50")),
    broken("the default limit is 99", "requests.default-limit", params=_default("limit", "99")),
    *(
        broken(f"the default limit {where} is {limit}", "requests.default-limit", params=_default_if(condition, limit))
        for where, limit, condition in (
            ("of days", "31", _has("interval", "day")),
            ("of days", "1000", _has("interval", "day")),
            ("beside a consumer", "50", _has("consumer_id")),
            ("in a zone", "1000", _has("timezone")),
            (
                "of days beside a consumer",
                "20",
                _days_of_consumer,
            ),
        )
    ),
    *(
        broken(f"the default start {where}", promise_id, fresh=_start_if(interval, condition, shift))
        for where, promise_id, interval, condition, shift in (
            ("of a consumer is a week ago", _START_HOUR, "hour", _of_consumer, timedelta(days=7)),
            ("of an environment is twelve hours ago", _START_HOUR, "hour", _of_environment, timedelta(hours=12)),
            ("of a small page is two days ago", _START_HOUR, "hour", _of_small_page, timedelta(days=2)),
            ("of the days of a consumer is a week ago", _START_DAY, "day", _of_consumer, timedelta(days=7)),
            ("of days in a zone is a week ago", _START_DAY, "day", _of_zone, timedelta(days=7)),
        )
    ),
    *(
        broken(f"the default end {where} is the last midnight", "window.default-end", fresh=_end_if(condition))
        for where, condition in (("of a consumer", _of_consumer), ("in a zone", _of_zone), ("of an app", _of_all))
    ),
    broken(
        "the default interval beside an environment is a day",
        "requests.default-interval",
        params=lambda self, params: {"interval": "day"} | params if "app_env_id" in params else params,
    ),
    broken(
        "the default zone beside a consumer is Berlin",
        "requests.default-timezone",
        params=lambda self, params: {"timezone": "Europe/Berlin"} | params if "consumer_id" in params else params,
    ),
    broken("the end is a day after the start", "window.default-end", fresh=_a_day_long),
    broken("long windows are in days", "requests.default-interval", interval=_day_for_long_windows),
    broken("the offset of the start is the timezone", "requests.default-timezone", zone=_zone_of_start),
    broken(
        "hours start 23 hours ago", "window.default-start-hour", default_start=_only_for("hour", timedelta(hours=1))
    ),
    broken(
        "hours start 25 hours ago",
        "window.default-start-hour",
        default_start=_only_for("hour", timedelta(hours=-1)),
    ),
    broken("hours start a week ago", "window.default-start-hour", default_start=_only_for("hour", timedelta(days=-6))),
    broken(
        "hours start 24 hours before the end",
        "window.default-start-hour",
        default_start=lambda self, interval, zone, end: (
            (end or self.now()) - (timedelta(hours=24) if interval == "hour" else timedelta(days=30))
        ),
    ),
    broken(
        "hours start at midnight",
        "window.default-start-hour",
        default_start=lambda self, interval, zone, end: self.floor(
            Reference.default_start(self, interval, zone, end), "day" if interval == "hour" else interval, zone
        ),
    ),
    broken("days start 29 days ago", "window.default-start-day", default_start=_only_for("day", timedelta(days=1))),
    broken("days start 31 days ago", "window.default-start-day", default_start=_only_for("day", timedelta(days=-1))),
    broken(
        "days start 24 hours ago",
        "window.default-start-day",
        default_start=lambda self, interval, zone, end: self.now() - timedelta(hours=24),
    ),
    broken(
        "the default end is the last full hour",
        "window.default-end",
        default_end=lambda self, interval, zone: self.floor(self.now(), "hour", "UTC"),
    ),
    broken(
        "the default end is midnight",
        "window.default-end",
        default_end=lambda self, interval, zone: self.floor(self.now(), "day", zone),
    ),
    broken(
        "the default end is midnight for days",
        "window.default-end",
        default_end=lambda self, interval, zone: self.floor(self.now(), interval, zone),
    ),
    broken(
        "the default end is tomorrow",
        ("window.default-end", "window.nothing-outside"),
        default_end=lambda self, interval, zone: self.now() + timedelta(days=1),
    ),
)
