"""Refuse rows that are not what a slice was requested for."""

from datetime import UTC, datetime, timedelta

from apitally_api_client.models import TrafficItem
from apitally_traffic._decoding import Row
from apitally_traffic._paging.alignment import misaligned
from apitally_traffic._paging.order import Ordered, Rows, period_start
from apitally_traffic._windows.periods import LENGTHS, floor, following
from apitally_traffic._windows.window import TimeWindow

_FIRST, _LAST = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)


class Bounds:
    """Where the rows of a slice may lie: in its window, and one period around it for servers that round differently."""

    def __init__(self, window: TimeWindow, open_after: datetime, *, is_last: bool) -> None:
        """Compute the bounds of a slice.

        Args:
            window: the slice.
            open_after: a period that ends later is still open, and a server may cut it at the present time.
            is_last: whether nothing of the requested window follows: a server may cut the last period at its end.
        """
        self._window = window
        self._length = LENGTHS[window.interval]
        self._lower, self._upper = _one_period_around(window, self._length)
        self._open_after = open_after
        self._may_be_cut_from = _start_of_last_period(window) if is_last else _LAST

    def check(self, page: Rows, ordered: Ordered) -> None:
        """Check that each row lies in the bounds, and is about as long as the interval that was requested.

        Args:
            page: the rows of a page, in the order of the response.
            ordered: the same rows and those of earlier pages.

        Raises:
            ValueError: a row does not; the message names its place, the row and the window.
        """
        if not page:
            return
        first, last = ordered.starts[0], ordered.rows[-1].period_end
        # Rows without gaps that cover as much as their number says are right, if the last one is not cut. Others are
        # looked at one by one.
        most, least = len(ordered.rows) * self._length, (len(ordered.rows) - 2) * self._length / 2
        is_whole = last - ordered.starts[-1] >= self._length / 2
        is_covered = is_whole and ordered.is_contiguous and least <= last - first <= most
        if is_covered and first >= self._lower and last <= self._upper:
            return
        for index, row in enumerate(page):
            self._check_row(index, row)

    def check_timezone(self, page: Rows, ordered: Ordered) -> None:
        """Check that each row starts where a period of the timezone does; arguments and error are those of `check`."""
        is_first_page = len(page) == len(ordered.starts)
        stranger = misaligned(ordered.starts if is_first_page else sorted(map(period_start, page)), self._window)
        if stranger is not None:
            place = next(index for index, row in enumerate(page) if row.period_start == stranger)
            raise ValueError(
                f"`data[{place}].period_start`, {page[place].period_start.isoformat()}, is not the start of one "
                f"{self._window.interval} in the requested timezone, {self._window.timezone.key}"
            )

    def _check_row(self, index: int, row: Row | TrafficItem) -> None:
        interval, window = self._window.interval, self._window
        shown = f"`data[{index}]`, {row.period_start.isoformat()} to {row.period_end.isoformat()}, "
        if row.period_start < self._lower or row.period_end > self._upper:
            raise ValueError(
                f"{shown}lies more than one {interval} outside of the requested window, "
                f"{window.start.isoformat()} to {window.end.isoformat()}"
            )
        length = row.period_end - row.period_start
        if length > 2 * self._length:
            raise ValueError(f"{shown}is longer than the requested interval, one {interval}")
        may_be_short = row.period_start >= self._may_be_cut_from or row.period_end > self._open_after
        if length < self._length / 2 and not may_be_short:
            raise ValueError(f"{shown}is shorter than the requested interval, one {interval}")


def _start_of_last_period(window: TimeWindow) -> datetime:
    last = window.end.astimezone(UTC) - timedelta.resolution
    try:
        return floor(last, window.interval, window.timezone)
    except OverflowError:
        return last - LENGTHS[window.interval]


def _one_period_around(window: TimeWindow, length: timedelta) -> tuple[datetime, datetime]:
    """Return the start of the period before the window, and the end of the one after it."""
    interval, zone = window.interval, window.timezone
    start, last = window.start.astimezone(UTC), window.end.astimezone(UTC) - timedelta.resolution
    try:
        lower = min(floor(start - timedelta.resolution, interval, zone), start - length)
    except OverflowError:
        lower = _FIRST
    try:
        end = following(floor(last, interval, zone), interval, zone)
        upper = max(following(end, interval, zone), end + length)
    except OverflowError:
        upper = _LAST
    return lower, upper
