"""Fixtures for tests of code that talks to the API; pytest finds them by the entry point of the distribution.

The server is imported by the first test that asks for it, so that all other test runs do not pay for it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from apitally_mock import MockServer


@pytest.fixture(scope="session")
def apitally_mock_session() -> Iterator[MockServer]:
    """Give a mock server that runs from its first use to the end of the session."""
    from apitally_mock import MockServer  # noqa: PLC0415

    with MockServer() as server:
        yield server


@pytest.fixture
def apitally_mock(apitally_mock_session: MockServer) -> MockServer:
    """Give the mock server of the session in its first state: an empty journal, no faults, the clock of the machine."""
    apitally_mock_session.reset()
    return apitally_mock_session
