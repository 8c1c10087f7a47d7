"""An unofficial Python client for the Apitally traffic API.

from apitally_traffic import TrafficClient

with TrafficClient() as client:
    for item in client.get_traffic(1, start="30d", interval="day"):
        print(item.period_start.date(), item.requests)
"""

# A thread that imports a module of a package that is not loaded waits for all of `apitally_traffic`, which another
# thread may be importing, and that one then waits for the module.
from apitally_traffic import _operations, _paging, _query, _redaction, _transport, _windows  # noqa: F401

# isort: split

from apitally_api_client.models import GetTrafficResponse, Interval, TrafficItem
from apitally_traffic._operations.paginate import paginate, paginate_async
from apitally_traffic._query.async_query import AsyncTrafficQuery
from apitally_traffic._query.frames import TrafficTotals
from apitally_traffic._query.sync_query import TrafficQuery
from apitally_traffic._transport.stats import QueryStats
from apitally_traffic._version import __version__
from apitally_traffic._windows.window import Period, TimeWindow
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
    "QueryStats",
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
