"""What a query asks for, and the arguments of the requests for it. Shared by the sync and the async query."""

from collections.abc import Callable
from datetime import UTC, datetime
from operator import index
from typing import SupportsIndex, TypedDict
from zoneinfo import ZoneInfo

from attrs import frozen

from apitally_api_client.models import GetTrafficResponse, Interval
from apitally_traffic.paging.plan import Plan
from apitally_traffic.paging.slices import SliceReader
from apitally_traffic.transport.parcel import PageRow, unpack
from apitally_traffic.windows.moments import Moment
from apitally_traffic.windows.window import TimeWindow

Progress = Callable[[int, int], object]
"""Called with the periods that have been delivered and those to expect, after each slice; both are equal at the end."""


@frozen(kw_only=True)
class TrafficRequest:
    """The arguments of `get_traffic`, checked, with the window pinned."""

    app_id: int
    window: TimeWindow
    app_env_id: int | None
    consumer_id: int | None
    page_size: int
    max_items: int | None
    concurrency: int

    @classmethod
    def checked(
        cls,
        *,
        app_id: int,
        start: Moment | None,
        end: Moment | None,
        interval: Interval,
        timezone: str | ZoneInfo,
        app_env_id: int | None,
        consumer_id: int | None,
        page_size: int,
        max_items: int | None,
        concurrency: int,
    ) -> "TrafficRequest":
        """Check the arguments and pin the window.

        Raises:
            TypeError: an argument is of a wrong type.
            ValueError: an argument is out of bounds, cannot be read, or `start` is after `end`.
        """
        return cls(
            app_id=checked_count("app_id", app_id),
            window=TimeWindow.resolve(start, end, interval, timezone),
            app_env_id=None if app_env_id is None else checked_count("app_env_id", app_env_id),
            consumer_id=None if consumer_id is None else checked_count("consumer_id", consumer_id),
            page_size=checked_count("page_size", page_size, most=1000),
            max_items=None if max_items is None else checked_count("max_items", max_items),
            concurrency=concurrency,
        )

    def plan(self) -> Plan:
        """Return a new plan for reading the window."""
        return Plan(self.window, self.page_size, self.max_items, self.concurrency)

    def side_by_side(self) -> int:
        """Return how many slices there are to read at a time."""
        return min(self.concurrency, -(-len(self.window) // self.page_size))

    def arguments(self, reader: SliceReader[PageRow]) -> "PageArguments":
        """Return the arguments of the generated function for the page that a reader wants next.

        Start and end go out in UTC: there the offset is always one that a date-time may carry.
        """
        return {
            "app_id": self.app_id,
            "app_env_id": self.app_env_id,
            "consumer_id": self.consumer_id,
            "start": reader.window.start.astimezone(UTC),
            "end": reader.window.end.astimezone(UTC),
            "interval": reader.window.interval,
            "timezone": reader.window.timezone.key,
            "limit": self.page_size,
            "next_token": reader.cursor.token,
        }


class PageArguments(TypedDict):
    """The arguments of the generated function, so that a type checker sees which of them a new spec changes."""

    app_id: int
    app_env_id: int | None
    consumer_id: int | None
    start: datetime
    end: datetime
    interval: Interval
    timezone: str
    limit: int
    next_token: str | None


def feed(reader: SliceReader[PageRow], parsed: object) -> None:
    """Hand a reader what the generated function returned; the transport raises for everything that is not a page."""
    assert isinstance(parsed, GetTrafficResponse)
    reader.feed(parsed, unpack(parsed))


def checked_count(name: str, value: int, *, least: int = 1, most: int | None = None) -> int:
    """Refuse what is no whole number within bounds, and return what is one as a plain int.

    Raises:
        TypeError: the value is no integer.
        ValueError: it is less than `least`, or more than `most`.
    """
    if isinstance(value, bool) or not isinstance(value, SupportsIndex):
        raise TypeError(f"{name} must be an int, not {value!r}.")
    count = index(value)
    if count < least or (most is not None and count > most):
        bounds = f"at least {least}" if most is None else f"from {least} to {most}"
        raise ValueError(f"{name} must be {bounds}, not {value}.")
    return count
