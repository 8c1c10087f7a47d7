"""Servers that break a promise about windows, zones or sums."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from contract_tests.mutants.entry import broken, changed_counts, times
from contract_tests.mutants.reference import Query, Reference, Row

_HOURS, _DAYS, _DST, _FRACTION = "timezone.hours", "timezone.midnights", "timezone.dst", "timezone.fractional"
_TRAFFIC, _NAIVE = "timezone.same-traffic", "timezone.naive"
_OUTSIDE, _ROUNDED, _SPLIT = "window.nothing-outside", "window.start-rounded", "window.splits-add-up"
_CLOSED, _SUM, _SELECTS = "consistency.closed-periods", "consistency.day-is-its-hours", "consistency.filter-selects"
_ENV, _CONSUMER, _BOTH = (
    "consistency.environment-below-total",
    "consistency.consumer-below-total",
    "consistency.two-filters",
)


def _offset(moment: datetime, zone: str) -> timedelta:
    return moment.astimezone(ZoneInfo(zone)).utcoffset() or timedelta()


def _whole_hours(self: Reference, moment: datetime, interval: str, zone: str) -> datetime:
    if interval == "hour":
        return moment.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    return Reference.floor(self, moment, interval, zone)


def _midnight_without_fraction(self: Reference, day: date, zone: str) -> datetime:
    midnight = Reference.midnight(self, day, zone)
    offset = _offset(midnight, zone)
    return midnight + (offset - timedelta(hours=offset // timedelta(hours=1)))


def _midnight_by_offset_of(moment: Any) -> Any:
    def midnight(self: Reference, day: date, zone: str) -> datetime:
        return datetime(day.year, day.month, day.day, tzinfo=UTC) - _offset(moment(self, day, zone), zone)

    return midnight


def _hours_by_wall_clock(self: Reference, query: Query) -> list[tuple[datetime, datetime]]:
    """Both hours that the clock shows twice as one."""
    periods = Reference.periods(self, query)
    if query.interval == "day":
        return periods
    merged: list[tuple[datetime, datetime]] = []
    for start, end in periods:
        clock = start.astimezone(ZoneInfo(query.zone)).replace(tzinfo=None)
        if merged and merged[-1][0].astimezone(ZoneInfo(query.zone)).replace(tzinfo=None) == clock:
            merged[-1] = (merged[-1][0], end)
        else:
            merged.append((start, end))
    return merged


def _clock_repeats(start: datetime, zone: str) -> bool:
    local = start.astimezone(ZoneInfo(zone))
    return local.fold == 1


def _counts_where(condition: Any, factor: float) -> Any:
    scale = times(factor)
    return changed_counts(
        lambda self, query, start, end, counts: scale(counts) if condition(self, query, start) else counts
    )


def _zone_only(zone: str, factor: float = 1.1) -> Any:
    return _counts_where(lambda self, query, start: query.zone == zone, factor)


def _filtered(change: Any) -> Any:
    """Count with another filter than was asked for."""
    return lambda self, query, start, end: Reference.counts(self, change(query), start, end)


def _rows(change: Any) -> Any:
    return lambda self, query: change(query, Reference.rows(self, query))


def _localized(zone_of: Any) -> Any:
    return lambda self, moment, zone: moment.replace(tzinfo=ZoneInfo(zone_of(zone)))


def _naive_as_now(self: Reference, moment: datetime, zone: str) -> datetime:
    return moment.replace(tzinfo=UTC) - _offset(self.now(), zone)


def _naive_end(self: Reference, name: str, params: dict[str, str], zone: str) -> datetime | None:
    return Reference.moment(self, name, params, "UTC" if name == "end" else zone)


def _day_of_change(query: Query, start: datetime) -> bool:
    local = start.astimezone(ZoneInfo(query.zone))
    return (local + timedelta(days=1)).utcoffset() != local.utcoffset()


def _as_long_as(length: timedelta) -> Any:
    return lambda self, start, interval, zone: start + (length if interval == "day" else timedelta(hours=1))


def _up(self: Reference, start: datetime, interval: str, zone: str) -> datetime:
    floor = self.floor(start, interval, zone)
    return floor if floor == start else self.after(floor, interval, zone)


def _nearest(self: Reference, start: datetime, interval: str, zone: str) -> datetime:
    floor = self.floor(start, interval, zone)
    after = self.after(floor, interval, zone)
    return after if start - floor > after - start else floor


def _jitter(self: Reference, query: Query, start: datetime, end: datetime) -> dict[str, Any]:
    counts = Reference.counts(self, query, start, end)
    return {name: value + self.asked % 3 for name, value in counts.items()}


TIME = (
    broken(
        "the zone is passed over",
        (_DAYS, _DST, _FRACTION),
        fast=True,
        params=lambda self, params: {name: value for name, value in params.items() if name != "timezone"},
    ),
    broken(
        "days begin at midnight in UTC",
        (_DAYS, _DST, _FRACTION),
        midnight=lambda self, day, zone: Reference.midnight(self, day, "UTC"),
    ),
    broken(
        "days begin at one",
        (_DAYS, _FRACTION, _DST),
        midnight=lambda self, day, zone: Reference.midnight(self, day, zone) + timedelta(hours=1),
    ),
    broken(
        "days of Tokyo begin at midnight in UTC",
        _DAYS,
        midnight=lambda self, day, zone: Reference.midnight(self, day, "UTC" if zone == "Asia/Tokyo" else zone),
    ),
    broken(
        "hours begin half past",
        (_HOURS, _FRACTION, _ROUNDED),
        floor=lambda self, moment, interval, zone: (
            Reference.floor(self, moment + timedelta(minutes=30), interval, zone) - timedelta(minutes=30)
            if interval == "hour"
            else Reference.floor(self, moment, interval, zone)
        ),
    ),
    broken(
        "hours of New York begin a minute late",
        _HOURS,
        item=lambda self, row, query: Reference.item(
            self,
            Row(row.start + timedelta(minutes=1), row.end, row.counts)
            if query.zone == "America/New_York" and query.interval == "hour"
            else row,
            query,
        ),
    ),
    broken(
        "hours last fifty-nine minutes",
        (_HOURS, _FRACTION, _DST),
        item=lambda self, row, query: Reference.item(
            self, Row(row.start, row.end - timedelta(minutes=1), row.counts) if query.interval == "hour" else row, query
        ),
    ),
    broken("half hours are cut off for hours", _FRACTION, fast=True, floor=_whole_hours),
    broken("half hours are cut off for midnights", _FRACTION, midnight=_midnight_without_fraction),
    broken(
        "quarters of hours are taken for halves",
        _FRACTION,
        floor=lambda self, moment, interval, zone: Reference.floor(
            self, moment, interval, "Asia/Kolkata" if zone == "Asia/Kathmandu" and interval == "hour" else zone
        ),
    ),
    broken("every day has 24 hours", _DST, fast=True, after=_as_long_as(timedelta(hours=24))),
    broken(
        "midnight by the offset of today", _DST, midnight=_midnight_by_offset_of(lambda self, day, zone: self.now())
    ),
    broken(
        "midnight by the offset of noon",
        _DST,
        midnight=_midnight_by_offset_of(
            lambda self, day, zone: datetime(day.year, day.month, day.day, 12, tzinfo=ZoneInfo(zone))
        ),
    ),
    broken("hours that come twice are one", (_DST, _TRAFFIC), periods=_hours_by_wall_clock),
    broken(
        "the hour that comes twice is counted once",
        (_DST, _TRAFFIC),
        counts=_counts_where(
            lambda self, query, start: query.interval == "hour" and _clock_repeats(start, query.zone), 0
        ),
    ),
    broken(
        "a day of change has the traffic of 24 hours",
        (_DST, _TRAFFIC),
        counts=lambda self, query, start, end: Reference.counts(
            self, query, start, start + timedelta(hours=24) if query.interval == "day" else end
        ),
    ),
    broken(
        "a day of change is left out",
        (_DST, _TRAFFIC),
        rows=_rows(
            lambda query, rows: [
                row for row in rows if query.interval == "hour" or not _day_of_change(query, row.start)
            ]
        ),
    ),
    broken("more traffic in Kolkata", _TRAFFIC, counts=_zone_only("Asia/Kolkata")),
    broken("more traffic in Kathmandu", _TRAFFIC, counts=_zone_only("Asia/Kathmandu")),
    broken("less traffic in Sydney", _TRAFFIC, fast=True, counts=_zone_only("Australia/Sydney", 0.99)),
    broken(
        "the traffic of Tokyo is an hour late",
        _TRAFFIC,
        counts=lambda self, query, start, end: Reference.counts(
            self, query, *(moment + timedelta(hours=query.zone == "Asia/Tokyo") for moment in (start, end))
        ),
    ),
    broken(
        "no bytes in zones east of UTC",
        _TRAFFIC,
        counts=changed_counts(
            lambda self, query, start, end, counts: (
                counts | {"bytes_sent": 0} if _offset(start, query.zone) > timedelta(hours=8) else counts
            )
        ),
    ),
    broken("times without an offset are UTC", _NAIVE, fast=True, localize=_localized(lambda zone: "UTC")),
    broken("an end without an offset is UTC", _NAIVE, moment=_naive_end),
    broken("times without an offset by the offset of today", _NAIVE, localize=_naive_as_now),
    broken(
        "times without an offset in Kathmandu are those of Kolkata",
        _NAIVE,
        localize=_localized(lambda zone: "Asia/Kolkata" if zone == "Asia/Kathmandu" else zone),
    ),
    broken(
        "a day is not its hours",
        _SUM,
        fast=True,
        counts=_counts_where(lambda self, query, start: query.interval == "day" and query.zone == "UTC", 1.01),
    ),
    broken(
        "a day is not its hours for one consumer",
        _SUM,
        counts=_counts_where(lambda self, query, start: query.interval == "day" and query.consumer is not None, 0.9),
    ),
    broken(
        "a day lacks its last hour",
        (_SUM, _TRAFFIC),
        counts=lambda self, query, start, end: Reference.counts(
            self, query, start, end - timedelta(hours=query.interval == "day")
        ),
    ),
    broken(
        "the end belongs to the window", _OUTSIDE, fast=True, is_inside=lambda self, start, query: start <= query.end
    ),
    broken(
        "the end of days belongs to the window",
        _OUTSIDE,
        is_inside=lambda self, start, query: start <= query.end if query.interval == "day" else start < query.end,
    ),
    broken(
        "the end is passed over",
        _OUTSIDE,
        params=lambda self, params: {name: value for name, value in params.items() if name != "end"},
    ),
    broken(
        "a period before the start",
        _OUTSIDE,
        round_start=lambda self, start, interval, zone: self.floor(
            self.floor(start, interval, zone) - timedelta(seconds=1), interval, zone
        ),
    ),
    broken(
        "the end is rounded up to the day",
        _OUTSIDE,
        is_inside=lambda self, start, query: start < query.end.replace(hour=23, minute=59),
    ),
    broken("the start is rounded up", _ROUNDED, fast=True, round_start=_up),
    broken("the start is rounded to the nearest", _ROUNDED, round_start=_nearest),
    broken(
        "the start is rounded in UTC",
        (_ROUNDED, _DAYS, _DST, _FRACTION),
        round_start=lambda self, start, interval, zone: self.floor(start, interval, "UTC"),
    ),
    broken(
        "the start of days is rounded to the hour",
        (_ROUNDED, _DAYS, _DST),
        round_start=lambda self, start, interval, zone: self.floor(start, "hour", zone),
    ),
    broken(
        "the first period is cut at the start",
        _ROUNDED,
        counts=Reference.counts,
        round_start=lambda self, start, interval, zone: (
            self.floor(start, interval, zone)
            if start == self.floor(start, interval, zone)
            else self.after(self.floor(start, interval, zone), interval, zone)
        ),
    ),
    broken(
        "the first period is left out", (_SPLIT, _ROUNDED, _TRAFFIC, _CLOSED), rows=_rows(lambda query, rows: rows[1:])
    ),
    broken("the last period is left out", (_SPLIT, _TRAFFIC), fast=True, rows=_rows(lambda query, rows: rows[:-1])),
    broken(
        "a period at the end is left out",
        (_SPLIT, _TRAFFIC),
        is_inside=lambda self, start, query: (
            start + timedelta(minutes=1) < query.end and self.after(start, query.interval, query.zone) != query.end
        ),
    ),
    broken(
        "the first period has half its traffic",
        (_SPLIT, _TRAFFIC, _ROUNDED),
        rows=_rows(
            lambda query, rows: [
                replace(row, counts=times(0.5)(row.counts)) if place == 0 else row for place, row in enumerate(rows)
            ]
        ),
    ),
    broken(
        "short windows have less traffic",
        (_SPLIT, _TRAFFIC, _ROUNDED, _NAIVE),
        counts=_counts_where(lambda self, query, start: query.end - query.start < timedelta(hours=4), 0.5),
    ),
    broken("closed periods change with each request", _CLOSED, fast=True, counts=_jitter),
    broken(
        "closed days grow",
        _CLOSED,
        counts=changed_counts(
            lambda self, query, start, end, counts: (
                counts | {"requests": counts["requests"] + self.asked} if query.interval == "day" else counts
            )
        ),
    ),
    broken(
        "every other answer lacks a period",
        _CLOSED,
        rows=lambda self, query: Reference.rows(self, query)[: -5 if self.asked % 2 else None],
    ),
    broken("the environment is passed over", _SELECTS, counts=_filtered(lambda query: replace(query, env=None))),
    broken(
        "the consumer is passed over",
        _SELECTS,
        fast=True,
        counts=_filtered(lambda query: replace(query, consumer=None)),
    ),
    broken(
        "the consumer is passed over for days",
        (_SELECTS, _SUM),
        counts=_filtered(lambda query: replace(query, consumer=None) if query.interval == "day" else query),
    ),
    broken(
        "the consumer is passed over beside an environment",
        (_SELECTS, _BOTH),
        counts=_filtered(lambda query: replace(query, consumer=None) if query.env else query),
    ),
    broken(
        "an environment has more than all",
        _ENV,
        fast=True,
        counts=_counts_where(lambda self, query, start: query.env is not None and query.consumer is None, 5),
    ),
    broken(
        "an environment has more than all at noon",
        (_ENV, _SUM),
        counts=_counts_where(
            lambda self, query, start: query.env is not None and start.hour == 12 and query.interval == "hour", 9
        ),
    ),
    broken(
        "a consumer has more than all",
        _CONSUMER,
        counts=_counts_where(lambda self, query, start: query.consumer is not None and query.env is None, 9),
    ),
    broken(
        "the days of a consumer have more than all",
        (_CONSUMER, _SUM),
        counts=_counts_where(
            lambda self, query, start: query.consumer is not None and query.env is None and query.interval == "day", 9
        ),
    ),
    broken(
        "two filters have more than one",
        (_BOTH, _SELECTS),
        fast=True,
        counts=_counts_where(lambda self, query, start: None not in {query.env, query.consumer}, 4),
    ),
    broken(
        "two filters are either of them",
        (_BOTH, _SELECTS),
        counts=lambda self, query, start, end: (
            Reference.counts(self, query, start, end)
            if None in {query.env, query.consumer}
            else {
                name: value + Reference.counts(self, replace(query, env=None), start, end)[name]
                for name, value in Reference.counts(self, replace(query, consumer=None), start, end).items()
            }
        ),
    ),
)
