"""Read traffic from the server and compare every page with its query; closed windows are read once."""

import time
from collections.abc import Mapping
from dataclasses import replace

from contract_tests.exchange import Exchange
from contract_tests.oracle.inspection import inspect
from contract_tests.oracle.page import Page, read_page
from contract_tests.oracle.query import Query
from contract_tests.oracle.series import Series
from contract_tests.oracle.zones import DAY
from contract_tests.promises.promise import BrokenPromiseError
from contract_tests.wire.client import Client

DEFAULT_LIMIT = 100
MAX_LIMIT = 1000
_SPARE_PAGES = 5
_SETTLED_DAYS = 2


class Reader:
    """Asks for windows of traffic.

    Args:
        client: the connection.
        skew: by how many seconds the server's clock is ahead of this machine's.

    Attributes:
        settled: the end of the closed periods, a midnight in UTC: all of them ended at least two days ago.
        short_pages: whether a page had fewer rows than its limit although more rows followed.
        truth: known hours in UTC, to tell a wrong offset from a wrong zone; `None` until they are read.
    """

    def __init__(self, client: Client, skew: float = 0.0) -> None:
        self.client = client
        self.short_pages = False
        self.truth: Series | None = None
        self._skew = skew
        self.settled = int(self.now()) // DAY * DAY - _SETTLED_DAYS * DAY
        self._read: dict[tuple[Query, int | None], Series] = {}

    def now(self) -> float:
        """Return the server's Unix time, in seconds."""
        return time.time() + self._skew

    def ask(self, query: Query, extra: Mapping[str, str] | None = None, *, limit: int | None = None) -> Page:
        """Send a request that every correct server answers with a page.

        Args:
            query: what to ask for.
            extra: further parameters, such as the token; a value replaces that of the query.
            limit: the page size; `None` for the default.

        Raises:
            BrokenPromiseError: it is refused, or the page breaks a promise.
        """
        given = query.parameters | ({} if limit is None else {"limit": str(limit)}) | dict(extra or {})
        exchange = self.client.get(given)
        require_page(exchange)
        return self.check(exchange, query, limit)

    def ask_kindly(self, query: Query, *, limit: int | None = MAX_LIMIT) -> Page | None:
        """Send a request for a page, by default the largest, and return `None` if it is refused.

        Raises:
            BrokenPromiseError: it gets a 5xx, or the page breaks a promise.
        """
        exchange = self.client.get(query.parameters | ({} if limit is None else {"limit": str(limit)}))
        if 400 <= exchange.status < 500:
            return None
        require_page(exchange)
        return self.check(exchange, query, limit)

    def check(self, exchange: Exchange, query: Query, limit: int | None) -> Page:
        """Read a page that the server returned, and compare it with its query.

        Args:
            exchange: the response.
            query: what was asked.
            limit: the limit that was given; `None` for none.

        Raises:
            BrokenPromiseError: the page breaks a promise.
        """
        page = read_page(exchange)
        if page.has_more and limit is not None and len(page.rows) < limit:
            self.short_pages = True
        if "end" in query.omitted:
            # The server's `now` lies between the request and the response.
            query = replace(query, end=max(query.end, int(self.now()) + 1))
        try:
            inspect(page, query, DEFAULT_LIMIT if limit is None else limit, self.truth)
        except BrokenPromiseError as breach:
            if limit is None and breach.promise_id == "pagination.limit":
                raise breach.under("requests.default-limit", "without a limit") from breach
            raise
        return page

    def read(self, query: Query, *, limit: int | None = MAX_LIMIT) -> Series:
        """Read a window to its last page; a window that was read before comes from the cache.

        Args:
            query: what to ask for.
            limit: the page size; `None` for the default.

        Raises:
            BrokenPromiseError: a page is refused or breaks a promise, or the tokens do not end or are repeated.
        """
        key = (query, limit)
        if key not in self._read:
            self._read[key] = self.walk(self.ask(query, limit=limit), query, limit=limit)
        return self._read[key]

    def walk(self, page: Page, query: Query, *, limit: int | None) -> Series:
        """Follow the tokens from a first page on, and send the whole query with each of them; see `read`."""
        pages, followed = [page], set[str]()
        expected = query.ends
        delivered = {row.start for row in page.rows}
        while page.token is not None:
            if expected.keys() <= delivered and not page.rows:
                break
            if len(pages) > len(expected) + _SPARE_PAGES:
                message = f"after {len(pages)} pages of a window of {len(expected)} periods there is still a token"
                raise BrokenPromiseError(
                    "pagination.walk-ends",
                    message,
                    pages[0].exchange,
                    page.exchange,
                    expected="a last page without a token",
                    got=f"a token on page {len(pages)}",
                )
            leads_back = page.token in followed
            followed.add(page.token)
            page = self._next(page, query, limit)
            twice = delivered.intersection(row.start for row in page.rows)
            if twice:
                row = next(row for row in page.rows if row.start in twice)
                named = "pagination.walk-ends" if leads_back else "pagination.each-once"
                message = f"the period {row} comes on a later page once more"
                message += ", by a token that was followed before" if leads_back else ""
                evidence = (pages[-1].exchange, page.exchange)
                raise BrokenPromiseError(named, message, *evidence, expected="each period once", got=f"{row} twice")
            delivered.update(row.start for row in page.rows)
            pages.append(page)
        had_all = expected.keys() <= {row.start for page in pages[:-1] for row in page.rows}
        if len(pages) > 1 and had_all:
            message = "has_more is true on the page that completes the window: no record was left to fetch"
            evidence = (pages[-2].exchange, pages[-1].exchange)
            told = {"expected": "has_more: false on the page before", "got": "has_more: true"}
            raise BrokenPromiseError("pagination.has-more", message, *evidence, **told)
        return Series(query, pages, limit)

    def _next(self, page: Page, query: Query, limit: int | None) -> Page:
        assert page.token is not None, "the caller has looked"
        given = query.parameters
        if limit is not None:
            given["limit"] = str(limit)
        exchange = self.client.get(given | {"next_token": page.token})
        if exchange.status != 200:
            message = f"a token is refused that the page before had given, with {exchange.status}"
            told = {"expected": "200 with the next page", "got": str(exchange.status)}
            raise BrokenPromiseError("pagination.walk-ends", message, page.exchange, exchange, **told)
        try:
            return self.check(exchange, query, limit)
        except BrokenPromiseError as breach:
            if breach.promise_id.startswith(("window.", "timezone.")):
                what = "the page after the first does not belong to the query"
                raise breach.under("pagination.token-keeps-query", what, page.exchange) from breach
            raise


def require_page(exchange: Exchange) -> None:
    """Refuse any status but 200 for a query that the declarations allow.

    Raises:
        BrokenPromiseError: under `requests.no-server-error` for a 5xx, else under `requests.accepted`.
    """
    if exchange.status == 200:
        return
    named, what = (
        ("requests.accepted", "is refused") if exchange.status < 500 else ("requests.no-server-error", "fails")
    )
    message = f"a valid query {what} with {exchange.status}"
    raise BrokenPromiseError(named, message, exchange, expected="200 with a page", got=str(exchange.status))
