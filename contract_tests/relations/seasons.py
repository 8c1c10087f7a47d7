"""Old months are as correct as recent ones: days equal their hours, on both sides of each clock change."""

import random

from contract_tests.oracle import zone_table
from contract_tests.oracle.series import Series
from contract_tests.oracle.zones import DAY
from contract_tests.run import Run

_SUMS, _SAME = "consistency.day-is-its-hours", "timezone.same-traffic"
_SEASONS = 4
_DAYS_OF_HOURS = 30


def require_every_season(run: Run) -> None:
    """Compare the days of the last twelve months with their hours, in several zones.

    A server that keeps less is not tested here.

    Raises:
        BrokenPromiseError: a day is not the sum of its hours, or has other traffic in some zone.
    """
    chance = random.Random(run.options.seed)  # noqa: S311 - it has to repeat, not to be secret
    whole_hours = [*zone_table.CHANGING[:3], chance.choice(zone_table.WHOLE)]
    for place, stretch in enumerate(run.year.hours):
        if not run.year.is_whole:
            zone = chance.choice(whole_hours) if place % 2 else "UTC"
            days = run.year.read(run.year.same(stretch, "day", zone))
            _agrees(run, stretch, days, _SAME if place % 2 else _SUMS)
            continue
        for zone in ("UTC", *whole_hours):
            _agrees(run, stretch, run.year.days(zone), _SUMS if zone == "UTC" else _SAME)
        length = (stretch.query.end - stretch.query.start) // DAY
        for season in range(_SEASONS):
            last = length * season // _SEASONS + chance.randrange(max(1, length // _SEASONS - _DAYS_OF_HOURS // 2))
            zone = whole_hours[season % len(whole_hours)]
            query = run.year.same(stretch, "hour", zone, days=_DAYS_OF_HOURS, last=last)
            _agrees(run, stretch, run.year.read(query), _SAME)


def _agrees(run: Run, hours: Series, series: Series | None, promise_id: str) -> None:
    if series is not None:
        what = f"{series.query.named_interval}s of {series.query.named_zone} and hours of UTC, months ago"
        if run.comparison.agree(promise_id, series, hours, what):
            run.ledger.seen(promise_id, *series.exchanges)
