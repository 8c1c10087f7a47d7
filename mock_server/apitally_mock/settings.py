"""What a mock server is started with, checked in one place for the command line, the context manager and the child.

It imports nothing but the standard library, so that a bad option is refused before any of the web stack is loaded.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Self

from apitally_mock.periods.moment import parse_moment

DEFAULT_API_KEY = "mock-key"
_RATE_LIMIT = re.compile(r"(?P<requests>[0-9]+)/(?P<seconds>[0-9]+)s", re.ASCII)
_LARGEST_ID = 2**63 - 1
_HEADER_VALUE = re.compile(r"[!-~]+")


@dataclass(frozen=True, slots=True)
class App:
    """An app of the mock server: which environments and consumers its traffic is split over."""

    environments: tuple[int, ...] = (1, 2)
    consumers: tuple[int, ...] = (1, 2, 3, 4, 5)


@dataclass(frozen=True, slots=True)
class RateLimit:
    """So many requests in each window of so many seconds."""

    requests: int
    seconds: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a form such as `100/60s`.

        Raises:
            ValueError: if the text has another form, or one of its numbers is zero.
        """
        match = _RATE_LIMIT.fullmatch(text) if isinstance(text, str) else None
        if match is None or not (int(match["requests"]) and int(match["seconds"])):
            msg = f"rate_limit must look like 100/60s (requests in so many seconds, both at least 1), not {text!r}"
            raise ValueError(msg)
        return cls(int(match["requests"]), int(match["seconds"]))

    def __str__(self) -> str:
        return f"{self.requests}/{self.seconds}s"


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that decides what a mock server answers; see `MockServer` for the meaning of each."""

    host: str = "127.0.0.1"
    port: int = 0
    seed: int = 0
    api_key: str = DEFAULT_API_KEY
    apps: Mapping[int, App] = field(default_factory=lambda: {1: App(), 2: App()})
    now: int | None = None
    rate_limit: RateLimit | None = None
    latency: float = 0.0
    data: Path | None = None

    @classmethod
    def checked(
        cls,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        seed: int = 0,
        api_key: str = DEFAULT_API_KEY,
        apps: Mapping[int, App] | Iterable[int] = (1, 2),
        now: datetime | str | None = None,
        rate_limit: str | None = None,
        latency: float = 0.0,
        data: Path | str | None = None,
    ) -> Self:
        """Make settings from what a user gave.

        Raises:
            ValueError: with a sentence that names the option, what is wrong with it, and what it should be.
        """
        return cls(
            host=_checked_host(host),
            port=_integer("port", port, 0, 65_535),
            seed=_integer("seed", seed, None, None),
            api_key=_checked_api_key(api_key),
            apps=_checked_apps(apps),
            now=instant_of_now(now),
            rate_limit=checked_rate_limit(rate_limit),
            latency=checked_latency(latency),
            data=None if data is None else _checked_data(Path(data)),
        )

    def to_json(self) -> dict[str, Any]:
        """Give what `from_json` takes: plain values, to be handed to another process."""
        return {
            "host": self.host,
            "port": self.port,
            "seed": self.seed,
            "api_key": self.api_key,
            "apps": [[app_id, app.environments, app.consumers] for app_id, app in self.apps.items()],
            "now": self.now,
            "rate_limit": None if self.rate_limit is None else str(self.rate_limit),
            "latency": self.latency,
            "data": None if self.data is None else str(self.data),
        }

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Self:
        """Make settings from what `to_json` gave."""
        return cls(
            **values
            | {
                "apps": {app_id: App(tuple(envs), tuple(consumers)) for app_id, envs, consumers in values["apps"]},
                "rate_limit": None if values["rate_limit"] is None else RateLimit.parse(values["rate_limit"]),
                "data": None if values["data"] is None else Path(values["data"]),
            }
        )


def instant_of_now(now: datetime | str | None) -> int | None:
    """Give the second at which the clock of the server shall stand still, or `None` for the clock of the machine.

    Raises:
        ValueError: if `now` is not a date-time with an offset.
    """
    if now is None:
        return None
    text = now.isoformat() if isinstance(now, datetime) else now
    try:
        moment = parse_moment(text)
    except (TypeError, ValueError) as error:
        msg = f"now must be a date-time with an offset, not {text!r}: {error}"
        raise ValueError(msg) from None
    if moment.offset is None:
        msg = f"now must have an offset, such as {text}Z, not {text!r}"
        raise ValueError(msg)
    return moment.clock_seconds - moment.offset


def checked_rate_limit(rate_limit: str | None) -> RateLimit | None:
    """Give the rate limit, or `None` for none.

    Raises:
        ValueError: if it does not look like `100/60s`.
    """
    return None if rate_limit is None else RateLimit.parse(rate_limit)


def checked_latency(latency: float) -> float:
    """Give the latency as a number of seconds.

    Raises:
        ValueError: if it is not a number of seconds from 0 to 3600.
    """
    if isinstance(latency, bool) or not isinstance(latency, int | float) or not 0 <= latency <= 3600:
        msg = f"latency must be a number of seconds from 0 to 3600, not {latency!r}"
        raise ValueError(msg)
    return float(latency)


def _integer(name: str, value: object, lowest: int | None, highest: int | None) -> int:
    if isinstance(value, int) and not isinstance(value, bool):
        is_within = (lowest is None or value >= lowest) and (highest is None or value <= highest)
        if is_within:
            return value
    bounds = "" if lowest is None else f" from {lowest}" + (" up" if highest is None else f" to {highest}")
    msg = f"{name} must be a whole number{bounds}, not {value!r}"
    raise ValueError(msg)


def _checked_host(host: object) -> str:
    if isinstance(host, str) and host:
        return host
    msg = f"host must be a name or an address to listen on, not {host!r}"
    raise ValueError(msg)


def _checked_api_key(api_key: object) -> str:
    if isinstance(api_key, str) and _HEADER_VALUE.fullmatch(api_key):
        return api_key
    msg = "api_key must be one or more printable ASCII characters without spaces, as it travels in a header"
    raise ValueError(msg)


def _checked_apps(apps: Mapping[int, App] | Iterable[int]) -> dict[int, App]:
    if not isinstance(apps, Iterable):
        msg = f"apps must be the ids of the apps, or an App for each id, not {apps!r}"
        raise ValueError(msg)  # noqa: TRY004 - one kind of error for whatever is wrong with an option
    checked = dict(apps) if isinstance(apps, Mapping) else {app_id: App() for app_id in apps}
    if not checked:
        msg = "apps must name at least one app id"
        raise ValueError(msg)
    for app_id, app in checked.items():
        _integer("every id in apps", app_id, 1, _LARGEST_ID)
        if not isinstance(app, App):
            msg = f"apps must map each id to an App, not {app_id} to {app!r}"
            raise ValueError(msg)  # noqa: TRY004 - one kind of error for whatever is wrong with an option
        for number in (*app.environments, *app.consumers):
            _integer(f"every environment and consumer id of app {app_id}", number, 1, _LARGEST_ID)
    return checked


def _checked_data(data: Path) -> Path:
    if not data.is_file():
        msg = f"data must be a file that the client wrote (.parquet, .csv or .ndjson); there is no file {str(data)!r}"
        raise ValueError(msg)
    return data.resolve()
