"""What the tests of the mock server share: servers to ask, and a client to ask them with."""

from collections.abc import Iterator

import httpx
import pytest
from hypothesis import HealthCheck, settings

from apitally_mock import MockServer
from tests.mock.mock_endpoint import NOW, Endpoint

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


@pytest.fixture
def traffic(client: httpx.Client) -> Endpoint:
    return Endpoint(client)
