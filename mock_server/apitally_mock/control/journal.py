"""The journal: which requests the API got, in the order of their arrival."""

from collections import deque
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any
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


class Journal:
    """Keeps the last 10,000 requests, without the API key wherever a client may have put it."""

    def __init__(self, api_key: str) -> None:
        self._api_key = api_key
        self._entries: deque[JournalEntry] = deque(maxlen=_KEPT)
        self._count = 0

    def write(self, method: str, path: str, query_string: bytes) -> JournalEntry:
        """Enter a request that has just arrived."""
        self._count += 1
        pairs = parse_qsl(query_string.decode("latin-1"), keep_blank_values=True)
        query = {self._without_key(name): self._without_key(value) for name, value in pairs}
        entry = JournalEntry(self._count, method, self._without_key(path), query, None, datetime.now(UTC))
        self._entries.append(entry)
        return entry

    def to_json(self) -> list[dict[str, Any]]:
        """Give all entries as plain values."""
        return [asdict(entry) | {"time": entry.time.isoformat()} for entry in self._entries]

    def _without_key(self, text: str) -> str:
        return text.replace(self._api_key, "[api key]")


def entry_from_json(values: dict[str, Any]) -> JournalEntry:
    """Make an entry from one item of what `Journal.to_json` gave."""
    return JournalEntry(**values | {"time": datetime.fromisoformat(values["time"])})
