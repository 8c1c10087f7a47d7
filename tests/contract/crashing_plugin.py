"""A pytest plugin of a run of the suite: each test fails by a fault of the suite itself, in which the key stands."""

import os

import pytest


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call() -> None:
    """Fail as code that reads a response does, with the key in an argument and in the message."""
    _read(b"body with " + os.environ["APITALLY_API_KEY"].encode())


def _read(body: bytes) -> None:
    raise ValueError(body.decode())
