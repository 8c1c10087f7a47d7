"""The closed periods of the last twelve months before the sample, as far as the server keeps them."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from contract_tests.oracle import zones
from contract_tests.oracle.query import Query
from contract_tests.oracle.series import Series
from contract_tests.oracle.zones import DAY, HOUR, Interval
from contract_tests.reading.reader import MAX_LIMIT, Reader
from contract_tests.reading.sample import Sample

_LENGTH = 365 * DAY
_MARGIN = 2 * DAY
_MONTH_ENDS_AT, _DAYS_OF_MONTH_END = 28, 5
_MONTHS = 12


class Year:
    """The older part of the periods that a run compares, each read once.

    Args:
        reader: the connection.
        sample: the closed periods that every run reads, at the end of the year.
    """

    def __init__(self, reader: Reader, sample: Sample) -> None:
        self._reader = reader
        self._sample = sample
        self._hours: list[Series] | None = None
        self._days: dict[str, Series | None] = {}

    @property
    def hours(self) -> Sequence[Series]:
        """The hours in UTC: in one piece or, if the server does not serve long windows, around the end of each month.

        The first two days that the server has are left out, because it may be deleting them.

        Raises:
            BrokenPromiseError: a page breaks a promise.
        """
        if self._hours is None:
            end = self._sample.first
            whole = self._sample.page_size == MAX_LIMIT and self.read(Query(end - _LENGTH, end, "hour", "UTC"))
            self._hours = [whole] if whole else self._month_ends()
        return self._hours

    @property
    def is_whole(self) -> bool:
        """Whether the hours were read in one piece."""
        return len(self.hours) == 1 and self.hours[0].query.end == self._sample.first

    def days(self, zone: str) -> Series | None:
        """Return the days of a zone, if the year was read in one piece and the server keeps them.

        Raises:
            BrokenPromiseError: a page breaks a promise.
        """
        if zone not in self._days:
            self._days[zone] = self.read(self.same(self.hours[0], "day", zone)) if self.is_whole else None
        return self._days[zone]

    def read(self, query: Query) -> Series | None:
        """Read a window that the server may not keep any more, without its first days."""
        page = self._reader.ask_kindly(query)
        series = None if page is None else self._reader.walk(page, query, limit=MAX_LIMIT)
        if series is None or not series.by_start:
            return None
        first = min(series.by_start)  # deleted periods may be missing, or have no traffic
        if first < query.start + DAY:
            return series
        known = replace(query, start=zones.floor(query.named_zone, "day", first + _MARGIN))
        return self._reader.read(known) if known.start + DAY < known.end else None

    def same(self, hours: Series, interval: Interval, zone: str, *, days: int | None = None, last: int = 0) -> Query:
        """Return the query for the time of some hours in UTC, or for a part of it, in another zone.

        Args:
            hours: the hours.
            interval: what to ask for.
            zone: the zone.
            days: how many days; `None` for all.
            last: the last day of the part, counted from the end.
        """
        end = zones.floor(zone, "day", hours.query.end - last * DAY - HOUR)
        start = hours.query.start if days is None else max(hours.query.start, end - days * DAY)
        first = zones.following(zone, "day", zones.floor(zone, "day", start))
        return Query(first, end, interval, zone)

    def _month_ends(self) -> list[Series]:
        found: list[Series] = []
        month = datetime.fromtimestamp(self._sample.first, UTC)
        length = min(_DAYS_OF_MONTH_END, self._sample.page_size // 24) * DAY
        for _ in range(_MONTHS if length > 2 * DAY else 0):
            month = (month.replace(day=1) - timedelta(days=1)).replace(day=_MONTH_ENDS_AT)
            start = int(month.timestamp()) // DAY * DAY
            if not self._sample.settled - _LENGTH <= start <= self._sample.first - length:
                continue
            series = self.read(Query(start, start + length, "hour", "UTC"))
            if series is None:
                break
            found.append(series)
        return found
