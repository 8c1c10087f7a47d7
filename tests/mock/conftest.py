"""What the tests of the mock server share: servers to ask, and a client to ask them with."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, settings

from apitally_mock import MockServer

PATH = "/v1/apps/1/traffic"
NOW = "2025-06-18T12:34:56Z"
"""Where the clock of `server` stands, a Wednesday."""

settings.register_profile(
    "mock", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
settings.load_profile("mock")


@pytest.fixture(scope="session")
def running_server() -> Iterator[MockServer]:
    with MockServer(now=NOW) as server:
        yield server


@pytest.fixture
def server(running_server: MockServer) -> MockServer:
    running_server.reset()
    return running_server


@pytest.fixture
def client(server: MockServer) -> Iterator[httpx.Client]:
    headers = {"Api-Key": server.api_key}
    with httpx.Client(base_url=server.url, headers=headers, trust_env=False, timeout=10) as client:
        yield client


class Endpoint:
    """Asks the traffic endpoint of app 1."""

    def __init__(self, client: httpx.Client) -> None:
        self._client = client

    def response(self, **parameters: object) -> httpx.Response:
        return self._client.get(PATH, params={name: str(value) for name, value in parameters.items()})

    def page(self, **parameters: object) -> dict[str, Any]:
        response = self.response(**parameters)
        assert response.status_code == 200, response.text
        page: dict[str, Any] = response.json()
        return page

    def rows(self, **parameters: object) -> list[dict[str, Any]]:
        """Give the rows of all pages."""
        page = self.page(**parameters)
        rows: list[dict[str, Any]] = page["data"]
        while page["has_more"]:
            page = self.page(**parameters | {"next_token": page["next_token"]})
            rows += page["data"]
        return rows

    def starts(self, **parameters: object) -> list[str]:
        return [row["period_start"] for row in self.rows(**parameters)]


@pytest.fixture
def traffic(client: httpx.Client) -> Endpoint:
    return Endpoint(client)
