"""The client: holds the connection and the key, and makes queries."""

import platform
from types import TracebackType
from typing import Self
from zoneinfo import ZoneInfo

import httpx

from apitally_api_client import AuthenticatedClient
from apitally_api_client.models import Interval
from apitally_traffic._version import __version__
from apitally_traffic.query import TrafficQuery
from apitally_traffic.settings import Settings, resolve_settings
from apitally_traffic.transport.api_transport import ApiTransport, PageTransport
from apitally_traffic.windows.moments import Moment
from apitally_traffic.windows.window import TimeWindow

_USER_AGENT = f"apitally-traffic/{__version__} python/{platform.python_version()} httpx/{httpx.__version__}"
# The generated client insists on a token. The transport below it puts the key on, so no caller can read it off here.
_NO_TOKEN = "added-by-the-transport"  # noqa: S105 - it opens nothing


class TrafficClient:
    """Reads traffic from the Apitally API.

    Use it as a context manager, or call `close()` when done. One client may be shared between threads.

        with TrafficClient() as client:
            for item in client.get_traffic(1, start="7d", interval="day"):
                print(item.period_start.date(), item.requests)

    Attributes:
        api: the configured client of the generated package, for its raw functions. They send through the same
            connection, with the same key and the same typed errors.
    """

    def __init__(
        self,
        api_key: str | None = None,
        *,
        base_url: str | None = None,
        timeout: float = 30.0,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        """Configure a client; nothing is sent yet.

        Args:
            api_key: the key, from the Apitally dashboard under Settings > API keys. By default `APITALLY_API_KEY`, else
                `api_key` in `~/.apitally/auth.json`.
            base_url: the server. By default `APITALLY_API_BASE_URL`, else `api_base_url` in the file, else
                https://api.apitally.io. Plain http is accepted for loopback addresses only.
            timeout: seconds to wait for a connection, and for each piece of an answer.
            transport: what sends the requests instead of an httpx.HTTPTransport. It is not closed by this client.

        Raises:
            ConfigurationError: there is no key, or the key or the base URL cannot be used.
            TypeError: the timeout is not a number.
            ValueError: the timeout is not positive.
        """
        if isinstance(timeout, bool) or not isinstance(timeout, int | float):
            raise TypeError(f"timeout must be a number of seconds, not {timeout!r}.")
        if not timeout > 0:
            raise ValueError(f"timeout must be a positive number of seconds, not {timeout!r}.")
        settings = resolve_settings(api_key, base_url)
        below = ApiTransport(settings, transport)
        self.api = _generated_client(settings, timeout, below)
        self._pages = _generated_client(settings, timeout, PageTransport(below))

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
        _check_count("app_id", app_id)
        _check_count("page_size", page_size, most=1000)
        for name, value in {"app_env_id": app_env_id, "consumer_id": consumer_id, "max_items": max_items}.items():
            if value is not None:
                _check_count(name, value)
        window = TimeWindow.resolve(start, end, interval, timezone)
        return TrafficQuery(
            self._pages,
            app_id,
            window,
            app_env_id=app_env_id,
            consumer_id=consumer_id,
            page_size=page_size,
            max_items=max_items,
        )

    def close(self) -> None:
        """Close the connections. A transport that was handed in stays open."""
        self._pages.get_httpx_client().close()
        self.api.get_httpx_client().close()

    def __enter__(self) -> Self:
        """Return the client itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Close the connections."""
        self.close()


def _generated_client(settings: Settings, timeout: float, transport: httpx.BaseTransport) -> AuthenticatedClient:
    return AuthenticatedClient(
        base_url=settings.base_url,
        token=_NO_TOKEN,
        prefix="",
        auth_header_name="Api-Key",
        headers={"User-Agent": _USER_AGENT},
        timeout=httpx.Timeout(timeout),
        httpx_args={"transport": transport},
    )


def _check_count(name: str, value: int, *, most: int | None = None) -> None:
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"{name} must be an int, not {value!r}.")
    if value < 1 or (most is not None and value > most):
        bounds = "at least 1" if most is None else f"from 1 to {most}"
        raise ValueError(f"{name} must be {bounds}, not {value}.")
