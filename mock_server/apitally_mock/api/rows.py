"""Pages of traffic as the bytes that go over the wire.

The rows of one UTC day are made together and kept, so that a page costs a look at each of its days wherever it lies in
a window of any length. What is kept can never be wrong: a row is a function of what it is kept under.
"""

from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from apitally_mock.api.query import Place
from apitally_mock.api.token import Tokens
from apitally_mock.periods.calendar import Interval, edge_after, edges_of_day
from apitally_mock.periods.moment import SECONDS_PER_DAY
from apitally_mock.periods.text import format_edge
from apitally_mock.traffic.source import Series, Source


class Row(NamedTuple):
    """A period, and what the API says of it."""

    start: int
    text: bytes


class Page(NamedTuple):
    """What one request of a query gets."""

    place: Place
    body: bytes


class Pages:
    """Cuts the traffic of a source into pages."""

    def __init__(self, source: Source, tokens: Tokens) -> None:
        self._source = source
        self._tokens = tokens
        self._rows_of_day = lru_cache(maxsize=4096)(self._make_rows)

    def page(self, place: Place, limit: int, now: int) -> Page:
        """Give up to `limit` periods from a place on, with the traffic that there was until `now`."""
        query, position = place
        series, (_, end, interval, zone) = query
        rows: list[Row] = []
        day = position // SECONDS_PER_DAY
        while len(rows) <= limit and day * SECONDS_PER_DAY < end:
            # Only the day that is running changes with the clock: all others are kept for good.
            until = min(max(now, day * SECONDS_PER_DAY), (day + 4) * SECONDS_PER_DAY)
            rows += self._rows_of_day(series, interval, zone, day, until)
            if rows and rows[0].start < position:
                rows = [row for row in rows if row.start >= position]
            day += 1
        while rows and rows[-1].start >= end:
            rows.pop()
        next_token = b"null"
        if len(rows) > limit:
            next_token = b'"%s"' % self._tokens.make(query, rows[limit].start).encode()
        has_more = b"true" if len(rows) > limit else b"false"
        data = b",".join([row.text for row in rows[:limit]])
        return Page(place, b'{"data":[%s],"has_more":%s,"next_token":%s}' % (data, has_more, next_token))

    def _make_rows(self, series: Series, interval: Interval, zone: ZoneInfo, day: int, until: int) -> tuple[Row, ...]:
        edges = edges_of_day(day, zone, interval)
        if not edges:
            return ()
        edges = (*edges, edge_after(edges[-1].instant, zone, interval))
        texts = [format_edge(edge) for edge in edges]
        amounts = self._source.counts(series, [min(edge.instant, until) for edge in edges])
        return tuple(
            Row(
                edge.instant,
                b'{"period_start":"%s","period_end":"%s","requests":%d,"bytes_received":%d,"bytes_sent":%d}'
                % (texts[i].encode(), texts[i + 1].encode(), *amounts[i]),
            )
            for i, edge in enumerate(edges[:-1])
        )
