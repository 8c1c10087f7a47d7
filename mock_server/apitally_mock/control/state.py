"""All that a running mock server knows, and how it gets back to what it was at the start."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from apitally_mock.api.app import create_api
from apitally_mock.api.token import Tokens
from apitally_mock.control.clock import Clock
from apitally_mock.control.faults.injection import Injections
from apitally_mock.control.journal import Journal
from apitally_mock.control.limiter import Limiter
from apitally_mock.settings import Settings, checked_latency, checked_rate_limit, instant_of_now
from apitally_mock.traffic.source import Source

_CHANGEABLE: dict[str, Callable[[Any], Any]] = {
    "now": instant_of_now,
    "rate_limit": checked_rate_limit,
    "latency": checked_latency,
}


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
        self.injections = Injections(self._settings.seed, self.tokens)

    def change(self, values: dict[str, Any]) -> None:
        """Change some of the settings: `now`, `rate_limit` and `latency`, all as `MockServer` takes them.

        Raises:
            ValueError: with a sentence that names the setting, what is wrong with it, and what it should be.
        """
        unknown = values.keys() - _CHANGEABLE.keys()
        if unknown:
            msg = f"There is no setting {min(unknown)!r} that can be changed. Choose from: {', '.join(_CHANGEABLE)}."
            raise ValueError(msg)
        # All are checked before the first is changed.
        checked = {name: _CHANGEABLE[name](value) for name, value in values.items()}
        if "now" in checked:
            self.clock = Clock(checked["now"])
        if "rate_limit" in checked:
            self.limiter = Limiter(checked["rate_limit"])
        if "latency" in checked:
            self.latency = checked["latency"]

    def to_json(self) -> dict[str, Any]:
        """Give the settings that can be changed, as `change` takes them."""
        stopped_at, limit = self.clock.stopped_at, self.limiter.limit
        return {
            "now": None if stopped_at is None else datetime.fromtimestamp(stopped_at, UTC).isoformat(),
            "rate_limit": None if limit is None else str(limit),
            "latency": self.latency,
        }
