"""How far back a run can look: some servers keep sixty days, some refuse long windows, some cut their pages short."""

from dataclasses import replace
from typing import NamedTuple

from contract_tests.oracle.page import Page
from contract_tests.oracle.query import Query
from contract_tests.oracle.zones import DAY
from contract_tests.reading.reader import MAX_LIMIT, Reader

_DAYS = (55, 40, 28, 14, 7)
_FIRST_DAYS = 4
_MIN_DAYS = 5
_MAX_PAGES = 4


class Horizon(NamedTuple):
    """How many days of closed periods can be used, and the maximum number of rows on a page of this server."""

    days: int
    page_size: int


def find_horizon(reader: Reader) -> Horizon:
    """Request shorter and shorter windows, until one is served in a few pages.

    Args:
        reader: the connection.

    Raises:
        BrokenPromiseError: the server refuses even a week of hours.
    """
    for days in _DAYS:
        query = Query(reader.settled - days * DAY, reader.settled, "hour", "UTC")
        is_last = days == _DAYS[-1]
        page = reader.ask_kindly(query) if not is_last else reader.ask(query, limit=MAX_LIMIT)
        if page is None or not (page.rows or is_last):
            continue  # a server may return nothing for a window that is too long
        if page.has_more and len(page.rows) < MAX_LIMIT:
            size = max(1, len(page.rows))
            return Horizon(min(days, max(_MIN_DAYS, size * _MAX_PAGES // 24)), size)
        return Horizon(_without_what_is_forgotten(reader, page, query, days), MAX_LIMIT)
    raise AssertionError("the last horizon returns or raises")


def _without_what_is_forgotten(reader: Reader, page: Page, query: Query, days: int) -> int:
    """Shorten a horizon that reaches to the oldest row: a server that deletes old rows deletes that one next."""
    rows = list(page.rows)
    if page.has_more:
        rows += reader.ask(replace(query, end=query.start + _FIRST_DAYS * DAY), limit=MAX_LIMIT).rows
    oldest = min((row.start for row in rows), default=query.start)
    if oldest < query.start + DAY:
        return days
    return max(_DAYS[-1], (query.end - oldest) // DAY - 1)
