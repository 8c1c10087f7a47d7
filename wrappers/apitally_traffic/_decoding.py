"""Decode the body of a traffic page strictly.

The generated `from_dict` accepts any value for any field, and costs more CPU than the rest of the exchange. Here
msgspec checks the body against the schema while decoding it. Rows stay msgspec structs until they are delivered: an
item that the caller does not keep is freed before the next one is made, and the garbage collector has nothing to do.

A body that msgspec rejects is decoded again with Python's own parser, which accepts more: a byte order mark, integers
written as `1.0` or `1e2` (JSON Schema counts them as integers), and any value of a field that the schema does not have.
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from decimal import Decimal, InvalidOperation
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
_Count = Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]


class FalseRowsError(ValueError):
    """The rows fit the schema, and cannot be true or are not those that were requested: a retry would not help."""


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
    next_token: str | None = None


# The same, for a server that sends more fields than the pinned schema has.
class _OpenRow(Row, frozen=True, forbid_unknown_fields=False):
    pass


class _OpenPage(_PinnedPage, frozen=True, forbid_unknown_fields=False):
    data: Sequence[_OpenRow]


_ROW_FIELDS = set(Row.__struct_fields__)
_PAGE_FIELDS = set(_PinnedPage.__struct_fields__)
_decode_pinned = msgspec.json.Decoder(_PinnedPage).decode

_MISSING_FIELD = re.compile(r"Object missing required field `(?P<field>\w+)`(?: - at `(?P<place>.*)`)?")
_JSON_STRING_OR_BRACKET = re.compile(r'"(?:[^"\\]|\\.)*"|[\[\]{}]', re.DOTALL)
# Both parsers call themselves for each level, and a page has three.
_MAX_DEPTH = 100
# An integer with more digits takes quadratic time to parse, or a few bytes such as 1e9999999 make a huge one.
_MAX_DIGITS = 400


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

    "Token to fetch the next page of records, if there are more": the token may be missing if there are not.

    Raises:
        ValueError: the body is not JSON, or breaks the schema; the message names the place, such as `data[3].requests`.
    """
    try:
        page = _decode_pinned(body)
        return Page(page.data, page.has_more, page.next_token, {})
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        pass
    try:
        document = msgspec.json.decode(body)
        return _decode_open(document, document)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        reason = str(error)
    try:
        # Only the counts are read as integers in any notation: an unknown field keeps the number that Python reads.
        return _decode_open(_parse_leniently(body, _number), _parse_leniently(body, float))
    except msgspec.ValidationError as error:
        reason = str(error)  # it names the place, also in what is no JSON for msgspec
    except (ValueError, RecursionError):
        pass
    raise ValueError(f"breaks the schema: {_sentence(reason)}")


def _decode_open(document: Any, extra: Any) -> Page:
    """Check a parsed page, and take from `extra` the fields that the schema does not have."""
    page = msgspec.convert(document, _OpenPage)
    items = list(to_items(page.data))
    for item, source in zip(items, extra["data"], strict=True):
        item.additional_properties = {name: source[name] for name in source.keys() - _ROW_FIELDS}
    additional = {name: extra[name] for name in extra.keys() - _PAGE_FIELDS}
    return Page(items, page.has_more, page.next_token, additional)


def _parse_leniently(body: bytes, parse_float: Callable[[str], float]) -> Any:
    """Parse what Python accepts as JSON; where that is nested too deeply, what is below `_MAX_DEPTH` becomes None."""
    text = body.decode("utf-8-sig")
    try:
        return json.loads(text, parse_int=_integer, parse_float=parse_float)
    except RecursionError:
        return json.loads(_without_deep_values(text), parse_int=_integer, parse_float=parse_float)


def _integer(text: str) -> float:
    return int(text) if len(text) <= _MAX_DIGITS else float(text)


def _number(text: str) -> float:
    """Return a number: exactly if it is an integer in another notation, such as `1.0` or `1e2`."""
    try:
        number = Decimal(text)
    except InvalidOperation:  # the exponent itself is out of bounds
        return float(text)
    is_integer = number.adjusted() < _MAX_DIGITS and number == number.to_integral_value()
    return int(number) if is_integer else float(text)


def _without_deep_values(text: str) -> str:
    kept, depth, begin = [], 0, 0
    for token in _JSON_STRING_OR_BRACKET.finditer(text):
        if token[0] in "[{":
            depth += 1
            if depth == _MAX_DEPTH:
                kept += [text[begin : token.start()], "null"]
        elif token[0] in "]}":
            if depth == _MAX_DEPTH:
                begin = token.end()
            depth -= 1
    return "".join([*kept, text[begin:]]) if depth == 0 else text


def _sentence(reason: str) -> str:
    reason = reason.replace("`$.", "`").replace(" - at `$`", "")
    missing = _MISSING_FIELD.fullmatch(reason)
    if missing is None:
        return reason
    place = f"{missing['place']}." if missing["place"] else ""
    return f"`{place}{missing['field']}` is missing"
