"""Read one slice of a window, page by page, and hand over its rows in order, each once.

The API does not promise an order of items, nor that pages are full. A slice is at most one page of periods, so it is
small enough to be collected and sorted.
"""

from bisect import bisect_left, bisect_right
from datetime import UTC, datetime, timedelta
from operator import attrgetter, ge
from typing import Generic, Protocol, TypeVar

from apitally_api_client.models import GetTrafficResponse
from apitally_traffic.errors import PaginationError
from apitally_traffic.paging.cursor import Cursor
from apitally_traffic.windows.window import TimeWindow

_HOUR = timedelta(hours=1)
# A server whose periods begin elsewhere than ours has one more on either side.
_SPARE_PERIODS = 2

_start = attrgetter("period_start")


class Timed(Protocol):
    """What a row of a page has to have: the period that it is about."""

    @property
    def period_start(self) -> datetime:
        """Where the period begins."""
        ...

    @property
    def period_end(self) -> datetime:
        """Where the period ends."""
        ...


Row = TypeVar("Row", bound=Timed)


class SliceReader(Generic[Row]):
    """Collects the rows of one slice.

    Attributes:
        window: the slice that is read.
        cursor: which page to ask for next, and whether there is one.
        pages: what was read, as it came: each page, and its rows.
    """

    def __init__(self, window: TimeWindow) -> None:
        """Start before the first page of the slice."""
        self.window = window
        self.cursor = Cursor()
        self.pages: list[tuple[GetTrafficResponse, list[Row]]] = []
        self._rows: list[Row] = []

    def feed(self, page: GetTrafficResponse, rows: list[Row]) -> None:
        """Take in the page that the cursor asked for, and move the cursor behind it.

        Raises:
            PaginationError: the cursor leads nowhere, or the slice holds more items than the window has periods.
        """
        known = len(self._rows)
        self.pages.append((page, rows))
        self._rows = _in_order([*self._rows, *rows])
        inside = bisect_left(self._rows, self.window.end, key=_start) - bisect_left(
            self._rows, self.window.start, key=_start
        )
        most = _most_rows(self.window)
        if inside > most or len(self._rows) > most + _SPARE_PERIODS:
            raise PaginationError(
                f"The API returned {len(self._rows)} different periods for a window that has {len(self.window)}."
            )
        self.cursor.advance(has_more=page.has_more, next_token=page.next_token or None, news=len(self._rows) > known)

    def rows_after(self, last: datetime | None) -> list[Row]:
        """Return the collected rows that lie in the slice, oldest first, leaving out those up to `last`.

        Args:
            last: the beginning of the last period that the slices before this one delivered.
        """
        first = 0 if last is None else bisect_right(self._rows, last, key=_start)
        end = bisect_left(self._rows, self.window.end, lo=first, key=_start)
        while first < end and _is_before(self._rows[first], self.window):
            first += 1
        return self._rows[first:end]


def _most_rows(window: TimeWindow) -> int:
    """Return how many periods of a window there can be, on whatever clock a server counts its hours."""
    hours = 0 if window.interval == "day" else -(-(window.end.astimezone(UTC) - window.start.astimezone(UTC)) // _HOUR)
    return max(len(window), hours)


def _is_before(row: Timed, window: TimeWindow) -> bool:
    return row.period_start < window.start and row.period_end <= window.start


def _in_order(rows: list[Row]) -> list[Row]:
    starts = list(map(_start, rows))
    if any(map(ge, starts, starts[1:])):
        # Of rows with the same beginning, the first that came stays.
        unique = dict(zip(reversed(starts), reversed(rows), strict=True))
        return sorted(unique.values(), key=_start)
    return rows
