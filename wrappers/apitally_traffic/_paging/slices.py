"""Collect the pages of one slice of a window, and return its rows in order, each once.

The periods of a slice fit one page, so a slice is small enough to be collected and sorted.
"""

from bisect import bisect_left, bisect_right
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from apitally_traffic._decoding import FalseRowsError, Page, Rows, decode_page
from apitally_traffic._paging.bounds import CLOCK_DIFFERENCE, LAST, Bounds
from apitally_traffic._paging.cursor import Cursor
from apitally_traffic._paging.order import Ordered, in_order, period_start
from apitally_traffic._paging.server_time import ResponseTime
from apitally_traffic._windows.window import TimeWindow
from apitally_traffic.errors import PaginationError

_HOUR = timedelta(hours=1)
# If a server's periods start at other minutes than ours, it has one more on either side.
_TOLERATED_PERIODS = 2
# A row lies at most one period outside of its slice, and a local day has up to 25 hours.
_SHARED_PERIODS = {"hour": timedelta(hours=3), "day": timedelta(hours=75)}
# Pages may be empty, so a slice may have this many more pages than periods. A short window still fits the rate limit.
_EXTRA_PAGES = 50


class SlicePage(NamedTuple):
    """A page of a slice.

    Attributes:
        page: the decoded page.
        rows: the rows of this page and all earlier ones, in order, each once.
        cursor: the position after the page.
        open_after: see `SliceReader`.
        time: when the response was made, or None if it has no `Date`.
    """

    page: Page
    rows: Rows
    cursor: Cursor
    open_after: datetime
    time: ResponseTime | None


class SliceReader:
    """Collects the rows of one slice.

    Attributes:
        window: the slice.
        cursor: which page to request next, and whether there is one.
        pages: the pages that were read.
        rows: the rows of these pages, oldest first, each once.
        open_after: periods that end later than this were open when the first page was read. If two rows have such a
            period, the one that was read later is kept, because the counts grow.
        times: when the responses with a `Date` were made.
        bounds: where the rows may lie, and which of them belong to the slice.
    """

    def __init__(self, window: TimeWindow, *, is_last: bool = True) -> None:
        """Start before the first page of the slice.

        Args:
            window: the slice.
            is_last: whether the requested window ends with this slice.
        """
        self.window = window
        self.cursor = Cursor(max_pages=len(window) + _EXTRA_PAGES)
        self.pages: list[Page] = []
        self.rows: Rows = []
        self.open_after = LAST
        self.times: list[ResponseTime] = []
        self.bounds = Bounds(window, is_last=is_last)

    def decode(self, body: bytes, present: datetime, time: ResponseTime | None = None) -> SlicePage:
        """Decode and check the page that the cursor requested, without adding it.

        Args:
            body: the body of the response.
            present: the current time, by the server's clock or, if the response has no `Date`, by this machine's.
            time: when the response was made; None if it has no `Date`.

        Raises:
            ValueError: the body breaks the schema.
            FalseRowsError: the page contradicts itself or an earlier page, or is not part of the slice.
            PaginationError: the cursor makes no progress, or the slice holds more items than it has periods.
        """
        page = decode_page(body, sum(page.share for page in self.pages))
        open_after = self.open_after if self.pages else present - CLOCK_DIFFERENCE
        try:
            ordered = in_order(self.rows, page.rows, open_after)
        except ValueError as error:
            raise FalseRowsError(f"contradicts itself: {error}") from None
        is_filled = self.bounds.is_filled_by(ordered)
        if not is_filled:
            self._check(page.rows, ordered, present)
        cursor = self.cursor.copy()
        cursor.advance(
            has_more=page.has_more,
            next_token=page.next_token,
            items=len(page.rows),
            new_items=len(ordered.rows) - len(self.rows),
        )
        if cursor.finished and not is_filled:
            self._check_pages(page, ordered)
        return SlicePage(page, ordered.rows, cursor, open_after, time)

    def add(self, read: SlicePage) -> None:
        """Add the page that the cursor requested, and move the cursor past it."""
        self.pages.append(read.page)
        self.rows, self.cursor, self.open_after = read.rows, read.cursor, read.open_after
        self.times += [read.time] if read.time is not None else []

    @property
    def has_rows_of_next(self) -> bool:
        """Whether some rows lie in the next slice, which must also contain them."""
        return bool(self.rows) and self.rows[-1].period_start >= self.bounds.limit

    def last_rows(self) -> Rows:
        """Return the rows at the end of the slice that the next slice may also contain."""
        end, shared = self.window.end.astimezone(UTC), _SHARED_PERIODS[self.window.interval]
        return self.rows[bisect_right(self.rows, -shared, key=lambda row: row.period_end - end) :]

    def release(self) -> None:
        """Forget the pages and rows, to free their memory."""
        self.pages, self.rows = [], []

    def _check(self, page: Rows, ordered: Ordered, present: datetime) -> None:
        try:
            self.bounds.check(page, ordered, present)
            self._check_number(ordered.starts)
            self.bounds.check_timezone(page, ordered)
        except ValueError as error:
            raise FalseRowsError(f"was not requested: {error}") from None

    def _check_pages(self, last: Page, ordered: Ordered) -> None:
        try:
            self.bounds.check_pages([page.rows for page in [*self.pages, last]], ordered)
        except ValueError as error:
            raise FalseRowsError(f"was not requested: {error}") from None

    def _check_number(self, starts: list[datetime]) -> None:
        inside = bisect_left(starts, self.bounds.limit) - bisect_left(starts, self.bounds.first)
        limit = _max_rows(self.window) + self.bounds.may_have_another
        if inside > limit or len(starts) > limit + _TOLERATED_PERIODS:
            raise PaginationError(
                f"The API returned {len(starts)} different periods for a window that has {len(self.window)} in "
                f"{self.window.timezone.key}."
            )

    def rows_after(self, last: datetime | None, *, at_most: int | None = None) -> Rows:
        """Return the rows that belong to the slice and start after `last`.

        Args:
            last: the start of the last period that earlier slices delivered, or None.
            at_most: the maximum number of rows to return; None for all.
        """
        begin = bisect_left(self.rows, self.bounds.first, key=period_start)
        if last is not None:
            begin = max(begin, bisect_right(self.rows, last, key=period_start))
        end = bisect_left(self.rows, self.bounds.limit, key=period_start)
        end = end if at_most is None else min(end, begin + at_most)
        return self.rows if (begin, end) == (0, len(self.rows)) else self.rows[begin:end]


def _max_rows(window: TimeWindow) -> int:
    """Return how many periods a window can have, regardless of the minute at which a server's hours start."""
    hours = 0 if window.interval == "day" else -(-(window.end.astimezone(UTC) - window.start.astimezone(UTC)) // _HOUR)
    return max(len(window), hours)
