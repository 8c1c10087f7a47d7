"""A series, to which each row of the table belongs: an app, its filters, an interval and a timezone."""

from dataclasses import dataclass
from typing import Self

from apitally_api_client.models import Interval

DATASET, TABLE = "apitally", "traffic"


@dataclass(frozen=True)
class Series:
    """The traffic of one app, in periods of one interval of one timezone."""

    app_id: int
    app_env_id: int | None
    consumer_id: int | None
    interval: Interval
    timezone: str

    @property
    def key(self) -> str:
        """The text that identifies the series in the table.

        It is part of the key of each row, and therefore never NULL: in a database, NULL equals nothing, so with a
        nullable column in the key, each run would store every row again.
        """
        environment, consumer = ("*" if value is None else value for value in (self.app_env_id, self.consumer_id))
        return (
            f"app={self.app_id} env={environment} consumer={consumer} interval={self.interval} timezone={self.timezone}"
        )

    @classmethod
    def from_key(cls, key: str) -> Self:
        """Return the series that a key identifies."""
        app, environment, consumer, interval, timezone = (part.partition("=")[2] for part in key.split(" "))
        env_id, consumer_id = (None if value == "*" else int(value) for value in (environment, consumer))
        return cls(int(app), env_id, consumer_id, "hour" if interval == "hour" else "day", timezone)

    def shares_requests_with(self, other: "Series") -> bool:
        """Return whether some requests count in both: same app, and no different environments or consumers."""
        pairs = ((self.app_env_id, other.app_env_id), (self.consumer_id, other.consumer_id))
        return self.app_id == other.app_id and all(None in pair or pair[0] == pair[1] for pair in pairs)


def is_series(text: str) -> bool:
    """Return whether a text is the key of a series."""
    return text.startswith("app=")
