"""The requests to the servers of the catalogue, and their responses."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

Params = dict[str, str]


@dataclass(frozen=True)
class Response:
    """An HTTP response."""

    status: int
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)
    delay: float = 0.0


class RefusalError(Exception):
    """The request cannot be served."""

    def __init__(self, status: int, detail: Any) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail


@dataclass(frozen=True)
class Query:
    """A query with its defaults filled in; times are aware."""

    start: datetime
    end: datetime
    interval: str
    zone: str
    env: int | None
    consumer: int | None
    limit: int
    position: int = 0
    app: int = 0


@dataclass(frozen=True)
class Row:
    """A period as it will be printed."""

    start: datetime
    end: datetime
    counts: dict[str, Any]
