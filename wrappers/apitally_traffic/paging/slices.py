"""Read one slice of a window, page by page, and hand over its items in order, each once.

The API does not promise an order of items, nor that pages are full. A slice is at most one page of periods, so it is
small enough to be collected and sorted.
"""

from collections.abc import Iterator
from datetime import datetime

from apitally_api_client.models import GetTrafficResponse, TrafficItem
from apitally_traffic.errors import PaginationError
from apitally_traffic.paging.cursor import Cursor
from apitally_traffic.windows.window import TimeWindow

# A server whose periods begin elsewhere than ours has one more on either side.
_SPARE_PERIODS = 2


class SliceReader:
    """Collects the items of one slice.

    Attributes:
        window: the slice that is read.
        cursor: which page to ask for next, and whether there is one.
        pages: what was read, as it came.
    """

    def __init__(self, window: TimeWindow) -> None:
        """Start before the first page of the slice."""
        self.window = window
        self.cursor = Cursor()
        self.pages: list[GetTrafficResponse] = []
        self._most_items = len(window) + _SPARE_PERIODS
        self._items: dict[datetime, TrafficItem] = {}

    def feed(self, page: GetTrafficResponse) -> None:
        """Take in the page that the cursor asked for, and move the cursor behind it.

        Raises:
            PaginationError: the cursor leads nowhere, or the slice holds more items than the window has periods.
        """
        self.pages.append(page)
        known = len(self._items)
        for item in page.data:
            self._items.setdefault(item.period_start, item)
        if len(self._items) > self._most_items:
            raise PaginationError(
                f"The API returned {len(self._items)} different periods for a window that has {len(self.window)}."
            )
        self.cursor.advance(has_more=page.has_more, next_token=page.next_token or None, news=len(self._items) > known)

    def items_after(self, last: datetime | None) -> Iterator[TrafficItem]:
        """Yield the collected items that lie in the slice, oldest first, leaving out those up to `last`.

        Args:
            last: the beginning of the last period that the slices before this one delivered.
        """
        for start in sorted(self._items):
            item = self._items[start]
            if (last is None or start > last) and start < self.window.end and item.period_end > self.window.start:
                yield item
