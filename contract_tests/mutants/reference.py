"""A small correct server, written to be changed: each decision is a method of its own, which an entry can replace.

It shares no code with the suite's own arithmetic nor with the mock server, so that a mistake in one does not hide a
mistake in the other.
"""

import hashlib
import json
import re
import time
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit
from zoneinfo import ZoneInfo, available_timezones

from contract_tests.mutants.messages import Params, Query, RefusalError, Response, Row
from contract_tests.mutants.traffic import requests_between

_PATH = re.compile(r"/v1/apps/([^/]*)/traffic")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)?", re.ASCII)
_EARLIEST, _LATEST = datetime(1971, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
_SHARES = {"requests": 1, "bytes_received": 700, "bytes_sent": 9000}


class Reference:
    """The correct server."""

    key = "reference-Key.0123456789"
    app_id = 7
    other_app_ids: tuple[int, ...] = (8,)
    envs = (1, 2)
    consumers = (1, 2, 3)
    token_fields: tuple[str, ...] = ("start", "end", "interval", "zone", "env", "consumer")

    def __init__(self) -> None:
        self.asked = 0

    # The request.

    def respond(self, target: str, headers: Mapping[str, str]) -> Response:
        """Handle a GET request."""
        self.asked += 1
        parts = urlsplit(target)
        params = self.params(dict(parse_qsl(parts.query, keep_blank_values=True, errors="replace")))
        match = _PATH.fullmatch(parts.path)
        if match is None:
            return self.refusal(RefusalError(404, "Not Found"))
        try:
            self.authorize(headers, params)
            app_id = unquote(match[1])
            self.check_app(app_id, params)
            return self.page(self.query(params | {"app_id": app_id}), params)
        except RefusalError as refusal:
            return self.refusal(refusal)

    def params(self, params: Params) -> Params:
        """Check the parameters first."""
        return params

    def authorize(self, headers: Mapping[str, str], params: Params) -> None:
        """Refuse any key but the right one."""
        if not self.is_right(headers.get("api-key")):
            raise RefusalError(401, "Invalid API key")

    def is_right(self, key: str | None) -> bool:
        """Return whether a key opens the API."""
        return key == self.key

    def check_app(self, text: str, params: Params) -> None:
        """Refuse an invalid ID, and that of an unknown app."""
        if self.integer("app_id", text, "path") not in {self.app_id, *self.other_app_ids}:
            raise RefusalError(404, "App not found")

    def query(self, params: Params) -> Query:
        """Read the query, or the token that carries it."""
        interval, zone = self.interval(params), self.zone(params)
        env, consumer = self.optional_id("app_env_id", params), self.optional_id("consumer_id", params)
        limit = self.limit(params)
        start, end = self.moment("start", params, zone), self.moment("end", params, zone)
        fresh = replace(self.fresh(start, end, interval, zone, env, consumer, limit), app=self.app(params))
        if not params.get("next_token"):
            return fresh
        return self.resume(params, fresh)

    def app(self, params: Params) -> int:
        """Return the app of the request."""
        return int(params["app_id"])

    def fresh(  # noqa: PLR0917 - one parameter per parameter of the API
        self,
        start: datetime | None,
        end: datetime | None,
        interval: str,
        zone: str,
        env: int | None,
        consumer: int | None,
        limit: int,
    ) -> Query:
        """Fill in the defaults of a window."""
        first = self.default_start(interval, zone, end) if start is None else start
        last = self.default_end(interval, zone) if end is None else end
        return Query(self.round_start(first, interval, zone), last, interval, zone, env, consumer, limit)

    def now(self) -> datetime:
        """Return the current time."""
        return datetime.fromtimestamp(time.time(), UTC)

    def default_start(self, interval: str, zone: str, end: datetime | None) -> datetime:
        """24 hours ago, or 30 days ago."""
        return self.now() - (timedelta(hours=24) if interval == "hour" else timedelta(days=30))

    def default_end(self, interval: str, zone: str) -> datetime:
        """Now."""
        return self.now()

    def round_start(self, start: datetime, interval: str, zone: str) -> datetime:
        """Round down to the interval, in the zone."""
        return self.floor(start, interval, zone)

    # Parameters.

    def invalid(self, name: str, value: str, message: str, place: str = "query") -> RefusalError:
        """Make the refusal of one parameter."""
        return RefusalError(422, [{"type": "value_error", "loc": [place, name], "msg": message, "input": value}])

    def integer(self, name: str, text: str, place: str = "query") -> int:
        """Read an integer, at least 1."""
        if not re.fullmatch(r"[+-]?\d{1,30}", text, re.ASCII):
            raise self.invalid(name, text, "Input should be a valid integer", place)
        if int(text) < self.minimum(name):
            raise self.invalid(name, text, "Input should be greater than or equal to 1", place)
        return int(text)

    def minimum(self, name: str) -> int:
        """Return the minimum of an integer parameter."""
        return 1

    def optional_id(self, name: str, params: Params) -> int | None:
        """Read a filter."""
        return self.integer(name, params[name]) if name in params else None

    def limit(self, params: Params) -> int:
        """Read the limit; 100 by default, 1000 at most."""
        limit = self.integer("limit", params["limit"]) if "limit" in params else 100
        if limit > self.greatest_limit():
            raise self.invalid("limit", params["limit"], "Input should be less than or equal to 1000")
        return limit

    def greatest_limit(self) -> int:
        """Return the maximum of the limit."""
        return 1000

    def interval(self, params: Params) -> str:
        """Read the interval; hour by default."""
        interval = params.get("interval", "hour")
        if interval not in {"hour", "day"}:
            raise self.invalid("interval", interval, "Input should be 'hour' or 'day'")
        return interval

    def zone(self, params: Params) -> str:
        """Read the zone; UTC by default."""
        zone = params.get("timezone", "UTC")
        if zone not in _zone_names():
            raise self.invalid("timezone", zone, "Invalid timezone")
        return zone

    def moment(self, name: str, params: Params, zone: str) -> datetime | None:
        """Read a date-time; without an offset, in the zone."""
        if name not in params:
            return None
        text = params[name]
        try:
            moment = self.parse(text)
            if moment.tzinfo is None:
                moment = self.localize(moment, zone)
            return min(max(moment.astimezone(UTC), _EARLIEST), _LATEST)
        except (ValueError, OverflowError):
            raise self.invalid(name, text, "Input should be a valid datetime") from None

    def parse(self, text: str) -> datetime:
        """Read RFC 3339, and the same without an offset."""
        if not _MOMENT.fullmatch(text):
            raise ValueError(text)
        return datetime.fromisoformat(text.upper())

    def localize(self, moment: datetime, zone: str) -> datetime:
        """Read a time without an offset on the clock of the zone."""
        return moment.replace(tzinfo=ZoneInfo(zone))

    # Tokens.

    def resume(self, params: Params, fresh: Query) -> Query:
        """Continue at the position of a token, with its query."""
        token = params["next_token"]
        if len(token) > self.longest_token():
            raise self.invalid("next_token", token, "String should have at most 1024 characters")
        try:
            content = self.decode(token)
            self.check_token(content, fresh)
            kept = {name: content[name] for name in self.token_fields}
            for name in {"start", "end"} & kept.keys():
                kept[name] = datetime.fromtimestamp(kept[name], UTC)
            return replace(fresh, **kept, position=int(content["position"]))
        except (ValueError, KeyError, TypeError, OverflowError):
            raise self.invalid("next_token", token, "Invalid token") from None

    def check_token(self, content: dict[str, Any], fresh: Query) -> None:
        """Refuse a token of another app."""
        if content["app"] != fresh.app:
            raise ValueError("of another app")

    def longest_token(self) -> int:
        """Return the maximum length of a token."""
        return 1024

    def encode(self, query: Query, position: int) -> str:
        """Make the token for the page that begins at a position."""
        content = {name: getattr(query, name) for name in (*self.token_fields, "app")} | {"position": position}
        for name in {"start", "end"} & content.keys():
            content[name] = content[name].timestamp()
        payload = json.dumps(content).encode()
        return (
            urlsafe_b64encode(hashlib.sha256(self.key.encode() + payload).digest()[:8] + payload).decode().rstrip("=")
        )

    def decode(self, token: str) -> dict[str, Any]:
        """Read a token that `encode` made."""
        raw = urlsafe_b64decode(token + "=" * (-len(token) % 4))
        if hashlib.sha256(self.key.encode() + raw[8:]).digest()[:8] != raw[:8]:
            raise ValueError("not genuine")
        content: dict[str, Any] = json.loads(raw[8:])
        return content

    # Periods.

    def floor(self, moment: datetime, interval: str, zone: str) -> datetime:
        """Return the start of the hour or day that contains a moment, in UTC."""
        local = moment.astimezone(ZoneInfo(zone))
        if interval == "hour":
            return moment.astimezone(UTC) - timedelta(
                minutes=local.minute, seconds=local.second, microseconds=local.microsecond
            )
        return self.midnight(local.date(), zone)

    def midnight(self, day: date, zone: str) -> datetime:
        """Return the beginning of a day, in UTC."""
        return datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone)).astimezone(UTC)

    def after(self, start: datetime, interval: str, zone: str) -> datetime:
        """Return the end of the period that begins at a moment, in UTC."""
        if interval == "hour":
            return start + timedelta(hours=1)
        # By noon, so that the days of a changed server go on even where they begin an hour early.
        noon = start.astimezone(UTC) + timedelta(hours=12)
        return self.midnight(noon.astimezone(ZoneInfo(zone)).date() + timedelta(days=1), zone)

    def periods(self, query: Query) -> list[tuple[datetime, datetime]]:
        """Return the periods that begin in the window, oldest first."""
        if query.end - query.start > timedelta(days=1000):
            query = replace(query, start=self.floor(query.end - timedelta(days=1000), query.interval, query.zone))
        periods, start = [], query.start
        while self.is_inside(start, query):
            end = self.after(start, query.interval, query.zone)
            periods.append((start, end))
            start = end
        return periods

    def is_inside(self, start: datetime, query: Query) -> bool:
        """Return whether a period that begins at a moment belongs to the window."""
        return start < query.end

    # Traffic.

    def counts(self, query: Query, start: datetime, end: datetime) -> dict[str, Any]:
        """Count the traffic of a period, up to now."""
        until = min(end, self.now())
        envs = tuple(env for env in self.envs if query.env in {None, env})
        consumers = tuple(consumer for consumer in self.consumers if query.consumer in {None, consumer})
        app = query.app - self.app_id if query.app in self.other_app_ids else 0
        requests = requests_between(start, until, envs, consumers, app)
        return {name: requests * share for name, share in _SHARES.items()}

    def rows(self, query: Query) -> list[Row]:
        """Return all rows of the query, in the order in which they are served."""
        return [Row(start, end, self.counts(query, start, end)) for start, end in self.periods(query)]

    # The response.

    def page(self, query: Query, params: Params) -> Response:
        """Cut a page out of the rows."""
        rows = self.rows(query)
        first = query.position
        last = first + self.size(query, len(rows))
        shown = self.cut(rows, first, last)
        has_more = self.has_more(len(rows), last, query)
        token = self.encode(query, self.next_position(last)) if has_more else None
        body = {"data": [self.item(row, query) for row in shown], "has_more": has_more, "next_token": token}
        return self.success(self.envelope(body, query), params)

    def size(self, query: Query, total: int) -> int:
        """Return the number of rows on a page."""
        return query.limit

    def cut(self, rows: list[Row], first: int, last: int) -> list[Row]:
        """Return the rows of a page."""
        return rows[first:last]

    def has_more(self, total: int, last: int, query: Query) -> bool:
        """Return whether there are rows after a page."""
        return last < total

    def next_position(self, last: int) -> int:
        """Return the position that the next page begins at."""
        return last

    def item(self, row: Row, query: Query) -> dict[str, Any]:
        """Print a row."""
        return {
            "period_start": self.text(row.start, query.zone),
            "period_end": self.text(row.end, query.zone),
            **row.counts,
        }

    def text(self, moment: datetime, zone: str) -> str:
        """Print a moment."""
        return moment.astimezone(ZoneInfo(zone)).isoformat()

    def envelope(self, body: dict[str, Any], query: Query) -> dict[str, Any]:
        """Return the body of a page."""
        return body

    def success(self, body: dict[str, Any], params: Params) -> Response:
        """Make the response with a page."""
        return Response(200, json.dumps(body).encode(), {"content-type": "application/json"})

    def refusal(self, refusal: RefusalError) -> Response:
        """Make the response for a refusal."""
        body = json.dumps({"detail": refusal.detail}).encode()
        return Response(refusal.status, body, {"content-type": "application/json"})


@lru_cache(maxsize=1)
def _zone_names() -> frozenset[str]:
    return frozenset(available_timezones())
