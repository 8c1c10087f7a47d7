"""All that a running mock server knows, and how it gets back to what it was at the start."""

from apitally_mock.api.app import create_api
from apitally_mock.api.token import Tokens
from apitally_mock.control.clock import Clock
from apitally_mock.control.journal import Journal
from apitally_mock.control.limiter import Limiter
from apitally_mock.settings import Settings
from apitally_mock.traffic.source import Source


class State:
    """The parts of a server that change while it runs."""

    def __init__(self, settings: Settings, source: Source) -> None:
        self._settings = settings
        self.source = source
        self.tokens = Tokens(settings.seed)
        self.reset()
        self.api = create_api(
            source,
            self.tokens,
            settings.api_key,
            now=lambda: self.clock.now(),  # noqa: PLW0108 - the clock is another one after a reset
            admit=lambda: self.limiter.admit(),  # noqa: PLW0108 - and so is the limiter
        )

    def reset(self) -> None:
        """Go back to the settings that the server was started with, with an empty journal and no faults."""
        self.clock = Clock(self._settings.now)
        self.limiter = Limiter(self._settings.rate_limit)
        self.latency = self._settings.latency
        self.journal = Journal(self._settings.api_key)
