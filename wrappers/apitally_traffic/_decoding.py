"""Decode the body of a traffic page strictly.

The generated `from_dict` accepts any value for any field, and costs more CPU than the rest of the exchange. Here
msgspec checks the body against the schema while decoding it. Rows stay msgspec structs until they are delivered: an
item that the caller does not keep is freed before the next one is made, and the garbage collector has nothing to do.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import msgspec
from msgspec.structs import astuple

from apitally_api_client.models import GetTrafficResponse, TrafficItem

if TYPE_CHECKING:
    _Datetime = datetime
else:
    # msgspec accepts the real class only, and not the one that freezegun puts in its place.
    _Datetime = next(kind for kind in datetime.__mro__ if kind.__module__ == "datetime")

_Instant = Annotated[_Datetime, msgspec.Meta(tz=True)]
# Tables hold counts as int64.
_Count = Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)]


class Row(msgspec.Struct, frozen=True, gc=False, forbid_unknown_fields=True):  # holds no reference cycle
    """An item of the pinned schema, its fields in the order of the parameters of `TrafficItem`."""

    period_start: _Instant
    period_end: _Instant
    requests: _Count
    bytes_received: _Count
    bytes_sent: _Count


class _PinnedPage(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    data: Sequence[Row]
    has_more: bool
    next_token: str | None


# The same, for a server that sends more fields than the pinned schema has.
class _OpenRow(Row, frozen=True, forbid_unknown_fields=False):
    pass


class _OpenPage(_PinnedPage, frozen=True, forbid_unknown_fields=False):
    data: Sequence[_OpenRow]


_ROW_FIELDS = set(Row.__struct_fields__)
_PAGE_FIELDS = set(_PinnedPage.__struct_fields__)
_decode_pinned = msgspec.json.Decoder(_PinnedPage).decode


class Page(NamedTuple):
    """A decoded page.

    Attributes:
        rows: the page's rows, in the order of the response. They are items already where the server sends fields that
            the pinned schema does not have.
        has_more: "Whether there are more records to fetch."
        next_token: "Token to fetch the next page of records, if there are more."
        additional_properties: fields of the page that the pinned schema does not have.
    """

    rows: Sequence[Row | TrafficItem]
    has_more: bool
    next_token: str | None
    additional_properties: dict[str, Any]

    def to_response(self) -> GetTrafficResponse:
        """Return the page as the generated model."""
        response = GetTrafficResponse(list(to_items(self.rows)), self.has_more, self.next_token)
        response.additional_properties = self.additional_properties
        return response


def to_items(rows: Iterable[Row | TrafficItem]) -> Iterator[TrafficItem]:
    """Return an iterator that converts each row to an item when the item is requested."""
    return (row if isinstance(row, TrafficItem) else TrafficItem(*astuple(row)) for row in rows)


def decode_page(body: bytes) -> Page:
    """Check and decode the body of a page.

    Raises:
        ValueError: the body is not JSON, or breaks the schema; the message names the place, such as `data[3].requests`.
    """
    try:
        try:
            page = _decode_pinned(body)
            return Page(page.data, page.has_more, page.next_token, {})
        except msgspec.ValidationError:
            return _decode_open(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        reason = (_place_in(body) or str(error)).replace("`$.", "`")
    raise ValueError(reason)


def _decode_open(body: bytes) -> Page:
    document = msgspec.json.decode(body)
    page = msgspec.convert(document, _OpenPage)
    items = list(to_items(page.data))
    for item, source in zip(items, document["data"], strict=True):
        item.additional_properties = {name: source[name] for name in source.keys() - _ROW_FIELDS}
    additional = {name: document[name] for name in document.keys() - _PAGE_FIELDS}
    return Page(items, page.has_more, page.next_token, additional)


def _place_in(body: bytes) -> str | None:
    """Return where a body breaks the schema if Python accepts it as JSON: Python allows NaN and any number."""
    try:
        msgspec.convert(json.loads(body), _OpenPage)
    except msgspec.ValidationError as error:
        return str(error)
    except (ValueError, RecursionError):
        pass
    return None
