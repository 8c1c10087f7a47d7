"""Read one slice of a window, page by page, and return its rows in order, each once.

The API promises neither an order of items nor full pages. A slice has at most one page of periods, so it is small
enough to be collected and sorted.
"""

from bisect import bisect_left, bisect_right
from datetime import UTC, datetime, timedelta
from operator import attrgetter, ge

from apitally_api_client.models import TrafficItem
from apitally_traffic._decoding import Page, Row
from apitally_traffic._paging.cursor import Cursor
from apitally_traffic._windows.window import TimeWindow
from apitally_traffic.errors import PaginationError

_HOUR = timedelta(hours=1)
# A server whose periods start at other minutes than ours has one more on either side.
_TOLERATED_PERIODS = 2

_start = attrgetter("period_start")


class SliceReader:
    """Collects the rows of one slice.

    Attributes:
        window: the slice.
        cursor: which page to request next, and whether there is one.
        pages: the pages that were read, as they came.
    """

    def __init__(self, window: TimeWindow) -> None:
        """Start before the first page of the slice."""
        self.window = window
        self.cursor = Cursor()
        self.pages: list[Page] = []
        self._rows: list[Row | TrafficItem] = []

    def add(self, page: Page) -> None:
        """Add the page that the cursor requested, and move the cursor past it.

        Raises:
            PaginationError: the cursor leads nowhere, or the slice holds more items than the window has periods.
        """
        known = len(self._rows)
        self.pages.append(page)
        self._rows = _in_order([*self._rows, *page.rows])
        inside = bisect_left(self._rows, self.window.end, key=_start) - bisect_left(
            self._rows, self.window.start, key=_start
        )
        limit = _max_rows(self.window)
        if inside > limit or len(self._rows) > limit + _TOLERATED_PERIODS:
            raise PaginationError(
                f"The API returned {len(self._rows)} different periods for a window that has {len(self.window)}."
            )
        self.cursor.advance(
            has_more=page.has_more, next_token=page.next_token or None, new_items=len(self._rows) > known
        )

    def rows_after(self, last: datetime | None) -> list[Row | TrafficItem]:
        """Return the collected rows that lie in the slice, oldest first, without those up to `last`.

        Args:
            last: the start of the last period that earlier slices delivered.
        """
        first = 0 if last is None else bisect_right(self._rows, last, key=_start)
        end = bisect_left(self._rows, self.window.end, lo=first, key=_start)
        while first < end and _is_before(self._rows[first], self.window):
            first += 1
        return self._rows[first:end]


def _max_rows(window: TimeWindow) -> int:
    """Return how many periods a window can have, at whatever minute a server starts its hours."""
    hours = 0 if window.interval == "day" else -(-(window.end.astimezone(UTC) - window.start.astimezone(UTC)) // _HOUR)
    return max(len(window), hours)


def _is_before(row: Row | TrafficItem, window: TimeWindow) -> bool:
    return row.period_start < window.start and row.period_end <= window.start


def _in_order(rows: list[Row | TrafficItem]) -> list[Row | TrafficItem]:
    starts = list(map(_start, rows))
    if any(map(ge, starts, starts[1:])):
        # Of rows with the same start, the one that came first stays.
        unique = dict(zip(reversed(starts), reversed(rows), strict=True))
        return sorted(unique.values(), key=_start)
    return rows
