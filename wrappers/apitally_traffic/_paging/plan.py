"""Decide which slices of a window to read concurrently, and which of their rows to deliver."""

from collections import deque
from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import chain, repeat
from typing import Any, NamedTuple

from apitally_traffic._decoding import Page, Rows, joined
from apitally_traffic._paging.bounds import LAST
from apitally_traffic._paging.order import MissingRowError, check_adjacent, remembered
from apitally_traffic._paging.server_time import BehindError, ResponseTimes, is_unfinished
from apitally_traffic._paging.slices import SliceReader
from apitally_traffic._windows.window import TimeWindow
from apitally_traffic.errors import ResponseError

# The limit bounds the memory if a server's clock stands still in the past, or a window ends in a thousand years: a
# slice may have a hundred thousand values.
_MAX_HELD = 8


class _Held(NamedTuple):
    """The rows or pages of a slice whose delivery waits until further slices are read."""

    start: datetime
    content: Sequence[Any]


class ReadPlan:
    """The plan for reading one window, slice by slice.

    A slice is started only if it is certainly needed: if the slices that are being read cannot hold all remaining items
    even if each of them is full.

    Rows that a further slice may contradict are held back until that slice is read. Otherwise a read that fails there,
    and then continues after the delivered rows, would miss the contradiction.

    Attributes:
        expected: how many periods to read.
        done: how many periods have been read, whether or not the API had an item for each; with `max_items`, how many
            items have been delivered. At the end it equals `expected`.
        slices_at_a_time: how many slices to read concurrently.
    """

    def __init__(self, window: TimeWindow, page_size: int, max_items: int | None, concurrency: int) -> None:
        """Start at the beginning of the window.

        Args:
            window: the window to read.
            page_size: how many periods a slice has.
            max_items: the maximum number of items to deliver; None for all.
            concurrency: the maximum number of slices to read at a time.
        """
        periods = len(window)
        self.expected = periods if max_items is None else min(periods, max_items)
        self.done = 0
        self.slices_at_a_time = min(concurrency, -(-periods // page_size))
        self._unread = periods
        self._end = window.end
        self._slices = window.slices(page_size)
        self._started: deque[TimeWindow] = deque()
        self._rows_before: Rows | None = None
        self._open_before = LAST
        self._times = ResponseTimes()
        self._max_items = max_items
        self._taken = 0
        self._last: datetime | None = None
        self._held: deque[_Held] = deque()
        self._has_delivered = False

    def next_slices(self) -> Iterator[SliceReader]:
        """Yield the readers of the slices to start now."""
        while len(self._started) < self.slices_at_a_time and self._needs_more():
            part = next(self._slices, None)
            if part is None:
                return
            self._started.append(part)
            yield SliceReader(part, is_last=part.end >= self._end)

    def take_rows(self, reader: SliceReader) -> Rows:
        """Return the rows to deliver now that the oldest started slice has been read.

        Raises:
            ResponseError: the rows of the slice contradict those of the previous slice, or a server is behind.
        """
        self._check(reader)
        rows = reader.rows_after(self._last, at_most=self._still_wanted())
        if rows:
            self._last = rows[-1].period_start
        self._taken += len(rows)
        return joined(*self._finish_slice(reader, rows))

    def take_pages(self, reader: SliceReader) -> Iterator[Page]:
        """Return the unchanged pages to deliver now that the oldest started slice has been read.

        The page that completes `max_items` is the last one. Delivered pages are not kept in memory.

        Raises:
            ResponseError: the rows of the slice contradict those of the previous slice, or a server is behind.
        """
        self._check(reader)
        pages: list[Page] = []
        remaining = {row.period_start for row in reader.rows_after(None)}
        for page in reader.pages:
            if self._still_wanted() == 0:
                break
            pages.append(page)
            items = remaining.intersection(row.period_start for row in page.rows)
            remaining -= items
            self._taken += len(items)
        delivered = deque(chain.from_iterable(self._finish_slice(reader, pages)))
        return map(deque.popleft, repeat(delivered, len(delivered)))

    @property
    def resume_from(self) -> datetime | None:
        """The start of the first period that was not delivered, or None if nothing was delivered."""
        starts = [part.start for part in self._held] + [part.start for part in self._started]
        return starts[0] if starts and self._has_delivered else None

    def _check(self, reader: SliceReader) -> None:
        try:
            for time in reader.times:
                self._times.add(time, reader.window)
            if self._rows_before is not None:
                open_after = min(self._open_before, reader.open_after)
                check_adjacent(self._rows_before, reader.rows, reader.bounds.first, open_after)
        except ValueError as error:
            resume_from = self.resume_from
            if isinstance(error, MissingRowError | BehindError) and resume_from is not None:
                resume_from = min(resume_from, error.start.astimezone(resume_from.tzinfo))
            of_what = "responses" if isinstance(error, BehindError) else "the pages of two parts of the window"
            failure = ResponseError(f"The API contradicts itself in {of_what}: {error}.", resume_from=resume_from)
            failure.is_final = True
            raise failure from None
        self._rows_before, self._open_before = remembered(reader.last_rows()), reader.open_after

    def _finish_slice(self, reader: SliceReader, content: Sequence[Any]) -> list[Sequence[Any]]:
        """Count the oldest started slice as read, and return the contents of the slices to deliver now."""
        periods = len(self._started.popleft())
        self._unread -= periods
        if self._unread <= 0:
            self.done = self.expected
        else:
            self.done = min(self.done + periods if self._max_items is None else self._taken, self.expected)
        self._held.append(_Held(reader.window.start, content))
        ready = [self._held.popleft().content for _ in range(len(self._held) - self._still_held(reader))]
        self._has_delivered = self._has_delivered or any(ready)
        reader.release()
        return ready

    def _still_held(self, reader: SliceReader) -> int:
        """Return how many of the slices that were read to hold back for now."""
        is_last = self._unread <= 0 or not (self._started or self._needs_more())
        if is_last:
            return 0
        if any(is_unfinished(time, reader.bounds.end) for time in reader.times):
            return min(len(self._held), _MAX_HELD)  # a response for a further slice may have a later Date
        return 1 if reader.has_rows_of_next else 0

    def _still_wanted(self) -> int | None:
        return None if self._max_items is None else max(self._max_items - self._taken, 0)

    def _needs_more(self) -> bool:
        wanted = self._still_wanted()
        return wanted is None or sum(len(part) for part in self._started) < wanted
