"""A running mock server for the tests of the mock server, and a client for it."""

import ssl
import subprocess
from collections.abc import Iterator
from typing import Any

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
    no_certificates = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # to load some would take longer than most tests
    with httpx.Client(
        base_url=server.url, headers=headers, trust_env=False, timeout=10, verify=no_certificates
    ) as client:
        yield client


@pytest.fixture
def traffic(client: httpx.Client) -> Endpoint:
    return Endpoint(client)


@pytest.fixture
def children(monkeypatch: pytest.MonkeyPatch) -> "list[subprocess.Popen[bytes]]":
    """Return a list of the processes that are started from here on."""
    found: list[subprocess.Popen[bytes]] = []

    class RecordedPopen(subprocess.Popen[bytes]):
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **kwargs)
            found.append(self)

    monkeypatch.setattr(subprocess, "Popen", RecordedPopen)
    return found
