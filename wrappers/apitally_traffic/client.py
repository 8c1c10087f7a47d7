"""The sync and async clients, which hold the connections and the key, and make queries."""

import copy
from collections.abc import Mapping
from types import TracebackType
from typing import Generic, Self, TypeVar
from zoneinfo import ZoneInfo

import httpx

from apitally_api_client import AuthenticatedClient
from apitally_api_client.models import Interval
from apitally_traffic._checks import check_count
from apitally_traffic._logging import switch_on_logging
from apitally_traffic._operations.api import shared_client
from apitally_traffic._options import Options, check_transport
from apitally_traffic._query.async_query import AsyncTrafficQuery
from apitally_traffic._query.base import TrafficRequest
from apitally_traffic._query.sync_query import TrafficQuery
from apitally_traffic._settings import Settings, resolve_settings
from apitally_traffic._texts import quoted
from apitally_traffic._transport.connection import ConnectionOptions
from apitally_traffic._transport.transports import ApiTransport, AsyncApiTransport
from apitally_traffic._windows.time_parsing import TimeLike

_Transport = TypeVar("_Transport", ApiTransport, AsyncApiTransport)


class _BaseClient(Generic[_Transport]):
    """What both clients share: everything except making queries and closing."""

    api: AuthenticatedClient
    _settings: Settings
    _options: Options
    _transport: _Transport

    def with_options(
        self,
        *,
        timeout: float | httpx.Timeout | None = None,
        deadline: float | None = None,
        max_retries: int | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Self:
        """Return a client with different options that shares the connections and the rate limit of this one.

        Closing either client closes the connections of both.

        Args:
            timeout: as for the client. For each option, None keeps the value of this client.
            deadline: as for the client.
            max_retries: as for the client.
            headers: sent in addition to those of this client.

        Raises:
            TypeError: an argument has a wrong type.
            ValueError: an argument is out of bounds, or a header is refused.
        """
        options = self._options.changed(timeout, deadline, max_retries, headers)
        other = copy.copy(self)
        vars(other).update(_options=options, api=shared_client(self._settings, options, self._transport))
        return other

    def __repr__(self) -> str:
        """Show the server but not the key."""
        return f"{type(self).__name__}(base_url={self._settings.redactor.text(self._settings.base_url)!r})"


class TrafficClient(_BaseClient[ApiTransport]):
    """Reads traffic from the Apitally API.

    Use it as a context manager, or call `close()` when done; a closed client opens new connections when it is used
    again. Threads can share a client, with its connections and its rate limit. In a forked process, a client has its
    own connections and its own rate limit.

    Example:
        >>> with TrafficClient(server.api_key, base_url=server.url) as client:
        ...     for item in client.get_traffic(1, start="2026-01-01", end="2026-01-03", interval="day"):
        ...         print(item.period_start.date(), item.requests > 0)
        2026-01-01 True
        2026-01-02 True

    Attributes:
        api: the configured client of the generated package, for its raw functions. They use the same connections, key,
            pacing and retries, and raise the same typed errors for every status other than 200. A body with status 200
            is parsed by the generated models. `with client.api as api:` closes nothing: close this client instead.
    """

    def __init__(
        self,
        api_key: str | None = None,
        *,
        base_url: str | None = None,
        timeout: float | httpx.Timeout = 30.0,
        deadline: float = 300.0,
        max_retries: int = 4,
        requests_per_minute: int | None = 100,
        concurrency: int = 8,
        headers: Mapping[str, str] | None = None,
        proxy: str | httpx.URL | httpx.Proxy | None = None,
        http2: bool = False,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        """Configure a client; nothing is sent yet.

        Args:
            api_key: the key, from the Apitally dashboard under Settings > API keys. By default `APITALLY_API_KEY`, else
                `api_key` in `~/.apitally/auth.json`.
            base_url: the URL of the server. By default `APITALLY_API_BASE_URL`, else `api_base_url` in the file, else
                https://api.apitally.io. Plain http is accepted for loopback addresses only.
            timeout: seconds to wait for a connection, and for each part of a response; or an httpx.Timeout.
            deadline: seconds for one request with all its retries, however slowly its responses arrive. Time that the
                request waits for the rate limit before it is first sent does not count.
            max_retries: how often to retry a request whose failure may be temporary: broken connections and responses,
                408, 429, 500, 502, 503, 504, 520 to 530. 0 for never.
            requests_per_minute: the maximum number of requests in a minute, or in each rate limit window of a server
                whose headers say when that ends; the API documents 100 a minute for each key. With None, only the
                headers count.
            concurrency: how many slices of a window to read at a time.
            headers: sent with each request. Headers that the client sets, such as `Api-Key` and `Host`, are refused, as
                are cookies and conditional headers, such as `Range` and `If-None-Match`.
            proxy: the URL of an http, https or socks5 proxy. Defaults to `HTTPS_PROXY` or `ALL_PROXY`, unless
                `NO_PROXY` excludes the server.
            http2: whether to offer HTTP/2 to the server; needs the extra `http2`.
            transport: the transport to send requests with, instead of an httpx.HTTPTransport. The client does not close
                it.

        Raises:
            ConfigurationError: there is no key, or the key, the base URL, the proxy, the certificates that the
                environment names, or the value of `APITALLY_LOG` cannot be used.
            ImportError: the extra `http2` is not installed.
            TypeError: an argument has a wrong type.
            ValueError: an argument is out of bounds, or a header is refused.
        """
        # Resolved first, so that no message about another argument quotes the key.
        self._settings = resolve_settings(api_key, base_url)
        self._options = Options.checked(timeout, deadline, max_retries, headers)
        connection = _check_connection(requests_per_minute, concurrency, proxy, transport, http2=http2)
        check_transport(transport, httpx.BaseTransport)
        self._concurrency = concurrency
        self._transport = ApiTransport(self._settings, requests_per_minute, connection, transport)
        self.api = shared_client(self._settings, self._options, self._transport)

    def get_traffic(
        self,
        app_id: int,
        *,
        start: TimeLike | None = None,
        end: TimeLike | None = None,
        interval: Interval = "hour",
        timezone: str | ZoneInfo = "UTC",
        app_env_id: int | None = None,
        consumer_id: int | None = None,
        page_size: int = 1000,
        max_items: int | None = None,
    ) -> TrafficQuery:
        """Make a query for "API traffic data for an app", grouped by hour or by day.

        Nothing is sent until the query is iterated or collected. Its window is resolved here, once, for all of its
        requests.

        Args:
            app_id: the app's ID, from the Apitally dashboard.
            start: the start of the window, rounded down to the hour or day in `timezone`. A datetime (naive: in
                `timezone`), a date, an ISO 8601 string, a timedelta before now, or a duration before now such as
                `30m 24h 7d 2w P14D PT24H`, with or without a minus. Defaults to 24 hours ago (hour) or 30 days ago
                (day).
            end: the exclusive end of the window, in the same forms. Defaults to now.
            interval: "Whether to group by day or by hour."
            timezone: "Timezone to use for intervals and to interpret `start` and `end` if given without offset."
            app_env_id: "Filter to environment ID, if provided."
            consumer_id: "Filter to consumer ID, if provided."
            page_size: "Maximum number of records to return per page", 1 to 1000.
            max_items: how many items to deliver at most; defaults to all.

        Raises:
            TypeError: an argument has a wrong type.
            ValueError: an argument is out of bounds, cannot be parsed, or `start` is after `end`.
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
        return TrafficQuery(self.api, request)

    def close(self) -> None:
        """Close the connections, and end waiting requests and requests in flight with an APIConnectionError.

        A transport that was passed in stays open. A request that is sent afterwards, for example by an iteration that
        continues, opens a new connection.
        """
        self._transport.close()

    def __enter__(self) -> Self:
        """Return the client itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Close the connections."""
        self.close()


class AsyncTrafficClient(_BaseClient[AsyncApiTransport]):
    """Reads traffic from the Apitally API, for asyncio.

    One client can be used in several event loops, one after another or in several threads: each loop has its own
    connections, and all share the rate limit. The connections of a loop are closed when it ends; if you do not run the
    loop with `asyncio.run`, await its `shutdown_asyncgens` before you close it.

    Example:
        >>> async def count() -> int:
        ...     async with AsyncTrafficClient(server.api_key, base_url=server.url) as client:
        ...         return len(await client.get_traffic(1, start="2026-01-01", end="2026-01-03").to_list())
        >>> asyncio.run(count())
        48

    Attributes:
        api: the configured client of the generated package, for its raw functions whose names start with `asyncio`;
            as for `TrafficClient`.
    """

    def __init__(
        self,
        api_key: str | None = None,
        *,
        base_url: str | None = None,
        timeout: float | httpx.Timeout = 30.0,
        deadline: float = 300.0,
        max_retries: int = 4,
        requests_per_minute: int | None = 100,
        concurrency: int = 8,
        headers: Mapping[str, str] | None = None,
        proxy: str | httpx.URL | httpx.Proxy | None = None,
        http2: bool = False,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        """Configure a client; nothing is sent yet. Arguments and errors are those of `TrafficClient`."""
        # Resolved first, so that no message about another argument quotes the key.
        self._settings = resolve_settings(api_key, base_url)
        self._options = Options.checked(timeout, deadline, max_retries, headers)
        connection = _check_connection(requests_per_minute, concurrency, proxy, transport, http2=http2)
        check_transport(transport, httpx.AsyncBaseTransport)
        self._concurrency = concurrency
        self._transport = AsyncApiTransport(self._settings, requests_per_minute, connection, transport)
        self.api = shared_client(self._settings, self._options, self._transport)

    def get_traffic(
        self,
        app_id: int,
        *,
        start: TimeLike | None = None,
        end: TimeLike | None = None,
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
        return AsyncTrafficQuery(self.api, request)

    async def aclose(self) -> None:
        """Close the connections of the running event loop, and end its waiting requests and requests in flight.

        These requests raise an APIConnectionError. A transport that was passed in stays open. A request that is sent
        afterwards opens a new connection.
        """
        await self._transport.aclose()

    async def __aenter__(self) -> Self:
        """Return the client itself."""
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Close the connections."""
        await self.aclose()


def _check_connection(
    requests_per_minute: int | None,
    concurrency: int,
    proxy: str | httpx.URL | httpx.Proxy | None,
    transport: httpx.BaseTransport | httpx.AsyncBaseTransport | None,
    *,
    http2: bool,
) -> ConnectionOptions:
    switch_on_logging()
    if not isinstance(http2, bool):
        raise TypeError(f"http2 must be a bool, not {quoted(http2)}.")
    if not isinstance(proxy, str | httpx.URL | httpx.Proxy | None):
        raise TypeError(f"proxy must be a str, an httpx.URL or an httpx.Proxy, not {quoted(proxy)}.")
    check_count("concurrency", concurrency)
    if requests_per_minute is not None:
        check_count("requests_per_minute", requests_per_minute)
    if transport is not None and (proxy is not None or http2):
        raise ValueError("proxy and http2 have no effect on a transport that is passed in: configure that one.")
    return ConnectionOptions(proxy=proxy, http2=http2)
