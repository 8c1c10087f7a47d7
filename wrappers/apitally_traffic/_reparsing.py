"""Look again at a response that the models of the generated client could not parse.

The models raise whatever Python raises, a KeyError for instance, without the place. They also insist on a page token
where the API may leave it out.
"""

import json
import re
import traceback
from types import SimpleNamespace
from typing import Any

import httpx

from apitally_api_client import AuthenticatedClient, Client

PARSE_ERRORS = (AttributeError, KeyError, RecursionError, TypeError, ValueError)
"""What the generated models raise for a body that breaks the schema."""

_FIELD_IN_SOURCE = re.compile(r"\.pop\([\"'](\w+)[\"']")


class ResponseRecorder:
    """Stands in for a client of the generated package, and keeps the last response."""

    def __init__(self, client: AuthenticatedClient | Client) -> None:
        """Forward everything to this client."""
        self._client = client
        self._response: httpx.Response | None = None

    def __getattr__(self, name: str) -> Any:
        """Return an attribute of the client."""
        return getattr(self._client, name)

    def get_httpx_client(self) -> SimpleNamespace:
        """Return what the generated sync functions call."""
        return SimpleNamespace(request=self._request)

    def get_async_httpx_client(self) -> SimpleNamespace:
        """Return what the generated async functions call."""
        return SimpleNamespace(request=self._request_async)

    def body(self) -> Any:
        """Return the JSON of the last response; None if there is none."""
        try:
            return None if self._response is None else self._response.json()
        except (ValueError, RecursionError):
            return None

    def _request(self, **arguments: Any) -> httpx.Response:
        self._response = self._client.get_httpx_client().request(**arguments)
        return self._response

    async def _request_async(self, **arguments: Any) -> httpx.Response:
        self._response = await self._client.get_async_httpx_client().request(**arguments)
        return self._response


def reparse(operation: Any, recorder: ResponseRecorder | None, failure: Exception) -> tuple[Any, str]:
    """Return the page, or None and the reason why it cannot be parsed.

    "Token to fetch the next page of records, if there are more": a page that only lacks a token that it does not need
    is accepted.

    Args:
        operation: the module of the operation.
        recorder: what recorded the response; None if it is not known.
        failure: what the generated function raised.
    """
    body = recorder.body() if recorder else None
    if not isinstance(body, dict):
        return None, _reason(failure, "")
    if not body.get("has_more", True):
        body = {"next_token": None, **body}
        page, another = _parse(operation, recorder, body)
        if another is None:
            return page, ""
        failure = another
    return None, _reason(failure, _item_place(operation, recorder, body))


def _item_place(operation: Any, recorder: ResponseRecorder | None, body: dict[str, Any]) -> str:
    """Return which item cannot be parsed, such as `data[3]`, if the rest of the page can."""
    items = body.get("data")
    if isinstance(items, list) and _parse(operation, recorder, {**body, "data": []})[1] is None:
        for index, item in enumerate(items):
            if _parse(operation, recorder, {**body, "data": [item]})[1] is not None:
                return f"data[{index}]"
    return ""


def _parse(operation: Any, recorder: ResponseRecorder | None, body: dict[str, Any]) -> tuple[Any, Exception | None]:
    response = httpx.Response(200, content=json.dumps(body))
    try:
        # The function is private, in our own generated code, which `nox -s drift` checks.
        return operation._parse_response(client=recorder, response=response), None  # noqa: SLF001
    except PARSE_ERRORS as error:
        return None, error


def _reason(failure: Exception, item: str) -> str:
    place = ".".join(filter(None, [item, _field(failure)]))
    if isinstance(failure, KeyError):
        return f"`{place}` is missing"
    # Not what the failure says: it may quote the server, and a server may quote the key.
    return f"`{place}` cannot be parsed ({type(failure).__name__})" if place else type(failure).__name__


def _field(failure: Exception) -> str:
    """Return the field whose value a generated model could not parse: the code pops it in the line that failed."""
    if isinstance(failure, KeyError):
        return str(failure.args[0])
    for frame in reversed(traceback.extract_tb(failure.__traceback__)):
        found = _FIELD_IN_SOURCE.search(frame.line or "") if frame.name == "from_dict" else None
        if found:
            return found[1]
    return ""
