"""The settings of a mock server, checked in one place for the command line, `MockServer` and its child process.

Only the standard library is imported, so that a bad option is refused before the web framework is loaded.
"""

# ruff: noqa: TRY004 - one kind of error for every bad option

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from itertools import islice
from pathlib import Path
from typing import Any, Self

from apitally_mock._time.parsing import parse_instant
from apitally_mock._time.timezones import FIRST_INSTANT, LAST_INSTANT

DEFAULT_API_KEY = "mock-key"
MAX_INTEGER = 2**63 - 1
"""The largest ID and count of the API, and the largest seed."""

_RATE_LIMIT = re.compile(r"(?P<requests>[0-9]{1,9})/(?P<seconds>[0-9]{1,9})s", re.ASCII)
_MAX_SHOWN = 200
_MAX_HOST_LENGTH = 253
_MAX_IDS = 100_000
_HEADER_VALUE = re.compile(r"[!-~]+")


@dataclass(frozen=True, slots=True)
class App:
    """An app of the mock server, whose traffic is split over environments and consumers."""

    environments: tuple[int, ...] = (1, 2)
    """IDs of the environments."""
    consumers: tuple[int, ...] = (1, 2, 3, 4, 5)
    """IDs of the consumers."""


@dataclass(frozen=True, slots=True)
class RateLimit:
    """The number of requests in each rate limit window, and the length of that window."""

    requests: int
    seconds: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """Parse a form such as `100/60s`.

        Raises:
            ValueError: it has another form, or one of its numbers is zero.
        """
        match = _RATE_LIMIT.fullmatch(text) if isinstance(text, str) else None
        if match is None or not (int(match["requests"]) and int(match["seconds"])):
            raise ValueError(
                f"rate_limit must look like 100/60s (requests/seconds, both from 1 to 999999999), not {shown(text)}"
            )
        return cls(int(match["requests"]), int(match["seconds"]))

    def __str__(self) -> str:
        return f"{self.requests}/{self.seconds}s"


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that a mock server is started with; see `MockServer` for the meaning of each."""

    host: str
    port: int
    seed: int
    api_key: str
    apps: Mapping[int, App]
    now: int | None
    rate_limit: RateLimit | None
    latency: float
    data: Path | None

    @classmethod
    def checked(
        cls,
        *,
        host: str,
        port: int,
        seed: int,
        api_key: str,
        apps: Mapping[int, App] | Iterable[int],
        now: datetime | str | None,
        rate_limit: str | None,
        latency: float,
        data: Path | str | None,
    ) -> Self:
        """Return the settings for arguments as a user gives them.

        Raises:
            ValueError: an option is wrong; the message says which, and what it should be.
        """
        return cls(
            host=_checked_host(host),
            port=_integer("port", port, 0, 65_535),
            seed=_integer("seed", seed, -MAX_INTEGER - 1, MAX_INTEGER),
            api_key=_checked_api_key(api_key),
            apps=_checked_apps(apps),
            now=instant_of_now(now),
            rate_limit=checked_rate_limit(rate_limit),
            latency=checked_latency(latency),
            data=None if data is None else _checked_data(data),
        )

    def to_json(self) -> dict[str, Any]:
        """Return plain values, from which `from_json` makes the same settings in another process."""
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
        """Return the settings that `to_json` was called on."""
        return cls(
            **values
            | {
                "apps": {app_id: App(tuple(envs), tuple(consumers)) for app_id, envs, consumers in values["apps"]},
                "rate_limit": None if values["rate_limit"] is None else RateLimit.parse(values["rate_limit"]),
                "data": None if values["data"] is None else Path(values["data"]),
            }
        )


def instant_of_now(now: datetime | str | None) -> int | None:
    """Return the time at which the clock of the API is stopped, in seconds since the epoch, or `None` if it is not.

    Raises:
        ValueError: it is not a date-time with an offset, or not from 0001-01-03 to 9999-12-29.
    """
    if now is None:
        return None
    text = now.isoformat() if isinstance(now, date) else now
    if not isinstance(text, str):
        raise ValueError(f"now must be a date-time with an offset, not {shown(text)}")
    try:
        instant = parse_instant(text)
    except ValueError as error:
        raise ValueError(f"now must be a date-time with an offset, not {shown(text)}: {_cut(str(error))}") from None
    if FIRST_INSTANT <= instant < LAST_INSTANT:
        return instant
    raise ValueError(f"now must be from 0001-01-03T00:00:00Z and before 9999-12-30T00:00:00Z, not {text}")


def checked_rate_limit(rate_limit: str | None) -> RateLimit | None:
    """Return the rate limit, or `None` for none.

    Raises:
        ValueError: it does not look like `100/60s`.
    """
    return None if rate_limit is None else RateLimit.parse(rate_limit)


def checked_latency(latency: float) -> float:
    """Return the latency in seconds.

    Raises:
        ValueError: it is not a number of seconds from 0 to 3600.
    """
    if isinstance(latency, bool) or not isinstance(latency, int | float) or not 0 <= latency <= 3600:
        raise ValueError(f"latency must be a number of seconds from 0 to 3600, not {shown(latency)}")
    return float(latency)


def _integer(name: str, value: object, minimum: int, maximum: int) -> int:
    if isinstance(value, int) and not isinstance(value, bool) and minimum <= value <= maximum:
        return value
    raise ValueError(f"{name} must be a whole number from {minimum} to {maximum}, not {shown(value)}")


def shown(value: object) -> str:
    """Return the value as it is shown in messages."""
    if isinstance(value, int) and value.bit_length() > 1000:  # Python refuses to print very long integers
        return f"an integer of {value.bit_length()} bits"
    try:
        text = repr(value)
    except Exception:  # noqa: BLE001 - a `__repr__` can raise anything
        return f"a value of type {type(value).__name__}"
    return _cut(" ".join(text.split()))


def _cut(text: str) -> str:
    """Return a text, cut if it is long."""
    return text if len(text) <= _MAX_SHOWN else f"{text[:_MAX_SHOWN]}… ({len(text) - _MAX_SHOWN:,} more characters)"


def _checked_host(host: object) -> str:
    if isinstance(host, str) and host and len(host) <= _MAX_HOST_LENGTH and host.isprintable():
        return host
    raise ValueError(f"host must be a name or an address to listen on, not {shown(host)}")


def _checked_api_key(api_key: object) -> str:
    if isinstance(api_key, str) and _HEADER_VALUE.fullmatch(api_key):
        return api_key
    raise ValueError(
        "api_key must be one or more printable ASCII characters without spaces, because it is sent in a header"
    )


def _checked_apps(apps: Mapping[int, App] | Iterable[int]) -> dict[int, App]:
    if not isinstance(apps, Iterable) or isinstance(apps, str | bytes | bytearray):
        raise ValueError(f"apps must be the IDs of the apps, or an App for each ID, not {shown(apps)}")
    known: Mapping[int, App] = apps if isinstance(apps, Mapping) else {}
    checked = {app_id: known[app_id] if known else App() for app_id in _limited("apps", apps)}
    if not checked:
        raise ValueError("apps must name at least one app ID")
    for app_id, app in checked.items():
        _integer("every ID in apps", app_id, 1, MAX_INTEGER)
        if not isinstance(app, App):
            raise ValueError(f"apps must map each ID to an App, not {app_id} to {shown(app)}")
        checked[app_id] = App(_checked_ids(app_id, app.environments), _checked_ids(app_id, app.consumers))
    return checked


def _checked_ids(app_id: int, ids: Iterable[int]) -> tuple[int, ...]:
    name = f"every environment and consumer ID of app {app_id}"
    if not isinstance(ids, Iterable):
        raise ValueError(f"{name} must be in a tuple, not {shown(ids)}")
    limited = _limited(f"environments and consumers of app {app_id}", ids)
    return tuple(dict.fromkeys(_integer(name, number, 1, MAX_INTEGER) for number in limited))


def _limited(name: str, ids: Iterable[int]) -> list[int]:
    found = list(islice(ids, _MAX_IDS + 1))
    if len(found) > _MAX_IDS:
        raise ValueError(f"{name} must be no more than {_MAX_IDS:,} IDs")
    return found


def _checked_data(data: object) -> Path:
    try:
        path = Path(data) if isinstance(data, str | Path) else None
        if path is not None and path.is_file():
            return path.resolve()
    except (OSError, ValueError):  # the name is too long, or no file can have it
        pass
    found = "there is no regular file" if isinstance(data, str | Path) else "it is neither a str nor a Path:"
    raise ValueError(f"data must be a .parquet, .csv, .ndjson or .json file of the client; {found} {shown(data)}")
