"""Servers whose fault looks like another one: only the right promise may be named."""

from dataclasses import replace
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from contract_tests.mutants.entry import broken, sparse
from contract_tests.mutants.messages import Query, Row
from contract_tests.mutants.reference import Reference

_PERIOD_END = "response.period-end"


def _until_the_next(interval: str) -> Any:
    """Leave out periods without traffic, and end each other one where the next one begins."""

    def rows(self: Reference, query: Query) -> list[Row]:
        busy = [row for row in Reference.rows(self, query) if any(row.counts.values())]
        if query.interval != interval:
            return busy
        starts = [row.start for row in busy[1:]]
        return [replace(row, end=start) for row, start in zip(busy, starts, strict=False)] + busy[-1:]

    return rows


def _until_the_end(self: Reference, query: Query) -> list[Row]:
    busy = [row for row in Reference.rows(self, query) if any(row.counts.values())]
    return [*busy[:-1], replace(busy[-1], end=max(busy[-1].end, query.end))] if busy else []


def _second_midnight(self: Reference, day: date, zone: str) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone), fold=1).astimezone(ZoneInfo("UTC"))


def _first_offset(self: Reference, moment: datetime, zone: str) -> str:
    return moment.astimezone(ZoneInfo(zone)).replace(fold=0).isoformat()


LOOKALIKES = (
    broken(
        "an hour lasts until the next one with traffic",
        _PERIOD_END,
        alone=True,
        counts=sparse(60),
        rows=_until_the_next("hour"),
    ),
    broken(
        "a day lasts until the next one with traffic",
        _PERIOD_END,
        alone=True,
        counts=sparse(4),
        rows=_until_the_next("day"),
    ),
    broken("the last hour lasts until the end", _PERIOD_END, alone=True, counts=sparse(60), rows=_until_the_end),
    broken("days begin at the second midnight", "timezone.dst", alone=True, midnight=_second_midnight),
    broken(
        "hours that come twice have the offset of the first",
        ("response.offsets", "timezone.dst"),
        alone=True,
        text=_first_offset,
    ),
    broken(
        "the start is rounded in UTC, and nothing else",
        "window.start-rounded",
        alone=True,
        round_start=lambda self, start, interval, zone: Reference.floor(self, start, interval, "UTC"),
        after=lambda self, start, interval, zone: Reference.after(
            self, Reference.floor(self, start, interval, zone), interval, zone
        ),
    ),
    broken(
        "the row at the joint is left out",
        "pagination.each-once",
        alone=True,
        next_position=lambda self, last: last + 1,
    ),
    broken(
        "the row at the joint comes twice",
        "pagination.each-once",
        alone=True,
        next_position=lambda self, last: max(1, last - 1),
    ),
)
