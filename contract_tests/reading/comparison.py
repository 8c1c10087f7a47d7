"""Compare responses with each other: periods with their hours, and equivalent queries."""

from functools import cached_property

from contract_tests.oracle import zones
from contract_tests.oracle.page import NOTHING
from contract_tests.oracle.query import Query
from contract_tests.oracle.series import Series
from contract_tests.promises.promise import BrokenPromiseError, Ledger
from contract_tests.reading.reader import MAX_LIMIT, Reader
from contract_tests.reading.sample import Sample
from contract_tests.reading.stability import blame

# A request that is misread gets periods outside its window, or on another clock.
_FOLLOWS_FROM_A_MISREADING = ("window.", "timezone.", "requests.accepted", "response.period-end", "response.offsets")


class Comparison:
    """Compares responses, and notes in the ledger what was seen.

    Args:
        reader: the connection.
        sample: the closed periods to compare responses with.
        ledger: records the requests that could have shown a breach.
    """

    def __init__(self, reader: Reader, sample: Sample, ledger: Ledger) -> None:
        self._reader = reader
        self._sample = sample
        self._ledger = ledger

    def agree(self, promise_id: str, series: Series, base: Series, what: str) -> int:
        """Compare each period of a series with the same time in another one.

        Returns:
            how many periods with traffic were compared.

        Raises:
            BrokenPromiseError: they differ.
        """
        compared, query = 0, series.query
        first, last = base.query.start, min(base.query.end, self._reader.settled)
        for start, end in query.periods:
            if not first <= start < end <= last or query.is_unclear(start):
                continue
            counts, expected = series.of_period(start), base.total(start, end)
            if expected is None:
                least, most = base.bounds(start, end)
                fits = least.fits_in(counts) and counts.fits_in(most)
                said = f"between {least} and {most}"
            else:
                fits, said = counts == expected, str(expected)
            if not fits:
                message = f"{what}: from {zones.utc(start)} to {zones.utc(end)} one has {counts}, the other {said}"
                named = self.named(promise_id, query)
                blame(self._reader, named, message, series, base, expected=said, got=str(counts))
            compared += counts != NOTHING
        return compared

    def same(
        self, promise_id: str, query: Query, reference: Query, what: str, *, limit: int | None = MAX_LIMIT
    ) -> Series:
        """Compare the responses to two equivalent queries.

        Args:
            promise_id: the promise that is broken if they differ.
            query: the query in question.
            reference: the equivalent query in its simplest form.
            what: the difference between the two, for the message.
            limit: the page size for the query in question.

        Returns:
            the response to the query in question.

        Raises:
            BrokenPromiseError: they differ.
        """
        expected = self._reader.read(reference)
        try:
            series = self._reader.read(query, limit=limit)
        except BrokenPromiseError as breach:
            if not breach.promise_id.startswith(_FOLLOWS_FROM_A_MISREADING):
                raise
            raise breach.under(promise_id, what, *expected.exchanges[:1]) from breach
        if series.by_start != expected.by_start:
            odd = min(set(series.by_start.items()) ^ set(expected.by_start.items()))[0]
            counts = (series.of_period(odd), expected.of_period(odd))
            message = f"{what}: of the period from {zones.utc(odd)} one response has {counts[0]}, the other {counts[1]}"
            told = {"expected": str(counts[1]), "got": str(counts[0])}
            blame(self._reader, promise_id, message, series, expected, **told)
        if series.by_start:
            self._ledger.seen(promise_id, *series.exchanges)
        return series

    def fits(self, promise_id: str, query: Query, what: str) -> Series:
        """Compare the response to a query with the hours of the sample.

        Args:
            promise_id: the promise that is broken if they differ.
            query: a query for closed periods.
            what: what is special about the query, for the message.

        Raises:
            BrokenPromiseError: a period is missing, unexpected, or has other traffic than its hours.
        """
        try:
            series = self._reader.read(query)
        except BrokenPromiseError as breach:
            if not breach.promise_id.startswith(_FOLLOWS_FROM_A_MISREADING):
                raise
            # If the plain query is wrong, too, the cause is another one, and this raises its error.
            plain = Query(query.first, query.end, query.named_interval, query.named_zone, filter=query.filter)
            if plain != query:
                self._reader.read(plain)
            raise breach.under(promise_id, what) from breach
        if self.agree(promise_id, series, self._sample.base_of(query), what):
            self._ledger.seen(promise_id, *series.exchanges)
        return series

    def named(self, promise_id: str, query: Query) -> str:
        """Return the promise that is broken if periods have other traffic than their hours.

        It is `consistency.day-is-its-hours` if not even days in UTC are the sums of their hours.
        """
        if query.named_interval == "hour" or self._are_days_sums:
            return promise_id
        return "consistency.day-is-its-hours"

    @cached_property
    def _are_days_sums(self) -> bool:
        days, base = self._reader.read(self._sample.days("UTC")), self._sample.base(0)
        return all(days.of_period(start) == base.total(start, end) for start, end in days.query.periods)
