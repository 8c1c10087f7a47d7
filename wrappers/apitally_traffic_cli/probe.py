"""Send the smallest possible request for traffic, to find out whether an app can be read, and to get the headers."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from apitally_api_client.api.metrics import get_traffic
from apitally_api_client.models import GetTrafficResponse
from apitally_traffic import TrafficClient, paginate


def headers_of_probe(client: TrafficClient, app_id: int) -> Mapping[str, str]:
    """Return the headers of the response to a request for one day of an app; it does not depend on this machine's time.

    Raises:
        ApitallyError: the API refused, failed, or could not be reached, or the body breaks the schema.
    """
    probe = _Probe()
    next(paginate(probe, client=client.api, app_id=app_id, interval="day", limit=1), None)
    return probe.headers


class _Probe:
    """The operation `get_traffic`, which stores the headers of the last response.

    It is passed to `paginate`, which checks the body; the generated function alone does not.
    """

    def __init__(self) -> None:
        self.headers: Mapping[str, str] = {}

    def sync(self, **params: Any) -> GetTrafficResponse:
        response = get_traffic.sync_detailed(**params)
        self.headers = response.headers
        page: GetTrafficResponse = response.parsed  # type: ignore[assignment]  # statuses other than 200 raise errors
        page.has_more = page.has_more and bool(page.data)  # an empty page ends the iteration, like the first item
        return page

    @property
    def asyncio(self) -> Callable[..., Awaitable[Any]]:
        return get_traffic.asyncio
