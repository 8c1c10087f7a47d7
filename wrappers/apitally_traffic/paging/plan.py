"""Decide which slices of a window to read side by side, and what of them to deliver. Reads nothing itself."""

from collections import deque
from collections.abc import Iterator
from datetime import datetime

from apitally_api_client.models import GetTrafficResponse
from apitally_traffic.paging.slices import Row, SliceReader
from apitally_traffic.windows.window import TimeWindow


class Plan:
    """The reading of one window, slice by slice.

    A slice is begun only when it is certainly needed: as long as the slices that are being read, even if each is full,
    do not hold all that is still to be delivered.

    Attributes:
        expected: how many periods are to be read.
        covered: how many of them have been, whether or not the API had an item for each; where only so many items are
            wanted, how many of these were delivered. In the end, all that was expected.
    """

    def __init__(self, window: TimeWindow, page_size: int, max_items: int | None, concurrency: int) -> None:
        """Begin at the start of the window.

        Args:
            window: what to read.
            page_size: how many periods make a slice.
            max_items: how many items to deliver at the most; None for all.
            concurrency: how many slices to read at a time.
        """
        periods = len(window)
        self.expected = periods if max_items is None else min(periods, max_items)
        self.covered = 0
        self._unread = periods
        self._slices = window.slices(page_size)
        self._begun: deque[TimeWindow] = deque()
        self._concurrency = concurrency
        self._wanted = max_items
        self._delivered = 0
        self._last: datetime | None = None

    def next_slices(self) -> Iterator[TimeWindow]:
        """Yield the slices that are to be begun now."""
        while len(self._begun) < self._concurrency and self._is_needed():
            part = next(self._slices, None)
            if part is None:
                return
            self._begun.append(part)
            yield part

    def rows(self, reader: SliceReader[Row]) -> list[Row]:
        """Return what is to be delivered of the oldest slice that was begun, once it has been read."""
        rows = reader.rows_after(self._last)[: self._still_wanted()]
        if rows:
            self._last = rows[-1].period_start
        self._delivered += len(rows)
        self._cover(self._begun.popleft())
        return rows

    def pages(self, reader: SliceReader[Row]) -> list[tuple[GetTrafficResponse, list[Row]]]:
        """Return the pages of the oldest slice that was begun, as they came, until enough rows are among them."""
        pages = []
        for page, rows in reader.pages:
            if self._still_wanted() == 0:
                break
            pages.append((page, rows))
            self._delivered += len(rows)
        self._cover(self._begun.popleft())
        return pages

    @property
    def resume_from(self) -> datetime | None:
        """The first period that was not delivered, if any was: the beginning of the oldest slice that was begun."""
        return self._begun[0].start if self._begun and self._delivered else None

    def _cover(self, part: TimeWindow) -> None:
        self._unread -= len(part)
        if self._unread <= 0:
            self.covered = self.expected
        else:
            self.covered = min(self.covered + len(part) if self._wanted is None else self._delivered, self.expected)

    def _still_wanted(self) -> int | None:
        return None if self._wanted is None else max(self._wanted - self._delivered, 0)

    def _is_needed(self) -> bool:
        wanted = self._still_wanted()
        return wanted is None or sum(len(part) for part in self._begun) < wanted
