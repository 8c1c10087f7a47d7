"""Check the responses of any operation against its generated model before the model parses them.

The generated `from_dict` accepts any value for any field, and for a missing one raises a Python error, such as a
KeyError, without the place. So the types and the required fields of the model are checked here first, as for traffic.
"""

import ast
import inspect
import sys
from collections.abc import Callable, Mapping
from http import HTTPStatus
from types import SimpleNamespace
from typing import Any, get_type_hints

import attrs
import httpx

from apitally_api_client import AuthenticatedClient, Client
from apitally_api_client.models import GetTrafficResponse
from apitally_traffic._decoding import OpenPage
from apitally_traffic._json import parse_and_check
from apitally_traffic._operations.schemas import is_model, members, one_of
from apitally_traffic._transport.exchange import DECODE, DECODED, unbound
from apitally_traffic.errors import ResponseError


class CheckingClient:
    """A proxy for a client of the generated package that checks the responses to one operation.

    Attributes:
        has_response: whether a response has arrived since this was last set to False.
    """

    def __init__(self, client: AuthenticatedClient | Client, name: str, function: Callable[..., Any]) -> None:
        """Wrap a client.

        Args:
            client: the client to forward everything to.
            name: the name of the operation, for messages.
            function: the generated function that will be called; its return type contains the model of a page.
        """
        self.has_response = False
        self._client = client
        self._name = name
        self._schema = _page_schema(function)

    def __getattr__(self, name: str) -> Any:
        """Return an attribute of the client."""
        return getattr(self._client, name)

    def get_httpx_client(self) -> SimpleNamespace:
        """Return an object with the `request` method that the generated sync functions call."""
        return SimpleNamespace(request=self._request)

    def get_async_httpx_client(self) -> SimpleNamespace:
        """Return an object with the `request` method that the generated async functions call."""
        return SimpleNamespace(request=self._request_async)

    def _request(self, **arguments: Any) -> Any:
        http = self._client.get_httpx_client()
        return self._checked(unbound(http.request(**arguments, extensions={DECODE: self._decode})))

    async def _request_async(self, **arguments: Any) -> Any:
        http = self._client.get_async_httpx_client()
        return self._checked(unbound(await http.request(**arguments, extensions={DECODE: self._decode})))

    def _checked(self, response: httpx.Response) -> Any:
        self.has_response = True
        if response.status_code != HTTPStatus.OK:
            return response
        extensions = response.extensions
        try:
            # The transports of a caller's own client have not decoded the body.
            decoded = extensions[DECODED] if DECODED in extensions else self._decode(response.content, response.headers)
        except ValueError as error:
            reason = str(error)
        else:
            return _Decoded(response, decoded)
        raise ResponseError(f"{self._name} returned a body that {reason}.")

    def _decode(self, body: bytes, _: Mapping[str, str]) -> Any:
        """Return the parsed JSON of a page, with `next_token` added if it is missing.

        "Token to fetch the next page of records, if there are more": the model requires it, but the API may leave it
        out.
        """
        _, page = parse_and_check(body, self._schema)
        return {"next_token": None, **page} if isinstance(page, dict) and "has_more" in page else page


class _Decoded:
    """A response whose JSON was parsed before."""

    def __init__(self, response: httpx.Response, document: Any) -> None:
        self._response = response
        self._document = document

    def __getattr__(self, name: str) -> Any:
        return getattr(self._response, name)

    def json(self) -> Any:
        return self._document


def _page_schema(function: Callable[..., Any]) -> Any:
    """Return the schema, as far as msgspec can check it, of the model with `data` that a function returns."""
    try:
        returned = get_type_hints(function).get("return")
    except NameError:
        return Any
    models = [model for model in members(returned) if is_model(model) and "data" in attrs.fields_dict(model)]
    if len(models) > 1:  # the model of an error response may have the field, too
        names = _names_of_success(function)
        models = [model for model in models if model.__name__ in names] or models
    if models == [GetTrafficResponse]:
        return OpenPage
    return one_of(models) if models else Any


def _names_of_success(function: Callable[..., Any]) -> set[str]:
    """Return the names of the models that the generated code uses for responses with status 200."""
    try:
        source = inspect.getsource(sys.modules[function.__module__])
    except (OSError, TypeError):
        return set()
    branches = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.If)]
    of_success = [branch for branch in branches if ast.unparse(branch.test) == "response.status_code == 200"]
    calls = [node for branch in of_success for part in branch.body for node in ast.walk(part)]
    return {
        node.value.id
        for node in calls
        if isinstance(node, ast.Attribute) and node.attr == "from_dict" and isinstance(node.value, ast.Name)
    }
