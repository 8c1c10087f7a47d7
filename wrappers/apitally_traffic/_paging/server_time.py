"""Detect a response that is older, by its `Date`, than others for the same window: a server or a cache is behind.

Such a response lacks the newest data: a period that had not ended at that time may lack requests, or its whole row.
"""

from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from apitally_traffic._paging.bounds import CLOCK_DIFFERENCE, end_of_last_period
from apitally_traffic._windows.periods import floor, following
from apitally_traffic._windows.window import TimeWindow

# Twice, because one clock may be ahead and the other behind.
_TOLERANCE = 2 * CLOCK_DIFFERENCE


class ResponseTime(NamedTuple):
    """When a response was made, and when it arrived.

    Attributes:
        date: when it was made, by the server's clock.
        arrived: when it arrived, by several clocks of this machine, in seconds: one may stand still while the machine
            is suspended, one may be set, and a test may move the third.
    """

    date: datetime
    arrived: tuple[float, ...]

    def lag(self, other: "ResponseTime") -> timedelta:
        """Return how far this response is behind `other`, less the time by which `other` arrived later."""
        passed = max(0, *(after - before for before, after in zip(self.arrived, other.arrived, strict=True)))
        return other.date - self.date - timedelta(seconds=passed)


class BehindError(ValueError):
    """A response is older than another one, and was requested for periods that ended in between.

    Attributes:
        start: the start of the first of these periods.
    """

    def __init__(self, old: datetime, new: datetime, start: datetime) -> None:
        """Make the message, and store the start."""
        super().__init__(
            f"the Date of one is {old.isoformat()}, and that of another {new.isoformat()}, so a server is behind and "
            f"may not know all of the period {start.isoformat()}"
        )
        self.start = start


class ResponseTimes:
    """The times of all responses for one window."""

    def __init__(self) -> None:
        """Start without responses."""
        self._all: list[ResponseTime] = []
        self._unfinished: list[tuple[ResponseTime, TimeWindow]] = []

    def add(self, response: ResponseTime, part: TimeWindow) -> None:
        """Add a response, and compare it with the earlier ones.

        Args:
            response: when the response was made.
            part: the part of the window that was requested.

        Raises:
            BehindError: the response is behind an earlier one, or an earlier one is behind it.
        """
        if is_unfinished(response, end_of_last_period(part)):
            self._unfinished.append((response, part))
            for other in self._all:
                _compare(response, part, other)
        for old, its_part in self._unfinished:
            _compare(old, its_part, response)
        self._all.append(response)


def is_unfinished(response: ResponseTime, end: datetime) -> bool:
    """Return whether a period that ends at `end` may have been open when a response was made."""
    return end > response.date - CLOCK_DIFFERENCE


def _compare(response: ResponseTime, part: TimeWindow, other: ResponseTime) -> None:
    lag = response.lag(other)
    if lag <= _TOLERANCE:
        return
    open_from = response.date - CLOCK_DIFFERENCE
    try:
        start = max(floor(open_from, part.interval, part.timezone), part.start.astimezone(UTC))
        end = following(start, part.interval, part.timezone)
    except OverflowError:  # at the ends of the calendar
        return
    if end <= response.date + lag:
        raise BehindError(response.date, other.date, start.astimezone(part.timezone))
