"""The sampled baseline: the hours of all closed periods, with which every other response is compared."""

import random
from dataclasses import replace
from functools import cached_property

from contract_tests.oracle import zone_table, zones
from contract_tests.oracle.page import NOTHING, Counts
from contract_tests.oracle.query import EVERYTHING, Filter, Query
from contract_tests.oracle.series import Series
from contract_tests.oracle.zones import DAY, HOUR
from contract_tests.promises.promise import NotExercisedError
from contract_tests.reading.horizon import Horizon, find_horizon
from contract_tests.reading.reader import Reader
from contract_tests.reading.stability import blame

_CLOCKS = {0: "UTC", HOUR // 2: "Asia/Kolkata", HOUR // 4: "Asia/Kathmandu"}
_CANDIDATES = 200


class Sample:
    """The closed periods of a run, read once, and queries for parts of them.

    Args:
        reader: the connection.
        seed: chooses among equally busy hours.
    """

    def __init__(self, reader: Reader, seed: int) -> None:
        self.settled = reader.settled
        self._reader = reader
        self._random = random.Random(seed)  # noqa: S311 - it has to repeat, not to be secret
        self._is_checked = False

    @property
    def horizon(self) -> int:
        """How many days of closed periods the run uses: as many as the server returns in a few pages.

        Raises:
            BrokenPromiseError: the server refuses even a week of hours.
        """
        return self._reach.days

    @property
    def page_size(self) -> int:
        """The number of rows on one page, if the server returns fewer than the limit."""
        return self._reach.page_size

    @cached_property
    def _reach(self) -> Horizon:
        return find_horizon(self._reader)

    @property
    def first(self) -> int:
        """The beginning of the closed periods that the run uses, a midnight in UTC."""
        return self.settled - self.horizon * DAY

    def base(self, alignment: int = 0, whose: Filter = EVERYTHING) -> Series:
        """Return the hours of all closed periods, in a zone whose hours begin this many seconds after those of UTC."""
        window = (self.first + alignment, self.settled + alignment - (HOUR if alignment else 0))
        series = self._reader.read(Query(*window, "hour", _CLOCKS[alignment], whose))
        if alignment == 0 and whose == EVERYTHING and not self._is_checked:
            self._is_checked = True
            self._reader.truth = series
            self._check(series)
        return series

    def base_of(self, query: Query) -> Series:
        """Return the hours that make up the periods of a query, in the zone that fits it best."""
        classes = {zone_table.alignment(query.named_zone, edge) for period in query.periods for edge in period}
        return self.base(min(classes) if len(classes) == 1 and classes <= _CLOCKS.keys() else 0, query.filter)

    def known(self, query: Query) -> dict[int, Counts] | None:
        """Return the periods with traffic of a query, if the closed hours that were read determine them."""
        if query.filter != EVERYTHING:
            return None
        base, known = self.base_of(query), {}
        for start, end in query.periods:
            is_inside = base.query.start <= start < end <= base.query.end and not query.is_unclear(start)
            total = base.total(start, end) if is_inside else None
            if total is None:
                return None
            if total != NOTHING:
                known[start] = total
        return known

    def traffic(self, whose: Filter = EVERYTHING) -> Series:
        """Return the hours of all closed periods in UTC.

        Raises:
            NotExercisedError: there is no traffic.
        """
        series = self.base(0, whose)
        if not series.by_start:
            raise NotExercisedError(
                f"There is no traffic ({whose}) from {zones.utc(self.first)} to {zones.utc(self.settled)}."
            )
        return series

    def days(self, zone: str, whose: Filter = EVERYTHING) -> Query:
        """Return the query for all days of a zone that lie in the closed periods."""
        start = zones.following(zone, "day", zones.floor(zone, "day", self.first + HOUR))
        end = zones.floor(zone, "day", self.settled - 2 * HOUR)
        return Query(start, end, "day", zone, whose)

    def last_days(self, zone: str, count: int) -> Query:
        """Return the query for the last days of a zone that lie in the closed periods."""
        days = self.days(zone)
        start = days.end
        for _ in range(count):
            start = zones.floor(zone, "day", start - 1)
        return replace(days, start=max(start, days.start))

    def hours(self, zone: str, whose: Filter = EVERYTHING, *, days: int = 12) -> Query:
        """Return the query for the hours of the last whole days of a zone that lie in the closed periods."""
        end = zones.floor(zone, "day", self.settled - 2 * HOUR)
        days = max(1, min(days, self.horizon - 2, self.page_size // 24))
        start = zones.floor(zone, "day", end - days * DAY + 2 * HOUR)
        return Query(start, end, "hour", zone, whose)

    def busy_hours(self, count: int, whose: Filter = EVERYTHING) -> int:
        """Return the start of this many hours in a row of which as many as possible have traffic."""
        series = self.traffic(whose)
        starts = range(self.settled - (min(self.horizon, 12) - 1) * DAY, self.settled - count * HOUR, HOUR)
        chosen = list(starts) or [self.first]
        self._random.shuffle(chosen)
        busy = series.by_start.keys()
        return max(chosen[:_CANDIDATES], key=lambda start: sum(start + step * HOUR in busy for step in range(count)))

    def _check(self, base: Series) -> None:
        """Compare the last week, read on its own, with all hours, which everything else is compared with."""
        week = self._reader.read(replace(base.query, start=max(base.query.start, base.query.end - 7 * DAY)))
        expected = {start: counts for start, counts in base.by_start.items() if start >= week.query.start}
        if week.by_start != expected:
            odd = min(set(week.by_start.items()) ^ set(expected.items()))[0]
            told = [str(counts.get(odd, "no record")) for counts in (week.by_start, expected)]
            message = f"in a window of a week the hour from {zones.utc(odd)} has {told[0]}, in a longer one {told[1]}"
            blame(self._reader, "window.splits-add-up", message, week, base, expected=told[1], got=told[0])
