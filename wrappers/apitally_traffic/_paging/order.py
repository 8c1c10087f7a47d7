"""Sort the rows of a slice, remove duplicates, and reject rows that contradict each other.

The API does not promise an order, and may return a row twice. Rows that contradict each other are an error, because
delivering one of them would be a guess.
"""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from itertools import takewhile
from operator import attrgetter, countOf, le, lt, sub
from typing import NamedTuple

from apitally_api_client.models import TrafficItem
from apitally_traffic._decoding import Row, Rows, joined
from apitally_traffic._paging.differences import differing_fields, kept_value
from apitally_traffic._texts import name_of_field

period_start = attrgetter("period_start")
_COUNTS = ("requests", "bytes_received", "bytes_sent")
_ZERO = timedelta(0)
_MAX_NAMED = 4


class MissingRowError(ValueError):
    """A row is in the response for a neighbouring slice, but missing from the one for its own slice.

    Attributes:
        start: the start of its period.
    """

    def __init__(self, sentence: str, start: datetime) -> None:
        """Store the message and the start."""
        super().__init__(sentence)
        self.start = start


class Ordered(NamedTuple):
    """Rows in order, each once.

    Attributes:
        rows: the rows.
        starts: the starts of their periods.
        is_contiguous: whether each period ends where the next one starts.
        length: the common length of the periods; None if their lengths differ, or there are no rows.
    """

    rows: Rows
    starts: list[datetime]
    is_contiguous: bool
    length: timedelta | None


def in_order(known: Rows, page: Rows, open_after: datetime) -> Ordered:
    """Return the rows of all pages of a slice, oldest first, each once.

    Args:
        known: the rows of earlier pages, in order.
        page: the rows of the page that was read next, in the order of the response.
        open_after: periods that end later are still open: their counts grow, so the newer row replaces the older one.

    Raises:
        ValueError: a row does not end after its start, or contradicts another; the message names places and values.
    """
    rows = joined(known, page) if known else page
    starts, ends = [row.period_start for row in rows], [row.period_end for row in rows]
    length = _common_length(starts, ends)
    if all(map(lt, starts, ends)) if length is None else length > _ZERO:
        is_contiguous = ends[:-1] == starts[1:]
        if is_contiguous or all(map(le, ends, starts[1:])):
            return Ordered(rows, starts, is_contiguous, length)

    def place(index: int, field: str) -> str:
        return f"`data[{index - len(known)}].{field}`" if index >= len(known) else f"the `{field}` of an earlier page"

    kept = _sorted(rows, place, open_after)
    starts, ends = [row.period_start for row in kept], [row.period_end for row in kept]
    return Ordered(kept, starts, ends[:-1] == starts[1:], _common_length(starts, ends))


def remembered(rows: Rows) -> Rows:
    """Return small copies of rows for `check_adjacent`, because callers may change the rows that they receive."""
    copies: list[Row | TrafficItem] = []
    for row in rows:
        if isinstance(row, TrafficItem):
            copy = TrafficItem(row.period_start, row.period_end, *(getattr(row, name) for name in _COUNTS))
            copy.additional_properties = {name: kept_value(value) for name, value in row.additional_properties.items()}
            copies.append(copy)
        else:
            copies.append(row)
    return copies


def check_adjacent(before: Rows, after: Rows, border: datetime, open_after: datetime) -> None:
    """Check that the rows of two adjacent slices, each in order, do not contradict each other.

    Args:
        before: the rows at the end of one slice, as `remembered` returns them.
        after: the rows of the next slice.
        border: rows that start then or later belong to the second slice.
        open_after: periods that end later are still open.

    Raises:
        ValueError: two rows contradict each other; the message names the values.
        MissingRowError: a row with traffic is missing from the slice that it lies in, but is in the other one.
    """
    _check_missing((row for row in reversed(before) if row.period_start >= border), after, "before", border, open_after)
    strays = takewhile(lambda row: row.period_start < border, after)
    _check_missing(strays, before, "after", border, open_after)
    if before:
        shared = takewhile(lambda row: row.period_start < before[-1].period_end, after)
        _sorted([*before, *shared], lambda _, field: f"`{field}`", open_after)


def _common_length(starts: list[datetime], ends: list[datetime]) -> timedelta | None:
    first = ends[0] - starts[0] if starts else None
    return first if countOf(map(sub, ends, starts), first) == len(starts) else None


def _check_missing(
    strays: Iterable[Row | TrafficItem], rows: Rows, side: str, border: datetime, open_after: datetime
) -> None:
    for stray in strays:
        counts = ", ".join(f"`{name}` {getattr(stray, name)}" for name in _COUNTS if getattr(stray, name))
        is_known = any(row.period_start == stray.period_start for row in rows)
        if counts and stray.period_end <= open_after and not is_known:
            here, there = side, "after" if side == "before" else "before"
            raise MissingRowError(
                f"the period {stray.period_start.isoformat()} has {counts} in the response for the part {here} "
                f"{border.isoformat()}, and is missing from the one for the part {there} it, where it belongs",
                stray.period_start,
            )


def _sorted(rows: Rows, place: Callable[[int, str], str], open_after: datetime) -> Rows:
    kept: list[int] = []
    for index in sorted(range(len(rows)), key=lambda index: rows[index].period_start):
        row = rows[index]
        if row.period_start >= row.period_end:
            raise ValueError(
                f"{place(index, 'period_end')}, {row.period_end.isoformat()}, is not after "
                f"{place(index, 'period_start')}, {row.period_start.isoformat()}"
            )
        other = rows[kept[-1]] if kept else None
        if other is None or other.period_end <= row.period_start:
            kept.append(index)
        elif other.period_start != row.period_start:
            raise ValueError(
                f"{place(index, 'period_start')}, {row.period_start.isoformat()}, is before "
                f"{place(kept[-1], 'period_end')}, {other.period_end.isoformat()}: the periods overlap"
            )
        elif max(other.period_end, row.period_end) > open_after:
            kept[-1] = index  # sorting is stable, so this is the newer one
        elif differing := differing_fields(other, row):
            differences = [
                f"{place(kept[-1], name)} is {one}, and {place(index, name)} is {another}"
                for name, one, another in ((name_of_field(name), *values) for name, *values in differing[:_MAX_NAMED])
            ]
            if len(differing) > _MAX_NAMED:
                differences.append(f"and {len(differing) - _MAX_NAMED:,} more fields differ")
            raise ValueError(
                f"the period {row.period_start.isoformat()} comes with different values: {', '.join(differences)}"
            )
    return [rows[index] for index in kept]
