"""Servers that break a promise about windows, sums or filters."""

import re
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from contract_tests.mutants.entry import broken, changed_counts, changed_rows, counts_where, times
from contract_tests.mutants.messages import Params, Query
from contract_tests.mutants.reference import Reference

_DAYS, _DST, _FRACTION = "timezone.midnights", "timezone.dst", "timezone.fractional"
_TRAFFIC, _NAIVE = "timezone.same-traffic", "timezone.naive"
_OUTSIDE, _ROUNDED, _SPLIT = "window.nothing-outside", "window.start-rounded", "window.splits-add-up"
_CLOSED, _SUM, _SELECTS = "consistency.closed-periods", "consistency.day-is-its-hours", "consistency.filter-selects"
_ENV, _CONSUMER, _BOTH = (
    "consistency.environment-below-total",
    "consistency.consumer-below-total",
    "consistency.two-filters",
)


def _filtered(change: Any) -> Any:
    """Count with another filter than was asked for."""
    return lambda self, query, start, end: Reference.counts(self, change(query), start, end)


def _local(moment: datetime, zone: str) -> Any:
    return moment.astimezone(ZoneInfo(zone))


def _is_midnight(moment: datetime, zone: str) -> bool:
    return (_local(moment, zone).hour, _local(moment, zone).minute) == (0, 0)


def _end_included(condition: Any) -> Any:
    """Let the day that begins at the end belong to the window, under a condition on the query."""
    return lambda self, start, query: (
        start <= query.end if query.interval == "day" and condition(query) else start < query.end
    )


def _inclusive_date(pattern: str) -> Any:
    """Take an end for a date, and so for the end of that day, if it is written in some way."""

    def moment(self: Reference, name: str, params: Params, zone: str) -> datetime | None:
        read = Reference.moment(self, name, params, zone)
        is_date = name == "end" and read is not None and re.search(pattern, params[name])
        return read + timedelta(days=1) if read is not None and is_date else read

    return moment


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


SUMS = (
    broken(
        "a day is not its hours",
        _SUM,
        counts=counts_where(lambda self, query, start: query.interval == "day" and query.zone == "UTC", 1.01),
    ),
    broken(
        "a day is not its hours for one consumer",
        _SUM,
        counts=counts_where(lambda self, query, start: query.interval == "day" and query.consumer is not None, 0.9),
    ),
    broken(
        "a day lacks its last hour",
        (_SUM, _TRAFFIC),
        counts=lambda self, query, start, end: Reference.counts(
            self, query, start, end - timedelta(hours=query.interval == "day")
        ),
    ),
    broken("the end belongs to the window", _OUTSIDE, is_inside=lambda self, start, query: start <= query.end),
    broken(
        "the end of days belongs to the window",
        _OUTSIDE,
        is_inside=lambda self, start, query: start <= query.end if query.interval == "day" else start < query.end,
    ),
    *(
        broken(
            f"the end of days belongs to the window {where}",
            (_OUTSIDE, _SPLIT),
            is_inside=_end_included(condition),
        )
        for where, condition in (
            ("in odd zones", lambda query: _local(query.start, query.zone).utcoffset().seconds % 3600 != 0),
            ("beside a filter", lambda query: query.env is not None or query.consumer is not None),
            ("of two days", lambda query: query.end - query.start <= timedelta(days=2)),
            ("of a month", lambda query: query.end - query.start >= timedelta(days=28)),
            ("east of UTC", lambda query: _local(query.start, query.zone).utcoffset() > timedelta(hours=6)),
        )
    ),
    *(
        broken(
            f"an end that is written as midnight {how} includes that day",
            (_OUTSIDE, _SPLIT, _NAIVE),
            moment=_inclusive_date(pattern),
        )
        for how, pattern in (("with an offset", r"T00:00:00[+-](?!00:00)"), ("without one", r"T00:00:00$"))
    ),
    broken(
        "an end at midnight is the end of that day",
        (_OUTSIDE, _SPLIT),
        is_inside=lambda self, start, query: (
            start < query.end + timedelta(days=query.interval == "hour" and _is_midnight(query.end, query.zone))
        ),
    ),
    broken(
        "an end at midnight in an odd zone belongs to the hours",
        (_OUTSIDE, _SPLIT),
        is_inside=lambda self, start, query: (
            start <= query.end
            if _is_midnight(query.end, query.zone) and _local(query.end, query.zone).utcoffset().seconds % 3600
            else start < query.end
        ),
    ),
    broken(
        "hours after a start at midnight begin at one",
        (_SPLIT, _TRAFFIC, _SUM, _ROUNDED, _NAIVE),
        rows=changed_rows(
            lambda query, rows: rows[1:] if query.interval == "hour" and _is_midnight(query.start, query.zone) else rows
        ),
    ),
    broken(
        "a window of hours up to midnight in an odd zone lacks the last one",
        (_SPLIT, _TRAFFIC, _SUM),
        rows=changed_rows(
            lambda query, rows: (
                rows[:-1]
                if query.interval == "hour"
                and query.end - query.start <= timedelta(hours=12)
                and _local(query.end, query.zone).utcoffset().seconds % 3600
                and _is_midnight(query.end, query.zone)
                else rows
            )
        ),
    ),
    broken(
        "the end is ignored",
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
    broken("the start is rounded up", _ROUNDED, round_start=_up),
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
        "the first period is left out",
        (_SPLIT, _ROUNDED, _TRAFFIC, _CLOSED),
        rows=changed_rows(lambda query, rows: rows[1:]),
    ),
    broken("the last period is left out", (_SPLIT, _TRAFFIC), rows=changed_rows(lambda query, rows: rows[:-1])),
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
        rows=changed_rows(
            lambda query, rows: [
                replace(row, counts=times(0.5)(row.counts)) if place == 0 else row for place, row in enumerate(rows)
            ]
        ),
    ),
    broken(
        "short windows have less traffic",
        (_SPLIT, _TRAFFIC, _ROUNDED, _NAIVE),
        counts=counts_where(lambda self, query, start: query.end - query.start < timedelta(hours=4), 0.5),
    ),
    broken("closed periods change with each request", _CLOSED, counts=_jitter),
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
        "every other response lacks a period",
        _CLOSED,
        rows=lambda self, query: Reference.rows(self, query)[: -5 if self.asked % 2 else None],
    ),
    broken("the environment is ignored", _SELECTS, counts=_filtered(lambda query: replace(query, env=None))),
    broken(
        "the consumer is ignored",
        _SELECTS,
        counts=_filtered(lambda query: replace(query, consumer=None)),
    ),
    broken(
        "the consumer is ignored for days",
        (_SELECTS, _SUM),
        counts=_filtered(lambda query: replace(query, consumer=None) if query.interval == "day" else query),
    ),
    broken(
        "the consumer is ignored beside an environment",
        (_SELECTS, _BOTH),
        counts=_filtered(lambda query: replace(query, consumer=None) if query.env else query),
    ),
    broken(
        "an environment has more than all",
        _ENV,
        counts=counts_where(lambda self, query, start: query.env is not None and query.consumer is None, 5),
    ),
    broken(
        "an environment has more than all at noon",
        (_ENV, _SUM),
        counts=counts_where(
            lambda self, query, start: query.env is not None and start.hour == 12 and query.interval == "hour", 9
        ),
    ),
    broken(
        "a consumer has more than all",
        _CONSUMER,
        counts=counts_where(lambda self, query, start: query.consumer is not None and query.env is None, 9),
    ),
    broken(
        "the days of a consumer have more than all",
        (_CONSUMER, _SUM),
        counts=counts_where(
            lambda self, query, start: query.consumer is not None and query.env is None and query.interval == "day", 9
        ),
    ),
    broken(
        "two filters have more than one",
        (_BOTH, _SELECTS),
        counts=counts_where(lambda self, query, start: None not in {query.env, query.consumer}, 4),
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
