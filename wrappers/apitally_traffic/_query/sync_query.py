"""The sync query: a window of one app's traffic, read when it is iterated. async_query.py has its async counterpart."""

from collections.abc import Callable, Generator, Iterable, Iterator
from typing import TYPE_CHECKING

from apitally_api_client.models import GetTrafficResponse, TrafficItem
from apitally_traffic._decoding import Rows, to_items, to_responses, to_rows
from apitally_traffic._iterators import QueryIterator
from apitally_traffic._paging.plan import ReadPlan
from apitally_traffic._paging.slices import SliceReader
from apitally_traffic._query.base import BaseQuery, Delivered, Progress, Taken
from apitally_traffic._query.concurrency import ThreadWorkers
from apitally_traffic._query.frames import TrafficTotals, arrow_builder, pandas_builder, polars_builder, total
from apitally_traffic._transport.exchange import DECODED, unbound
from apitally_traffic.errors import ApitallyError

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl
    import pyarrow as pa


class TrafficQuery(BaseQuery):
    """The traffic of one app in one window. Iterating twice sends the requests twice, for the same window.

    `TrafficClient.get_traffic` makes queries.

    Example:
        >>> query = client.get_traffic(1, start="2026-01-01", end="2026-02-01", interval="day")
        >>> len(query.window), len(query.to_list()), len(list(query.pages()))
        (31, 31, 1)
    """

    def __iter__(self) -> Iterator[TrafficItem]:
        """Yield the items, oldest first, each period exactly once, however the API orders and splits its pages.

        Raises:
            ApitallyError: the API refused, failed, or could not be reached. If items were already delivered,
                `resume_from` says where to continue.
            RuntimeError: two threads use the iterator at the same time, or it is used again after an error.
        """
        return QueryIterator(self._deliver(ReadPlan.take_rows, to_items))

    def pages(self) -> Iterator[GetTrafficResponse]:
        """Yield the API's pages unchanged, oldest slice of the window first.

        With `max_items`, the page with the last of these items is the last one; pages are not cut.

        Raises:
            ApitallyError: as for the items.
            RuntimeError: as for the items.
        """
        return QueryIterator(self._deliver(ReadPlan.take_pages, to_responses))

    def to_list(self, *, progress: Progress | None = None) -> list[TrafficItem]:
        """Return all items.

        Args:
            progress: called after each slice with the number of periods done and the number expected.

        Raises:
            ApitallyError: as for the items; `resume_from` is None, because nothing was delivered.
            TypeError: `progress` cannot be called.
        """
        return self._collect(to_items, progress)

    def to_arrow(self, *, progress: Progress | None = None) -> "pa.Table":
        """Return all items as a pyarrow table; needs the extra `arrow`.

        Period columns are timezone-aware, in the window's timezone; counts are int64.

        Args:
            progress: called after each slice with the number of periods done and the number expected.

        Raises:
            ApitallyError: as for the items.
            ImportError: pyarrow is not installed.
            TypeError: `progress` cannot be called.
            ValueError: pyarrow does not know the window's timezone.
        """
        build = arrow_builder(self.window.timezone)
        return build(self._collect(to_rows, progress))

    def to_pandas(self, *, progress: Progress | None = None) -> "pd.DataFrame":
        """Return all items as a pandas frame; needs the extra `pandas`. Columns are those of `to_arrow`.

        Args:
            progress: called after each slice with the number of periods done and the number expected.

        Raises:
            ApitallyError: as for the items.
            ImportError: pandas is not installed.
            TypeError: `progress` cannot be called.
            ValueError: pandas does not know the window's timezone.
        """
        build = pandas_builder(self.window.timezone)
        return build(self._collect(to_rows, progress))

    def to_polars(self, *, progress: Progress | None = None) -> "pl.DataFrame":
        """Return all items as a polars frame; needs the extra `polars`. Columns are those of `to_arrow`.

        Args:
            progress: called after each slice with the number of periods done and the number expected.

        Raises:
            ApitallyError: as for the items.
            ImportError: polars is not installed.
            TypeError: `progress` cannot be called.
            ValueError: polars does not know the window's timezone.
        """
        build = polars_builder(self.window.timezone)
        return build(self._collect(to_rows, progress))

    def totals(self, *, progress: Progress | None = None) -> TrafficTotals:
        """Return the sums over all items.

        Args:
            progress: called after each slice with the number of periods done and the number expected.

        Raises:
            ApitallyError: as for the items.
            TypeError: `progress` cannot be called.
        """
        return total(self._collect(to_rows, progress))

    def _deliver(
        self, take: Callable[[ReadPlan, SliceReader], Taken], convert: Callable[[Taken], Iterable[Delivered]]
    ) -> Generator[Iterable[Delivered]]:
        for _, taken in self._slices(take):
            yield convert(taken)
            del taken  # otherwise, it stays in memory while the next slice is read

    def _collect(self, convert: Callable[[Rows], Iterable[Delivered]], progress: Progress | None) -> list[Delivered]:
        self._check_progress(progress)
        collected: list[Delivered] = []
        try:
            for plan, rows in self._slices(ReadPlan.take_rows):
                collected += convert(rows)
                del rows  # see `_deliver`
                if progress is not None:
                    progress(plan.done, plan.expected)
        except ApitallyError as error:
            error.resume_from = None
            raise
        return collected

    def _slices(self, take: Callable[[ReadPlan, SliceReader], Taken]) -> Iterator[tuple[ReadPlan, Taken]]:
        """Yield what to deliver of each slice. Further slices are started first, because the caller may be slow."""
        plan = self._plan()
        with ThreadWorkers(self._read, plan.slices_at_a_time) as workers:
            workers.submit(*plan.next_slices())
            while workers:
                try:
                    reader = workers.next_result()
                except ApitallyError as error:
                    error.resume_from = plan.resume_from
                    raise
                taken = take(plan, reader)
                workers.submit(*plan.next_slices())
                yield plan, taken
                del taken  # see `_deliver`

    def _read(self, reader: SliceReader) -> SliceReader:
        http = self._api.get_httpx_client()
        while not reader.cursor.finished:
            request = http.build_request(**self._page_request(http.base_url, reader))
            # Not assigned to a variable, which would keep the page in memory while the next one is read.
            reader.add(unbound(http.send(request, stream=True)).extensions[DECODED])
        return reader
