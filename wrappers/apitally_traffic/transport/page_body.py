"""Read the body of a page strictly, and hand its rows past the generated models' own, slower reading.

The generated `from_dict` takes any value for any field, and costs more than the rest of the exchange. Here the body is
checked against the schema while it is decoded. parcel.py tells how the rows travel.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any

import httpx
import msgspec

from apitally_traffic.transport.outcome import failure_of_body
from apitally_traffic.transport.parcel import ROWS, items_of

_Instant = Annotated[datetime, msgspec.Meta(tz=True)]


class Row(msgspec.Struct, frozen=True, gc=False, forbid_unknown_fields=True):  # holds no cycle
    """An item of the pinned schema, its fields in the order in which TrafficItem takes them."""

    period_start: _Instant
    period_end: _Instant
    requests: int
    bytes_received: int
    bytes_sent: int


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
        super().__init__(answer.status_code, headers=_plain(answer.headers), content=answer.content)
        self._document = document

    def json(self, **_: Any) -> Any:
        """Return what the generated function is to make the page of."""
        return self._document


def read_page(request: httpx.Request, answer: httpx.Response) -> PageResponse:
    """Check and decode the body of a page.

    Raises:
        ResponseError: the body is not JSON, or breaks the schema; the message names the place.
    """
    try:
        try:
            document = _pinned_document(answer.content)
        except msgspec.ValidationError:
            document = _open_document(answer.content)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        failure = failure_of_body(request, answer, str(error))
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


def _plain(headers: httpx.Headers) -> list[tuple[str, str]]:
    about_the_bytes = {"content-encoding", "content-length", "transfer-encoding"}
    return [(name, value) for name, value in headers.multi_items() if name not in about_the_bytes]
