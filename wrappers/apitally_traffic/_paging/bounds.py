"""Reject rows outside of the slice that was requested, and rows of another length or timezone."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from apitally_api_client.models import TrafficItem
from apitally_traffic._decoding import Row, Rows
from apitally_traffic._paging.alignment import INCLUSIVE, belongs_from, is_possible_length, misaligned, offset_changes
from apitally_traffic._paging.order import Ordered
from apitally_traffic._windows.periods import LENGTHS, floor, following
from apitally_traffic._windows.window import TimeWindow

CLOCK_DIFFERENCE = timedelta(minutes=5)
"""How much clocks may differ, and how late the last requests of a period may be counted."""

# A server may round the end of a window to a minute.
_ROUNDING = timedelta(minutes=1)
# Before, an offset with other minutes than its neighbours could end within a slice. The last was Accra's, in 1942.
_LONG_OFFSETS = datetime(1943, 1, 1, tzinfo=UTC)
_FIRST, LAST = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)


class Bounds:
    """The bounds of a slice: where its rows may lie, and how long they may be.

    Rows lie in the window of the slice, or up to one period around it, because servers may round differently.

    Attributes:
        end: the end of the last period of the slice, which may be later than the end of its window.
        first: rows that start earlier belong to the previous slice.
        limit: rows that start then or later belong to the next slice.
    """

    def __init__(self, window: TimeWindow, *, is_last: bool) -> None:
        """Compute the bounds of a slice.

        Args:
            window: the slice.
            is_last: whether the requested window ends with this slice: a server may cut its last period there.
        """
        self._window = window
        self._is_last = is_last
        self._length = LENGTHS[window.interval]
        self.end = end_of_last_period(window)
        self.first, self.limit = belongs_from(window.start, window), min(window.end, belongs_from(self.end, window))

    @property
    def may_have_another(self) -> bool:
        """Whether the server's next day may start inside the slice, because of a clock change."""
        return self._window.interval == "day" and offset_changes(self.end, self._window)

    def is_filled_by(self, ordered: Ordered) -> bool:
        """Return whether the rows are exactly the hours of the slice, so that further checks are unnecessary.

        Checking the first start, the last end and that all hours in between are contiguous and have 60 minutes is
        enough: since 1943, every timezone has kept the minutes of its offset for at least 42 days, longer than a slice.
        """
        return (
            self._window.interval == "hour"
            and ordered.is_contiguous
            and ordered.length == self._length
            and _LONG_OFFSETS <= ordered.starts[0] == self._window.start.astimezone(UTC)
            and ordered.rows[-1].period_end == self.end
        )

    def check(self, page: Rows, ordered: Ordered, present: datetime) -> None:
        """Check that each row lies in the bounds, and is as long as the requested interval.

        Args:
            page: the rows of a page, in the order of the response.
            ordered: these rows and those of earlier pages.
            present: when the page was read; a server may cut the period that is open then.

        Raises:
            ValueError: a row lies outside or has another length; the message names its place, the row and the window.
        """
        if not page:
            return
        lower, upper = _one_period_around(self._window, self.end, self._length)
        if ordered.starts[0] < lower or ordered.rows[-1].period_end > upper:
            self._refuse_first_outside(page, lower, upper)
        if ordered.length == self._length:
            return
        for index, row in enumerate(page):
            if row.period_end - row.period_start != self._length:
                self._check_length(index, row, present)

    def check_timezone(self, page: Rows, ordered: Ordered) -> None:
        """Check that each row starts at the start of a period of the timezone; arguments and error as for `check`."""
        if not page:
            return
        stranger = misaligned(ordered.starts, self._window)  # on this page: those of earlier pages have passed
        if stranger is not None:
            place = next(index for index, row in enumerate(page) if row.period_start == stranger)
            raise ValueError(
                f"`data[{place}].period_start`, {page[place].period_start.isoformat()}, is not the start of one "
                f"{self._window.interval} in the requested timezone, {self._window.timezone.key}"
            )

    def check_pages(self, pages: Iterable[Rows], ordered: Ordered) -> None:
        """Check that each page of a complete slice has a row in it: otherwise the page belongs to another request.

        A row directly next to the slice's rows is enough: a server may return an additional period on a separate page.

        Args:
            pages: the rows of each page.
            ordered: the rows of all pages.

        Raises:
            ValueError: a page does not belong to the slice; the message names one of its rows and the window.
        """
        rows = ordered.rows
        begin = bisect_right(rows, self.first, key=lambda row: row.period_end)
        end = bisect_left(ordered.starts, self.limit)
        if end - begin == len(rows):
            return
        inside = rows[begin:end]
        for page in pages:
            if page and not any(self._is_inside(row) or _is_next_to(row, inside) for row in page):
                raise ValueError(
                    f"`data` has no row of the requested window, {self._window.start.isoformat()} to "
                    f"{self._window.end.isoformat()}, but one from {page[0].period_start.isoformat()} to "
                    f"{page[0].period_end.isoformat()}"
                )

    def _is_inside(self, row: Row | TrafficItem) -> bool:
        return row.period_start < self.limit and row.period_end > self.first

    def _refuse_first_outside(self, page: Rows, lower: datetime, upper: datetime) -> None:
        for index, row in enumerate(page):
            if row.period_start < lower or row.period_end > upper:
                raise ValueError(
                    f"`data[{index}]`, {row.period_start.isoformat()} to {row.period_end.isoformat()}, lies more than "
                    f"one {self._window.interval} outside of the requested window, {self._window.start.isoformat()} to "
                    f"{self._window.end.isoformat()}"
                )

    def _check_length(self, index: int, row: Row | TrafficItem, present: datetime) -> None:
        start, end = row.period_start, row.period_end
        missing = self._length - (end - start)
        if timedelta(0) <= missing <= INCLUSIVE or is_possible_length(start, end, self._window):
            return
        if missing > timedelta(0):
            is_cut_at_end = self._may_be_cut(start) and abs(end - self._window.end) <= _ROUNDING
            own_end = _end_of_period(start, self._window)
            is_open = end <= present + CLOCK_DIFFERENCE and present - CLOCK_DIFFERENCE < own_end
            if is_cut_at_end or is_open:
                return
        side, kind = ("early", "shorter") if missing > timedelta(0) else ("late", "longer")
        raise ValueError(
            f"`data[{index}].period_end`, {row.period_end.isoformat()}, is too {side}: the row from "
            f"{row.period_start.isoformat()} is {kind} than the requested interval, one {self._window.interval}"
        )

    def _may_be_cut(self, start: datetime) -> bool:
        """Return whether a server may cut the period that starts then at the end of the requested window."""
        last = self._window.end.astimezone(UTC) - timedelta.resolution
        return self._is_last and start >= floor(last, self._window.interval, self._window.timezone)


def _is_next_to(row: Row | TrafficItem, rows: Rows) -> bool:
    """Return whether a row directly precedes or follows the others, which are in order."""
    return (
        bool(rows)
        and min(abs(row.period_start - rows[-1].period_end), abs(rows[0].period_start - row.period_end)) <= _ROUNDING
    )


def _end_of_period(start: datetime, window: TimeWindow) -> datetime:
    try:
        return following(start, window.interval, window.timezone)
    except OverflowError:
        return LAST


def end_of_last_period(window: TimeWindow) -> datetime:
    """Return the end of the last period of a window, which may be later than the end of the window."""
    last = window.end.astimezone(UTC) - timedelta.resolution
    return _end_of_period(floor(last, window.interval, window.timezone), window)


def _one_period_around(window: TimeWindow, end: datetime, length: timedelta) -> tuple[datetime, datetime]:
    """Return the start of the period before the window, and the end of the period after it."""
    start = window.start.astimezone(UTC)
    try:
        lower = min(floor(start - timedelta.resolution, window.interval, window.timezone), start - length)
    except OverflowError:
        lower = _FIRST
    try:
        upper = max(following(end, window.interval, window.timezone), end + length)
    except OverflowError:
        upper = LAST
    return lower, upper
