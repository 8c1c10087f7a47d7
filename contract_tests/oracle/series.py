"""All traffic of a window, and its sums over any part of it."""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from functools import cached_property
from itertools import accumulate
from operator import sub

from contract_tests.exchange import Exchange
from contract_tests.oracle.page import NOTHING, Counts, Page, Row
from contract_tests.oracle.query import Query


class Series:
    """The rows of a query, read to the last page.

    A period that the response leaves out has no traffic.

    Args:
        query: what was asked.
        pages: all pages of the response.
        limit: the requested page size; `None` if there was none.
    """

    def __init__(self, query: Query, pages: Sequence[Page], limit: int | None = None) -> None:
        self.query = query
        self.pages = pages
        self.limit = limit
        self.rows: list[Row] = sorted(row for page in pages for row in page.rows)

    @property
    def exchanges(self) -> list[Exchange]:
        """The requests that read it."""
        return [page.exchange for page in self.pages]

    @cached_property
    def by_start(self) -> dict[int, Counts]:
        """The traffic of each period with traffic, by its start."""
        return {row.start: row.counts for row in self.rows if row.counts != NOTHING}

    def of_period(self, start: int) -> Counts:
        """Return the traffic of the period that begins at an instant."""
        return self.by_start.get(start, NOTHING)

    def total(self, start: int, end: int) -> Counts | None:
        """Return the traffic between two instants; `None` if a period with traffic extends across one of them."""
        left, right = bisect_left(self._starts, start), bisect_left(self._starts, end)
        for place, instant in ((left, start), (right, end)):
            if place and self.rows[place - 1].end > instant and self.rows[place - 1].counts != NOTHING:
                return None
        return self._between(left, right)

    def bounds(self, start: int, end: int) -> tuple[Counts, Counts]:
        """Return the minimum and maximum traffic between two instants: periods that extend across them count or not."""
        inner_left, inner_right = bisect_left(self._starts, start), bisect_right(self._ends, end)
        outer_left, outer_right = bisect_right(self._ends, start), bisect_left(self._starts, end)
        return self._between(inner_left, max(inner_left, inner_right)), self._between(outer_left, outer_right)

    def _between(self, left: int, right: int) -> Counts:
        return Counts(*map(sub, self._sums[right], self._sums[left]))

    @cached_property
    def _starts(self) -> list[int]:
        return [row.start for row in self.rows]

    @cached_property
    def _ends(self) -> list[int]:
        return [row.end for row in self.rows]

    @cached_property
    def _sums(self) -> list[Counts]:
        columns = zip(*(row.counts for row in self.rows), strict=True)
        return [NOTHING, *map(Counts._make, zip(*map(accumulate, columns), strict=True))]
