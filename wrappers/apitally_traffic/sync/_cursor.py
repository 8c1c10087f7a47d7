"""Decide which windows a run reads. Nothing here does I/O.

A series is complete from one period to another: its cursor. A run reads what is new after it, again the last periods
before its end, whose counts may have changed since, and what is before its start, where an earlier start is asked for.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Self

from apitally_api_client.models import Interval
from apitally_traffic import TimeWindow
from apitally_traffic._texts import quoted
from apitally_traffic._windows.time_parsing import TimeLike

DEFAULT_START = "30d"
DEFAULT_LOOKBACK = "2d"
_DURATION_UNITS = frozenset("MHDWS")


@dataclass(frozen=True)
class Cursor:
    """What is stored of a series: every period from `start` up to the exclusive `end`, both in UTC."""

    start: datetime
    end: datetime

    @classmethod
    def from_state(cls, state: dict[str, str]) -> Self | None:
        """Return the cursor that `to_state` wrote, or None if there is none."""
        return cls(*(datetime.fromisoformat(state[name]) for name in ("start", "end"))) if state else None

    def to_state(self) -> dict[str, str]:
        """Return what dlt keeps between runs."""
        return {"start": self.start.isoformat(), "end": self.end.isoformat()}


@dataclass(frozen=True)
class Schedule:
    """Which part of a series to read: from when on, and how far back again.

    Attributes:
        interval: the length of the periods.
        timezone: the IANA name of the timezone whose hours and midnights the periods follow.
        start: where the series begins; None for 30 days before the first run.
        lookback: how far before the end of the cursor to read again.
    """

    interval: Interval
    timezone: str
    start: TimeLike | None
    lookback: timedelta | str

    def __post_init__(self) -> None:
        """Check what does not depend on the time of the run.

        Raises:
            TypeError: an argument has a wrong type.
            ValueError: an argument cannot be parsed.
        """
        if not isinstance(self.lookback, timedelta | str):
            raise TypeError(f"lookback must be a timedelta or a str, not {type(self.lookback).__name__}.")
        try:
            if isinstance(self.lookback, str) and self.lookback[-1:].upper() not in _DURATION_UNITS:
                raise ValueError("It is a date or a time.")  # noqa: TRY301 - one message for all that is no duration
            self._floor(self.lookback, datetime.now(UTC))
        except ValueError as error:
            raise ValueError(
                f"lookback must be a duration, such as 36h, 2d or P1W, not {quoted(self.lookback)}."
            ) from error
        self._first_start(datetime.now(UTC))

    def windows(self, cursor: Cursor | None, now: datetime) -> tuple[list[TimeWindow], Cursor]:
        """Return the windows to read, and the cursor after that.

        Every window ends where the open period starts. So no part of a period is stored as the whole, whatever the
        server returns for the period that has not ended.

        A cursor that ends in the future comes from a clock that was wrong, and does not say what was read before its
        end. So everything is read again, up to `now`, and the cursor ends there.

        Args:
            cursor: what is stored of the series; None for nothing.
            now: the time of the run.

        Raises:
            ValueError: the start lies after `now`.
        """
        end = self._floor(now, now)
        if cursor is None:
            start = self._first_start(now)
            return list(self._between(start, end)), Cursor(start, end)
        start = cursor.start if self.start is None else min(self._first_start(now), cursor.start)
        if start > end:
            raise ValueError(
                f"The stored series begins at {start.isoformat()}, and it is {now.isoformat(timespec='seconds')} now, "
                "by the clock of the API or of this machine. If that is right, pass start to read what is before."
            )
        if cursor.end > end:
            return list(self._between(start, end)), Cursor(start, end)
        again = max(self._floor(self.lookback, cursor.end), cursor.start)
        return [*self._between(start, cursor.start), *self._between(again, end)], Cursor(start, end)

    def _first_start(self, now: datetime) -> datetime:
        return self._floor(DEFAULT_START if self.start is None else self.start, now)

    def _between(self, start: datetime, end: datetime) -> Iterator[TimeWindow]:
        if start < end:
            yield TimeWindow.resolve(start, end, self.interval, self.timezone, now=end)

    def _floor(self, time: TimeLike, now: datetime) -> datetime:
        """Return the start of the period that contains a time, in UTC; a duration counts back from `now`."""
        return TimeWindow.resolve(time, None, self.interval, self.timezone, now=now).start.astimezone(UTC)
