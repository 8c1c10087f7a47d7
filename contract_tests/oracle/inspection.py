"""What each page of traffic must satisfy: its rows are periods of the window, on the clock of the zone."""

from collections import Counter
from typing import NoReturn

from contract_tests.oracle import zones
from contract_tests.oracle.page import Edge, Page, Row
from contract_tests.oracle.query import EVERYTHING, Query
from contract_tests.oracle.series import Series
from contract_tests.promises.promise import BrokenPromiseError

_CLOCK_SLACK_SECONDS = 5
_MAX_RESPONSE_SECONDS = 90


def inspect(page: Page, query: Query, limit: int, truth: Series | None) -> None:
    """Compare one page with the query that it belongs to.

    Args:
        page: the page.
        query: the query with its window; if the end defaults to now, the latest instant that this can be.
        limit: the maximum number of rows.
        truth: hours in UTC that are already known, if any.

    Raises:
        BrokenPromiseError: the page breaks a promise.
    """
    if len(page.rows) > limit:
        raise BrokenPromiseError(
            "pagination.limit",
            f"the page has {len(page.rows)} records, and at most {limit} were asked for",
            page.exchange,
            expected=f"at most {limit} records",
            got=f"{len(page.rows)} records",
        )
    _require_each_once(page, query)
    ends = query.ends
    # Nearly every row is a period of the window; only the others are looked at closely.
    unexpected = (row for row in page.rows if ends.get(row.start) != row.end)
    found = next(((row, breach) for row in unexpected if (breach := _breach(row, query, page))), None)
    if found is None:
        return
    row, breach = found
    if not _has_offset_of(row, query.named_zone) and _fits_by_its_clock(page, query, truth):
        _accuse_offset(row, query, page)
    raise breach


def _require_each_once(page: Page, query: Query) -> None:
    starts = Counter(row.start for row in page.rows)
    twice = next((row for row in page.rows if starts[row.start] > 1), None)
    if twice is None:
        return
    # A clock time that occurs twice: if its second instant is missing, the second row has the first one's offset.
    second = next((start for start in query.ends if zones.is_repeated(query.named_zone, twice.start, start)), None)
    if second is not None and second not in starts:
        right = zones.with_offset(second, zones.offset_at(query.named_zone, second))
        raise BrokenPromiseError(
            "response.offsets",
            f"the clock of {query.named_zone} shows {twice.first.clock} twice, and both periods carry the offset of "
            f"the first: {twice} stands twice, and {right} is missing",
            page.exchange,
            expected=right,
            got=str(twice),
        )
    raise BrokenPromiseError(
        "pagination.each-once",
        f"the period {twice} stands twice on one page",
        page.exchange,
        expected="each period once",
        got=f"{twice} {starts[twice.start]} times",
    )


def _accuse_offset(row: Row, query: Query, page: Page) -> NoReturn:
    zone = query.named_zone
    wrong = next(edge for edge in (row.first, row.last) if edge.offset != zones.offset_at(zone, edge.instant))
    raise BrokenPromiseError(
        "response.offsets",
        f"{wrong}, in the period from {row} to {row.last}, has the clock of {zone} with an offset that it does not "
        "have then, and so names another instant",
        page.exchange,
        expected=f"{wrong.clock} with the offset that {zone} has at that time",
        got=str(wrong),
    )


def _has_offset_of(row: Row, zone: str) -> bool:
    return all(edge.offset == zones.offset_at(zone, edge.instant) for edge in (row.first, row.last))


def _breach(row: Row, query: Query, page: Page) -> BrokenPromiseError | None:
    zone, interval = query.named_zone, query.named_interval
    if query.is_unclear(row.start):
        return None
    if not row.start < query.end:
        return BrokenPromiseError(
            "window.nothing-outside",
            f"the period {row} begins at or after the end, {zones.utc(query.end)}",
            page.exchange,
            expected=f"periods that begin before {zones.utc(query.end)}",
            got=f"one that begins at {row}",
        )
    first = zones.floor(zone, interval, row.start)
    whole = zones.following(zone, interval, first)
    if first != row.start:
        return BrokenPromiseError(
            "window.start-rounded"
            if _is_start_rounded_in_utc(row, query, page)
            else _promise_of_edge(query, row.start),
            f"the period {row} does not begin with {_a(interval)} of {zone}",
            page.exchange,
            expected=f"a period that begins at {zones.utc(first)} or {zones.utc(whole)}",
            got=f"one that begins at {row}",
        )
    if row.start < query.first:
        return BrokenPromiseError(
            "window.nothing-outside",
            f"the period {row} begins before {zones.utc(query.first)}, the start rounded down",
            page.exchange,
            expected=f"periods that begin at {zones.utc(query.first)} or later",
            got=f"one that begins at {row}",
        )
    # `now` is some instant between the request and the response, which may be slow.
    slack = _MAX_RESPONSE_SECONDS if "end" in query.omitted else _CLOCK_SLACK_SECONDS
    is_clipped = row.start < row.end < whole and abs(row.end - query.end) <= slack
    if row.end != whole and not is_clipped:
        return BrokenPromiseError(
            "response.period-end"
            if _lasts_for_several(row, whole, query, slack)
            else _promise_of_edge(query, row.start, whole),
            f"the period {row} ends at {zones.utc(row.end)}; {_a(interval)} of {zone} ends at {zones.utc(whole)}",
            page.exchange,
            expected=f"{row} to {zones.utc(whole)}",
            got=f"{row} to {zones.utc(row.end)}",
        )
    return None


def _lasts_for_several(row: Row, whole: int, query: Query, slack: int) -> bool:
    """Return whether a period lasts until the beginning of a later one, or until the end of the window."""
    zone = query.named_zone
    is_edge = abs(row.end - query.end) <= slack or zones.floor(zone, query.named_interval, row.end) == row.end
    # No clock change makes a day half a day longer.
    is_too_long_for_a_change = query.named_interval == "day" and row.end - whole > zones.DAY // 2
    is_clear = is_too_long_for_a_change or not zones.transitions(zone, row.start - 1, row.end)
    return row.end > whole and is_edge and is_clear


def _is_start_rounded_in_utc(row: Row, query: Query, page: Page) -> bool:
    """Return whether the start was rounded in UTC while all other periods follow the zone.

    If there are no others, another page shows whether the zone itself is wrong.
    """
    zone, interval = query.named_zone, query.named_interval
    others = [other.start for other in page.rows if other.start != row.start]
    is_of_utc = row.start == zones.floor("UTC", interval, query.start)
    return is_of_utc and all(zones.floor(zone, interval, other) == other for other in others)


def _promise_of_edge(query: Query, *edges: int) -> str:
    if any(zones.is_day_of_change(query.named_zone, edge) for edge in edges):
        return "timezone.dst"
    if any(zones.has_fraction(query.named_zone, edge) for edge in edges):
        return "timezone.fractional"
    return "timezone.hours" if query.named_interval == "hour" else "timezone.midnights"


def _fits_by_its_clock(page: Page, query: Query, truth: Series | None) -> bool:
    """Return whether the page is right if its clock times are read in the zone and their offsets ignored."""
    zone = query.named_zone

    def reread(edge: Edge) -> Edge:
        instant = edge.instant + edge.offset
        for _ in range(2):
            instant = edge.instant + edge.offset - zones.offset_at(zone, instant)
        return edge._replace(instant=instant)

    rows = [row._replace(first=reread(row.first), last=reread(row.last)) for row in page.rows]
    return all(_breach(row, query, page) is None for row in rows) and _is_true(rows, query, truth)


def _is_true(rows: list[Row], query: Query, truth: Series | None) -> bool:
    """Return whether rows have the known traffic; if none is known, whether they have offsets."""
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
