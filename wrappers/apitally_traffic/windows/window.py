"""The window of a query: from when to when, in periods of which length, in which timezone."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import cached_property
from itertools import pairwise
from sys import maxsize
from typing import NamedTuple, Self, get_args
from zoneinfo import ZoneInfo

from attrs import field, frozen

from apitally_api_client.models import Interval
from apitally_traffic.windows.moments import Moment, resolve_moment, resolve_timezone
from apitally_traffic.windows.periods import advance, floor, following

_DEFAULT_REACH: dict[Interval, timedelta] = {"hour": timedelta(hours=24), "day": timedelta(days=30)}


# Datetimes that share a timezone are compared by their wall clocks, which clock changes put out of order.
def _instant(moment: datetime) -> datetime:
    return moment.astimezone(UTC)


class Period(NamedTuple):
    """One hour or one local day: `start` belongs to it, `end` does not. Both carry the window's timezone.

    Example:
        >>> first, *_ = TimeWindow.resolve("2026-03-29", "2026-03-30", "day", "Europe/Berlin").periods()
        >>> first.end.astimezone(UTC) - first.start.astimezone(UTC)
        datetime.timedelta(seconds=82800)
    """

    start: datetime
    end: datetime


@frozen
class TimeWindow:
    """A stretch of time, cut into hours or days of one timezone.

    Attributes:
        start: the beginning of the first period, in `timezone`.
        end: where the window ends, in `timezone`; it does not belong to the window. It may lie inside the last period.
        interval: the length of the periods, "hour" or "day".
        timezone: the zone whose hours and midnights the periods follow.

    `len(window)` is the number of its periods.

    Example:
        >>> window = TimeWindow.resolve("2026-10-25", "2026-10-26", "hour", "Europe/Berlin")
        >>> len(window), [len(part) for part in window.slices(10)]
        (25, [10, 10, 5])
    """

    start: datetime = field(eq=_instant)
    end: datetime = field(eq=_instant)
    interval: Interval
    timezone: ZoneInfo = field(repr=str)

    @classmethod
    def resolve(
        cls,
        start: Moment | None = None,
        end: Moment | None = None,
        interval: Interval = "hour",
        timezone: str | ZoneInfo = "UTC",
        now: datetime | None = None,
    ) -> Self:
        """Pin a window down, as the API would at this moment.

        Args:
            start: "Defaults to 24 hours ago if `interval` is "hour", or 30 days ago if `interval` is "day". Will be
                rounded down to the beginning of the interval (hour or day)." A datetime (naive: in `timezone`), a
                date, an ISO 8601 string, a timedelta before now, or a duration such as `30m 24h 7d 2w P14D PT24H`,
                where a day is 24 hours.
            end: "Defaults to now." The same forms; it is not rounded.
            interval: "hour" or "day".
            timezone: an IANA name or a ZoneInfo.
            now: an aware datetime; by default the present.

        Raises:
            TypeError: an argument is of a type that is not listed here.
            ValueError: an argument cannot be read, `start` is after `end`, or the window leaves the years 1 to 9999.
        """
        if interval not in get_args(Interval):
            raise ValueError(f'interval must be "hour" or "day", not {interval!r}.')
        zone = resolve_timezone(timezone)
        present = datetime.now(UTC) if now is None else now
        if not isinstance(present, datetime):
            raise TypeError(f"now must be a datetime, not {type(now).__name__}.")
        if present.utcoffset() is None:
            raise ValueError(f"now must carry a timezone: {present!r} does not.")
        first = resolve_moment("start", _DEFAULT_REACH[interval] if start is None else start, zone, present)
        last = resolve_moment("end", present if end is None else end, zone, present)
        if first > last:
            raise ValueError(f"start {first.isoformat()} is after end {last.isoformat()}: swap them.")
        try:
            first = floor(first, interval, zone)
            following(floor(last, interval, zone), interval, zone)  # the last period must end within the calendar too
        except OverflowError as error:
            raise ValueError("The window leaves the years 1 to 9999.") from error
        return cls._between(first, last, interval, zone)

    def __len__(self) -> int:
        """Return the number of periods that begin in the window."""
        return self._length

    @cached_property
    def _length(self) -> int:
        return advance(_instant(self.start), _instant(self.end), maxsize, self.interval, self.timezone)[1]

    def periods(self) -> Iterator[Period]:
        """Yield the window's periods, oldest first.

        They follow each other without a gap, and each is one hour or one local day: the last one is whole too, even
        where the window ends inside it.
        """
        for start, end in pairwise(self._boundaries()):
            yield Period(start.astimezone(self.timezone), end.astimezone(self.timezone))

    def slices(self, max_periods: int) -> Iterator["TimeWindow"]:
        """Cut the window at period boundaries, oldest first, into windows of at most `max_periods` periods each.

        Raises:
            TypeError: `max_periods` is no int.
            ValueError: `max_periods` is less than 1.
        """
        if not isinstance(max_periods, int):
            raise TypeError(f"max_periods must be an int, not {max_periods!r}.")
        if max_periods < 1:
            raise ValueError(f"max_periods must be at least 1, not {max_periods}.")
        return self._cut(max_periods)

    def _cut(self, max_periods: int) -> Iterator["TimeWindow"]:
        start, end = _instant(self.start), _instant(self.end)
        while start < end:
            cut, length = advance(start, end, max_periods, self.interval, self.timezone)
            part = self._between(start, min(cut, end), self.interval, self.timezone)
            object.__setattr__(part, "_length", length)  # frozen; counting anew would cost as much as cutting
            yield part
            start = cut

    @classmethod
    def _between(cls, start: datetime, end: datetime, interval: Interval, timezone: ZoneInfo) -> Self:
        return cls(start.astimezone(timezone), end.astimezone(timezone), interval, timezone)

    def _boundaries(self) -> Iterator[datetime]:
        start, end = _instant(self.start), _instant(self.end)
        yield start
        while start < end:
            start = following(start, self.interval, self.timezone)
            yield start
