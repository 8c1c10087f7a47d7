"""The smallest request for traffic that there is: it shows whether an app can be read, and what the headers say."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from apitally_api_client.api.metrics import get_traffic
from apitally_api_client.models import GetTrafficResponse
from apitally_traffic import TrafficClient, paginate


def headers_of_probe(client: TrafficClient, app_id: int) -> Mapping[str, str]:
    """Return the headers of the response to a request for one day of an app, which names no time of this machine.

    Raises:
        ApitallyError: the API refused, failed, or could not be reached, or the body breaks the schema.
    """
    probe = _Probe()
    next(paginate(probe, client=client.api, app_id=app_id, interval="day", limit=1), None)
    return probe.headers


class _Probe:
    """`get_traffic`, with the headers of the last response.

    `paginate` checks the body, as it does for any operation; the generated function alone would not.
    """

    def __init__(self) -> None:
        self.headers: Mapping[str, str] = {}

    def sync(self, **params: Any) -> GetTrafficResponse:
        response = get_traffic.sync_detailed(**params)
        self.headers = response.headers
        page: GetTrafficResponse = response.parsed  # type: ignore[assignment]  # statuses but 200 are errors
        page.has_more = page.has_more and bool(page.data)  # the first item ends it, and so does a page without one
        return page

    @property
    def asyncio(self) -> Callable[..., Awaitable[Any]]:
        return get_traffic.asyncio
