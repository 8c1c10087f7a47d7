"""The time window of a query, with its interval and its timezone."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import cached_property
from itertools import pairwise
from typing import NamedTuple, Self, get_args
from zoneinfo import ZoneInfo

from attrs import Attribute, field, frozen

from apitally_api_client.models import Interval
from apitally_traffic._checks import check_count
from apitally_traffic._texts import quoted
from apitally_traffic._windows.periods import advance, count, floor, following
from apitally_traffic._windows.time_parsing import TimeLike, offset_of, resolve_time, resolve_timezone

_DEFAULT_LENGTH: dict[Interval, timedelta] = {"hour": timedelta(hours=24), "day": timedelta(days=30)}


# Python compares datetimes of the same timezone by wall clock, which is wrong around clock changes.
def _utc(time: datetime) -> datetime:
    return time.astimezone(UTC)


def _check_aware(_: object, attribute: "Attribute[datetime]", time: datetime) -> None:
    if time.tzinfo is None:
        raise ValueError(f"{attribute.name} must carry a timezone; `TimeWindow.resolve` takes naive times, too.")


class Period(NamedTuple):
    """One hour or one local day, from `start` to the exclusive `end`, both in the window's timezone.

    Example:
        >>> first, *_ = TimeWindow.resolve("2026-03-29", "2026-03-30", "day", "Europe/Berlin").periods()
        >>> first.end.astimezone(UTC) - first.start.astimezone(UTC)
        datetime.timedelta(seconds=82800)
    """

    start: datetime
    end: datetime


@frozen
class TimeWindow:
    """A span of time, divided into hours or days of one timezone.

    Attributes:
        start: the start of the first period, in `timezone`.
        end: the exclusive end of the window, in `timezone`; it may lie inside the last period.
        interval: the length of the periods, "hour" or "day".
        timezone: the timezone whose hours and midnights the periods follow.

    `len(window)` is the number of its periods.

    Example:
        >>> window = TimeWindow.resolve("2026-10-25", "2026-10-26", "hour", "Europe/Berlin")
        >>> len(window), [len(part) for part in window.slices(10)]
        (25, [10, 10, 5])
    """

    start: datetime = field(eq=_utc, validator=_check_aware)
    end: datetime = field(eq=_utc, validator=_check_aware)
    interval: Interval
    timezone: ZoneInfo = field(repr=str)

    @classmethod
    def resolve(
        cls,
        start: TimeLike | None = None,
        end: TimeLike | None = None,
        interval: Interval = "hour",
        timezone: str | ZoneInfo = "UTC",
        now: datetime | None = None,
    ) -> Self:
        """Return the window that the API uses for these arguments at the current time.

        Args:
            start: "Defaults to 24 hours ago if `interval` is "hour", or 30 days ago if `interval` is "day". Will be
                rounded down to the beginning of the interval (hour or day)." A datetime (naive: in `timezone`), a
                date, an ISO 8601 string, a timedelta before now, or a duration before now such as
                `30m 24h 7d 2w P14D PT24H`, with or without a minus, where a day is 24 hours.
            end: "Defaults to now." The same forms; not rounded.
            interval: "hour" or "day".
            timezone: an IANA name or a ZoneInfo.
            now: an aware datetime; defaults to the current time.

        Raises:
            TypeError: an argument has a type that is not listed here.
            ValueError: an argument cannot be parsed, `start` is after `end`, or the window extends beyond the years
                1 to 9999.
        """
        intervals = get_args(Interval)
        if not isinstance(interval, str) or interval not in intervals:
            raise ValueError(f'interval must be "hour" or "day", not {quoted(interval)}.')
        interval = intervals[intervals.index(interval)]  # a plain str, because a subclass may have another repr
        zone = resolve_timezone(timezone)
        present = datetime.now(UTC) if now is None else now
        if not isinstance(present, datetime):
            raise TypeError(f"now must be a datetime, not {type(now).__name__}.")
        if present.tzinfo is None or offset_of("now", present) is None:
            raise ValueError(f"now must carry a timezone: {quoted(present)} does not.")
        first = resolve_time("start", _DEFAULT_LENGTH[interval] if start is None else start, zone, present)
        last = resolve_time("end", present if end is None else end, zone, present)
        if first > last and end is None:
            raise ValueError(f"start {first.isoformat()} lies in the future: it is {last.isoformat()} now.")
        if first > last and start is None:
            raise ValueError(
                f"end {last.isoformat()} is before the default start {first.isoformat()}: pass start, too."
            )
        if first > last:
            raise ValueError(f"start {first.isoformat()} is after end {last.isoformat()}: swap them.")
        try:
            first = floor(first, interval, zone)
            following(floor(last, interval, zone), interval, zone)  # the end of the last period must not overflow
        except OverflowError as error:
            raise ValueError("The window extends beyond the years 1 to 9999, or too close to their ends.") from error
        return cls._between(first, last, interval, zone)

    def __len__(self) -> int:
        """Return the number of periods that start in the window."""
        return self._length

    @cached_property
    def _length(self) -> int:
        return count(_utc(self.start), _utc(self.end), self.interval, self.timezone)

    def periods(self) -> Iterator[Period]:
        """Yield the window's periods, oldest first, without gaps.

        Each is one hour or one local day; the last one is complete even if the window ends inside it.
        """
        for start, end in pairwise(self._boundaries()):
            yield Period(start.astimezone(self.timezone), end.astimezone(self.timezone))

    def slices(self, max_periods: int) -> Iterator["TimeWindow"]:
        """Divide the window at period boundaries into windows of at most `max_periods` periods each, oldest first.

        Raises:
            TypeError: `max_periods` is not an int.
            ValueError: `max_periods` is less than 1, or more than 2**63 - 1.
        """
        return self._slices(check_count("max_periods", max_periods))

    def _slices(self, max_periods: int) -> Iterator["TimeWindow"]:
        start, end = _utc(self.start), _utc(self.end)
        while start < end:
            boundary, length = advance(start, end, max_periods, self.interval, self.timezone)
            part = self._between(start, min(boundary, end), self.interval, self.timezone)
            object.__setattr__(part, "_length", length)  # the class is frozen; counting again costs as much as slicing
            yield part
            start = boundary

    @classmethod
    def _between(cls, start: datetime, end: datetime, interval: Interval, timezone: ZoneInfo) -> Self:
        return cls(start.astimezone(timezone), end.astimezone(timezone), interval, timezone)

    def _boundaries(self) -> Iterator[datetime]:
        start, end = _utc(self.start), _utc(self.end)
        yield start
        while start < end:
            start = following(start, self.interval, self.timezone)
            yield start
