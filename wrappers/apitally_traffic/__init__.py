"""An unofficial Python client for the Apitally traffic API.

from apitally_traffic import TrafficClient

with TrafficClient() as client:
    for item in client.get_traffic(1, start="30d", interval="day"):
        print(item.period_start.date(), item.requests)

The names below are imported when they are first used: `import apitally_traffic` costs next to nothing, and a tool that
wants an error or a window pays for no connection.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from apitally_traffic._version import __version__

if TYPE_CHECKING:
    from apitally_api_client.models import GetTrafficResponse, Interval, TrafficItem
    from apitally_traffic.async_query import AsyncTrafficQuery
    from apitally_traffic.client import AsyncTrafficClient, TrafficClient
    from apitally_traffic.errors import (
        APIConnectionError,
        APIStatusError,
        ApitallyError,
        APITimeoutError,
        AuthenticationError,
        ConfigurationError,
        InvalidRequestError,
        NotFoundError,
        PaginationError,
        PermissionDeniedError,
        RateLimitError,
        ResponseError,
        ServerError,
        UnexpectedStatusError,
    )
    from apitally_traffic.frames import TrafficTotals
    from apitally_traffic.paginate import paginate, paginate_async
    from apitally_traffic.query import TrafficQuery
    from apitally_traffic.windows.window import Period, TimeWindow

__all__ = [
    "APIConnectionError",
    "APIStatusError",
    "APITimeoutError",
    "ApitallyError",
    "AsyncTrafficClient",
    "AsyncTrafficQuery",
    "AuthenticationError",
    "ConfigurationError",
    "GetTrafficResponse",
    "Interval",
    "InvalidRequestError",
    "NotFoundError",
    "PaginationError",
    "Period",
    "PermissionDeniedError",
    "RateLimitError",
    "ResponseError",
    "ServerError",
    "TimeWindow",
    "TrafficClient",
    "TrafficItem",
    "TrafficQuery",
    "TrafficTotals",
    "UnexpectedStatusError",
    "__version__",
    "paginate",
    "paginate_async",
]

_HOMES = {
    "apitally_api_client.models": ("GetTrafficResponse", "Interval", "TrafficItem"),
    "apitally_traffic.async_query": ("AsyncTrafficQuery",),
    "apitally_traffic.client": ("AsyncTrafficClient", "TrafficClient"),
    "apitally_traffic.frames": ("TrafficTotals",),
    "apitally_traffic.paginate": ("paginate", "paginate_async"),
    "apitally_traffic.query": ("TrafficQuery",),
    "apitally_traffic.windows.window": ("Period", "TimeWindow"),
}


if not TYPE_CHECKING:  # else a type checker would take any misspelt name for a public one

    def __getattr__(name: str) -> Any:
        if name not in __all__:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        home = next((home for home, names in _HOMES.items() if name in names), "apitally_traffic.errors")
        value = globals()[name] = getattr(import_module(home), name)
        return value


def __dir__() -> list[str]:
    return __all__
