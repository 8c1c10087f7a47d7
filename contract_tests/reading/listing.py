"""Read the pages of an operation whose records are unknown.

Records may change, and new ones may be added meanwhile: so a comparison with parts of a listing needs the whole listing
before and after.
"""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, Literal

from contract_tests.exchange import Exchange
from contract_tests.promises.promise import BrokenPromiseError, NotExercisedError
from contract_tests.reading.endpoint import Endpoint
from contract_tests.reading.reader import MAX_LIMIT
from contract_tests.reading.record import Record, record_of

MAX_PAGES = 8
_NARROWED_TO = 250
_MANY, _FEW = 20, 4
_WINDOW = {"start", "end"}

View = Literal["line", "key"]
VIEWS: Final[tuple[View, ...]] = ("line", "key")
"""How to identify a record: by its whole line, or by its key, which stays while its numbers change."""


@dataclass(frozen=True)
class Page:
    """A page: its records, and the token of the next one."""

    exchange: Exchange
    records: tuple[Record, ...]
    token: str | None


@dataclass(frozen=True)
class Walk:
    """The pages of a listing, up to its end or to the maximum that a run reads."""

    pages: tuple[Page, ...]

    @property
    def is_complete(self) -> bool:
        """Whether the last page was reached."""
        return self.pages[-1].token is None

    @property
    def records(self) -> list[Record]:
        """The records of all pages."""
        return [record for page in self.pages for record in page.records]

    def counted(self, view: View) -> Counter[str]:
        """Count the records, identified by line or by key."""
        return Counter(record.line if view == "line" else record.key for record in self.records)

    @property
    def exchanges(self) -> tuple[Exchange, ...]:
        """The requests that were sent for it."""
        return tuple(page.exchange for page in self.pages)


class Listing:
    """An operation that lists records, with some filters.

    Args:
        endpoint: the operation on the server under test.
        filters: parameters of every request.

    Attributes:
        has_limit: whether the size of its pages can be chosen.
        default_limit: the declared default of the page size; `None` without one.
    """

    def __init__(self, endpoint: Endpoint, filters: Mapping[str, str] | None = None) -> None:
        limit = next((one for one in endpoint.operation.declared if one.name == "limit"), None)
        self.endpoint = endpoint
        self.filters = dict(filters or {})
        self.has_limit = limit is not None
        self.default_limit = int(limit.default) if limit is not None and limit.default is not None else None
        self._max_limit = min(MAX_LIMIT, int((limit.bound("maximum") if limit else None) or MAX_LIMIT))
        self._whole: Walk | None = None
        self._narrowed: Listing | None = None

    def __str__(self) -> str:
        told = ", ".join(f"{name}={value}" for name, value in self.filters.items())
        return f"{self.endpoint}, {told}" if told else str(self.endpoint)

    def promise(self, name: str) -> str:
        """Return the id of a promise for this listing."""
        return self.endpoint.operation.promise(name)

    def under(self, filters: Mapping[str, str]) -> "Listing":
        """Return the same with further filters."""
        return Listing(self.endpoint, {**self.filters, **filters})

    def ask(self, limit: int | None = None, token: str | None = None) -> Page:
        """Ask for a page.

        Args:
            limit: its size; `None` for the default.
            token: the token that leads to it; `None` for the first one.

        Raises:
            BrokenPromiseError: the request is refused or fails, or the response is not a page.
            NotExercisedError: this key or the plan does not include the operation.
        """
        exchange = self._get(limit, token)
        self.endpoint.require_success(exchange)
        return self.read(exchange)

    def walk(self, limit: int | None) -> Walk:
        """Follow the tokens from the first page on.

        Args:
            limit: as for `ask`.

        Raises:
            BrokenPromiseError: a response is not a page, or its token is refused or repeated.
            NotExercisedError: this key or the plan does not include the operation.
        """
        pages = [self.ask(limit)]
        tokens: set[str] = set()
        while (token := pages[-1].token) is not None and len(pages) < MAX_PAGES:
            if token in tokens:
                message = f"{self}: a token comes a second time, so that following it would never end"
                evidence = (pages[-2].exchange, pages[-1].exchange)
                told = {"expected": "a token that has not come before, or none", "got": f"the token {token}"}
                raise BrokenPromiseError(self.promise("pagination.walk-ends"), message, *evidence, **told)
            tokens.add(token)
            exchange = self._get(limit, token)
            if 400 <= exchange.status < 500:
                message = f"{self}: a token is refused that the page before had given: {exchange.summary}"
                evidence = (pages[-1].exchange, exchange)
                told = {"expected": "200 with the next page", "got": exchange.summary}
                raise BrokenPromiseError(self.promise("pagination.walk-ends"), message, *evidence, **told)
            self.endpoint.require_success(exchange)
            pages.append(self.read(exchange))
        return Walk(tuple(pages))

    def whole(self, *, again: bool = False) -> Walk:
        """Return all records, read in as few pages as possible.

        Args:
            again: read them now, even if they were read before.

        Raises:
            BrokenPromiseError: as for a walk.
            NotExercisedError: the listing is refused.
        """
        if self._whole is None or again:
            self._whole = self.walk(self._max_limit)
        return self._whole

    def narrowed(self) -> "Listing":
        """Return the part of the listing between two past instants if it has parameters for a window, else all of it.

        The part is short, and does not grow while it is read. A listing without such parameters is narrowed only if
        it is too long to be read to its end.

        Raises:
            BrokenPromiseError: as for a walk.
            NotExercisedError: no part of it can be read.
        """
        if self._narrowed is None:
            whole, parts = self.whole(), self._parts()
            is_open = self._moment_names >= _WINDOW and len(whole.records) >= _MANY
            self._narrowed = next(parts, None) if is_open or not whole.is_complete else None
            self._narrowed = self._narrowed or (self if whole.is_complete else None)
        if self._narrowed is None:
            raise NotExercisedError(f"{self} has more records than a run reads.")
        return self._narrowed

    @property
    def _moment_names(self) -> set[str]:
        return {one.name for one in self.endpoint.operation.optional if one.is_moment}

    def _parts(self) -> Iterator["Listing"]:
        names = self._moment_names
        for instants in self.moments().values():
            newest = sorted(instants, reverse=True)
            since, until = newest[min(_NARROWED_TO, len(newest) - 1)], newest[min(_NARROWED_TO, len(newest)) // 10]
            windows = [{"start": since, "end": until}] if names >= _WINDOW else []
            for window in [*windows, *({name: since} for name in sorted(names))]:
                part = self.under({name: utc_text(instant) for name, instant in window.items()})
                if part.whole().is_complete and len(part.whole().records) >= _FEW:
                    yield part

    def moments(self) -> dict[str, list[datetime]]:
        """Return the date-times of the records, by field, for the fields that have one in every record."""
        found: dict[str, list[datetime]] = {}
        records = self.whole().records
        for record in records:
            for name, moment in record.moments.items():
                found.setdefault(name, []).append(moment)
        return {name: instants for name, instants in found.items() if len(instants) == len(records)}

    def _get(self, limit: int | None, token: str | None) -> Exchange:
        given = dict(self.filters)
        if limit is not None and self.has_limit:
            given["limit"] = str(min(limit, self._max_limit))
        return self.endpoint.get(given | ({} if token is None else {"next_token": token}))

    def read(self, exchange: Exchange) -> Page:
        """Read a page that the server returned.

        Raises:
            BrokenPromiseError: it is not a page, or `has_more` and the token contradict each other.
        """
        is_listing = self.endpoint.operation.is_listing
        try:
            body = exchange.json
            records = tuple(map(record_of, list(body["data"])))
            has_more, token = (body["has_more"], body["next_token"] or None) if is_listing else (False, None)
        except (ValueError, TypeError, KeyError) as error:
            message = f"{self}: the body is not a page: {error!r}"
            told = {"expected": "data, has_more and next_token", "got": exchange.summary}
            raise BrokenPromiseError(self.promise("response.schema"), message, exchange, **told) from error
        if bool(has_more) != (token is not None):
            told = {
                "expected": "has_more: true with a token, or has_more: false without one",
                "got": f"has_more: {json.dumps(has_more)} {'without' if token is None else 'with'} a token",
            }
            message = f"{self}: has_more and next_token contradict each other"
            raise BrokenPromiseError(self.promise("pagination.has-more"), message, exchange, **told)
        return Page(exchange, records, token)


def utc_text(instant: datetime) -> str:
    """Return an instant as a date-time with Z."""
    return instant.astimezone(UTC).isoformat().replace("+00:00", "Z")
