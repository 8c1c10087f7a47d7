"""The protocol of a source of traffic."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple, Protocol

from apitally_mock.settings import App

UNKNOWN_ID = 0
"""Stands for every environment or consumer that an app does not have: such a filter is valid, and matches nothing."""


class Series(NamedTuple):
    """Traffic of an app, in one environment or (`None`) all, from one consumer or (`None`) all."""

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
        """The apps, with their environments and consumers."""

    def begins_at(self, app_id: int) -> int:
        """Return the instant, in seconds since the epoch, before which an app has no traffic."""

    def counts(self, series: Series, instants: Sequence[int]) -> list[Counts]:
        """Count the traffic between each instant and the next one.

        Args:
            series: whose traffic to count.
            instants: seconds since the epoch, in ascending order.

        Returns:
            one item fewer than there are instants. The counts of the parts of a span add up to the count of the span.
        """
