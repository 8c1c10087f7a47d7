"""Correct servers that use a freedom of the specification."""

import json
import time
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import count, pairwise
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from contract_tests.mutants.broken_caches import cached, everything
from contract_tests.mutants.entry import different, sparse
from contract_tests.mutants.messages import Query, RefusalError, Response, Row
from contract_tests.mutants.reference import Reference


def _random_size(self: Reference, query: Query, total: int) -> int:
    return min(query.limit, Random().randint(1, 60))  # noqa: S311 - nothing is secret here


def _clipped(self: Reference, row: Row, query: Query) -> dict[str, Any]:
    return Reference.item(self, replace(row, end=min(row.end, query.end)), query)


def _busy(counts: dict[str, Any]) -> bool:
    return any(counts.values())


def _kept(days: int) -> Any:
    return lambda self, query: [
        row for row in Reference.rows(self, query) if row.start > self.now() - timedelta(days=days)
    ]


def _kept_from_a_change(self: Reference, query: Query) -> list[Row]:
    """Delete everything before the last hours of a day with a clock change."""
    newest = self.now().astimezone(ZoneInfo("America/New_York")) - timedelta(days=60)
    noons = (newest.replace(hour=12) - timedelta(days=back) for back in count())
    change = next(noon for noon, before in pairwise(noons) if noon.utcoffset() != before.utcoffset())
    return [row for row in Reference.rows(self, query) if row.start > change.replace(hour=6)]


def _refuse(self: Reference, query: Query, params: Any) -> Response:
    if query.start >= query.end or query.start > self.now() or query.end - query.start > timedelta(days=62):
        return self.refusal(
            RefusalError(422, [{"loc": ["query", "start"], "msg": "no such window", "type": "value_error"}])
        )
    return Reference.page(self, query, params)


def _old_is_refused(self: Reference, query: Query, params: Any) -> Response:
    if query.start < self.now() - timedelta(days=60):
        return self.refusal(RefusalError(400, "older than sixty days"))
    return Reference.page(self, query, params)


def _refused_beyond(length: timedelta) -> Any:
    def page(self: Reference, query: Query, params: Any) -> Response:
        if query.end - query.start > length and (query.interval == "hour" or length > timedelta(days=30)):
            return self.refusal(RefusalError(400, "too long"))
        return Reference.page(self, query, params)

    return page


def _empty_beyond(length: timedelta) -> Any:
    return lambda self, query: Reference.rows(self, query) if query.end - query.start <= length else []


def _future_is_refused(self: Reference, query: Query, params: Any) -> Response:
    if query.end > self.now():
        return self.refusal(RefusalError(422, [{"loc": ["query", "end"], "msg": "not yet", "type": "value_error"}]))
    return Reference.page(self, query, params)


def _as_400(self: Reference, refusal: RefusalError) -> Response:
    return Response(400 if refusal.status == 422 else refusal.status, b"no", {"content-type": "text/plain"})


def _as_403(self: Reference, refusal: RefusalError) -> Response:
    body = json.dumps({"detail": refusal.detail}).encode()
    return Response(403 if refusal.status == 401 else refusal.status, body, {"content-type": "application/json"})


def _limited(every: int, *, headers: bool) -> Any:
    def respond(self: Reference, target: str, asked: Any) -> Response:
        if (self.asked + 1) % every == 0:
            self.asked += 1
            extra = {
                "x-ratelimit-limit": "100",
                "x-ratelimit-remaining": "0",
                "x-ratelimit-reset": str(int(time.time()) + 1),
            }
            return Response(429, b"slow down", extra if headers else {})
        return Reference.respond(self, target, asked)

    return respond


class _Remembering:
    """Opaque tokens that are never repeated."""

    def __init__(self) -> None:
        self.kept: dict[str, dict[str, Any]] = {}
        self.chance = Random(1)  # noqa: S311 - nothing is secret here

    def encode(self, server: Reference, query: Query, position: int) -> str:
        token = f"{self.chance.randrange(16**20):x}"
        fields = {name: getattr(query, name) for name in (*server.token_fields, "app")}
        stamps = {name: fields[name].timestamp() for name in ("start", "end")}
        self.kept[token] = fields | stamps | {"position": position}
        return token


def _with_memory() -> dict[str, Any]:
    memory = _Remembering()

    def encode(self: Reference, query: Query, position: int) -> str:
        return memory.encode(self, query, position)

    return {
        "encode": encode,
        "decode": lambda self, token: memory.kept[token],
    }


def _newest_first(self: Reference, query: Query) -> list[Row]:
    return Reference.rows(self, query)[::-1]


def _shuffled(self: Reference, query: Query) -> list[Row]:
    rows = Reference.rows(self, query)
    Random(1).shuffle(rows)  # noqa: S311 - nothing is secret here
    return rows


def _growing(self: Reference, query: Query, start: Any, end: Any) -> dict[str, Any]:
    counts = Reference.counts(self, query, start, end)
    is_open = end > self.now() - timedelta(hours=30)
    return {
        name: value + self.asked if is_open and query.env is None and query.consumer is None else value
        for name, value in counts.items()
    }


def _late(self: Reference, query: Query) -> list[Row]:
    """Return periods of the last hours one after another, as requests come, and keep returning them."""
    rows = [row for row in Reference.rows(self, query) if _busy(row.counts)]
    settled = self.now() - timedelta(hours=20)
    return [row for row in rows if row.end < settled or int(row.start.timestamp()) // 900 % 12 < self.asked // 40]


def _place_only(self: Reference, params: Any, fresh: Query) -> Query:
    """Take only the position from the token if the query has a start, also for parameters left to their defaults."""
    kept = Reference.resume(self, params, fresh)
    return kept if "start" in params else replace(fresh, position=kept.position)


def _without_small_letters(self: Reference, text: str) -> datetime:
    if text != text.upper():
        raise ValueError(text)
    return Reference.parse(self, text)


def _with_leap_second(self: Reference, text: str) -> datetime:
    is_leap = text[17:19] == "60"
    moment = Reference.parse(self, f"{text[:17]}59{text[19:]}" if is_leap else text)
    return moment + timedelta(seconds=1) if is_leap else moment


def _not_found(self: Reference, content: dict[str, Any], fresh: Query) -> None:
    if content["app"] != fresh.app:
        raise RefusalError(404, "App not found")


def _gateway_fails(every: int) -> Any:
    def respond(self: Reference, target: str, headers: Any) -> Response:
        if (self.asked + 1) % every == 0:
            self.asked += 1
            return Response(502 + self.asked % 3, b"<html>Bad Gateway</html>", {"content-type": "text/html"})
        return Reference.respond(self, target, headers)

    return respond


def _fields_but(name: str) -> tuple[str, ...]:
    return tuple(field for field in _TOKEN_FIELDS if field != name)


def _half(self: Reference, query: Query, total: int) -> int:
    return max(1, query.limit // 2)


def _no_token_alone(self: Reference, params: Any) -> Any:
    return params if "next_token" not in params or params.keys() & {"start", "interval"} else {"next_token": "no"}


_TOKEN_FIELDS = ("start", "end", "interval", "zone", "env", "consumer")

DIFFERENT = (
    different("the plain reference"),
    different(
        "half pages, a last period that ends early, 400, no lone token",
        fast=True,
        size=_half,
        item=_clipped,
        refusal=_as_400,
        params=_no_token_alone,
    ),
    different("newest first", rows=_newest_first),
    different("in no order", rows=_shuffled),
    different(
        "periods without traffic are left out",
        counts=sparse(60),
        rows=lambda self, query: [row for row in Reference.rows(self, query) if _busy(row.counts)],
    ),
    different("very little traffic", counts=sparse(2)),
    different(
        "very little traffic, and nothing else",
        counts=sparse(2),
        rows=lambda self, query: [row for row in Reference.rows(self, query) if _busy(row.counts)],
    ),
    different("no traffic at all", envs=()),
    different("no traffic, and no periods", rows=lambda self, query: []),
    different("half pages", size=_half),
    different("pages of 24", size=lambda self, query, total: min(24, query.limit)),
    different("pages of any size", size=lambda self, query, total: 1 + (query.position * 7 + self.asked) % query.limit),
    different("pages of random size", size=_random_size),
    different("the last period ends at the end", item=_clipped),
    different(
        "the last period has what came before the end",
        counts=lambda self, query, start, end: Reference.counts(self, query, start, min(end, query.end)),
    ),
    different("small letters in times are refused", parse=_without_small_letters),
    different("a leap second is the second after it", parse=_with_leap_second),
    different("403 for a wrong key", refusal=_as_403),
    different("400 for what is not valid", refusal=_as_400),
    different("windows that make no sense are refused", page=_refuse),
    different("sixty days are kept", rows=_kept(60)),
    different("five months are kept", rows=_kept(150)),
    different("what was before an old change of the clocks is forgotten", rows=_kept_from_a_change),
    different(
        "days are kept for good, and hours for sixty days",
        rows=lambda self, query: (Reference.rows if query.interval == "day" else _kept(60))(self, query),
    ),
    different(
        "hours are kept for good, and days for a hundred",
        rows=lambda self, query: (Reference.rows if query.interval == "hour" else _kept(100))(self, query),
    ),
    different(
        "hours that are forgotten have no traffic",
        counts=lambda self, query, start, end: Reference.counts(
            self, query, end if query.interval == "hour" and start < self.now() - timedelta(days=90) else start, end
        ),
    ),
    different("two weeks are kept", rows=_kept(14)),
    different("older than sixty days is refused", page=_old_is_refused),
    different("more than a month is refused", page=_refused_beyond(timedelta(days=32))),
    different("more than eight days of hours are refused", page=_refused_beyond(timedelta(days=8))),
    different("more than a month is empty", rows=_empty_beyond(timedelta(days=32))),
    different("an end in the future is refused", page=_future_is_refused),
    different(
        "more fields than declared",
        item=lambda self, row, query: Reference.item(self, row, query) | {"errors": 1, "app": {"id": 1}},
        envelope=lambda self, body, query: body | {"total": None},
    ),
    different(
        "Z instead of +00:00", text=lambda self, moment, zone: Reference.text(self, moment, zone).replace("+00:00", "Z")
    ),
    different("every time in UTC", text=lambda self, moment, zone: Reference.text(self, moment, "UTC")),
    different(
        "milliseconds",
        text=lambda self, moment, zone: (
            Reference.text(self, moment, zone)[:19] + ".000" + Reference.text(self, moment, zone)[19:]
        ),
    ),
    different("tokens that change every time", **_with_memory()),
    *(
        different(f"a token without its query loses the {name}", token_fields=_fields_but(name))
        for name in _TOKEN_FIELDS
    ),
    different("a token without its query is only a place", resume=_place_only),
    different("a token without its query is refused", params=_no_token_alone),
    different("a gateway fails now and then", fast=True, respond=_gateway_fails(40)),
    different("429 now and then, with headers", respond=_limited(60, headers=True)),
    different("429 now and then, without headers", respond=_limited(12, headers=False)),
    different(
        "slow", respond=lambda self, target, headers: replace(Reference.respond(self, target, headers), delay=0.05)
    ),
    different("open periods grow", counts=_growing),
    different("traffic that comes late", rows=_late),
    different("another app", app_id=7, envs=(1,), consumers=(2,)),
    different("a cache that looks at everything", **cached(everything)),
    different("a cache of the last response", **cached(everything, size=1)),
    different("one app", other_app_ids=()),
    different("a token of another app is the place alone", check_token=lambda self, content, fresh: None),
    different("a token of another app is a 404", check_token=_not_found),
    different(
        "unknown filters are a 404",
        optional_id=lambda self, name, params: _known(self, name, Reference.optional_id(self, name, params)),
    ),
)


def _known(server: Reference, name: str, number: int | None) -> int | None:
    if number is not None and number not in (server.envs if name == "app_env_id" else server.consumers):
        raise RefusalError(404, "unknown filter")
    return number
