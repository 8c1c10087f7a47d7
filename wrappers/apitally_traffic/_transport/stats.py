"""Count the requests of a query."""

from datetime import datetime
from functools import cached_property
from http import HTTPStatus
from typing import NamedTuple

from apitally_traffic._headers import date_of
from apitally_traffic._redaction.redactor import Redactor

STATS = "apitally_traffic.stats"
"""The request extension with the recorder of the query."""


class QueryStats(NamedTuple):
    """What a query has sent so far, over all of its iterations.

    Attributes:
        requests: how many requests were sent, including retries and requests that were cancelled while connecting.
        retries: how many of them were retries.
        seconds_waited: for how many seconds requests waited for the rate limit, added up over all requests.
        status_code: the HTTP status of the last response; None before the first.
        headers: the headers of the last response, with lower-case names.
        earliest_date: the earliest `Date` of a response with status 200; None if no response had one. Periods that end
            later may be incomplete in that response.

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
        """Show all fields except the headers and the date."""
        shown = (f"{name}={value!r}" for name, value in list(self._asdict().items())[:4])
        return f"QueryStats({', '.join(shown)})"


class LastResponse:
    """The status and headers of a response.

    Attributes:
        status_code: its HTTP status.
        headers: its headers, with lower-case names and unredacted.
    """

    def __init__(self, status_code: int, headers: dict[str, str], redactor: Redactor) -> None:
        """Store status, headers and redactor."""
        self.status_code = status_code
        self.headers = headers
        self._redactor = redactor

    @cached_property
    def redacted_headers(self) -> dict[str, str]:
        """The headers without the key, which a server may quote; computed lazily, because few are ever read."""
        redacted: dict[str, str] = self._redactor.value(self.headers)
        return redacted


class StatsRecorder:
    """Records requests and responses from any number of threads.

    Appending to lists is atomic and needs no lock, which a fork could leave locked.
    """

    def __init__(self) -> None:
        """Start without requests."""
        self._waits: list[float] = []
        self._retries: list[None] = []
        self._last: LastResponse | None = None
        self._dates: list[datetime] = []

    def add_request(self, waited: float, *, is_retry: bool) -> None:
        """Count a request and the seconds for which it waited."""
        self._waits.append(waited)
        if is_retry:
            self._retries.append(None)

    def add_response(self, response: LastResponse) -> None:
        """Keep the status and headers of a response."""
        self._last = response
        if response.status_code == HTTPStatus.OK and (date := date_of(response.headers)) is not None:
            self._dates.append(date)

    def snapshot(self) -> QueryStats:
        """Return the statistics so far."""
        earliest, last = min(self._dates, default=None), self._last
        sent = len(self._waits), len(self._retries), sum(self._waits)
        if last is None:
            return QueryStats(*sent, None, {}, earliest)
        return QueryStats(*sent, last.status_code, dict(last.redacted_headers), earliest)
