"""Servers that break a promise about zones."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from contract_tests.mutants.entry import broken, changed_counts, changed_rows, counts_where
from contract_tests.mutants.messages import Query, Row
from contract_tests.mutants.reference import Reference

_HOURS, _DAYS, _DST, _FRACTION = "timezone.hours", "timezone.midnights", "timezone.dst", "timezone.fractional"
_TRAFFIC, _NAIVE = "timezone.same-traffic", "timezone.naive"
_ROUNDED = "window.start-rounded"


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


def _days_by_the_clock_of(zone_of: Any) -> dict[str, Any]:
    def clock(interval: str, zone: str) -> str:
        return str(zone_of(zone)) if interval == "day" else zone

    return {
        "floor": lambda self, moment, interval, zone: Reference.floor(self, moment, interval, clock(interval, zone)),
        "after": lambda self, start, interval, zone: Reference.after(self, start, interval, clock(interval, zone)),
    }


def _midnight_by_offset_of(moment: Any) -> Any:
    def midnight(self: Reference, day: date, zone: str) -> datetime:
        return datetime(day.year, day.month, day.day, tzinfo=UTC) - _offset(moment(self, day, zone), zone)

    return midnight


def _hours_by_wall_clock(self: Reference, query: Query) -> list[tuple[datetime, datetime]]:
    """Merge the two hours that the clock shows twice."""
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


def _zone_only(zone: str, factor: float = 1.1) -> Any:
    return counts_where(lambda self, query, start: query.zone == zone, factor)


def _localized(zone_of: Any) -> Any:
    return lambda self, moment, zone: moment.replace(tzinfo=ZoneInfo(zone_of(zone)))


def _naive_as_now(self: Reference, moment: datetime, zone: str) -> datetime:
    return moment.replace(tzinfo=UTC) - _offset(self.now(), zone)


def _naive_without_summer(self: Reference, moment: datetime, zone: str) -> datetime:
    offsets = [_offset(datetime(moment.year, month, 15, tzinfo=UTC), zone) for month in (1, 7)]
    return moment.replace(tzinfo=UTC) - min(offsets)


def _midnight_of_today(changed: str) -> Any:
    def midnight(self: Reference, day: date, zone: str) -> datetime:
        if zone != changed:
            return Reference.midnight(self, day, zone)
        return datetime(day.year, day.month, day.day, tzinfo=UTC) - _offset(self.now(), zone)

    return midnight


def _naive_end(self: Reference, name: str, params: dict[str, str], zone: str) -> datetime | None:
    return Reference.moment(self, name, params, "UTC" if name == "end" else zone)


def _day_of_change(query: Query, start: datetime) -> bool:
    local = start.astimezone(ZoneInfo(query.zone))
    return (local + timedelta(days=1)).utcoffset() != local.utcoffset()


def _as_long_as(length: timedelta) -> Any:
    return lambda self, start, interval, zone: start + (length if interval == "day" else timedelta(hours=1))


TIME = (
    broken(
        "the zone is ignored",
        (_DAYS, _DST, _FRACTION),
        params=lambda self, params: {name: value for name, value in params.items() if name != "timezone"},
    ),
    broken(
        "days begin at midnight in UTC",
        (_DAYS, _DST, _FRACTION),
        **_days_by_the_clock_of(lambda zone: "UTC"),
    ),
    broken(
        "days begin at one",
        (_DAYS, _FRACTION, _DST),
        midnight=lambda self, day, zone: Reference.midnight(self, day, zone) + timedelta(hours=1),
    ),
    broken(
        "days of Tokyo begin at midnight in UTC",
        _DAYS,
        **_days_by_the_clock_of(lambda zone: "UTC" if zone == "Asia/Tokyo" else zone),
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
    broken("half hours are cut off for hours", _FRACTION, floor=_whole_hours),
    broken("half hours are cut off for midnights", _FRACTION, midnight=_midnight_without_fraction),
    broken(
        "quarters of hours are taken for halves",
        _FRACTION,
        floor=lambda self, moment, interval, zone: Reference.floor(
            self, moment, interval, "Asia/Kolkata" if zone == "Asia/Kathmandu" and interval == "hour" else zone
        ),
    ),
    broken("every day has 24 hours", _DST, after=_as_long_as(timedelta(hours=24))),
    broken(
        "midnight by the offset of today",
        (_DST, _DAYS),
        midnight=_midnight_by_offset_of(lambda self, day, zone: self.now()),
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
        counts=counts_where(
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
        rows=changed_rows(
            lambda query, rows: [
                row for row in rows if query.interval == "hour" or not _day_of_change(query, row.start)
            ]
        ),
    ),
    broken("more traffic in Kolkata", _TRAFFIC, counts=_zone_only("Asia/Kolkata")),
    broken("more traffic in Kathmandu", _TRAFFIC, counts=_zone_only("Asia/Kathmandu")),
    broken("less traffic in Sydney", _TRAFFIC, counts=_zone_only("Australia/Sydney", 0.99)),
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
    broken("times without an offset are UTC", _NAIVE, localize=_localized(lambda zone: "UTC")),
    broken("an end without an offset is UTC", _NAIVE, moment=_naive_end),
    broken("times without an offset by the offset of today", _NAIVE, localize=_naive_as_now),
    broken("times without an offset know no summer", _NAIVE, localize=_naive_without_summer),
    broken("days of Santiago by the offset of today", (_DST, _DAYS), midnight=_midnight_of_today("America/Santiago")),
    broken(
        "times without an offset in Kathmandu are those of Kolkata",
        _NAIVE,
        localize=_localized(lambda zone: "Asia/Kolkata" if zone == "Asia/Kathmandu" else zone),
    ),
)
