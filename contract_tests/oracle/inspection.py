"""What every single page must satisfy, whatever it was asked for: its rows lie in the window, on the zone's clock."""

from dataclasses import replace

from contract_tests.oracle import zones
from contract_tests.oracle.page import Edge, Page, Row
from contract_tests.oracle.query import EVERYTHING, Query
from contract_tests.oracle.series import Series
from contract_tests.promises.promise import BrokenPromiseError

_CLOCK_SLACK_SECONDS = 5
_LONGEST_ANSWER_SECONDS = 90


def inspect(page: Page, query: Query, limit: int, truth: Series | None) -> None:
    """Hold one page against the query that it belongs to.

    Args:
        page: the page.
        query: the query with its window; of an open end, the latest instant that it can mean.
        limit: the greatest number of rows that it may hold.
        truth: hours in UTC that are known, as far as there are any.

    Raises:
        BrokenPromiseError: the page breaks a promise.
    """
    if len(page.rows) > limit:
        raise BrokenPromiseError(
            "pagination.limit",
            f"the page has {len(page.rows)} records, and at most {limit} were asked for",
            page.exchange,
        )
    starts = [row.start for row in page.rows]
    if len(set(starts)) != len(starts):
        twice = next(row for row in page.rows if starts.count(row.start) > 1)
        raise BrokenPromiseError("pagination.each-once", f"the period {twice} stands twice on one page", page.exchange)
    ends = query.ends
    # Nearly every row is a period of the window, and needs no closer look.
    unexpected = (row for row in page.rows if ends.get(row.start) != row.end)
    breach = next(filter(None, (_breach(row, query, page) for row in unexpected)), None)
    if breach is None:
        return
    if _fits_by_its_clock(page, query, truth):
        row = page.rows[0]
        raise BrokenPromiseError(
            "response.offsets",
            f"{row} has the clock of {query.named_zone} with an offset that it does not have then, and so names "
            "another instant",
            page.exchange,
        )
    raise breach


def _breach(row: Row, query: Query, page: Page) -> BrokenPromiseError | None:
    zone, interval = query.named_zone, query.named_interval
    if query.is_unclear(row.start):
        return None
    if not row.start < query.end:
        message = f"the period {row} begins at or after the end, {zones.utc(query.end)}"
        return BrokenPromiseError("window.nothing-outside", message, page.exchange)
    whole = zones.following(zone, interval, zones.floor(zone, interval, row.start))
    if zones.floor(zone, interval, row.start) != row.start:
        message = f"the period {row} does not begin with {_a(interval)} of {zone}"
        return BrokenPromiseError(_promise_of_edge(query, row.start), message, page.exchange)
    if row.start < query.first:
        message = f"the period {row} begins before {zones.utc(query.first)}, the start rounded down"
        return BrokenPromiseError("window.nothing-outside", message, page.exchange)
    # Now lies somewhere between the request and the answer, which may take long.
    slack = _LONGEST_ANSWER_SECONDS if "end" in query.omitted else _CLOCK_SLACK_SECONDS
    is_clipped = row.start < row.end < whole and abs(row.end - query.end) <= slack
    if row.end != whole and not is_clipped:
        message = f"the period {row} ends at {zones.utc(row.end)}; {_a(interval)} of {zone} ends at {zones.utc(whole)}"
        return BrokenPromiseError(_promise_of_edge(query, row.start, whole), message, page.exchange)
    return None


def _promise_of_edge(query: Query, *edges: int) -> str:
    if any(zones.is_day_of_change(query.named_zone, edge) for edge in edges):
        return "timezone.dst"
    if any(zones.has_fraction(query.named_zone, edge) for edge in edges):
        return "timezone.fractional"
    return "timezone.hours" if query.named_interval == "hour" else "timezone.midnights"


def _fits_by_its_clock(page: Page, query: Query, truth: Series | None) -> bool:
    """Say whether the page is right as soon as its clock times are read in the zone, whatever offset they carry."""
    zone = query.named_zone

    def reread(edge: Edge) -> Edge:
        instant = edge.instant + edge.offset
        for _ in range(2):
            instant = edge.instant + edge.offset - zones.offset_at(zone, instant)
        return edge._replace(instant=instant)

    rows = [replace(row, first=reread(row.first), last=reread(row.last)) for row in page.rows]
    return all(_breach(row, query, page) is None for row in rows) and _is_true(rows, query, truth)


def _is_true(rows: list[Row], query: Query, truth: Series | None) -> bool:
    """Say whether rows have the traffic that is known; where nothing is, whether they carry offsets at all."""
    if truth is None or query.filter != EVERYTHING:
        return any(row.first.offset for row in rows)
    known = [row for row in rows if truth.query.start < row.start and row.end < truth.query.end and any(row.counts)]
    for row in known[:20]:
        least, most = truth.bounds(row.start, row.end)
        if not (least.fits_in(row.counts) and row.counts.fits_in(most)):
            return False
    return bool(known)


def _a(interval: zones.Interval) -> str:
    return "an hour" if interval == "hour" else "a day"
