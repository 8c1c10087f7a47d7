"""Whether the server repeats itself: a comparison proves nothing if one request gets two different responses."""

from typing import NoReturn

from contract_tests.oracle import zones
from contract_tests.oracle.page import NOTHING, Page
from contract_tests.oracle.series import Series
from contract_tests.promises.promise import BrokenPromiseError
from contract_tests.reading.reader import Reader


def blame(
    reader: Reader, promise_id: str, message: str, *compared: Series, expected: str = "", got: str = ""
) -> NoReturn:
    """Raise the breach of a promise, unless one of the series is different when it is read again.

    Args:
        reader: reads each series twice more.
        promise_id: the promise that is broken if all of them stay the same.
        message: what was expected, and what was seen.
        compared: the series that contradict each other.
        expected: what was expected, in a few words.
        got: what was seen, in the same form.

    Raises:
        BrokenPromiseError: always; under `consistency.closed-periods` where a series has changed.
    """
    for series in (*compared, *compared):
        if series.query.end <= reader.settled:
            require_unchanged(series, reader.ask(series.query, limit=series.limit))
    evidence = (exchange for series in compared for exchange in series.exchanges[:2])
    raise BrokenPromiseError(promise_id, message, *evidence, expected=expected, got=got)


def require_unchanged(before: Series, again: Page) -> None:
    """Compare a page with an earlier response to the same query, period by period.

    Raises:
        BrokenPromiseError: under `consistency.closed-periods`, one of them has changed.
    """
    known, found = before.by_start, {row.start: row.counts for row in again.rows if row.counts != NOTHING}
    is_whole = len(before.pages) == 1 and not again.has_more
    compared = known.keys() | found.keys() if is_whole else known.keys() & found.keys()
    for start in sorted(compared):
        if known.get(start) != found.get(start):
            told = [str(counts.get(start, "no record")) for counts in (known, found)]
            message = f"the period from {zones.utc(start)}, over for two days, had {told[0]}, and now has {told[1]}"
            evidence = (*before.exchanges[:1], again.exchange)
            raise BrokenPromiseError(
                "consistency.closed-periods", message, *evidence, expected=told[0], got=f"the second time {told[1]}"
            )
