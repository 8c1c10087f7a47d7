"""A mock server for the tests of the client, and a client for it."""

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from apitally_mock import MockServer
from apitally_traffic import TrafficClient

NOW = "2026-03-29T12:34:56Z"
"""The frozen clock of the mock server: the day on which Europe's clocks go forward."""


@pytest.fixture(scope="session")
def running_server() -> Iterator[MockServer]:
    """Run one mock server, in its own process, for all tests of the client."""
    with MockServer(now=NOW) as server:
        yield server


@pytest.fixture
def server(running_server: MockServer) -> MockServer:
    """Return the mock server in its initial state: with an empty journal and without faults."""
    running_server.reset()
    return running_server


@pytest.fixture
def client(server: MockServer) -> Iterator[TrafficClient]:
    """Return a client of the mock server."""
    with TrafficClient(server.api_key, base_url=server.url, requests_per_minute=None) as client:
        yield client


@pytest.fixture(autouse=True)
def _no_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Hide the settings of the user who runs the tests."""
    monkeypatch.delenv("APITALLY_API_KEY", raising=False)
    monkeypatch.delenv("APITALLY_API_BASE_URL", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))


@contextmanager
def interrupt() -> Iterator[None]:
    """Press Ctrl-C shortly after, unless the block has ended by then."""
    # A shell ignores it for commands in the background.
    handler = signal.signal(signal.SIGINT, signal.default_int_handler)
    timer = threading.Timer(0.7, os.kill, (os.getpid(), signal.SIGINT))
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        timer.join()
        signal.signal(signal.SIGINT, handler)
