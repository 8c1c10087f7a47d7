"""What all tests share: how far the property tests look, Ctrl-C, the garbage collector, and an environment.

The property tests take a fixed sample at each push, and many times as much in `nox -s tests-full`.
"""

import gc
import signal

import pytest
from hypothesis import HealthCheck, Phase, settings

settings.register_profile(
    "push",
    deadline=None,
    derandomize=True,
    max_examples=50,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
settings.register_profile("full", settings.get_profile("push"), max_examples=2000, derandomize=False, print_blob=True)
# `nox -s mutation` asks thousands of times whether a test fails, and not for the smallest example with which it does.
settings.register_profile(
    "mutation", settings.get_profile("push"), max_examples=25, phases=[Phase.explicit, Phase.generate]
)
settings.load_profile("push")

# A shell ignores Ctrl-C for commands in the background, and each process that they start inherits that.
signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_finish() -> None:
    """Spare the collector what all the imports have made, which it would look through in vain again and again."""
    gc.collect()
    gc.freeze()


@pytest.fixture
def plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take the proxies and the certificates of this machine out of the environment."""
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    for name in ("SSL_CERT_FILE", "SSL_CERT_DIR", "SSLKEYLOGFILE"):
        monkeypatch.delenv(name, raising=False)
