"""What the suite makes of the pages of a listing: amounts of traffic, and their sums over any stretch of time."""

import pytest

from contract_tests.oracle.page import Counts, Edge
from contract_tests.oracle.query import Query
from contract_tests.oracle.series import Series
from contract_tests.oracle.zones import HOUR
from tests.contract.test_pages import START, page_of, row

QUERY = Query(START, START + 5 * HOUR, "hour")
NONE = {"requests": 0, "bytes_received": 0, "bytes_sent": 0}


def test_sums_over_a_series() -> None:
    """A stretch of time is summed up where periods allow it, and bounded where one lies across its ends."""
    series = Series(QUERY, [page_of(row(0, 1), row(1, 10), row(3, 100))])
    assert series.total(START, START + 2 * HOUR) == Counts(11, 4, 6)
    assert series.total(START + 2 * HOUR, START + 3 * HOUR) == Counts(0, 0, 0)
    assert series.total(START + 1800, START + 2 * HOUR) is None
    assert series.total(START, START + 3 * HOUR + 1) is None
    assert series.bounds(START + 1800, START + 3 * HOUR + 1800) == (Counts(10, 2, 3), Counts(111, 6, 9))
    assert series.bounds(START + HOUR, START + 3 * HOUR) == (Counts(10, 2, 3), Counts(10, 2, 3))
    assert series.bounds(START + HOUR + 600, START + HOUR + 1200) == (Counts(), Counts(10, 2, 3))


def test_a_period_without_traffic_lies_across_no_end() -> None:
    """Whatever part of it belongs to a stretch of time, it adds nothing, and it counts like one that is left out."""
    series = Series(QUERY, [page_of(row(0, 1), row(1) | NONE, row(2, 100))])
    assert series.total(START, START + HOUR + 1800) == Counts(1, 2, 3)
    assert series.by_start.keys() == {START, START + 2 * HOUR}
    assert [series.of_period(START + hour * HOUR) for hour in (1, 2, 3)] == [Counts(), Counts(100, 2, 3), Counts()]


def test_a_series_has_the_rows_of_all_pages_in_order() -> None:
    """It keeps what was asked, and the pages as they came."""
    pages = [page_of(row(3)), page_of(row(2), row(1))]
    series = Series(QUERY, pages, limit=2)
    assert (series.query, series.pages, series.limit) == (QUERY, pages, 2)
    assert [row.start for row in series.rows] == [START + hour * HOUR for hour in (1, 2, 3)]
    assert series.exchanges == [page.exchange for page in pages]


def test_an_amount_fits_in_another_if_each_part_does() -> None:
    """Equal parts fit, and one part that exceeds is enough."""
    amount = Counts(1, 20, 300)
    assert amount.fits_in(amount)
    assert amount.fits_in(Counts(2, 21, 301))
    assert not any(amount.fits_in(Counts(*other)) for other in ((0, 20, 300), (1, 19, 300), (1, 20, 299)))
    assert str(amount) == "1 requests, 20 bytes received, 300 bytes sent"


@pytest.mark.parametrize(
    ("offset", "text"), [(0, "Z"), (60, "+00:01"), (-60, "-00:01"), (20_700, "+05:45"), (-12_600, "-03:30")]
)
def test_an_edge_is_written_as_it_came(offset: int, text: str) -> None:
    """The clock and the offset stand in the sentence of a breach."""
    assert str(Edge(START, "2025-05-14T00:00:00", offset)) == f"2025-05-14T00:00:00{text}"
