"""Count what a query sends."""

from datetime import datetime
from http import HTTPStatus
from typing import NamedTuple

from apitally_traffic._headers import date_of

STATS = "apitally_traffic.stats"
"""The extension of a request with the recorder of its query."""


class QueryStats(NamedTuple):
    """What a query has sent so far, over all of its iterations.

    Attributes:
        requests: how many requests were sent, retries included; one that was left while it was connecting counts, too.
        retries: how many of them were retries.
        seconds_waited: for how many seconds requests waited for the rate limit, added up over all requests.
        status_code: the HTTP status of the last response; None before the first.
        headers: the headers of the last response, with lower-case names.
        earliest_date: the earliest time at which a response with items was made, by its `Date`; None if none says so.
            A period that ended later may be incomplete in it.

    Example:
        >>> query = client.get_traffic(1, start="2026-01-01", end="2026-01-02")
        >>> items = query.to_list()
        >>> query.stats.requests, query.stats.retries, query.stats.status_code
        (1, 0, 200)
    """

    requests: int
    retries: int
    seconds_waited: float
    status_code: int | None
    headers: dict[str, str]
    earliest_date: datetime | None

    def __repr__(self) -> str:
        """Show all but the headers and their date."""
        shown = (f"{name}={value!r}" for name, value in list(self._asdict().items())[:4])
        return f"QueryStats({', '.join(shown)})"


class StatsRecorder:
    """Records requests and responses from any number of threads.

    It appends to lists, which is atomic, and so needs no lock; a fork could leave a lock locked.
    """

    def __init__(self) -> None:
        """Start without requests."""
        self._waits: list[float] = []
        self._retries: list[None] = []
        self._last: tuple[int | None, dict[str, str]] = None, {}
        self._dates: list[datetime] = []

    def add_request(self, waited: float, *, is_retry: bool) -> None:
        """Count a request that waited for so many seconds."""
        self._waits.append(waited)
        if is_retry:
            self._retries.append(None)

    def add_response(self, status_code: int, headers: dict[str, str]) -> None:
        """Keep the status and headers of a response."""
        self._last = status_code, headers
        if status_code == HTTPStatus.OK and (date := date_of(headers)) is not None:
            self._dates.append(date)

    def snapshot(self) -> QueryStats:
        """Return what was recorded so far."""
        earliest = min(self._dates, default=None)
        return QueryStats(len(self._waits), len(self._retries), sum(self._waits), *self._last, earliest)
