"""Paginate any operation of the generated client whose response has `data`, `has_more` and `next_token`.

Nothing here is specific to traffic, so endpoints that a later spec adds need no new code.
"""

import inspect
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Generator, Iterator
from functools import partial
from typing import Any, Protocol

import httpx

from apitally_api_client import AuthenticatedClient, Client
from apitally_api_client.types import UNSET, Unset
from apitally_traffic._iterators import AsyncQueryIterator, Ending, QueryIterator
from apitally_traffic._operations.checking import CheckingClient
from apitally_traffic._paging.cursor import Cursor
from apitally_traffic._texts import one_line, quoted
from apitally_traffic.errors import PaginationError, ResponseError

_CLIENTS = (AuthenticatedClient, Client, AuthenticatedClient | Client)
"""The types with which the generated functions annotate their client."""

_PARSE_ERRORS = (AttributeError, KeyError, RecursionError, TypeError, ValueError)
"""What the generated models raise for a body that breaks the schema in a way that was not checked before."""


class PagedOperation(Protocol):
    """A module of the generated client, such as `apitally_api_client.api.metrics.get_traffic`."""

    @property
    def sync(self) -> Callable[..., Any]:
        """The function that returns the parsed response."""
        ...

    @property
    def asyncio(self) -> Callable[..., Awaitable[Any]]:
        """The async function that returns the parsed response."""
        ...


def paginate(operation: PagedOperation, **params: Any) -> Iterator[Any]:
    """Yield the items of all pages of an operation, in the API's order.

    If its response has `data` but no `has_more` and `next_token`, the operation has one page.

    Args:
        operation: a module of the generated client whose response has `data` and, if it has pages, `has_more` and
            `next_token`.
        **params: the arguments of its `sync` function except `next_token`. Pass the `api` of a `TrafficClient` as
            `client`, for its pacing, retries and typed errors.

    Raises:
        ApitallyError: the API refused, failed, could not be reached, or returned something other than pages.
        PaginationError: a page token was repeated, or is missing although there are more items; or the pages do not
            end: three in a row contain only earlier items, twenty in a row contain more earlier items than new ones,
            or fifty in a row are empty.
        RuntimeError: two threads use the iterator at the same time, or it is used again after an error.
        TypeError: the arguments are not those of the operation.
        ValueError: an argument is too long or not valid for a URL.

    Example:
        >>> from apitally_api_client.api.metrics import get_traffic
        >>> items = paginate(get_traffic, client=client.api, app_id=1, interval="day", limit=10)
        >>> len(list(items))
        31
    """
    return QueryIterator(_pages(operation, _Listing(operation, "sync", params)))


def _pages(operation: PagedOperation, listing: "_Listing") -> Generator[list[Any]]:
    while not listing.finished:
        page, failure = None, None
        try:
            page = operation.sync(**listing.arguments())
        except _PARSE_ERRORS as error:
            failure = error
        except httpx.InvalidURL as error:
            raise listing.unsendable(error) from error
        yield listing.add(page, failure)


def paginate_async(operation: PagedOperation, **params: Any) -> AsyncIterator[Any]:
    """Yield the items of all pages of an operation; arguments and errors are those of `paginate`.

    Example:
        >>> from apitally_api_client.api.metrics import get_traffic
        >>> async def count() -> int:
        ...     async with AsyncTrafficClient(server.api_key, base_url=server.url) as client:
        ...         items = paginate_async(get_traffic, client=client.api, app_id=1, interval="day", limit=10)
        ...         return len([item async for item in items])
        >>> asyncio.run(count())
        31
    """
    return AsyncQueryIterator(partial(_items_async, operation, _Listing(operation, "asyncio", params)))


async def _items_async(operation: PagedOperation, listing: "_Listing", ending: Ending) -> AsyncGenerator[Any]:
    async with ending:
        while not listing.finished:
            page, failure = None, None
            try:
                page = await operation.asyncio(**listing.arguments())
            except _PARSE_ERRORS as error:
                failure = error
            except httpx.InvalidURL as error:
                raise listing.unsendable(error) from error
            for item in listing.add(page, failure):
                yield item


_REMEMBERED_ITEMS = 100_000


class _Listing:
    """One listing, read page by page: everything except the requests, shared by sync and async.

    Args:
        operation: the module of the operation.
        function: the name of its function to call.
        params: the arguments of that function.

    Raises:
        TypeError: the arguments are not those of the operation.
    """

    def __init__(self, operation: PagedOperation, function: str, params: dict[str, Any]) -> None:
        self._name = getattr(operation, "__name__", type(operation).__name__).rpartition(".")[2]
        if not callable(getattr(operation, function, None)):
            raise TypeError(f"{self._name} has no function `{function}`: its responses have no items.")
        signature = inspect.signature(getattr(operation, function))
        try:
            signature.bind(**params)
        except TypeError as error:
            raise TypeError(f"{self._name}: {error}.") from None
        self._takes_token = any(
            name == "next_token" or parameter.kind is parameter.VAR_KEYWORD
            for name, parameter in signature.parameters.items()
        )
        if "next_token" in params:
            raise TypeError("next_token is not an argument here: the tokens are followed from the first page on.")
        client = params.get("client")
        if hasattr(client, "api"):
            raise TypeError("client must be a client of the generated package: pass the `api` of this one.")
        declared = signature.parameters.get("client")
        if declared and declared.annotation in _CLIENTS and not hasattr(client, "get_httpx_client"):
            raise TypeError(
                "client must be a client of the generated package, such as the `api` of a TrafficClient, "
                f"not {type(client).__name__}."
            )
        self._params = params
        self._checking: CheckingClient | None = None
        if isinstance(client, AuthenticatedClient | Client):
            self._checking = CheckingClient(client, self._name, getattr(operation, function))
            self._params = {**params, "client": self._checking}
        self._cursor = Cursor()
        self._seen: dict[int, None] = {}  # ordered, unlike a set

    @property
    def finished(self) -> bool:
        """Whether the last page has been read."""
        return self._cursor.finished

    def arguments(self) -> dict[str, Any]:
        """Return the arguments of the function for the next page."""
        if self._checking is not None:
            self._checking.has_response = False
        return self._params if self._cursor.token is None else {**self._params, "next_token": self._cursor.token}

    def unsendable(self, error: Exception) -> Exception:
        """Return the error for arguments that are too long or not valid for a URL."""
        if overlong := self._overlong():
            return ValueError(f"{overlong} cannot be sent: it is {quoted(self._params[overlong])}.")
        arguments = {name: value for name, value in self.arguments().items() if isinstance(value, str)}
        arguments = {name: value for name, value in arguments.items() if not _is_text(value)} or arguments
        if not arguments:
            return ValueError(f"The arguments of {self._name} cannot be sent: {one_line(str(error))}.")
        name, value = max(arguments.items(), key=lambda argument: len(argument[1]))
        if name == "next_token":
            return PaginationError(f"{self._name} returned a page token that cannot be sent: {quoted(value)}.")
        return ValueError(f"{name} {quoted(value)} cannot be sent: {one_line(str(error))}.")

    def add(self, page: Any, failure: Exception | None) -> list[Any]:
        """Move past a page, and return its items.

        Args:
            page: the parsed page.
            failure: the error that the generated function raised; None if it returned a page.

        Raises:
            Exception: the failure, if there was no response.
            ResponseError: the page breaks the schema.
            PaginationError: the tokens make no progress.
        """
        if failure is not None and self._checking is not None and not self._checking.has_response:
            # Without a response, the failure is about an argument.
            is_known = isinstance(failure, UnicodeEncodeError) or (isinstance(failure, ValueError) and self._overlong())
            if is_known:
                raise self.unsendable(failure) from None
            raise failure
        if failure is not None:
            # Not the failure's own message, which may quote the server, which may quote the key.
            reason = f"`{failure.args[0]}` is missing" if isinstance(failure, KeyError) else type(failure).__name__
            raise ResponseError(f"{self._name} returned a body that breaks the schema: {reason}.")
        items = getattr(page, "data", None)
        if not isinstance(items, list):
            raise ResponseError(f"{self._name} returned {type(page).__name__}, which is not a page of items.")
        undeclared = getattr(page, "additional_properties", {})
        has_more = getattr(page, "has_more", undeclared.get("has_more", UNSET))
        next_token = getattr(page, "next_token", undeclared.get("next_token"))
        if not isinstance(has_more, bool | Unset):
            raise ResponseError(
                f"{self._name} returned a body that breaks the schema: "
                f"`has_more` is a {type(has_more).__name__}, and not a boolean."
            )
        if isinstance(has_more, Unset):
            has_more = bool(next_token)  # "Token to fetch the next page of records, if there are more."
        if has_more and not self._takes_token:
            raise PaginationError(
                f"{self._name} says that there are more items, and takes no token to fetch them with."
            )
        self._cursor.advance(
            has_more=bool(has_more), next_token=next_token, items=len(items), new_items=self._remember(items)
        )
        return items

    def _overlong(self) -> str | None:
        """Return the name of an argument with an integer of more digits than Python converts to text, or None."""
        return next((name for name, value in self._params.items() if _is_overlong(value)), None)

    def _remember(self, items: list[Any]) -> int:
        """Remember the items, and return how many of them were not remembered before."""
        found = [hash(repr(item)) for item in items]  # the generated models are not hashable
        new = sum(item not in self._seen for item in found)
        self._seen.update(dict.fromkeys(found))
        while len(self._seen) > _REMEMBERED_ITEMS:
            del self._seen[next(iter(self._seen))]
        return new


def _is_overlong(value: Any) -> bool:
    if not isinstance(value, int | list | tuple | dict):
        return False
    try:
        repr(value)
    except ValueError:
        return True
    return False


def _is_text(value: str) -> bool:
    try:
        value.encode()
    except UnicodeEncodeError:  # half of a surrogate pair
        return False
    return True
