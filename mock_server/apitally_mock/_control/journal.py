"""The journal: the requests to the API, in the order of their arrival."""

import time
from collections import deque
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Self
from urllib.parse import parse_qsl

_MAX_ENTRIES = 10_000
_MAX_BYTES = 8 * 1024 * 1024


@dataclass(slots=True)
class JournalEntry:
    """One request to the API."""

    number: int
    """The number of the request, counted from 1 since the last reset."""
    method: str
    path: str
    query: dict[str, str]
    """The decoded query parameters; the last value of one that is sent more than once, as the API uses it."""
    status: int | None
    """The status of the response; `None` until it is sent, and where the connection was closed instead."""
    time: datetime
    """When the request arrived, in UTC, by the clock of the machine."""

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Self:
        """Return the entry for one item of `Journal.to_json`."""
        return cls(**values | {"time": datetime.fromisoformat(values["time"])})


@dataclass(slots=True)
class Arrival:
    """A request as the journal keeps it; it is decoded when the journal is read."""

    number: int
    method: str
    path: str
    query_string: bytes
    time: float
    status: int | None = None


class Journal:
    """Keeps the latest requests: at most 10,000, and 8 MiB of paths and query strings."""

    def __init__(self, api_key: str) -> None:
        self._api_key = api_key
        self._arrivals: deque[Arrival] = deque()
        self._count = 0
        self._bytes = 0

    def add(self, method: str, path: str, query_string: bytes) -> Arrival:
        """Add a request that has just arrived; its status is set when it is known."""
        self._count += 1
        arrival = Arrival(self._count, method, path, query_string, time.time())
        self._arrivals.append(arrival)
        self._bytes += _size(arrival)
        while len(self._arrivals) > _MAX_ENTRIES or self._bytes > _MAX_BYTES:
            self._bytes -= _size(self._arrivals.popleft())
        return arrival

    def to_json(self) -> list[dict[str, Any]]:
        """Return all entries as plain values, with the API key replaced wherever a client has put it."""
        return [
            {
                "number": arrival.number,
                "method": arrival.method,
                "path": self._without_key(arrival.path),
                "query": {
                    self._without_key(name): self._without_key(value)
                    for name, value in parse_qsl(arrival.query_string.decode("latin-1"), keep_blank_values=True)
                },
                "status": arrival.status,
                "time": datetime.fromtimestamp(arrival.time, UTC).isoformat(),
            }
            for arrival in self._arrivals
        ]

    def _without_key(self, text: str) -> str:
        return text.replace(self._api_key, "[api key]")


def _size(arrival: Arrival) -> int:
    return len(arrival.path) + len(arrival.query_string)
