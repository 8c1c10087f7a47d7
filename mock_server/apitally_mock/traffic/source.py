"""What the rest of the server asks of traffic, wherever it comes from."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple, Protocol

from apitally_mock.settings import App

UNKNOWN_ID = 0
"""Stands for every environment or consumer that an app does not have: the filter is valid, and nothing matches it."""


class Series(NamedTuple):
    """Whose traffic: of an app, in one environment or (`None`) all, from one consumer or (`None`) all."""

    app_id: int
    app_env_id: int | None
    consumer_id: int | None


class Counts(NamedTuple):
    """An amount of traffic."""

    requests: int
    bytes_received: int
    bytes_sent: int


NOTHING = Counts(0, 0, 0)


class Source(Protocol):
    """Traffic that can be counted between any two instants."""

    @property
    def apps(self) -> Mapping[int, App]:
        """The apps that there are, with their environments and consumers."""

    def counts(self, series: Series, instants: Sequence[int]) -> list[Counts]:
        """Count what lies between each instant and the one after it.

        Args:
            series: whose traffic to count.
            instants: seconds since 1970-01-01T00:00:00Z, none smaller than the one before.

        Returns:
            one amount less than there are instants. Counting a stretch of time in parts gives the same sum.
        """
