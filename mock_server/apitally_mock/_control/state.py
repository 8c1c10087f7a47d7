"""The state of a running mock server: what can be changed, and how it is reset."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from apitally_mock._api.app import create_api
from apitally_mock._api.tokens import Tokens
from apitally_mock._control.clock import Clock
from apitally_mock._control.journal import Journal
from apitally_mock._control.rate_limiter import RateLimiter
from apitally_mock._faults.injections import Injections
from apitally_mock._traffic.source import Source
from apitally_mock.settings import Settings, checked_latency, checked_rate_limit, instant_of_now

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_CHANGEABLE: dict[str, Callable[[Any], Any]] = {
    "now": instant_of_now,
    "rate_limit": checked_rate_limit,
    "latency": checked_latency,
}


class State:
    """The API, and everything around it that changes while the server runs."""

    def __init__(self, settings: Settings, source: Source) -> None:
        self._settings = settings
        self.source = source
        self.reset()
        self.api = create_api(
            source,
            Tokens(settings.seed),
            seed=settings.seed,
            api_key=settings.api_key,
            now=lambda: self.clock.now(),  # noqa: PLW0108 - a reset replaces the clock
            acquire=lambda: self.rate_limiter.acquire(),  # noqa: PLW0108 - and the rate limiter
        )

    def reset(self) -> None:
        """Restore the settings that the server was started with; empty the journal and remove all faults."""
        self.clock = Clock(self._settings.now)
        self.rate_limiter = RateLimiter(self._settings.rate_limit)
        self.latency = self._settings.latency
        self.journal = Journal(self._settings.api_key)
        self.injections = Injections(self._settings.seed)

    def change(self, values: dict[str, Any]) -> None:
        """Change some of the settings: `now`, `rate_limit` and `latency`, all as `MockServer` takes them.

        Raises:
            ValueError: a setting is wrong or cannot be changed; the message says which, and what it should be.
        """
        unknown = values.keys() - _CHANGEABLE.keys()
        if unknown:
            raise ValueError(
                f"There is no setting {min(unknown)!r} that can be changed. Choose from: {', '.join(_CHANGEABLE)}."
            )
        # All values are checked before the first setting is changed.
        checked = {name: _CHANGEABLE[name](value) for name, value in values.items()}
        self.clock.stopped_at = checked.get("now", self.clock.stopped_at)
        self.latency = checked.get("latency", self.latency)
        if "rate_limit" in checked:
            self.rate_limiter = RateLimiter(checked["rate_limit"])

    def to_json(self) -> dict[str, Any]:
        """Return the settings that can be changed, as `change` takes them."""
        limit, stopped_at = self.rate_limiter.limit, self.clock.stopped_at
        return {
            "now": None if stopped_at is None else (_EPOCH + timedelta(seconds=stopped_at)).isoformat(),
            "rate_limit": None if limit is None else str(limit),
            "latency": self.latency,
        }
