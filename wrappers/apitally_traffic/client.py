"""The clients: they hold the connections and the key, and make queries.

What only a connection needs, asyncio and the decoder above all, is imported when the first client is made: half of the
package's import time, which nobody pays who imports it for its types, errors or windows.
"""

import platform
import threading
from types import TracebackType
from typing import Any, Self
from zoneinfo import ZoneInfo

import httpx

from apitally_api_client import AuthenticatedClient
from apitally_api_client.models import Interval
from apitally_traffic._version import __version__
from apitally_traffic.async_query import AsyncTrafficQuery
from apitally_traffic.query import TrafficQuery
from apitally_traffic.request import TrafficRequest, checked_count
from apitally_traffic.settings import Settings, resolve_settings
from apitally_traffic.windows.moments import Moment

_USER_AGENT = f"apitally-traffic/{__version__} python/{platform.python_version()} httpx/{httpx.__version__}"
# The generated client insists on a token. The transport below it puts the key on, so no caller can read it off here.
_NO_TOKEN = "added-by-the-transport"  # noqa: S105 - it opens nothing


class TrafficClient:
    """Reads traffic from the Apitally API.

    Use it as a context manager, or call `close()` when done; used again after that, it opens new connections. One
    client may be shared between threads: they share its connections and its rate limit. It may not be shared with a
    forked process; make a new one there.

    Example:
        >>> with TrafficClient(server.api_key, base_url=server.url) as client:
        ...     for item in client.get_traffic(1, start="2026-01-01", end="2026-01-03", interval="day"):
        ...         print(item.period_start.date(), item.requests > 0)
        2026-01-01 True
        2026-01-02 True

    Attributes:
        api: the configured client of the generated package, for its raw functions. They send through the same
            connections, with the same key, pacing, retries and typed errors for whatever is no answer with status 200;
            its body they read as the generated models do.
    """

    api: AuthenticatedClient

    def __init__(
        self,
        api_key: str | None = None,
        *,
        base_url: str | None = None,
        timeout: float = 30.0,
        max_retries: int = 4,
        requests_per_minute: int | None = 100,
        concurrency: int = 8,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        """Configure a client; nothing is sent yet.

        Args:
            api_key: the key, from the Apitally dashboard under Settings > API keys. By default `APITALLY_API_KEY`, else
                `api_key` in `~/.apitally/auth.json`.
            base_url: the server. By default `APITALLY_API_BASE_URL`, else `api_base_url` in the file, else
                https://api.apitally.io. Plain http is accepted for loopback addresses only.
            timeout: seconds to wait for a connection, and for each piece of an answer.
            max_retries: how often to try again what may pass: broken connections and answers, 408, 429, 500, 502, 503,
                504, 52x. 0 for never.
            requests_per_minute: how many requests to send in a minute at the most; the API documents 100 for each key.
                None leaves it to the rate limit headers of the server.
            concurrency: how many slices of a window to read at a time.
            transport: what sends the requests instead of an httpx.HTTPTransport. It is not closed by this client.

        Raises:
            ConfigurationError: there is no key, or the key or the base URL cannot be used.
            TypeError: an argument is of a wrong type.
            ValueError: an argument is out of bounds.
        """
        from apitally_traffic.transport.sync_transport import ApiTransport, PageTransport, retrying  # noqa: PLC0415

        _check_options(timeout, max_retries, requests_per_minute, concurrency)
        self._settings = resolve_settings(api_key, base_url)
        self._concurrency = concurrency
        self._below = ApiTransport(self._settings, requests_per_minute, transport)
        self.api = _generated_client(self._settings, timeout, retrying(self._below, max_retries))
        self._pages = _generated_client(self._settings, timeout, retrying(PageTransport(self._below), max_retries))

    def get_traffic(
        self,
        app_id: int,
        *,
        start: Moment | None = None,
        end: Moment | None = None,
        interval: Interval = "hour",
        timezone: str | ZoneInfo = "UTC",
        app_env_id: int | None = None,
        consumer_id: int | None = None,
        page_size: int = 1000,
        max_items: int | None = None,
    ) -> TrafficQuery:
        """Make a query for "API traffic data for an app", grouped by hour or by day.

        Nothing is sent before the query is iterated or collected. Its window is pinned here, once, and all of its
        requests name the same start and end.

        Args:
            app_id: the app's ID, from the Apitally dashboard.
            start: the beginning, rounded down to the hour or day in `timezone`. A datetime (naive: in `timezone`), a
                date, an ISO 8601 string, a timedelta before now, or a duration before now such as
                `30m 24h 7d 2w P14D PT24H`. By default 24 hours ago (hour) or 30 days ago (day).
            end: where the window ends, in the same forms; the period that begins there does not belong to it. By
                default now.
            interval: "Whether to group by day or by hour."
            timezone: "Timezone to use for intervals and to interpret `start` and `end` if given without offset."
            app_env_id: "Filter to environment ID, if provided."
            consumer_id: "Filter to consumer ID, if provided."
            page_size: "Maximum number of records to return per page", 1 to 1000.
            max_items: how many items to deliver at the most; by default all.

        Raises:
            TypeError: an argument is of a wrong type.
            ValueError: an argument is out of bounds, cannot be read, or `start` is after `end`.
        """
        request = TrafficRequest.checked(
            app_id=app_id,
            start=start,
            end=end,
            interval=interval,
            timezone=timezone,
            app_env_id=app_env_id,
            consumer_id=consumer_id,
            page_size=page_size,
            max_items=max_items,
            concurrency=self._concurrency,
        )
        return TrafficQuery(self._pages, request)

    def close(self) -> None:
        """Close the connections. A transport that was handed in stays open."""
        self._below.close()

    def __repr__(self) -> str:
        """Show the server, and never the key."""
        return f"TrafficClient(base_url={self._settings.base_url!r})"

    def __enter__(self) -> Self:
        """Return the client itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Close the connections."""
        self.close()


class AsyncTrafficClient:
    """Reads traffic from the Apitally API, for asyncio. It belongs to the event loop that it is first used in.

    Example:
        >>> async def count() -> int:
        ...     async with AsyncTrafficClient(server.api_key, base_url=server.url) as client:
        ...         return len(await client.get_traffic(1, start="2026-01-01", end="2026-01-03").to_list())
        >>> asyncio.run(count())
        48

    Attributes:
        api: the configured client of the generated package, for its raw functions (those whose names begin with
            `asyncio`). All that is said of it there holds here too.
    """

    api: AuthenticatedClient

    def __init__(
        self,
        api_key: str | None = None,
        *,
        base_url: str | None = None,
        timeout: float = 30.0,
        max_retries: int = 4,
        requests_per_minute: int | None = 100,
        concurrency: int = 8,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        """Configure a client; nothing is sent yet. Arguments and errors are those of `TrafficClient`."""
        from apitally_traffic.transport.async_transport import (  # noqa: PLC0415
            AsyncApiTransport,
            AsyncPageTransport,
            retrying_async,
        )

        _check_options(timeout, max_retries, requests_per_minute, concurrency)
        self._settings = resolve_settings(api_key, base_url)
        self._concurrency = concurrency
        self._below = AsyncApiTransport(self._settings, requests_per_minute, transport)
        pages = AsyncPageTransport(self._below)
        self.api = _generated_client(self._settings, timeout, retrying_async(self._below, max_retries))
        self._pages = _generated_client(self._settings, timeout, retrying_async(pages, max_retries))

    def get_traffic(
        self,
        app_id: int,
        *,
        start: Moment | None = None,
        end: Moment | None = None,
        interval: Interval = "hour",
        timezone: str | ZoneInfo = "UTC",
        app_env_id: int | None = None,
        consumer_id: int | None = None,
        page_size: int = 1000,
        max_items: int | None = None,
    ) -> AsyncTrafficQuery:
        """Make a query for "API traffic data for an app". Arguments and errors are those of `TrafficClient`."""
        request = TrafficRequest.checked(
            app_id=app_id,
            start=start,
            end=end,
            interval=interval,
            timezone=timezone,
            app_env_id=app_env_id,
            consumer_id=consumer_id,
            page_size=page_size,
            max_items=max_items,
            concurrency=self._concurrency,
        )
        return AsyncTrafficQuery(self._pages, request)

    async def aclose(self) -> None:
        """Close the connections. A transport that was handed in stays open."""
        await self._below.aclose()

    def __repr__(self) -> str:
        """Show the server, and never the key."""
        return f"AsyncTrafficClient(base_url={self._settings.base_url!r})"

    async def __aenter__(self) -> Self:
        """Return the client itself."""
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Close the connections."""
        await self.aclose()


def _check_options(timeout: float, max_retries: int, requests_per_minute: int | None, concurrency: int) -> None:
    if isinstance(timeout, bool) or not isinstance(timeout, int | float):
        raise TypeError(f"timeout must be a number of seconds, not {timeout!r}.")
    if not 0 < timeout <= threading.TIMEOUT_MAX:
        raise ValueError(f"timeout must be a positive number of seconds, not {timeout!r}.")
    checked_count("max_retries", max_retries, least=0)
    checked_count("concurrency", concurrency)
    if requests_per_minute is not None:
        checked_count("requests_per_minute", requests_per_minute)


def _generated_client(settings: Settings, timeout: float, transport: Any) -> AuthenticatedClient:
    return AuthenticatedClient(
        base_url=settings.base_url,
        token=_NO_TOKEN,
        prefix="",
        auth_header_name="Api-Key",
        headers={"User-Agent": _USER_AGENT},
        timeout=httpx.Timeout(timeout),
        httpx_args={"transport": transport},
    )
