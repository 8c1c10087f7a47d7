"""A server of operations that no vendor has: one is correct, and each of the others breaks what it is named after."""

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

KEY = "items-Key.0123456789"
LEVELS, KINDS, SOURCES = ["debug", "info", "warning", "error"], ["a", "b"], ["api", "job", "web"]
FIRST = datetime(2026, 1, 1, 12, tzinfo=UTC)
Item = dict[str, Any]
Query = dict[str, list[str]]

PARAMETERS: dict[str, Any] = {
    "level": {"type": "string", "enum": LEVELS},
    "source": {"type": "string"},
    "active": {"type": "boolean"},
    "kinds": {"type": "array", "items": {"enum": KINDS}},
    "step": {"type": "integer", "minimum": 1.0, "maximum": 99, "multipleOf": 5},
    "day": {"type": "string", "format": "date"},
    "since": {"type": "string", "format": "date-time"},
    "view": {"type": "string", "enum": ["short", "long"]},
    "anything": True,
}
ITEM = {
    "type": "object",
    "properties": {
        "level": {"enum": LEVELS},
        "source": {"type": "string"},
        "active": {"type": "boolean"},
        "created_at": {"type": "string", "format": "date-time"},
    },
}


class RefusalError(Exception):
    """A parameter is not valid."""


class Correct:
    """An operation that does what is declared."""

    def items(self) -> list[Item]:
        """Return all items, one an hour."""
        return [
            {
                "level": LEVELS[number % 4],
                "source": SOURCES[number // 4 % 3],
                "active": number // 2 % 3 > 0,
                "created_at": (FIRST + timedelta(hours=number)).isoformat().replace("+00:00", "Z"),
            }
            for number in range(48)
        ]

    def respond(self, query: Query) -> list[Item]:
        """Check the parameters, and return the items that they select."""
        self.check(query)
        found = [item for item in self.items() if self.is_selected(item, query)]
        return [{"level": item["level"]} for item in found] if query.get("view") == ["short"] else found

    def check(self, query: Query) -> None:
        """Refuse what is not declared."""
        for name, values in query.items():
            schema = PARAMETERS.get(name)
            value = values[-1]
            match schema:
                case {"type": "array"}:
                    self.check_kinds(values)
                case {"enum": names} if value not in names:
                    raise RefusalError(name)
                case {"type": "boolean"} if value not in {"true", "false"}:
                    raise RefusalError(name)
                case {"type": "integer"} if not value.isdecimal() or int(value) % 5 or not 1 <= int(value) <= 99:
                    raise RefusalError(name)
                case {"format": "date"}:
                    self.day(value)
                case {"format": "date-time"}:
                    self.moment(value)

    def check_kinds(self, kinds: list[str]) -> None:
        """Refuse an unknown kind."""
        if not {*kinds} <= {*KINDS}:
            raise RefusalError("kinds")

    def day(self, text: str) -> None:
        """Refuse what is no date."""
        if not re.fullmatch(r"\d{4}-\d\d-\d\d", text, re.ASCII):
            raise RefusalError("day")
        self.moment(f"{text}T00:00:00Z")

    def moment(self, text: str) -> datetime:
        """Read a date-time."""
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            raise RefusalError(text) from None
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)

    def is_selected(self, item: Item, query: Query) -> bool:
        """Return whether an item matches every filter."""
        return all(self.matches(item, name, values[-1]) for name, values in query.items())

    def matches(self, item: Item, name: str, value: str) -> bool:
        """Return whether an item matches one filter."""
        if name == "since":
            return self.moment(item["created_at"]) >= self.moment(value)
        if name == "active":
            return bool(item["active"]) == (value == "true")
        return bool(item[name] == value) if name in {"level", "source"} else True


class _ActiveInverted(Correct):
    def matches(self, item: Item, name: str, value: str) -> bool:
        return super().matches(item, name, value) != (name == "active")


class _InfoIgnored(Correct):
    def matches(self, item: Item, name: str, value: str) -> bool:
        return value == "info" or super().matches(item, name, value)


class _EitherIsEnough(Correct):
    def is_selected(self, item: Item, query: Query) -> bool:
        filters = {name: values for name, values in query.items() if name in {"level", "source"}}
        others = {name: values for name, values in query.items() if name not in filters}
        chosen = not filters or any(self.matches(item, name, values[-1]) for name, values in filters.items())
        return chosen and super().is_selected(item, others)


class _AnyKind(Correct):
    def check_kinds(self, kinds: list[str]) -> None:
        pass


class _NoKindB(Correct):
    def check_kinds(self, kinds: list[str]) -> None:
        if kinds != ["a"]:
            raise RefusalError("kinds")


class _AnyDay(Correct):
    def day(self, text: str) -> None:
        pass


class _WestIsZero(Correct):
    def moment(self, text: str) -> datetime:
        return super().moment(re.sub(r"-\d\d:\d\d$", "Z", text))


class _OneTimeWithoutOffset(Correct):
    def items(self) -> list[Item]:
        *others, last = super().items()
        return [*others, last | {"created_at": last["created_at"].removesuffix("Z")}]


OPERATIONS: dict[str, tuple[type[Correct], str | None]] = {
    "correct": (Correct, None),
    "active_inverted": (_ActiveInverted, "consistency.filter-selects"),
    "info_ignored": (_InfoIgnored, "consistency.filter-selects"),
    "either_is_enough": (_EitherIsEnough, "consistency.filter-selects"),
    "any_kind": (_AnyKind, "requests.bounds"),
    "no_kind_b": (_NoKindB, "requests.accepted"),
    "any_day": (_AnyDay, "requests.bounds"),
    "west_is_zero": (_WestIsZero, "requests.formats"),
    "one_time_without_offset": (_OneTimeWithoutOffset, "response.schema"),
}
"""What each operation is, and the promise that it breaks."""


def document(pin: dict[str, Any]) -> dict[str, Any]:
    """Return a specification with these operations, and one that responds with 204, beside those of a pin."""
    parameters = [{"name": name, "in": "query", "schema": schema} for name, schema in PARAMETERS.items()]
    body = {"type": "object", "required": ["data"], "properties": {"data": {"type": "array", "items": ITEM}}}
    ok = {"description": "ok", "content": {"application/json": {"schema": body}}}
    paths = {
        f"/v1/{name}": {"get": {"operationId": name, "parameters": parameters, "responses": {"200": ok}}}
        for name in OPERATIONS
    }
    nothing = {"operationId": "nothing", "responses": {"204": {"description": "nothing"}}}
    return pin | {"paths": pin["paths"] | paths | {"/v1/nothing": {"get": nothing}}}


@contextmanager
def items_server() -> Iterator[str]:
    """Run the server, and yield its base URL."""
    operations: dict[str, Correct] = {name: operation() for name, (operation, _) in OPERATIONS.items()}

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True
        wbufsize = 1 << 16

        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            name = parts.path.removeprefix("/v1/")
            status, content = _answer(operations, name, self.headers["Api-Key"], parts.query)
            self.send_response(status)
            body = b"" if status == 204 else json.dumps(content).encode()
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        log_message: Callable[..., None] = lambda *_: None

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


def _answer(operations: dict[str, Correct], name: str, key: str | None, query: str) -> tuple[int, Any]:
    if key != KEY:
        return 401, {"detail": "no key"}
    if name == "nothing":
        return 204, None
    if name not in operations:
        return 403, {"detail": "not in the plan"}
    try:
        return 200, {"data": operations[name].respond(parse_qs(query, keep_blank_values=True))}
    except RefusalError:
        return 422, {"detail": []}
