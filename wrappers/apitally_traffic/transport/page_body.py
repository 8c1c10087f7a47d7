"""Read the body of a page strictly, and hand its rows past the generated models' own, slower reading.

The generated `from_dict` takes any value for any field, and costs more than the rest of the exchange. Here the body is
checked against the schema while it is decoded. parcel.py tells how the rows travel.
"""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any

import httpx
import msgspec

from apitally_traffic.transport.exchange import headers_of_text
from apitally_traffic.transport.outcome import Hide, failure_of_body
from apitally_traffic.transport.parcel import ROWS, items_of

_Instant = Annotated[datetime, msgspec.Meta(tz=True)]
# What the tables hold.
_Count = Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)]


class Row(msgspec.Struct, frozen=True, gc=False, forbid_unknown_fields=True):  # holds no cycle
    """An item of the pinned schema, its fields in the order in which TrafficItem takes them."""

    period_start: _Instant
    period_end: _Instant
    requests: _Count
    bytes_received: _Count
    bytes_sent: _Count


class _Page(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    data: Sequence[Row]
    has_more: bool
    next_token: str | None


# The same, for a server that sends more fields than the pinned schema has.
class _OpenRow(Row, frozen=True, forbid_unknown_fields=False):
    pass


class _OpenPage(_Page, frozen=True, forbid_unknown_fields=False):
    data: Sequence[_OpenRow]


_FIELDS = set(Row.__struct_fields__)
_decode_page = msgspec.json.Decoder(_Page).decode


class PageResponse(httpx.Response):
    """A page's answer, whose JSON is already read."""

    def __init__(self, answer: httpx.Response, document: dict[str, Any]) -> None:
        """Stand in for an answer whose body is read."""
        super().__init__(answer.status_code, headers=headers_of_text(answer.headers), content=answer.content)
        self._document = document

    def json(self, **_: Any) -> Any:
        """Return what the generated function is to make the page of."""
        return self._document


def read_page(request: httpx.Request, answer: httpx.Response, hide: Hide) -> PageResponse:
    """Check and decode the body of a page.

    Args:
        request: the request as the caller made it.
        answer: the answer, its body read.
        hide: takes the key out of what an error keeps.

    Raises:
        ResponseError: the body is not JSON, or breaks the schema; the message names the place.
    """
    try:
        try:
            document = _pinned_document(answer.content)
        except msgspec.ValidationError:
            document = _open_document(answer.content)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        failure = failure_of_body(request, answer, _place_in(answer.content) or str(error), hide)
    else:
        return PageResponse(answer, document)
    raise failure


def _pinned_document(content: bytes) -> dict[str, Any]:
    page = _decode_page(content)
    return {"data": [], "has_more": page.has_more, "next_token": page.next_token, ROWS: page.data}


def _open_document(content: bytes) -> dict[str, Any]:
    document = msgspec.json.decode(content)
    items = list(items_of(msgspec.convert(document, _OpenPage).data))
    for item, source in zip(items, document["data"], strict=True):
        item.additional_properties = {name: source[name] for name in source.keys() - _FIELDS}
    return {**document, "data": [], ROWS: items}


def _place_in(content: bytes) -> str | None:
    """Say where a body breaks the schema that Python takes for JSON, as it does NaN and numbers of any size."""
    try:
        msgspec.convert(json.loads(content), _OpenPage)
    except msgspec.ValidationError as error:
        return str(error)
    except (ValueError, RecursionError):
        pass
    return None
