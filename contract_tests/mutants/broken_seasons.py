"""Servers that are wrong about old months, and right about the last two."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from contract_tests.mutants.entry import broken, changed_rows, counts_where
from contract_tests.mutants.messages import Query
from contract_tests.mutants.reference import Reference

_DAYS, _DST, _FRACTION = "timezone.midnights", "timezone.dst", "timezone.fractional"
_TRAFFIC, _SUM = "timezone.same-traffic", "consistency.day-is-its-hours"
_HOUR, _DAY = timedelta(hours=1), timedelta(days=1)
_RECENT = timedelta(days=70)


def _is_old(moment: datetime) -> bool:
    return datetime.now(UTC) - moment > _RECENT


def _is_summer(moment: datetime) -> bool:
    """Return whether an instant lies in three months about half a year ago."""
    return timedelta(days=100) < datetime.now(UTC) - moment < timedelta(days=190)


def _counted(change: Callable[[Query, datetime, datetime], tuple[datetime, datetime]]) -> Any:
    """Count another time than that of the printed period."""
    return lambda self, query, start, end: Reference.counts(self, query, *change(query, start, end))


def _shifted_midnights(self: Reference, day: date, zone: str) -> datetime:
    midnight = Reference.midnight(self, day, zone)
    return midnight + _HOUR if zone != "UTC" and _is_summer(midnight) else midnight


def _midnights_of_today(self: Reference, day: date, zone: str) -> datetime:
    midnight = Reference.midnight(self, day, zone)
    if not _is_old(midnight):
        return midnight
    offset = self.now().astimezone(ZoneInfo(zone)).utcoffset() or timedelta()
    return datetime(day.year, day.month, day.day, tzinfo=UTC) - offset


def _rolled_up(query: Query, start: datetime, end: datetime) -> tuple[datetime, datetime]:
    """Count the day of UTC that has the same date."""
    if query.interval == "hour" or not _is_old(start):
        return start, end
    local = start.astimezone(ZoneInfo(query.zone))
    first = datetime(local.year, local.month, local.day, tzinfo=UTC)
    return first, first + _DAY


def _later_in_summer(interval: str) -> Any:
    return _counted(
        lambda query, start, end: (
            (start + _HOUR, end + _HOUR)
            if query.interval == interval and _is_summer(start) and (interval == "day" or query.zone != "UTC")
            else (start, end)
        )
    )


def _old_days(condition: Callable[[datetime], bool], factor: float) -> Any:
    return counts_where(
        lambda self, query, start: (
            query.interval == "day" and _is_old(start) and condition(start.astimezone(ZoneInfo(query.zone)))
        ),
        factor,
    )


SEASONS = (
    broken("days of one season begin an hour late", (_DAYS, _DST, _FRACTION), midnight=_shifted_midnights),
    broken("days of one season have the traffic of an hour later", (_SUM, _TRAFFIC), counts=_later_in_summer("day")),
    broken("hours of one season have the traffic of an hour later", _TRAFFIC, counts=_later_in_summer("hour")),
    broken("old days are those of UTC", _TRAFFIC, counts=_counted(_rolled_up)),
    broken("old midnights by the offset of today", (_DAYS, _DST), midnight=_midnights_of_today),
    broken("old week ends have less traffic", _SUM, counts=_old_days(lambda day: day.weekday() >= 5, 0.5)),
    broken("the old last days of months are empty", _SUM, counts=_old_days(lambda day: (day + _DAY).day == 1, 0)),
    broken("the old first days of months count twice", _SUM, counts=_old_days(lambda day: day.day == 1, 2)),
    broken(
        "the old 31sts are left out",
        _SUM,
        rows=changed_rows(
            lambda query, rows: [
                row for row in rows if query.interval == "hour" or row.start.day != 31 or not _is_old(row.start)
            ]
        ),
    ),
)
