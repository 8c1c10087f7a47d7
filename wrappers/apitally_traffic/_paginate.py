"""Paginate any operation of the generated client whose response has `data`, `has_more` and `next_token`.

Nothing here is specific to traffic: an endpoint that a later spec adds is paginated without new code.
"""

import inspect
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Any, Protocol

from apitally_traffic._paging.cursor import Cursor
from apitally_traffic.errors import ResponseError


class PagedOperation(Protocol):
    """A module of the generated client, such as `apitally_api_client.api.metrics.get_traffic`."""

    @property
    def sync(self) -> Callable[..., Any]:
        """Return the parsed response."""
        ...

    @property
    def asyncio(self) -> Callable[..., Awaitable[Any]]:
        """Return the parsed response, async."""
        ...


def paginate(operation: PagedOperation, **params: Any) -> Iterator[Any]:
    """Yield the items of all pages of an operation, in the order in which the API gives them.

    Args:
        operation: a module of the generated client whose response has `data`, `has_more` and `next_token`.
        **params: the arguments of its `sync` function except `next_token`. `client` is the `api` of a `TrafficClient`,
            so that pacing, retries and typed errors apply.

    Raises:
        ApitallyError: the API refused, failed, could not be reached, or returned something else than pages.
        PaginationError: a page token came twice, or none came although there is more.
        TypeError: the arguments are not those of the operation.

    Example:
        >>> from apitally_api_client.api.metrics import get_traffic
        >>> items = paginate(get_traffic, client=client.api, app_id=1, interval="day", limit=10)
        >>> len(list(items))
        31
    """
    _check(operation.sync, params)
    cursor = Cursor()
    while not cursor.finished:
        try:
            page = operation.sync(**params, **_position(cursor))
        except _PARSE_ERRORS as error:
            failure = _parse_failure(operation, error)
        else:
            yield from _advance(cursor, operation, page)
            continue
        raise failure


async def paginate_async(operation: PagedOperation, **params: Any) -> AsyncIterator[Any]:
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
    _check(operation.asyncio, params)
    cursor = Cursor()
    while not cursor.finished:
        try:
            page = await operation.asyncio(**params, **_position(cursor))
        except _PARSE_ERRORS as error:
            failure = _parse_failure(operation, error)
        else:
            for item in _advance(cursor, operation, page):
                yield item
            continue
        raise failure


# What the generated models raise for a body that breaks the schema.
_PARSE_ERRORS = (AttributeError, KeyError, RecursionError, TypeError, ValueError)


def _check(function: Callable[..., Any], params: dict[str, Any]) -> None:
    inspect.signature(function).bind(**params)
    if hasattr(params.get("client"), "api"):
        raise TypeError("client must be a client of the generated package: pass the `api` of this one.")


def _position(cursor: Cursor) -> dict[str, str]:
    return {} if cursor.token is None else {"next_token": cursor.token}


def _advance(cursor: Cursor, operation: PagedOperation, page: Any) -> list[Any]:
    try:
        items, has_more, next_token = list(page.data), page.has_more, page.next_token
    except (AttributeError, TypeError):
        raise ResponseError(
            f"{_name(operation)} returned {type(page).__name__}, which is not a page of items."
        ) from None
    cursor.advance(has_more=bool(has_more), next_token=next_token or None, new_items=bool(items))
    return items


def _parse_failure(operation: PagedOperation, error: Exception) -> ResponseError:
    return ResponseError(f"{_name(operation)} returned a body that breaks the schema: {error!r}.")


def _name(operation: PagedOperation) -> str:
    return getattr(operation, "__name__", type(operation).__name__).rpartition(".")[2]
