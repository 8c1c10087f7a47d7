"""A record of an operation of which nothing is known but that it has some."""

import json
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True)
class Record:
    """A record.

    Attributes:
        line: all of it, as JSON on one line.
        key: what it keeps while its numbers change: its `id` or UUID, else all of it.
        fields: its fields; none where it is no object.
    """

    line: str
    key: str
    fields: dict[str, Any] = field(repr=False, compare=False)

    def text(self, name: str) -> str | None:
        """Return a field as it would stand in a query; `None` where it is not there, or no such value."""
        value = self.fields.get(name)
        if isinstance(value, bool) or not isinstance(value, str | int) or value == "":
            return None
        return str(value)

    @property
    def moments(self) -> dict[str, datetime]:
        """Its fields that are date-times with an offset."""
        found = {}
        for name, value in self.fields.items():
            if isinstance(value, str) and len(value) > len("2026-01-01T00"):
                try:
                    moment = datetime.fromisoformat(value)
                except ValueError:
                    continue
                if moment.tzinfo is not None:
                    found[name] = moment
        return found


def record_of(value: Any) -> Record:
    """Return a record of a response."""
    line = json.dumps(value, sort_keys=True)
    fields = value if isinstance(value, dict) else {}
    name = next((name for name in fields if name == "id" or name.endswith("uuid")), None)
    key = line if name is None or fields[name] is None else f"{name} {json.dumps(fields[name])}"
    return Record(line, key, fields)
