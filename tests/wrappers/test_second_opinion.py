"""Time windows against the mock server, which computes periods with code of its own: both must agree."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apitally_mock import MockServer
from apitally_traffic import Interval, TrafficClient
from tests.wrappers.test_windows import clock_changes, for_zones


@pytest.mark.usefixtures("server")
@for_zones
@given(choice=st.integers(0, 10_000), interval=st.sampled_from(["hour", "day"]))
def test_server_and_client_agree_around_clock_changes(
    running_server: MockServer, zones: tuple[str, ...], choice: int, interval: Interval
) -> None:
    """Around any clock change of 21 years, the server's periods are those that the client expects."""
    changes = [found for found in clock_changes(zones) if 2005 <= found[0].year < 2026]
    change, zone = changes[choice % len(changes)]
    around = timedelta(hours=30) if interval == "hour" else timedelta(days=40)
    with TrafficClient(running_server.api_key, base_url=running_server.url, requests_per_minute=None) as client:
        query = client.get_traffic(
            1, start=change - around, end=change + around, interval=interval, timezone=zone, page_size=25
        )
        items = [(item.period_start.timestamp(), item.period_end.timestamp()) for item in query]
    assert items == [(period.start.timestamp(), period.end.timestamp()) for period in query.window.periods()]
