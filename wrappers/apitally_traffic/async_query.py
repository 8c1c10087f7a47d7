"""A query for tasks: a window of one app's traffic, read when it is iterated. Its twin for threads is in query.py."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import TYPE_CHECKING

from apitally_api_client import AuthenticatedClient
from apitally_api_client.api.metrics import get_traffic
from apitally_api_client.models import GetTrafficResponse, TrafficItem
from apitally_traffic import frames
from apitally_traffic.errors import ApitallyError
from apitally_traffic.paging.plan import Plan
from apitally_traffic.paging.slices import SliceReader
from apitally_traffic.request import Progress, TrafficRequest, feed
from apitally_traffic.transport.parcel import PageRow, items_of
from apitally_traffic.windows.window import TimeWindow

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl
    import pyarrow as pa


class AsyncTrafficQuery:
    """The traffic of one app in one window. Iterating twice asks twice, for the same window.

    `AsyncTrafficClient.get_traffic` makes queries. All of it works as in `TrafficQuery`, with `async for` and `await`.

    Example:
        >>> async def busiest() -> int:
        ...     async with AsyncTrafficClient(server.api_key, base_url=server.url) as client:
        ...         query = client.get_traffic(1, start="2026-01-01", end="2026-02-01", interval="day")
        ...         return max([item.requests async for item in query])
        >>> asyncio.run(busiest()) > 0
        True
    """

    def __init__(self, api: AuthenticatedClient, request: TrafficRequest) -> None:
        """Keep what to ask for, and whom; nothing is sent yet."""
        self._api = api
        self._request = request

    @property
    def window(self) -> TimeWindow:
        """The pinned window; `len(query.window)` is the number of periods to expect."""
        return self._request.window

    def __repr__(self) -> str:
        """Show what is asked for."""
        return f"AsyncTrafficQuery(app_id={self._request.app_id}, window={self.window})"

    async def __aiter__(self) -> AsyncGenerator[TrafficItem]:
        """Yield the items, oldest first, each period exactly once, however the API orders and cuts its pages.

        Raises:
            ApitallyError: the API refused, failed, or could not be reached. Where items were already delivered,
                `resume_from` says where to go on.
        """
        async with aclosing(self._slices()) as slices:
            async for plan, reader in slices:
                for item in items_of(plan.rows(reader)):
                    yield item

    async def pages(self) -> AsyncGenerator[GetTrafficResponse]:
        """Yield the API's answers as they came, oldest slice of the window first.

        Raises:
            ApitallyError: as for the items.
        """
        async with aclosing(self._slices()) as slices:
            async for plan, reader in slices:
                for page, rows in plan.pages(reader):
                    page.data = list(items_of(rows))
                    yield page

    async def to_list(self, *, progress: Progress | None = None) -> list[TrafficItem]:
        """Return all items.

        Args:
            progress: called after each slice with the periods that have been delivered, and those to expect.

        Raises:
            ApitallyError: as for the items; nothing is delivered then.
        """
        items: list[TrafficItem] = []
        try:
            async with aclosing(self._slices()) as slices:
                async for plan, reader in slices:
                    items += items_of(plan.rows(reader))
                    if progress is not None:
                        progress(plan.covered, plan.expected)
        except ApitallyError as error:
            error.resume_from = None
            raise
        return items

    async def to_arrow(self, *, progress: Progress | None = None) -> "pa.Table":
        """Return all items as a pyarrow table; needs the extra `arrow`.

        Period columns are aware, in the window's timezone; counts are int64.

        Raises:
            ApitallyError: as for the items.
            ImportError: pyarrow is not installed.
        """
        frames.library("arrow")
        return frames.arrow_table(await self.to_list(progress=progress), self.window.timezone)

    async def to_pandas(self, *, progress: Progress | None = None) -> "pd.DataFrame":
        """Return all items as a pandas frame; needs the extra `pandas`. Columns are those of `to_arrow`.

        Raises:
            ApitallyError: as for the items.
            ImportError: pandas is not installed.
        """
        frames.library("pandas")
        return frames.pandas_frame(await self.to_list(progress=progress), self.window.timezone)

    async def to_polars(self, *, progress: Progress | None = None) -> "pl.DataFrame":
        """Return all items as a polars frame; needs the extra `polars`. Columns are those of `to_arrow`.

        Raises:
            ApitallyError: as for the items.
            ImportError: polars is not installed.
        """
        frames.library("polars")
        return frames.polars_frame(await self.to_list(progress=progress), self.window.timezone)

    async def totals(self, *, progress: Progress | None = None) -> frames.TrafficTotals:
        """Return the sums over all items.

        Raises:
            ApitallyError: as for the items.
        """
        return frames.totals(await self.to_list(progress=progress))

    async def _slices(self) -> AsyncGenerator[tuple[Plan, SliceReader[PageRow]]]:
        from apitally_traffic.side_by_side.tasks import Tasks  # noqa: PLC0415 - whoever uses threads imports no asyncio

        plan = self._request.plan()
        async with Tasks(self._read) as tasks:
            while True:
                for part in plan.next_slices():
                    tasks.begin(part)
                if not tasks:
                    return
                try:
                    reader = await tasks.oldest()
                except ApitallyError as error:
                    error.resume_from = plan.resume_from
                    raise
                yield plan, reader

    async def _read(self, part: TimeWindow) -> SliceReader[PageRow]:
        reader: SliceReader[PageRow] = SliceReader(part)
        while not reader.cursor.finished:
            feed(reader, await get_traffic.asyncio(client=self._api, **self._request.arguments(reader)))
        return reader
