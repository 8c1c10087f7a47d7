"""The evidence for a finding: the requests, and the relevant part of each response, without the key.

A page has up to a thousand rows. The rows that contradict each other are those of the periods that the finding's
message names, so these are shown, whichever page they are on.
"""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from contract_tests.exchange import Exchange
from contract_tests.promises.promise import BrokenPromiseError, Finding

_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)", re.IGNORECASE)
# The headers by which the vendor can find the request and the server that handled it.
_TELLING_HEADER = re.compile(
    r"content-type|date|retry-after|x-ratelimit-.*|server|via|age|x-cache|cf-ray|traceparent"
    r"|.*-?(?:request|correlation|trace|transaction|invocation)-?id"
)
_ROWS_SHOWN = 6
_TEXT_SHOWN = 600
_EXCHANGES_SHOWN = 6


@dataclass(frozen=True)
class Shown:
    """One request and its response, as a report shows them.

    Attributes:
        number: its number among all requests of the run, from 1.
        sent_at: when it was sent, in UTC.
        curl: a line for a shell that sends it again; the key is a variable there.
        status: the HTTP status; 0 where no response came.
        headers: the response's headers that help to find the request in the server's logs.
        rows: the rows of the response that the finding is about, as JSON.
        rows_left_out: how many other rows the response has.
        body: the beginning of the body, if it is not a page.
    """

    number: int
    sent_at: str
    curl: str
    status: int
    headers: Mapping[str, str]
    rows: tuple[str, ...] = ()
    rows_left_out: int = 0
    body: str = ""

    @property
    def status_text(self) -> str:
        """The status in words."""
        return f"status {self.status}" if self.status else "no response"


@dataclass(frozen=True)
class Evidence:
    """One breach, as a report shows it.

    Attributes:
        message: what was seen, and what was expected instead.
        expected: what a correct server returns; empty if the message says it.
        got: what this server returned, in the same form.
        exchanges: the requests that show it.
    """

    message: str
    expected: str
    got: str
    exchanges: tuple[Shown, ...]

    def as_json(self) -> dict[str, Any]:
        """Return the same as plain data."""
        return asdict(self)


def evidence_of(finding: Finding) -> list[Evidence]:
    """Return the breaches of a finding, each once, in the order in which they were seen."""
    unique: dict[str, BrokenPromiseError] = {}
    for breach in finding.breaches:
        unique.setdefault(breach.message, breach)
    return [_of_breach(breach) for breach in unique.values()]


def shown(exchange: Exchange, message: str = "") -> Shown:
    """Return the part of an exchange that a report shows.

    Args:
        exchange: the request and its response.
        message: the message of the breach; the rows of the periods that it names are shown.
    """
    headers = {
        name: exchange.hide(value) for name, value in exchange.headers.items() if _TELLING_HEADER.fullmatch(name)
    }
    page = exchange.rows
    rows = [] if page is None else _rows_about(page, message)
    text = "" if page is not None else exchange.hide(exchange.body.decode("utf-8", "replace"))
    return Shown(
        number=exchange.number,
        sent_at=datetime.fromtimestamp(exchange.sent_at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        curl=exchange.curl,
        status=exchange.status,
        headers=headers,
        rows=tuple(exchange.hide(json.dumps(row, ensure_ascii=False)) for row in rows),
        rows_left_out=0 if page is None else len(page) - len(rows),
        body=text if len(text) <= _TEXT_SHOWN else f"{text[:_TEXT_SHOWN]}…",
    )


def _of_breach(breach: BrokenPromiseError) -> Evidence:
    unique = {exchange.number: exchange for exchange in breach.exchanges}
    exchanges = tuple(shown(exchange, breach.message) for exchange in list(unique.values())[:_EXCHANGES_SHOWN])
    return Evidence(breach.message, breach.expected, breach.got, exchanges)


def _rows_about(rows: list[Any], message: str) -> list[Any]:
    """Return the rows of the periods that a message names; the first and the last row if it names none of them."""
    instants = list(_instants(_INSTANT.findall(message)))
    named = [row for row in rows if any(_holds(row, instant) for instant in instants)]
    return named[:_ROWS_SHOWN] or [*rows[:1], *rows[1:][-1:]]


def _holds(row: Any, instant: datetime) -> bool:
    edges = list(_instants(row.get(name) for name in ("period_start", "period_end"))) if isinstance(row, dict) else []
    return instant in edges[:1] or (len(edges) == 2 and edges[0] <= instant < edges[1])


def _instants(texts: Iterable[Any]) -> Iterable[datetime]:
    for text in texts:
        try:
            instant = datetime.fromisoformat(text)
        except (TypeError, ValueError):
            continue
        if instant.tzinfo is not None:
            yield instant
