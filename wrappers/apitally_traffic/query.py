"""A query: a window of one app's traffic, read when it is iterated."""

from collections.abc import Iterator
from datetime import UTC
from itertools import islice
from typing import cast

from apitally_api_client import AuthenticatedClient
from apitally_api_client.api.metrics import get_traffic
from apitally_api_client.models import GetTrafficResponse, TrafficItem
from apitally_traffic.errors import ApitallyError
from apitally_traffic.paging.slices import SliceReader
from apitally_traffic.transport.page_body import page_of
from apitally_traffic.windows.window import TimeWindow


class TrafficQuery:
    """The traffic of one app in one window. Iterating twice asks twice, for the same window.

    Attributes:
        window: the pinned window; `len(query.window)` is the number of periods to expect.
    """

    def __init__(
        self,
        api: AuthenticatedClient,
        app_id: int,
        window: TimeWindow,
        *,
        app_env_id: int | None,
        consumer_id: int | None,
        page_size: int,
        max_items: int | None,
    ) -> None:
        """Keep what to ask for. `TrafficClient.get_traffic` makes queries."""
        self.window = window
        self._api = api
        self._app_id = app_id
        self._filters = {"app_env_id": app_env_id, "consumer_id": consumer_id}
        self._page_size = page_size
        self._max_items = max_items

    def __iter__(self) -> Iterator[TrafficItem]:
        """Yield the items, oldest first, each period exactly once, however the API orders and cuts its pages.

        Raises:
            ApitallyError: the API refused, failed, or could not be reached. Where items were already delivered,
                `resume_from` says where to go on.
        """
        return islice(self._items(), self._max_items)

    def pages(self) -> Iterator[GetTrafficResponse]:
        """Yield the API's answers as they come, slice by slice, oldest slice first.

        Raises:
            ApitallyError: as for the items.
        """
        for part in self.window.slices(self._page_size):
            yield from self._read(SliceReader(part))

    def to_list(self) -> list[TrafficItem]:
        """Return all items.

        Raises:
            ApitallyError: as for the items; nothing was delivered then.
        """
        return list(self)

    def _items(self) -> Iterator[TrafficItem]:
        last: TrafficItem | None = None
        for part in self.window.slices(self._page_size):
            reader = SliceReader(part)
            try:
                for _ in self._read(reader):
                    pass
            except ApitallyError as error:
                error.resume_from = last.period_end if last else None
                raise
            for item in reader.items_after(last.period_start if last else None):
                last = item
                yield item

    def _read(self, reader: SliceReader) -> Iterator[GetTrafficResponse]:
        while not reader.cursor.finished:
            page = self._ask(reader.window, reader.cursor.token)
            reader.feed(page)
            yield page

    def _ask(self, window: TimeWindow, token: str | None) -> GetTrafficResponse:
        parsed = get_traffic.sync(
            self._app_id,
            client=self._api,
            start=window.start.astimezone(UTC),
            end=window.end.astimezone(UTC),
            interval=window.interval,
            timezone=window.timezone.key,
            limit=self._page_size,
            next_token=token,
            **self._filters,
        )
        # The transport below raises for every answer that is not a page.
        return page_of(cast("GetTrafficResponse", parsed))
