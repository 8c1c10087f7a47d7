"""Read a page of traffic, and refuse one that violates the schema, field by field.

`schema` validates every response against the schema, too; this says in plain words which row is wrong, and under which
promise.
"""

import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from operator import itemgetter
from typing import Any, NamedTuple

from contract_tests.exchange import Exchange
from contract_tests.promises.promise import BrokenPromiseError

_RFC3339 = re.compile(r"(\d{4}-\d{2}-\d{2})[Tt](\d{2}:\d{2}:\d{2})(?:\.\d+)?(?:([Zz])|([+-])(\d{2}):(\d{2}))", re.ASCII)
_COUNTS = ("requests", "bytes_received", "bytes_sent")
_KINDS = {list: "an array", bool: "true or false", str | None: "a string or null", str: "a string"}
_values_of = itemgetter("period_start", "period_end", *_COUNTS)


class Counts(NamedTuple):
    """An amount of traffic."""

    requests: int = 0
    bytes_received: int = 0
    bytes_sent: int = 0

    def fits_in(self, other: "Counts") -> bool:
        """Return whether no part of this amount exceeds the other one."""
        return self[0] <= other[0] and self[1] <= other[1] and self[2] <= other[2]

    def __str__(self) -> str:
        return f"{self.requests} requests, {self.bytes_received} bytes received, {self.bytes_sent} bytes sent"


NOTHING = Counts()


class Edge(NamedTuple):
    """The beginning or end of a period as the server printed it."""

    instant: int
    clock: str
    offset: int

    def __str__(self) -> str:
        return f"{self.clock}{_offset_text(self.offset)}"


class Row(NamedTuple):
    """A period and its traffic."""

    first: Edge
    last: Edge
    counts: Counts

    @property
    def start(self) -> int:
        """The beginning of the period, in seconds since 1970-01-01T00:00:00Z."""
        return self.first.instant

    @property
    def end(self) -> int:
        """The end of the period, in seconds since 1970-01-01T00:00:00Z."""
        return self.last.instant

    def __str__(self) -> str:
        return str(self.first)


@dataclass(frozen=True)
class Page:
    """The page that one request got."""

    exchange: Exchange
    rows: tuple[Row, ...]
    has_more: bool
    token: str | None


def read_page(exchange: Exchange) -> Page:
    """Read the body of a response with status 200.

    Raises:
        BrokenPromiseError: it is not a page as the specification declares it.
    """
    content_type = exchange.headers.get("content-type") or "missing"
    if content_type.split(";")[0].strip().lower() != "application/json":
        raise _breach(exchange, "the content type is", content_type, "application/json")
    try:
        body = exchange.json
    except ValueError:
        raise _breach(exchange, "the body is", exchange.summary, "JSON") from None
    fields = _fields(exchange, body, "the body", {"data": list, "has_more": bool, "next_token": str | None})
    rows = tuple(_sound_row(item) or _row(exchange, item, place) for place, item in enumerate(fields["data"]))
    token = fields["next_token"] or None
    if fields["has_more"] != (token is not None):
        said = (
            "there are more records and gives no token"
            if fields["has_more"]
            else "there are no more, and gives a token"
        )
        raise BrokenPromiseError(
            "pagination.has-more",
            f"has_more and next_token contradict each other: it says {said}",
            exchange,
            expected="has_more: true with a token, or has_more: false without one",
            got=f"has_more: {json.dumps(fields['has_more'])} {'without' if token is None else 'with'} a token",
        )
    return Page(exchange, rows, fields["has_more"], token)


def _sound_row(item: Any) -> Row | None:
    """Read a row that is entirely valid, as nearly all are; `_row` checks the others field by field."""
    try:
        start, end, requests, received, sent = _values_of(item)
    except (KeyError, TypeError):
        return None
    if not (str is type(start) is type(end) and int is type(requests) is type(received) is type(sent)):
        return None
    first, last = _parse_edge(start), _parse_edge(end)
    if first is None or last is None or requests < 0 or received < 0 or sent < 0:
        return None
    return Row(first, last, Counts(requests, received, sent))


def _row(exchange: Exchange, item: Any, index: int) -> Row:
    place = f"data[{index}]"
    fields = _fields(exchange, item, place, dict.fromkeys(("period_start", "period_end"), str))
    first, last = (_edge(exchange, fields[name], f"{place}.{name}") for name in ("period_start", "period_end"))
    amounts = []
    for name in _COUNTS:
        if name not in item:
            raise _breach(exchange, f"{place}.{name} is", "missing", "an integer")
        value = item[name]
        if isinstance(value, bool) or not isinstance(value, int | float) or value % 1 != 0:
            raise _breach(exchange, f"{place}.{name} is", json.dumps(value), "an integer")
        if value < 0:
            message = f"{place}.{name} is {value} in the period from {item['period_start']}; no count is negative"
            raise BrokenPromiseError("response.counts", message, exchange, expected="0 or more", got=str(value))
        amounts.append(int(value))
    return Row(first, last, Counts(*amounts))


def _edge(exchange: Exchange, text: str, place: str) -> Edge:
    edge = _parse_edge(text)
    if edge is not None:
        return edge
    if _RFC3339.fullmatch(text):
        raise _breach(exchange, f"{place} is", repr(text), "a date-time that the calendar has")
    if _lacks_offset(text):
        told = {"expected": "a date-time with an offset", "got": text}
        raise BrokenPromiseError("response.offsets", f"{place} is {text!r}, without an offset", exchange, **told)
    raise _breach(exchange, f"{place} is", repr(text), "an RFC 3339 date-time")


def _lacks_offset(text: str) -> bool:
    try:
        return datetime.fromisoformat(text).tzinfo is None
    except ValueError:
        return False


@lru_cache(maxsize=1 << 16)
def _parse_edge(text: str) -> Edge | None:
    """Read a date-time with an offset; cached, because the same ones occur on many pages."""
    match = _RFC3339.fullmatch(text)
    if match is None:
        return None
    date, clock, _, sign, hours, minutes = match.groups()
    offset = (int(hours) * 3600 + int(minutes) * 60) * (-1 if sign == "-" else 1) if sign else 0
    try:
        instant = int(datetime.fromisoformat(f"{date}T{clock}").replace(tzinfo=UTC).timestamp()) - offset
    except ValueError:
        return None
    return Edge(instant, f"{date}T{clock}", offset)


def _fields(exchange: Exchange, value: Any, place: str, kinds: dict[str, Any]) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise _breach(exchange, f"{place} is", json.dumps(value)[:60], "an object")
    for name, kind in kinds.items():
        if name not in value:
            raise _breach(exchange, f"{place}.{name} is", "missing", _KINDS[kind])
        if not isinstance(value[name], kind):
            raise _breach(exchange, f"{place}.{name} is", json.dumps(value[name])[:60], _KINDS[kind])
    return value


def _offset_text(offset: int) -> str:
    hours, minutes = divmod(abs(offset) // 60, 60)
    return f"{'-' if offset < 0 else '+'}{hours:02}:{minutes:02}" if offset else "Z"


def _breach(exchange: Exchange, place: str, got: str, expected: str) -> BrokenPromiseError:
    message = f"{place} {got}, not {expected}"
    return BrokenPromiseError("response.schema", message, exchange, expected=expected, got=got)
