"""What the tests of one run share: the connection, the verdicts, and the traffic that everything is compared with."""

import random
import time
from collections.abc import Callable
from dataclasses import replace
from functools import cached_property
from typing import Final, NoReturn, TypeVar, get_args

import hypothesis
from hypothesis import HealthCheck, Phase
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from contract_tests.options import Options
from contract_tests.oracle import zone_table, zones
from contract_tests.oracle.horizon import Horizon, find_horizon
from contract_tests.oracle.listing import Listing
from contract_tests.oracle.page import NOTHING, Page
from contract_tests.oracle.query import EVERYTHING, Filter, Query
from contract_tests.oracle.reader import LARGEST_LIMIT, Reader
from contract_tests.oracle.series import Series
from contract_tests.oracle.zones import DAY, HOUR, Interval
from contract_tests.promises.promise import BrokenPromiseError, Ledger, NotExercisedError
from contract_tests.schema.spec import Operation
from contract_tests.wire.client import Client

_SETTLED_DAYS = 2
_BASES = {0: "UTC", HOUR // 2: "Asia/Kolkata", HOUR // 4: "Asia/Kathmandu"}

# A request that is misread earns periods outside its window, or on another clock.
_FOLLOWS_FROM_A_MISREADING = ("window.", "timezone.", "requests.accepted")

ANY_ZONE: Final[SearchStrategy[str]] = st.sampled_from(zone_table.ALL)
ANY_INTERVAL: Final[SearchStrategy[Interval]] = st.sampled_from(get_args(Interval))

Drawn = TypeVar("Drawn")


class World:
    """The state of one run.

    Args:
        options: what the run is told.
        client: the connection.
        ledger: where verdicts are collected.
        skew: by how many seconds the server's clock is ahead of this machine's.
    """

    def __init__(self, options: Options, client: Client, ledger: Ledger, skew: float = 0.0) -> None:
        self.options = options
        self.client = client
        self.ledger = ledger
        self.reader = Reader(client, skew)
        self.random = random.Random(options.seed)  # noqa: S311 - it has to repeat, not to be secret
        self.reserve = 0
        self.settled = int(self.reader.now()) // DAY * DAY - _SETTLED_DAYS * DAY
        self._listings: dict[str, Listing] = {}
        self._is_base_checked = False
        self._are_days_sums: bool | None = None

    @property
    def environment(self) -> Filter:
        """The filter to the environment of the options.

        Raises:
            NotExercisedError: none was passed.
        """
        if self.options.app_env_id is None:
            raise NotExercisedError("Pass --app-env-id with the id of an environment that has traffic.")
        return Filter(app_env_id=self.options.app_env_id)

    @property
    def consumer(self) -> Filter:
        """The filter to the consumer of the options.

        Raises:
            NotExercisedError: none was passed.
        """
        if self.options.consumer_id is None:
            raise NotExercisedError("Pass --consumer-id with the id of a consumer that has traffic.")
        return Filter(consumer_id=self.options.consumer_id)

    @property
    def known_values(self) -> dict[str, int]:
        """The values that are known of this server, by the name of the parameter that takes them."""
        options = self.options
        known = {"app_id": self.client.app_id, "app_env_id": options.app_env_id, "consumer_id": options.consumer_id}
        return {name: value for name, value in known.items() if value is not None}

    def listing(self, operation: Operation) -> Listing:
        """Give an operation that has pages, with what this run has read of it.

        Raises:
            NotExercisedError: it has a parameter for which no value is known.
        """
        if operation.path not in self._listings:
            self._listings[operation.path] = Listing(self.client, operation, self.known_values)
        return self._listings[operation.path]

    @property
    def given_filters(self) -> list[Filter]:
        """Every filter that the options allow, the narrowest first."""
        environment, consumer = self.options.app_env_id, self.options.consumer_id
        filters = [Filter(environment, consumer), Filter(environment), Filter(None, consumer)]
        return [one for one in dict.fromkeys(filters) if one != EVERYTHING]

    @property
    def horizon(self) -> int:
        """How many days of closed periods the run works with: as many as the server gives in a few pages.

        Raises:
            BrokenPromiseError: the server refuses even a week of hours.
        """
        return self._reach.days

    @cached_property
    def _reach(self) -> Horizon:
        return find_horizon(self.reader, self.settled)

    @property
    def sometimes_short(self) -> bool:
        """Whether the server has put fewer rows on a page than were asked for, although there were more."""
        return self.reader.short_pages

    @property
    def page_size(self) -> int:
        """How many rows the server has put on one page, where it puts fewer on it than were asked for."""
        return self._reach.page_size

    @property
    def first(self) -> int:
        """The beginning of the closed periods that the run works with, a midnight in UTC."""
        return self.settled - self.horizon * DAY

    def base(self, alignment: int = 0, whose: Filter = EVERYTHING) -> Series:
        """Give the hours of all closed periods, on a clock whose hours begin so many seconds past those of UTC."""
        zone = _BASES[alignment]
        window = (self.first + alignment, self.settled + alignment - (HOUR if alignment else 0))
        series = self.reader.read(Query(*window, "hour", zone, whose))
        if alignment == 0 and whose == EVERYTHING:
            self.reader.truth = series
            if not self._is_base_checked:
                self._is_base_checked = True
                self._check_base(series)
        return series

    def traffic(self, whose: Filter = EVERYTHING) -> Series:
        """Give the hours of all closed periods in UTC.

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
        """Make the query for all days of a zone that lie in the closed periods."""
        start = zones.following(zone, "day", zones.floor(zone, "day", self.first + HOUR))
        end = zones.floor(zone, "day", self.settled - 2 * HOUR)
        return Query(start, end, "day", zone, whose)

    def hours(self, zone: str, whose: Filter = EVERYTHING, *, days: int = 12) -> Query:
        """Make the query for the hours of the last whole days of a zone that lie in the closed periods."""
        end = zones.floor(zone, "day", self.settled - 2 * HOUR)
        days = max(1, min(days, self.horizon - 2, self.page_size // 24))
        start = zones.floor(zone, "day", end - days * DAY + 2 * HOUR)
        return Query(start, end, "hour", zone, whose)

    def busy_hours(self, count: int, whose: Filter = EVERYTHING) -> int:
        """Give an hour at which a stretch of so many hours begins that has traffic in as many as possible."""
        series = self.traffic(whose)
        starts = range(self.settled - (min(self.horizon, 12) - 1) * DAY, self.settled - count * HOUR, HOUR)
        chosen = list(starts) or [self.first]
        self.random.shuffle(chosen)
        return max(chosen[:200], key=lambda start: sum(start + step * HOUR in series.by_start for step in range(count)))

    def agree(self, promise_id: str, series: Series, base: Series, what: str) -> int:
        """Hold each period of a series against the same stretch of time in another one.

        Returns:
            how many periods with traffic were compared.

        Raises:
            BrokenPromiseError: they differ.
        """
        compared = 0
        for start, end in series.query.periods:
            is_known = base.query.start <= start and end <= min(base.query.end, self.settled)
            if not is_known or series.query.is_unclear(start):
                continue
            counts, expected = series.of_period(start), base.total(start, end)
            if expected is None:
                least, most = base.bounds(start, end)
                fits = least.fits_in(counts) and counts.fits_in(most)
                said = f"between {least} and {most}"
            else:
                fits, said = counts == expected, str(expected)
            if not fits:
                period = f"{zones.utc(start)} to {zones.utc(end)}"
                self.blame(
                    self.named(promise_id, series.query),
                    f"{what}: from {period} one answer has {counts}, the other {said}",
                    series,
                    base,
                )
            compared += counts != NOTHING
        return compared

    def named(self, promise_id: str, query: Query) -> str:
        """Give the promise that is broken where periods have other traffic than their hours.

        It is that about days and hours where not even days in UTC are the sums of theirs, whatever else was looked at.
        """
        if query.named_interval == "hour":
            return promise_id
        if self._are_days_sums is None:
            days, base = self.reader.read(self.days("UTC")), self.base(0)
            totals = {start: base.total(start, end) for start, end in days.query.periods}
            self._are_days_sums = all(days.of_period(start) == total for start, total in totals.items())
        return promise_id if self._are_days_sums else "consistency.day-is-its-hours"

    def same(
        self, promise_id: str, query: Query, reference: Query, what: str, *, limit: int | None = LARGEST_LIMIT
    ) -> Series:
        """Hold the answers to two queries that mean the same against each other.

        Args:
            promise_id: what is broken where they differ.
            query: the query in question.
            reference: the query that says the same in the plainest way.
            what: the difference between the two, for the message.
            limit: the size of a page of the query in question.

        Returns:
            the answer to the query in question.

        Raises:
            BrokenPromiseError: they differ.
        """
        expected = self.reader.read(reference)
        try:
            series = self.reader.read(query, limit=limit)
        except BrokenPromiseError as breach:
            if not breach.promise_id.startswith(_FOLLOWS_FROM_A_MISREADING):
                raise
            message = f"{what}: {breach.message}"
            raise BrokenPromiseError(promise_id, message, *breach.exchanges, *expected.exchanges[:1]) from breach
        if series.by_start != expected.by_start:
            odd = min(set(series.by_start.items()) ^ set(expected.by_start.items()))[0]
            counts = (series.of_period(odd), expected.of_period(odd))
            message = f"{what}: of the period from {zones.utc(odd)} one answer has {counts[0]}, the other {counts[1]}"
            self.blame(promise_id, message, series, expected)
        if series.by_start:
            self.ledger.seen(promise_id, *series.exchanges)
        return series

    def fits(self, promise_id: str, query: Query, what: str) -> Series:
        """Hold the answer to a query against the hours of all closed periods, which were read once.

        Args:
            promise_id: what is broken where they differ.
            query: a query for closed periods.
            what: what is special about the query, for the message.

        Raises:
            BrokenPromiseError: a period is missing, is too much, or has other traffic than its hours.
        """
        try:
            series = self.reader.read(query)
        except BrokenPromiseError as breach:
            if not breach.promise_id.startswith(_FOLLOWS_FROM_A_MISREADING):
                raise
            raise BrokenPromiseError(promise_id, f"{what}: {breach.message}", *breach.exchanges) from breach
        if self.agree(promise_id, series, self.base_of(query), what):
            self.ledger.seen(promise_id, *series.exchanges)
        return series

    def base_of(self, query: Query) -> Series:
        """Give the hours that the periods of a query are made of, on the clock that fits it best."""
        classes = {zone_table.alignment(query.named_zone, edge) for period in query.periods for edge in period}
        return self.base(min(classes) if len(classes) == 1 and classes <= _BASES.keys() else 0, query.filter)

    def blame(self, promise_id: str, message: str, *answers: Series) -> NoReturn:
        """Break a promise, unless one of the answers is not given a second time: then that is what is broken.

        Raises:
            BrokenPromiseError: always.
        """
        for answer in (*answers, *answers):
            if answer.query.end <= self.settled:
                self.unchanged(answer, self.reader.ask(answer.query, limit=answer.limit))
        raise BrokenPromiseError(
            promise_id, message, *(exchange for answer in answers for exchange in answer.exchanges[:2])
        )

    def unchanged(self, before: Series, again: Page) -> None:
        """Hold a page against an earlier answer to the same query, period by period.

        Raises:
            BrokenPromiseError: under `consistency.closed-periods`, one of them has changed.
        """
        known, found = before.by_start, {row.start: row.counts for row in again.rows if row.counts != NOTHING}
        is_whole = len(before.pages) == 1 and not again.has_more
        compared = known.keys() | found.keys() if is_whole else known.keys() & found.keys()
        for start in sorted(compared):
            if known.get(start) != found.get(start):
                told = [str(answer.get(start, "no record")) for answer in (known, found)]
                message = f"the period from {zones.utc(start)}, over for two days, had {told[0]}, and now has {told[1]}"
                raise BrokenPromiseError("consistency.closed-periods", message, *before.exchanges[:1], again.exchange)

    def draw(self, strategy: SearchStrategy[Drawn], relation: Callable[[Drawn], None], *, most: int, cost: int) -> None:
        """Put a relation to the test with drawn values, as far as the budget goes.

        Args:
            strategy: what is drawn.
            relation: the test of one value; the first breach that it raises ends the drawing.
            most: how many values to draw in the default profile.
            cost: how many requests one value takes at the most.
        """
        until = time.monotonic() + self.options.deep / len(self.ledger.findings)
        breaches: list[Exception] = []

        def tried(value: Drawn) -> None:
            # A breach is kept back: Hypothesis would ask the server again and again to make it smaller.
            if (
                breaches
                or self.client.remaining - self.reserve < cost
                or (self.options.deep and time.monotonic() > until)
            ):
                return
            try:
                relation(value)
            except (BrokenPromiseError, NotExercisedError) as error:
                breaches.append(error)

        settings = hypothesis.settings(
            max_examples=most,
            database=None,
            deadline=None,
            derandomize=False,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        while True:
            hypothesis.seed(self.random.randrange(1 << 32))(settings(hypothesis.given(strategy)(tried)))()
            if breaches or time.monotonic() >= until:
                break
        if breaches:
            raise breaches[0]

    def _check_base(self, base: Series) -> None:
        """Hold the last week of all closed periods, read on its own, against the whole, with which all is compared."""
        week = self.reader.read(replace(base.query, start=max(base.query.start, base.query.end - 7 * DAY)))
        expected = {start: counts for start, counts in base.by_start.items() if start >= week.query.start}
        if week.by_start != expected:
            odd = min(set(week.by_start.items()) ^ set(expected.items()))[0]
            told = [str(answer.get(odd, "no record")) for answer in (week.by_start, expected)]
            message = f"in a window of a week the hour from {zones.utc(odd)} has {told[0]}, in a longer one {told[1]}"
            self.blame("window.splits-add-up", message, week, base)
