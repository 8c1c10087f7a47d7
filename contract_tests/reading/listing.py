"""Reads the pages of an operation of which nothing is known but that it has them.

A record is compared as a whole, as the JSON that it is. Nobody has promised that records stay as they are, nor that
none is added meanwhile: so a comparison with parts of a listing needs the whole listing before and after.
"""

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from contract_tests.exchange import Exchange
from contract_tests.promises.promise import BrokenPromiseError, NotExercisedError
from contract_tests.schema.spec import Operation
from contract_tests.wire.client import Client

_MOST_PAGES = 8
_LARGEST_LIMIT = 1000


@dataclass(frozen=True)
class Page:
    """A page: its records, each as one line of JSON, and the token of the next one."""

    exchange: Exchange
    records: tuple[str, ...]
    token: str | None


@dataclass(frozen=True)
class Walk:
    """The pages of a listing, up to its end or, where that is far, as many as a run has the patience for."""

    pages: tuple[Page, ...]

    @property
    def is_complete(self) -> bool:
        """Whether the last page was reached."""
        return self.pages[-1].token is None

    @property
    def records(self) -> Counter[str]:
        """The records of all pages, each with how often it came."""
        return Counter(record for page in self.pages for record in page.records)

    @property
    def exchanges(self) -> tuple[Exchange, ...]:
        """The requests that were sent for it."""
        return tuple(page.exchange for page in self.pages)


class Listing:
    """An operation that has pages, on the server under test.

    Args:
        client: the connection.
        operation: what is declared of it.
        known: values for parameters that have to be given.

    Attributes:
        has_limit: whether the size of its pages can be chosen.
        default_limit: the size that is declared where none is chosen; `None` where none is.

    Raises:
        NotExercisedError: a parameter has to be given for which no value is known.
    """

    def __init__(self, client: Client, operation: Operation, known: Mapping[str, int]) -> None:
        if unknown := operation.unknown(known):
            raise NotExercisedError(f"GET {operation.path} needs {', '.join(unknown)}, for which no value is known.")
        limits = operation.alternatives("limit")
        self.has_limit = bool(limits)
        self.default_limit = next((schema["default"] for schema in limits if "default" in schema), None)
        self._largest = min((schema["maximum"] for schema in limits if "maximum" in schema), default=_LARGEST_LIMIT)
        self._client = client
        self._path = operation.target(known)
        self._query = {name: str(value) for name, value in known.items() if operation.requires(name)}
        self._name = operation.id
        self._whole: Walk | None = None

    def __str__(self) -> str:
        return f"GET {self._path}"

    def promise(self, name: str) -> str:
        """Return the id of a promise about pages, as it is for this listing."""
        return f"pagination.{name}@{self._name}"

    def ask(self, limit: int | None, token: str | None = None) -> Page:
        """Ask for a page.

        Args:
            limit: its size; `None` leaves it to the default.
            token: the token that leads to it; `None` for the first one.

        Raises:
            BrokenPromiseError: the response is a 5xx, or no page.
            NotExercisedError: it is another refusal.
        """
        given = dict(self._query)
        if limit is not None and self.has_limit:
            given["limit"] = str(min(limit, self._largest))
        exchange = self._client.get(given | ({} if token is None else {"next_token": token}), path=self._path)
        if exchange.status >= 500:
            message = f"a valid query earns {exchange.summary}"
            raise BrokenPromiseError("requests.no-server-error", message, exchange)
        if exchange.status != 200:
            raise NotExercisedError(f"{self} answers {exchange.summary}.")
        return self._read(exchange)

    def walk(self, limit: int | None) -> Walk:
        """Follow the tokens from the first page on; the argument is that of `ask`.

        Raises:
            BrokenPromiseError: a page is no page, or its token is refused, or comes a second time.
            NotExercisedError: the first page is refused.
        """
        pages = [self.ask(limit)]
        tokens: set[str] = set()
        while (token := pages[-1].token) is not None and len(pages) < _MOST_PAGES:
            if token in tokens:
                message = f"{self}: a token comes a second time, so that following it would never end"
                raise BrokenPromiseError(self.promise("walk-ends"), message, *(page.exchange for page in pages[-2:]))
            tokens.add(token)
            try:
                pages.append(self.ask(limit, token))
            except NotExercisedError as refusal:
                message = f"a token is refused that the page before had given: {refusal}"
                evidence = (pages[-1].exchange, self._client.exchanges[-1])
                raise BrokenPromiseError(self.promise("walk-ends"), message, *evidence) from refusal
        return Walk(tuple(pages))

    def whole(self, *, again: bool = False) -> Walk:
        """Return all records, read in as few pages as can be.

        Args:
            again: read them now, even if they were read before.

        Raises:
            BrokenPromiseError: as for a walk.
            NotExercisedError: the listing is refused, holds no two records, or does not end.
        """
        if self._whole is None or again:
            self._whole = self.walk(_LARGEST_LIMIT)
        if not self._whole.is_complete:
            raise NotExercisedError(f"{self} has more records than a run reads.")
        if self._whole.records.total() < 2:
            raise NotExercisedError(f"{self} has less than two records.")
        return self._whole

    def _read(self, exchange: Exchange) -> Page:
        try:
            body = exchange.json
            records, has_more, token = body["data"], body["has_more"], body["next_token"] or None
            lines = tuple(json.dumps(record, sort_keys=True) for record in list(records))
        except (ValueError, TypeError, KeyError) as error:
            message = f"{self}: the body is no page: {error!r}"
            raise BrokenPromiseError("response.schema", message, exchange) from error
        if bool(has_more) != (token is not None):
            told = "has_more is true, and there is no token" if has_more else "has_more is false, and there is a token"
            raise BrokenPromiseError(self.promise("has-more"), f"{self}: {told}", exchange)
        return Page(exchange, lines, token)
