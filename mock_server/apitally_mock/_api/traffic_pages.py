"""Pages of traffic, as the bytes that are sent.

The rows of one UTC day are made together and cached, so that a page costs one look-up for each of its days, wherever
it lies in a window of any length. The cache is never stale: a row is a pure function of its key.
"""

from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from apitally_mock._api.tokens import Page, Tokens
from apitally_mock._api.traffic_query import TrafficQuery
from apitally_mock._time.parsing import SECONDS_PER_DAY
from apitally_mock._time.periods import Interval, boundaries_of_day, boundary_after, format_boundary
from apitally_mock._traffic.source import Series, Source


class Row(NamedTuple):
    """A period, and the JSON object that the API returns for it."""

    start: int
    text: bytes


class TrafficPages:
    """Cuts the traffic of a source into pages."""

    def __init__(self, source: Source, tokens: Tokens) -> None:
        self._source = source
        self._tokens = tokens
        self._rows_of_day = lru_cache(maxsize=4096)(self._make_rows)

    def page(self, query: TrafficQuery, position: int, limit: int, now: int) -> Page:
        """Return up to `limit` periods, the first of which begins at `position`, with the traffic until `now`."""
        series, (_, end, interval, zone) = query
        rows: list[Row] = []
        day = position // SECONDS_PER_DAY
        while len(rows) <= limit and day * SECONDS_PER_DAY < end:
            # For a past day, `until` does not depend on the clock, so its rows are cached once.
            until = min(max(now, day * SECONDS_PER_DAY), (day + 4) * SECONDS_PER_DAY)
            rows += self._rows_of_day(series, interval, zone, day, until)
            if rows and rows[0].start < position:
                rows = [row for row in rows if row.start >= position]
            day += 1
        while rows and rows[-1].start >= end:
            rows.pop()
        next_token = b"null"
        if len(rows) > limit:
            next_token = b'"%s"' % query.make_token(self._tokens, rows[limit].start).encode()
        has_more = b"true" if len(rows) > limit else b"false"
        data = b",".join([row.text for row in rows[:limit]])
        body = b'{"data":[%s],"has_more":%s,"next_token":%s}' % (data, has_more, next_token)
        return Page(body, lambda salt: query.make_token(self._tokens, position, salt))

    def _make_rows(self, series: Series, interval: Interval, zone: ZoneInfo, day: int, until: int) -> tuple[Row, ...]:
        boundaries = boundaries_of_day(day, zone, interval)
        if not boundaries:
            return ()
        boundaries = (*boundaries, boundary_after(boundaries[-1].instant, zone, interval))
        texts = [format_boundary(boundary) for boundary in boundaries]
        counts = self._source.counts(series, [min(boundary.instant, until) for boundary in boundaries])
        return tuple(
            Row(
                boundary.instant,
                b'{"period_start":"%s","period_end":"%s","requests":%d,"bytes_received":%d,"bytes_sent":%d}'
                % (texts[i].encode(), texts[i + 1].encode(), *counts[i]),
            )
            for i, boundary in enumerate(boundaries[:-1])
        )
