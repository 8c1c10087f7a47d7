"""How the rows that are read below the generated function reach the reader above it, and become items there.

The function makes the page of a body without items, and keeps what it does not know among the additional properties.
There the rows travel. A row becomes an item only when it is delivered: an item that nobody keeps is gone before the
next one is made, and the garbage collector finds nothing to do.
"""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, TypeAlias

from apitally_api_client.models import GetTrafficResponse, TrafficItem

if TYPE_CHECKING:
    from apitally_traffic.transport.page_body import Row

ROWS = "rows read by apitally_traffic"
"""The name of that property."""

PageRow: TypeAlias = "Row | TrafficItem"
"""Where a server sends more fields than the pinned schema has, the rows are items from the beginning."""


def unpack(page: GetTrafficResponse) -> list[PageRow]:
    """Take the rows out of a page."""
    rows: list[PageRow] = page.additional_properties.pop(ROWS)
    return rows


def items_of(rows: Iterable[PageRow]) -> Iterator[TrafficItem]:
    """Make the items of rows, each when it is asked for."""
    from msgspec.structs import astuple  # noqa: PLC0415 - whoever makes no client imports no decoder

    return (row if isinstance(row, TrafficItem) else TrafficItem(*astuple(row)) for row in rows)
