"""The reference server with the operations of `six_operations.yaml`, each decision a method that can be replaced.

A page begins after the key of the last record before it, so new records at the front do not shift pages.
"""

import json
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit
from uuid import UUID

from contract_tests.mutants.messages import Params, RefusalError, Response
from contract_tests.mutants.reference import Reference

Record = dict[str, Any]

_ROUTES = {
    "list_apps": re.compile(r"/v1/apps"),
    "list_consumers": re.compile(r"/v1/apps/([^/]*)/consumers"),
    "list_endpoints": re.compile(r"/v1/apps/([^/]*)/endpoints"),
    "get_request_logs": re.compile(r"/v1/apps/([^/]*)/request-logs"),
    "get_request_details": re.compile(r"/v1/apps/([^/]*)/request-logs/([^/]*)"),
}
_MAX_LENGTHS = {"method": 64, "path": 1024, "status_code": 128}
_METHODS = ("GET", "POST", "DELETE")
_STATUSES = (200, 200, 200, 201, 404, 500)
_EVERY = timedelta(minutes=7)
_MORNING = datetime(2025, 6, 1, tzinfo=UTC)


class FullReference(Reference):
    """The correct server of six operations."""

    consumer_count = 130
    path_count = 9

    # The request.

    def respond(self, target: str, headers: Mapping[str, str]) -> Response:
        """Handle a GET request."""
        parts = urlsplit(target)
        found = ((name, match) for name, route in _ROUTES.items() if (match := route.fullmatch(parts.path)))
        operation, match = next(found, ("get_traffic", None))
        if match is None:
            return self.traffic(target, headers)
        self.asked += 1
        params = dict(parse_qsl(parts.query, keep_blank_values=True, errors="replace"))
        try:
            self.admit(operation, headers, params)
            values = [unquote(value) for value in match.groups()]
            if values:
                self.check_app_of(operation, values[0], params)
            return self.success(self.body(operation, params, values), params)
        except RefusalError as refusal:
            return self.refusal(refusal)

    def traffic(self, target: str, headers: Mapping[str, str]) -> Response:
        """Handle a request for traffic, or return 404."""
        return super().respond(target, headers)

    def admit(self, operation: str, headers: Mapping[str, str], params: Params) -> None:
        """Refuse any key but the right one."""
        self.authorize(headers, params)

    def check_app_of(self, operation: str, text: str, params: Params) -> None:
        """Refuse an unknown app."""
        self.check_app(text, params)

    def body(self, operation: str, params: Params, values: list[str]) -> Any:
        """Make the body of a response."""
        if operation == "get_request_details":
            return self.details(values[1])
        if operation in {"list_apps", "list_endpoints"}:
            records = self.apps() if operation == "list_apps" else self.endpoints_under(params)
            return {"data": [self.shown(operation, record) for record in records]}
        if operation == "list_consumers":
            since = self.moment("requests_since", params, "UTC")
            return self.page_of(operation, self.consumers_since(since), params)
        return self.page_of(operation, self.logs_under(params), params)

    # Pages.

    def page_of(self, operation: str, records: list[Record], params: Params) -> dict[str, Any]:
        """Cut a page out of the records, the one with the greatest key first."""
        size = self.limit_of(operation, params)
        left = self.left(operation, records, params)
        last = self.length(operation, size, params)
        data = left[:last]
        has_more = self.is_more(operation, len(left), last)
        token = self.token_after(operation, data) if has_more else None
        return {"data": [self.shown(operation, one) for one in data], "has_more": has_more, "next_token": token}

    def limit_of(self, operation: str, params: Params) -> int:
        """Read the limit."""
        return self.limit(params)

    def length(self, operation: str, size: int, params: Params) -> int:
        """Return the number of records on a page."""
        return size

    def left(self, operation: str, records: list[Record], params: Params) -> list[Record]:
        """Return the records that come on this page and the later ones."""
        token = params.get("next_token")
        if not token:
            return records
        below = self.read_token(operation, token)
        return [record for record in records if record["key"] < below]

    def is_more(self, operation: str, left: int, last: int) -> bool:
        """Return whether there are records after a page."""
        return last < left

    def token_after(self, operation: str, data: list[Record]) -> str:
        """Make the token for the records after a page."""
        content = json.dumps({"operation": operation, "below": data[-1]["key"] if data else 0})
        return urlsafe_b64encode(content.encode()).decode().rstrip("=")

    def read_token(self, operation: str, token: str) -> int:
        """Read a token that `token_after` made."""
        try:
            content = json.loads(urlsafe_b64decode(token + "=" * (-len(token) % 4)))
            if content["operation"] != operation or len(token) > self.longest_token():
                raise self.invalid("next_token", token, "Invalid token")
            return int(content["below"])
        except (ValueError, KeyError, TypeError):
            raise self.invalid("next_token", token, "Invalid token") from None

    def shown(self, operation: str, record: Record) -> Record:
        """Print a record."""
        return {name: value for name, value in record.items() if name != "key"}

    # The records, and what is selected of them.

    def apps(self) -> list[Record]:
        """Return all apps."""
        envs = [{"id": number, "name": f"env-{number}"} for number in self.envs]
        return [{"id": self.app_id, "name": "app", "envs": envs, "created_at": _text(_MORNING)}]

    def consumers_of(self) -> list[Record]:
        """Return all consumers: each is a day older than the next, and made its last request an hour earlier."""
        count, midnight = self.consumer_count, self.now().replace(hour=0, minute=0, second=0, microsecond=0)
        return [
            {
                "key": number,
                "id": number,
                "identifier": f"consumer-{number}",
                "created_at": _text(midnight - timedelta(days=count - number + 60)),
                "last_request_at": _text(midnight - timedelta(hours=count - number)),
            }
            for number in range(count, 0, -1)
        ]

    def consumers_since(self, since: datetime | None) -> list[Record]:
        """Select consumers."""
        everybody = self.consumers_of()
        return [one for one in everybody if since is None or datetime.fromisoformat(one["last_request_at"]) >= since]

    def all_endpoints(self) -> list[Record]:
        """Return all endpoints: of each path, the methods; the environments have every second one."""
        found = []
        for number in range(self.path_count * len(_METHODS)):
            path = f"/v1/things/{number // len(_METHODS)}" if number % 2 else f"/v2/items/{{id}}/{number}"
            env = self.envs[number % len(self.envs)]
            found.append({"id": number + 1, "method": _METHODS[number % len(_METHODS)], "path": path, "env": env})
        return found

    def endpoints_under(self, params: Params) -> list[Record]:
        """Select endpoints."""
        env, methods = self.optional_id("app_env_id", params), self.methods(params)
        pattern, order = self.pattern(params), self.order(params)
        found = [
            one
            for one in self.all_endpoints()
            if env in {None, one["env"]} and self.is_one_of(one["method"], methods) and pattern.fullmatch(one["path"])
        ]
        names = ("path", "method") if order == "path" else ("method", "path")
        return [
            {name: one[name] for name in ("id", "method", "path")}
            for one in sorted(found, key=lambda one: [one[name] for name in names])
        ]

    def logs_under(self, params: Params) -> list[Record]:
        """Select request logs."""
        zone, env = self.zone(params), self.optional_id("app_env_id", params)
        consumer, methods = self.optional_id("consumer_id", params), self.methods(params)
        pattern, statuses = self.pattern(params), self.statuses(params)
        start = self.moment("start", params, zone) or self.now() - timedelta(hours=24)
        end = self.moment("end", params, zone) or self.now()
        first = max(-((_MORNING - start) // _EVERY), 0)
        last = (min(end, self.now()) - _MORNING) // _EVERY
        return [
            one
            for one in (self.log(number) for number in range(last, max(first - 1, last - 5000), -1))
            if self.is_inside_of(one, start, end)
            and env in {None, one["env"]}
            and consumer in {None, one["consumer"]}
            and self.is_one_of(one["method"], methods)
            and pattern.fullmatch(one["path"])
            and (not statuses or any(_fits(status, one["status_code"]) for status in statuses))
        ]

    def is_inside_of(self, log: Record, start: datetime, end: datetime) -> bool:
        """Return whether a request lies in a window."""
        return start <= datetime.fromisoformat(log["timestamp"]) < end

    def is_one_of(self, method: str, methods: list[str]) -> bool:
        """Return whether a method is among those that were asked for."""
        return not methods or method in methods

    def log(self, number: int) -> Record:
        """Return a request."""
        spread = number * 2654435761 % 4294967296 >> 8
        return {
            "key": number,
            "timestamp": _text(_MORNING + number * _EVERY),
            "request_uuid": str(UUID(int=number)),
            "method": _METHODS[spread % len(_METHODS)],
            "path": f"/v1/things/{spread % self.path_count}",
            "status_code": _STATUSES[spread % len(_STATUSES)],
            "env": self.envs[spread % len(self.envs)],
            "consumer": spread % 4 + 1,
        }

    def details(self, text: str) -> Record:
        """Return one request."""
        try:
            number = UUID(text).int
        except ValueError:
            raise self.invalid("request_uuid", text, "Input should be a valid UUID", "path") from None
        if not 0 <= number <= (self.now() - _MORNING) // _EVERY:
            raise RefusalError(404, "Request log not found")
        return self.shown("get_request_details", self.log(number))

    # Parameters.

    def text_of(self, name: str, params: Params) -> str | None:
        """Read a text that has a maximum length."""
        text = params.get(name)
        if text is not None and len(text) > _MAX_LENGTHS[name]:
            raise self.invalid(name, text, f"String should have at most {_MAX_LENGTHS[name]} characters")
        return text

    def methods(self, params: Params) -> list[str]:
        """Read methods; none means all."""
        text = self.text_of("method", params)
        return [one.strip().upper() for one in text.split(",")] if text else []

    def pattern(self, params: Params) -> re.Pattern[str]:
        """Read a pattern of paths."""
        text = self.text_of("path", params)
        return re.compile(".*".join(map(re.escape, text.split("*"))) if text else ".*", re.DOTALL)

    def statuses(self, params: Params) -> list[str]:
        """Read statuses and classes of them; none means all."""
        text = self.text_of("status_code", params)
        statuses = [one.strip() for one in text.split(",") if one.strip()] if text else []
        if not all(re.fullmatch(r"\d\d\d|\dxx", one, re.ASCII) for one in statuses):
            raise self.invalid("status_code", str(text), "Input should be status codes")
        return statuses

    def order(self, params: Params) -> str:
        """Read the order of endpoints."""
        order = params.get("sort", "path")
        if order not in {"path", "method"}:
            raise self.invalid("sort", order, "Input should be 'path' or 'method'")
        return order


def _fits(status: str, code: int) -> bool:
    return status == str(code) or (status.endswith("xx") and status[0] == str(code)[0])


def _text(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")
