"""A running mock server for the tests of the mock server, and a client for it."""

from collections.abc import Iterator

import httpx
import pytest

from apitally_mock import MockServer
from tests.mock.mock_endpoint import NOW, Endpoint


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
