"""The parameters and the requests of a query, which the sync and the async query share."""

import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import partial
from typing import Any, NamedTuple, TypeVar
from zoneinfo import ZoneInfo

import httpx

from apitally_api_client import AuthenticatedClient
from apitally_api_client.api.metrics import get_traffic
from apitally_api_client.models import Interval
from apitally_traffic._checks import check_count
from apitally_traffic._clock import monotonic, wall
from apitally_traffic._headers import date_of
from apitally_traffic._paging.plan import ReadPlan
from apitally_traffic._paging.server_time import ResponseTime
from apitally_traffic._paging.slices import SlicePage, SliceReader
from apitally_traffic._transport.exchange import DECODE
from apitally_traffic._transport.stats import STATS, QueryStats, StatsRecorder
from apitally_traffic._windows.time_parsing import TimeLike
from apitally_traffic._windows.window import TimeWindow

Delivered = TypeVar("Delivered")
Taken = TypeVar("Taken")

Progress = Callable[[int, int], object]
"""A function that is called after each slice with the number of periods done and expected; equal at the end."""


class TrafficRequest(NamedTuple):
    """The arguments of `get_traffic`, checked, with the window resolved."""

    app_id: int
    window: TimeWindow
    app_env_id: int | None
    consumer_id: int | None
    page_size: int
    max_items: int | None
    concurrency: int

    @classmethod
    def checked(
        cls,
        *,
        app_id: int,
        start: TimeLike | None,
        end: TimeLike | None,
        interval: Interval,
        timezone: str | ZoneInfo,
        app_env_id: int | None,
        consumer_id: int | None,
        page_size: int,
        max_items: int | None,
        concurrency: int,
    ) -> "TrafficRequest":
        """Check the arguments and resolve the window.

        Raises:
            TypeError: an argument has a wrong type.
            ValueError: an argument is out of bounds, cannot be parsed, or `start` is after `end`.
        """
        return cls(
            app_id=check_count("app_id", app_id),
            window=TimeWindow.resolve(start, end, interval, timezone),
            app_env_id=None if app_env_id is None else check_count("app_env_id", app_env_id),
            consumer_id=None if consumer_id is None else check_count("consumer_id", consumer_id),
            page_size=check_count("page_size", page_size, maximum=1000),
            max_items=None if max_items is None else check_count("max_items", max_items),
            concurrency=concurrency,
        )


class BaseQuery:
    """What the sync and the async query share: everything except reading."""

    def __init__(self, api: AuthenticatedClient, request: TrafficRequest) -> None:
        """Store the request and the client to send it with; nothing is sent yet."""
        self._api = api
        self._request = request
        self._recorder = StatsRecorder()

    @property
    def stats(self) -> QueryStats:
        """The requests sent so far, the seconds waited for the rate limit, and the status and headers last received."""
        return self._recorder.snapshot()

    @property
    def window(self) -> TimeWindow:
        """The resolved window; `len(query.window)` is the number of periods to expect."""
        return self._request.window

    def __repr__(self) -> str:
        """Show the app and the window."""
        return f"{type(self).__name__}(app_id={self._request.app_id}, window={self.window})"

    def _plan(self) -> ReadPlan:
        request = self._request
        return ReadPlan(request.window, request.page_size, request.max_items, request.concurrency)

    @staticmethod
    def _check_progress(progress: object) -> None:
        """Check the progress callback before anything is sent.

        Raises:
            TypeError: it is not callable.
        """
        if progress is not None and not callable(progress):
            raise TypeError(f"progress must be a function of two numbers, not {type(progress).__name__}.")

    def _page_request(self, base_url: httpx.URL, reader: SliceReader) -> dict[str, Any]:
        """Return the arguments of httpx's `build_request` for the next page of a reader.

        URL and parameters are those of the generated client. Start and end are sent in UTC, because RFC 3339 does not
        allow every offset.
        """
        generated = get_traffic._get_kwargs(  # noqa: SLF001 - our own generated code, checked by `nox -s drift`
            app_id=self._request.app_id,
            app_env_id=self._request.app_env_id,
            consumer_id=self._request.consumer_id,
            start=reader.window.start.astimezone(UTC),
            end=reader.window.end.astimezone(UTC),
            interval=reader.window.interval,
            timezone=reader.window.timezone.key,
            limit=self._request.page_size,
            next_token=reader.cursor.token,
        )
        # One string, because httpx parses the URL three times if it gets the parts.
        url = f"{str(base_url).rstrip('/')}{generated.pop('url')}?{httpx.QueryParams(generated.pop('params'))}"
        return {
            **generated,
            "url": httpx.URL(url),
            "extensions": {DECODE: partial(_decode, reader), STATS: self._recorder},
        }


def _decode(reader: SliceReader, body: bytes, headers: Mapping[str, str]) -> SlicePage:
    date = date_of(headers)
    made = None if date is None else ResponseTime(date, (monotonic(), wall(), time.time()))
    return reader.decode(body, date or datetime.now(UTC), made)
