"""The journal: which requests the API got, in the order of their arrival."""

import time
from collections import deque
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Self
from urllib.parse import parse_qsl

_KEPT = 10_000


@dataclass(slots=True)
class JournalEntry:
    """One request to the API."""

    number: int
    """Counts from 1 since the last reset."""
    method: str
    path: str
    query: dict[str, str]
    """The decoded parameters; of one that was sent twice the last, which is the one that counts."""
    status: int | None
    """The status of the answer; `None` as long as there is none, and for good where the connection was dropped."""
    time: datetime
    """When the request arrived, in UTC, by the clock of the machine."""

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Self:
        """Make an entry from one item of what `Journal.to_json` gave."""
        return cls(**values | {"time": datetime.fromisoformat(values["time"])})


@dataclass(slots=True)
class Arrival:
    """A request as it is kept: decoding it can wait until somebody reads the journal."""

    number: int
    method: str
    path: str
    query_string: bytes
    time: float
    status: int | None = None


class Journal:
    """Keeps the last 10,000 requests."""

    def __init__(self, api_key: str) -> None:
        self._api_key = api_key
        self._arrivals: deque[Arrival] = deque(maxlen=_KEPT)
        self._count = 0

    def write(self, method: str, path: str, query_string: bytes) -> Arrival:
        """Enter a request that has just arrived; its status is filled in when it is known."""
        self._count += 1
        arrival = Arrival(self._count, method, path, query_string, time.time())
        self._arrivals.append(arrival)
        return arrival

    def to_json(self) -> list[dict[str, Any]]:
        """Give all entries as plain values, without the API key wherever a client may have put it."""
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
