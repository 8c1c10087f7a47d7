"""Check the responses of any operation against its generated model, before that reads them.

The generated `from_dict` accepts any value for any field, and raises whatever Python raises, a KeyError for instance,
without the place. So what the model says of types and of required fields is checked here first, as for traffic.
"""

import sys
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime
from enum import Enum
from functools import cache
from http import HTTPStatus
from types import NoneType, SimpleNamespace, UnionType
from typing import Annotated, Any, Literal, Self, Union, get_args, get_origin, get_type_hints
from uuid import UUID

import attrs
import httpx
import msgspec

from apitally_api_client import AuthenticatedClient, Client
from apitally_api_client.models import GetTrafficResponse
from apitally_api_client.types import Unset
from apitally_traffic._decoding import Datetime, OpenPage
from apitally_traffic._json import parse_and_check
from apitally_traffic._transport.exchange import DECODE, DECODED, unbound
from apitally_traffic.errors import ResponseError

_SCALARS = frozenset({int, str, bool, NoneType, UUID})
# JSON has neither infinity nor NaN, and Python reads both.
_Finite = Annotated[float, msgspec.Meta(ge=-sys.float_info.max, le=sys.float_info.max)]


class CheckingClient:
    """Stands in for a client of the generated package, and checks the responses to one of its operations.

    Attributes:
        has_response: whether there was a response since this was last set to False.
    """

    def __init__(self, client: AuthenticatedClient | Client, name: str, function: Callable[..., Any]) -> None:
        """Forward everything to this client.

        Args:
            client: the client.
            name: the name of the operation, for messages.
            function: the generated function that will be called; its return type has the model of a page.
        """
        self.has_response = False
        self._client = client
        self._name = name
        self._schema = _page_schema(function)

    def __getattr__(self, name: str) -> Any:
        """Return an attribute of the client."""
        return getattr(self._client, name)

    def get_httpx_client(self) -> SimpleNamespace:
        """Return what the generated sync functions call."""
        return SimpleNamespace(request=self._request)

    def get_async_httpx_client(self) -> SimpleNamespace:
        """Return what the generated async functions call."""
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
            # A client with other transports than ours has not decoded it.
            decoded = extensions[DECODED] if DECODED in extensions else self._decode(response.content, response.headers)
        except ValueError as error:
            reason = str(error)
        else:
            return _Decoded(response, decoded)
        raise ResponseError(f"{self._name} returned a body that {reason}.")

    def _decode(self, body: bytes, _: Mapping[str, str]) -> Any:
        """Return the JSON of a page.

        "Token to fetch the next page of records, if there are more": the model insists on it, and the API may not.
        """
        _, page = parse_and_check(body, self._schema)
        return {"next_token": None, **page} if isinstance(page, dict) and "has_more" in page else page


class _Decoded:
    """A response whose JSON is decoded already."""

    def __init__(self, response: httpx.Response, document: Any) -> None:
        self._response = response
        self._document = document

    def __getattr__(self, name: str) -> Any:
        return getattr(self._response, name)

    def json(self) -> Any:
        return self._document


def _page_schema(function: Callable[..., Any]) -> Any:
    """Return what msgspec can check of the model with `data` that a function returns."""
    try:
        returned = get_type_hints(function).get("return")
    except NameError:
        return Any
    models = [model for model in _members(returned) if _is_model(model) and "data" in attrs.fields_dict(model)]
    if models == [GetTrafficResponse]:
        return OpenPage
    return _schema(models[0]) if len(models) == 1 else Any


@cache
def _schema(model: type[Any]) -> Any:
    """Return a struct with the fields of a generated model, and the types of those that can be checked."""
    module = sys.modules[model.__module__]
    names = vars(sys.modules.get(module.__name__.rpartition(".")[0], module))
    hints = get_type_hints(model, localns=dict(names))
    in_json = _names_in_json(model)
    fields: list[tuple[str, Any, Any]] = []
    for name in in_json:
        kind, members = _type(hints[name], model), _members(hints[name])
        is_optional = Unset in members or (name == "next_token" and NoneType in members)
        fields.append((name, kind, msgspec.field(default=None) if is_optional else msgspec.field()))
    return msgspec.defstruct(model.__name__, fields, rename=in_json, kw_only=True)


class _Placeholder(str):
    """The name of an attribute in the place of its value, whatever the generated `to_dict` does with that."""

    __slots__ = ()

    def __getattr__(self, _: str) -> Self:
        return self

    def __call__(self, *_: object) -> Self:
        return self

    def __iter__(self) -> Iterator[Self]:
        return iter([self])


def _names_in_json(model: type[Any]) -> dict[str, str]:
    """Return the name that each attribute of a generated model has in JSON."""
    names = [attribute.name for attribute in attrs.fields(model) if attribute.init]
    document: dict[str, Any] = model(**{name: _Placeholder(name) for name in names}).to_dict()
    in_json = {}
    for field, value in document.items():
        placeholder = value
        while isinstance(placeholder, list):
            placeholder = placeholder[0]
        in_json[str(placeholder)] = field
    return in_json


def _type(hint: Any, model: type[Any]) -> Any:
    """Return what msgspec can check of a type, or Any."""
    arguments = [_type(argument, model) for argument in get_args(hint) if argument is not Unset]
    kind: Any = Any
    if get_origin(hint) is Literal or hint in _SCALARS:
        kind = hint
    elif hint is float:
        kind = _Finite
    elif get_origin(hint) in {Union, UnionType} and Any not in arguments:
        kind = Union[tuple(arguments)]  # noqa: UP007 - the members are not known here
    elif get_origin(hint) is list:
        kind = list[arguments[0]]  # type: ignore[valid-type]
    elif isinstance(hint, type) and issubclass(hint, datetime):
        kind = Datetime
    elif isinstance(hint, type) and issubclass(hint, Enum | date):
        kind = hint
    elif _is_model(hint) and hint is not model:
        kind = _schema(hint)
    try:
        msgspec.json.Decoder(kind)
    except TypeError:  # several structs in one union, for instance
        return Any
    return kind


def _members(hint: Any) -> tuple[Any, ...]:
    return get_args(hint) if get_origin(hint) in {Union, UnionType} else (hint,)


def _is_model(kind: Any) -> bool:
    return isinstance(kind, type) and attrs.has(kind) and hasattr(kind, "from_dict")
