"""Fixtures for tests of code that calls the API; pytest finds them by the entry point of the distribution."""

from collections.abc import Iterator

import pytest

from apitally_mock.server import MockServer


@pytest.fixture(scope="session")
def apitally_mock_session() -> Iterator[MockServer]:
    """Return a mock server that runs from its first use to the end of the session."""
    with MockServer() as server:
        yield server


@pytest.fixture
def apitally_mock(apitally_mock_session: MockServer) -> MockServer:
    """Return the mock server of the session, reset: an empty journal, no faults, the clock of the machine."""
    apitally_mock_session.reset()
    return apitally_mock_session
