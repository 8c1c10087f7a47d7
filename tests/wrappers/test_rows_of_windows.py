"""The periods of a window, as rows, are what was requested, wherever and however clocks change."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import get_args
from zoneinfo import ZoneInfo, available_timezones

import pytest

from apitally_traffic import Interval, TimeWindow
from apitally_traffic._paging.slices import SliceReader
from tests.sampling import exhaustive
from tests.wrappers.served_rows import HOUR, row

DAY = 24 * HOUR
LATER = datetime(2040, 1, 1, tzinfo=UTC)
# Changes by half an hour and by three, at a quarter to three and at one past midnight, of a date, and usual ones.
SAMPLE = [
    *("Antarctica/Casey", "Antarctica/Troll", "Asia/Gaza", "Asia/Pyongyang", "Australia/Lord_Howe"),
    *("America/St_Johns", "Europe/Berlin", "Pacific/Apia", "Pacific/Chatham"),
]
OTHERS = sorted(available_timezones() - {*SAMPLE})


def changes(zone: ZoneInfo) -> Iterator[datetime]:
    """Yield an instant of each day with a clock change, from 2010 to 2030 in the sample, and from 2015 on elsewhere."""
    first = datetime(2010 if zone.key in SAMPLE else 2015, 1, 1, tzinfo=UTC)
    days = (first + number * DAY for number in range((datetime(2031, 1, 1, tzinfo=UTC) - first).days))
    for day, after in pairwise(days):
        if day.astimezone(zone).utcoffset() != after.astimezone(zone).utcoffset():
            yield day


@pytest.mark.parametrize("key", [*SAMPLE, *exhaustive(OTHERS)])
def test_periods_around_each_clock_change(key: str) -> None:
    """The rows of a window's periods are accepted, whether their times are local or in UTC."""
    zone = ZoneInfo(key)
    for change in changes(zone):
        for interval in get_args(Interval):
            margin = timedelta(hours=6) if interval == "hour" else 3 * DAY
            window = TimeWindow.resolve(change - margin, change + DAY + margin, interval, zone)
            for part in (window, *window.slices(5)):
                periods = list(part.periods())
                utc = [(period.start.astimezone(UTC), period.end.astimezone(UTC)) for period in periods]
                for times in (periods, utc):
                    body = {"data": [row(start, end) for start, end in times], "has_more": False}
                    page = SliceReader(part, is_last=False).decode(json.dumps(body).encode(), LATER)
                    assert [(read.period_start, read.period_end) for read in page.rows] == utc
