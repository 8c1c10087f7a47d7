"""Decode the body of a traffic page strictly.

The generated `from_dict` accepts any value for any field, and costs more CPU than the rest of the exchange. Here,
msgspec checks the body against the schema while decoding it. Rows are converted from msgspec structs to items only when
they are delivered: an item that the caller does not keep is freed before the next one is made, and causes no work for
the garbage collector.

A body that msgspec rejects is parsed again by `_json.py`, which accepts more, within bounds.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import chain, starmap
from operator import attrgetter
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple, TypeGuard, cast

import msgspec
from msgspec.structs import astuple

from apitally_api_client.models import GetTrafficResponse, TrafficItem
from apitally_traffic._json import LIMITS, MAX_SIZE, parse_and_check, share_of_limits
from apitally_traffic._real_time import DATETIME

if TYPE_CHECKING:
    _Instant = datetime
else:
    _Instant = Annotated[DATETIME[0], msgspec.Meta(tz=True)]
# Tables hold counts as int64.
_Count = Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]


class FalseRowsError(ValueError):
    """The rows fit the schema, but cannot be true or were not requested, so a retry would not help."""


class Row(msgspec.Struct, frozen=True, gc=False, forbid_unknown_fields=True):  # gc=False: it holds no reference cycle
    """An item of the pinned schema; its fields have the order of the parameters of `TrafficItem`."""

    period_start: _Instant
    period_end: _Instant
    requests: _Count
    bytes_received: _Count
    bytes_sent: _Count


Rows = Sequence[Row | TrafficItem]
"""Rows of one type: `TrafficItem` if the server sends fields that the pinned schema does not have, otherwise `Row`."""


class _PinnedPage(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    data: Sequence[Row]
    has_more: bool
    next_token: msgspec.Raw = msgspec.Raw()  # not decoded, to have the size and the commas that it has in the body


class _OpenRow(Row, frozen=True, forbid_unknown_fields=False):
    pass


class _PageWithoutText(msgspec.Struct, frozen=True):
    data: Sequence[_OpenRow]
    has_more: bool


class OpenPage(_PageWithoutText, frozen=True):
    """A page that may have more fields than the pinned schema."""

    next_token: str | None = None


_values = attrgetter(*Row.__struct_fields__)
_ROW_FIELDS = set(Row.__struct_fields__)
_PAGE_FIELDS = set(_PinnedPage.__struct_fields__)
_decode_pinned = msgspec.json.Decoder(_PinnedPage).decode
_decode_token = msgspec.json.Decoder(str | None).decode

# 100 times the objects and 20 times the rows that a request asks for at most. Eight slices with this many rows take
# 100 MiB.
_MAX_OBJECTS, _MAX_ROWS = 100_000, 20_000
_MAX_TOKEN = 2**20


class Page(NamedTuple):
    """A decoded page.

    Attributes:
        rows: the page's rows, in the order of the response, converted to items already if the server sends fields that
            the pinned schema does not have.
        has_more: "Whether there are more records to fetch."
        next_token: "Token to fetch the next page of records, if there are more."
        additional_properties: fields of the page that the pinned schema does not have.
        share: the fraction that the page takes of the memory allowed for the pages of a slice; 1 is all of it.
    """

    rows: Rows
    has_more: bool
    next_token: str | None
    additional_properties: dict[str, Any]
    share: float

    def to_response(self) -> GetTrafficResponse:
        """Return the page as the generated model."""
        response = GetTrafficResponse(list(to_items(self.rows)), self.has_more, self.next_token)
        response.additional_properties = self.additional_properties
        return response


def joined(*parts: Rows) -> Rows:
    """Return the rows of several pages as one sequence; if some are items, all are converted to items."""
    if len(parts) == 1:
        return parts[0]
    if len({type(part[0]) for part in parts if part}) > 1:
        return list(chain.from_iterable(map(to_items, parts)))
    return list(chain.from_iterable(parts))


def to_items(rows: Rows) -> Iterator[TrafficItem]:
    """Return an iterator over the items that converts each row when its item is requested."""
    return starmap(TrafficItem, map(astuple, rows)) if _are_structs(rows) else iter(cast(Sequence[TrafficItem], rows))


def to_rows(rows: Rows) -> Iterator[Row]:
    """Return an iterator over the rows, reduced to the fields of the pinned schema."""
    return iter(rows) if _are_structs(rows) else starmap(Row, map(_values, rows))


def to_responses(pages: Iterable[Page]) -> Iterator[GetTrafficResponse]:
    """Return an iterator that converts each page to the generated model when it is requested."""
    return map(Page.to_response, pages)


def decode_page(body: bytes, kept: float = 0) -> Page:
    """Check and decode the body of a page.

    "Token to fetch the next page of records, if there are more": without more records, the token may be missing.

    Args:
        body: the body of a response.
        kept: the sum of the shares of the earlier pages of the slice, which are still kept.

    Raises:
        ValueError: the body is not JSON, breaks the schema, contains a field twice, or is too large to be checked or to
            be kept with the earlier pages; the message names the place, such as `data[3].requests`.
    """
    if len(body) > MAX_SIZE and body.count(b"{") > _MAX_OBJECTS:
        raise ValueError(f"has more than {_MAX_OBJECTS:,} objects")
    try:
        page = _decode_pinned(body)
        if len(page.next_token) <= _MAX_TOKEN and _gives_each_field_once(body, page):
            token = _decode_token(page.next_token) if page.next_token else None
            if len(page.data) > _MAX_ROWS:
                raise ValueError(f"has more than {_MAX_ROWS:,} rows")
            share = len(page.data) / _MAX_ROWS + len(page.next_token) / MAX_SIZE
            _check_share(share, kept)
            return Page(page.data, page.has_more, token, {}, share)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        pass
    share = share_of_limits(body)
    _check_share(share, kept)
    checked, document = parse_and_check(body, OpenPage, _PageWithoutText)
    items = list(to_items(checked.data))
    for item, source in zip(items, document["data"], strict=True):
        item.additional_properties = {name: source[name] for name in source.keys() - _ROW_FIELDS}
    additional = {name: document[name] for name in document.keys() - _PAGE_FIELDS}
    return Page(items, checked.has_more, checked.next_token, additional, share)


def _check_share(share: float, kept: float) -> None:
    if kept and kept + share > 1:
        together = f"together they have more than {LIMITS}, or {_MAX_ROWS:,} rows"
        raise ValueError(f"is too large to be kept with the pages before it: {together}")


def _are_structs(rows: Rows) -> TypeGuard[Sequence[Row]]:
    return not rows or isinstance(rows[0], Row)


def _gives_each_field_once(body: bytes, page: _PinnedPage) -> bool:
    """Return whether each field of a decoded page occurs once in its body, because JSON allows the same name twice.

    This counts commas: each of them separates two fields or two rows, or is part of the token. Times and numbers
    contain none.
    """
    rows, fields, token = len(page.data), len(Row.__struct_fields__), bytes(page.next_token)
    separators = (2 if token else 1) + token.count(b",") + (rows * fields - 1 if rows else 0)
    return body.count(b",") == separators
