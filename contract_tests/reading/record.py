"""A record of an operation whose schema says nothing else about it."""

import json
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from contract_tests.declarations.parameter import as_text


@dataclass(frozen=True)
class Record:
    """A record.

    Attributes:
        line: the whole record, as JSON on one line.
        key: what stays the same while its numbers change: its `id` or UUID, else the whole record.
        fields: its fields; empty if it is not an object.
    """

    line: str
    key: str
    fields: dict[str, Any] = field(repr=False, compare=False)

    def text(self, name: str) -> str | None:
        """Return a field as text for a query; `None` if it is missing or cannot be written as one."""
        value = self.fields.get(name)
        return as_text(value) if isinstance(value, str | int) and value != "" else None

    @property
    def has_id(self) -> bool:
        """Whether it has an `id` or UUID of its own."""
        return self.key != self.line

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
