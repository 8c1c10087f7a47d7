"""Decide which windows a run reads, without I/O.

The cursor of a series is the span in which every period is stored. A run reads the new periods after its end; again the
last periods before its end, whose counts may have changed; and those before its start if an earlier start is requested.
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
    """The stored span of a series: every period from `start` to the exclusive `end`, both in UTC, is stored."""

    start: datetime
    end: datetime

    @classmethod
    def from_state(cls, state: dict[str, str]) -> Self | None:
        """Return the cursor in a state that `to_state` returned; None if the state is empty."""
        return cls(*(datetime.fromisoformat(state[name]) for name in ("start", "end"))) if state else None

    def to_state(self) -> dict[str, str]:
        """Return the cursor in a form that dlt can keep between runs."""
        return {"start": self.start.isoformat(), "end": self.end.isoformat()}


@dataclass(frozen=True)
class Schedule:
    """Decides which part of a series to read.

    Attributes:
        interval: the length of the periods.
        timezone: the IANA name of the timezone whose hours and midnights the periods follow.
        start: the start of the series; None for 30 days before the first run.
        lookback: how far before the end of the cursor to read again.
    """

    interval: Interval
    timezone: str
    start: TimeLike | None
    lookback: timedelta | str

    def __post_init__(self) -> None:
        """Check the arguments as far as that does not depend on the time of the run.

        Raises:
            TypeError: an argument has a wrong type.
            ValueError: an argument cannot be parsed.
        """
        if not isinstance(self.lookback, timedelta | str):
            raise TypeError(f"lookback must be a timedelta or a str, not {type(self.lookback).__name__}.")
        try:
            if isinstance(self.lookback, str) and self.lookback[-1:].upper() not in _DURATION_UNITS:
                raise ValueError("It is a date or a time.")  # noqa: TRY301 - one message for everything but durations
            self._floor(self.lookback, datetime.now(UTC))
        except ValueError as error:
            raise ValueError(
                f"lookback must be a duration, such as 36h, 2d or P1W, not {quoted(self.lookback)}."
            ) from error
        self._first_start(datetime.now(UTC))

    def windows(self, cursor: Cursor | None, now: datetime) -> tuple[list[TimeWindow], Cursor]:
        """Return the windows to read, and the cursor after reading them.

        No window extends beyond the start of the open period, so an incomplete period is never stored, whatever the
        server returns for it.

        A cursor that ends in the future was written by a clock that was wrong, and is not reliable before its end
        either. So everything is read again up to `now`, where the new cursor ends.

        Args:
            cursor: the stored span of the series; None if nothing is stored.
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
