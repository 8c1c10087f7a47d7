"""An omitted parameter equals its stated default; `start` and `end` are tested in `test_window`."""

from dataclasses import replace

import pytest

from contract_tests.oracle import zones
from contract_tests.oracle.query import Query
from contract_tests.oracle.zones import DAY, HOUR
from contract_tests.promises.promise import BrokenPromiseError
from contract_tests.reading.reader import DEFAULT_LIMIT
from contract_tests.run import Run


@pytest.mark.promise("requests.default-interval", cost=7)
def test_the_interval_is_an_hour_by_default(run: Run) -> None:
    """Without an interval, the periods are hours, in every zone and with every filter."""
    run.sample.traffic()
    long = run.sample.base(0).query
    for query in (
        run.sample.hours("Asia/Kathmandu", days=2),
        replace(run.sample.hours("Europe/Berlin", days=2), filter=run.options.narrowest),
        replace(long, start=max(long.start, long.end - min(20 * DAY, run.sample.page_size * HOUR))),
    ):
        run.comparison.same("requests.default-interval", replace(query, interval=None), query, "without an interval")


@pytest.mark.promise("requests.default-timezone", cost=8)
def test_the_zone_is_utc_by_default(run: Run) -> None:
    """Without a timezone, days begin at midnight in UTC, and times without an offset are times in UTC.

    That holds for every offset of the start, and with every filter.
    """
    run.sample.traffic()
    hours = replace(run.sample.hours("UTC", days=2), filter=run.options.narrowest)
    for query in (run.sample.days("UTC"), hours):
        plain = replace(query, zone=None)
        run.comparison.same("requests.default-timezone", plain, query, "without a timezone")
        run.comparison.same("requests.default-timezone", plain.naive(), query, "without a timezone and without offsets")
    days = run.sample.days("UTC")
    elsewhere = replace(days, zone=None, start_text=zones.with_offset(days.start, 5 * HOUR + HOUR // 2))
    run.comparison.same("requests.default-timezone", elsewhere, days, "without a timezone, from a start with an offset")


@pytest.mark.promise("requests.default-limit", cost=10)
def test_the_limit_is_a_hundred_by_default(run: Run) -> None:
    """Without a limit, a page has as many records as with a limit of 100, of either interval, filtered or not."""
    run.sample.traffic()
    hours = replace(
        run.sample.base(0).query, zone=None
    )  # as long as possible, because periods without traffic may be left out
    year = run.year.days("UTC")
    days = run.sample.days("UTC")
    days = days if year is None else replace(days, start=year.query.start)
    run.reader.ask(hours, limit=40)
    whose = run.options.narrowest
    for query in (hours, days, *(replace(query, zone="Asia/Tokyo", filter=whose) for query in (hours, days))):
        _is_a_hundred(run, query)


def _is_a_hundred(run: Run, query: Query) -> None:
    full = run.reader.ask(query, limit=DEFAULT_LIMIT)
    plain = run.reader.ask(query)
    # A server may always return pages that are shorter than the limit.
    if len(plain.rows) != len(full.rows) and not run.reader.short_pages:
        what = f"{query.named_interval}s of {query.named_zone}, {query.filter}"
        message = (
            f"{what}: without a limit the page has {len(plain.rows)} records, and with a limit of 100 it has "
            f"{len(full.rows)}"
        )
        raise BrokenPromiseError(
            "requests.default-limit",
            message,
            plain.exchange,
            full.exchange,
            expected=f"{len(full.rows)} records",
            got=f"{len(plain.rows)} records",
        )
    if full.rows and (full.has_more or query.named_interval == "day"):
        run.ledger.seen("requests.default-limit", plain.exchange, full.exchange)
