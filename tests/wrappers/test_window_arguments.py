"""What a caller may write for a time window: every form of a time, and what is refused in one sentence."""

import re
from datetime import UTC, date, datetime, timedelta, tzinfo
from enum import Enum
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import numpy as np
import pandas as pd
import pytest

from apitally_traffic import TimeWindow, TrafficClient
from apitally_traffic._windows.time_parsing import TimeLike

NOW = datetime(2026, 3, 29, 12, 34, 56, 789, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("time", "instant"),
    [
        pytest.param(datetime(2026, 1, 2, 3, tzinfo=UTC), "2026-01-02T03:00Z", id="aware"),
        pytest.param(datetime(2026, 1, 2, 3), "2026-01-02T02:00Z", id="naive"),
        pytest.param(date(2026, 1, 2), "2026-01-01T23:00Z", id="date"),
        pytest.param("2026-01-02", "2026-01-01T23:00Z", id="date text"),
        pytest.param("20260102T03", "2026-01-02T02:00Z", id="basic format"),
        pytest.param("2026-01-02T03:00:00Z", "2026-01-02T03:00Z", id="Z"),
        pytest.param("2026-01-02T03:00:00-05:30", "2026-01-02T08:00Z", id="offset"),
        pytest.param(timedelta(hours=5), "2026-03-29T07:00Z", id="timedelta"),
        pytest.param("90m", "2026-03-29T11:00Z", id="minutes"),
        pytest.param("24h", "2026-03-28T12:00Z", id="hours"),
        pytest.param("7d", "2026-03-22T12:00Z", id="days"),
        pytest.param("2w", "2026-03-15T12:00Z", id="weeks"),
        pytest.param("P14D", "2026-03-15T12:00Z", id="ISO days"),
        pytest.param("PT24H", "2026-03-28T12:00Z", id="ISO hours"),
        pytest.param("-7d", "2026-03-22T12:00Z", id="days with a minus"),
        pytest.param("-90m", "2026-03-29T11:00Z", id="minutes with a minus"),
        pytest.param("-PT30M", "2026-03-29T12:00Z", id="ISO with a minus"),
        pytest.param("-p14d", "2026-03-15T12:00Z", id="ISO days with a minus"),
        pytest.param("24H", "2026-03-28T12:00Z", id="hours in capitals"),
        pytest.param("2026-03-28t12:00:00z", "2026-03-28T12:00Z", id="small letters"),
        pytest.param("2026-03-28 12:00+00:00", "2026-03-28T12:00Z", id="a space for the T"),
        pytest.param(pd.Timestamp("2026-03-28T12:00:00.000000001Z"), "2026-03-28T12:00Z", id="nanoseconds"),
        pytest.param("0h", "2026-03-29T12:00Z", id="now"),
        pytest.param("P1DT1H30M", "2026-03-28T11:00Z", id="ISO mixed"),
        pytest.param("2026-03-29T02:30", "2026-03-29T01:00Z", id="skipped: read with the offset before"),
        pytest.param("2026-10-25T02:30", "2026-10-25T00:00Z", id="twice: the first"),
        pytest.param(datetime(2026, 10, 25, 2, 30, fold=1), "2026-10-25T01:00Z", id="twice: fold"),
        pytest.param(None, "2026-03-28T12:00Z", id="default"),
    ],
)
def test_every_form_of_a_time(time: TimeLike | None, instant: str) -> None:
    """Each form means the instant that its documentation says, rounded down to the hour."""
    end = None if time is None or str(time) < "2026-03-29T12" else "2027-01-01"
    window = TimeWindow.resolve(time, end, "hour", BERLIN, NOW)
    assert window.start.astimezone(UTC) == datetime.fromisoformat(instant)
    assert window.start.tzinfo is BERLIN


def test_end_is_now_and_not_rounded() -> None:
    """The end defaults to now, to the microsecond, so that the open period belongs to the window."""
    window = TimeWindow.resolve(interval="day", timezone="Asia/Kathmandu", now=NOW)
    assert window.end.astimezone(UTC) == NOW
    assert window.start.isoformat() == "2026-02-27T00:00:00+05:45"
    assert len(window) == 31


def test_an_end_at_the_default_start() -> None:
    """The window has the period that this instant lies in."""
    window = TimeWindow.resolve(end="24h", timezone=BERLIN, now=NOW)
    assert (window.start.astimezone(UTC), window.end) == (
        datetime(2026, 3, 28, 12, tzinfo=UTC),
        NOW - timedelta(days=1),
    )


class Broken(tzinfo):
    """A timezone that fails."""

    def utcoffset(self, _: datetime | None) -> timedelta:
        raise LookupError("It is lost.")

    def __repr__(self) -> str:
        return "Broken()"


NOWHERE = datetime(2026, 1, 1, tzinfo=Broken())  # type: ignore[abstract]


class Unwritable:
    """An object that cannot say what it is."""

    def __str__(self) -> str:
        raise NotImplementedError


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"start": "2026-02-30"}, "start '2026-02-30' is neither an ISO 8601 date or time"),
        ({"end": "tomorrow"}, "end 'tomorrow' is neither"),
        ({"start": "P1M"}, "nor a duration"),
        ({"start": "1y"}, "nor a duration"),
        ({"start": "PT"}, "nor a duration, such as 30m, 24h, 7d, 2w, P14D or PT24H.$"),
        ({"start": "2026-01-01T00:00\0"}, "is neither"),
        ({"start": "--7d"}, "is neither"),
        ({"start": "+7d"}, "is neither"),
        ({"start": "- 7d"}, "is neither"),
        ({"start": "\u22127d"}, "is neither"),
        ({"start": "-P"}, "is neither"),
        ({"start": "-2026-01-01"}, "is neither"),
        ({"end": "-2026-01-01T00:00:00Z"}, "is neither"),
        ({"start": timedelta(hours=-1)}, r"start datetime.timedelta\(days=-1, seconds=82800\) is negative"),
        ({"start": "99999999999d"}, "start '99999999999d' lies outside the years 1 to 9999"),
        ({"start": "0001-01-01", "timezone": "Asia/Tokyo"}, r"^start datetime.date\(1, 1, 1\) lies outside the years"),
        ({"start": "0001-01-01T00:30Z", "timezone": "America/New_York"}, "years 1 to 9999"),
        (
            {"end": "9999-12-31T23:59:59"},
            "^The window extends beyond the years 1 to 9999, or too close to their ends.$",
        ),
        ({"start": 5}, "start must be a datetime, date, timedelta or str, not int"),
        ({"start": "1d", "end": "2d"}, "start .* is after end .*: swap them"),
        ({"start": "2100-01-01"}, r"start 2100-01-01T00:00:00\+00:00 lies in the future: it is .* now\."),
        ({"end": "2000-01-01"}, r"end 2000-01-01T00:00:00\+00:00 is before the default start .*: pass start, too"),
        ({"timezone": "Berlin"}, "Unknown timezone 'Berlin': use an IANA name"),
        ({"timezone": "Europe"}, "Unknown timezone"),
        ({"timezone": "../etc/passwd"}, "Unknown timezone"),
        ({"timezone": ""}, "Unknown timezone"),
        *(
            ({"timezone": name}, f"Unknown timezone '{name}': use an IANA name")
            for name in ("localtime", "posixrules", "posix/Europe/Berlin", "right/Europe/Berlin")
        ),
        ({"timezone": "a\0b"}, "Unknown timezone"),
        ({"timezone": UTC}, "timezone must be an IANA name or a ZoneInfo that has one, not datetime.timezone.utc.$"),
        ({"interval": "hours"}, 'interval must be "hour" or "day", not \'hours\''),
        ({"interval": ["hour"]}, 'interval must be "hour" or "day"'),
        (
            {"now": datetime(2026, 1, 1)},
            r"^now must carry a timezone: datetime.*2026, 1, 1, 0, 0. does not.$",
        ),
        ({"now": NOWHERE}, r"^now datetime.*Broken.* has a timezone without a valid offset: It is lost.$"),
        ({"start": NOWHERE}, r"^start datetime.*Broken.* has a timezone without a valid offset: It is lost.$"),
        ({"now": "2026-01-01"}, "now must be a datetime, not str"),
        ({"start": "2024-01-01+01:00"}, "is neither an ISO 8601 date or time"),
        ({"start": "2024-01-01x00:00"}, "is neither an ISO 8601 date or time"),
        ({"start": "1712012310000"}, "is neither an ISO 8601 date or time"),
        ({"start": pd.NaT}, "^start is NaT"),
        ({"end": pd.NaT}, "^end is NaT"),
        ({"start": np.datetime64("NaT", "us")}, "^start is NaT"),
        ({"end": np.timedelta64("NaT", "us")}, "^end is NaT"),
        ({"start": pd.Series(["2026-01-01"])}, "start must be a datetime, date, timedelta or str, not Series"),
        ({"start": "NaT"}, "start 'NaT' is neither"),
        ({"start": Unwritable()}, "start must be a datetime, date, timedelta or str, not Unwritable"),
        ({"now": pd.NaT}, "now must carry a timezone"),
    ],
)
def test_bad_arguments_are_one_sentence(arguments: dict[str, object], sentence: str) -> None:
    """An invalid argument is rejected with a sentence that names it."""
    with pytest.raises((TypeError, ValueError), match=sentence) as raised:
        TimeWindow.resolve(**{"now": NOW, **arguments})  # type: ignore[arg-type]
    assert "\n" not in str(raised.value)


def test_members_of_enumerations_are_their_values() -> None:
    """As arguments and in the request, also where an enumeration writes its members in another way."""

    class Text(str, Enum):  # noqa: UP042 - it writes itself as `Text.DAY`
        DAY, ZONE, START = "day", "Europe/Berlin", "2026-01-01"

    class Number(int, Enum):
        ONE = 1

    urls: list[httpx.URL] = []

    def respond(request: httpx.Request) -> httpx.Response:
        urls.append(request.url)
        return httpx.Response(200, json={"data": [], "has_more": False})

    with TrafficClient("key", transport=httpx.MockTransport(respond)) as client:
        query = client.get_traffic(
            Number.ONE,
            start=Text.START,
            end="2026-01-02",
            interval=Text.DAY,  # type: ignore[arg-type]
            timezone=Text.ZONE,
            app_env_id=Number.ONE,
            page_size=Number.ONE,
        )
        assert query.to_list() == []
    (url,) = urls
    assert (url.path, url.params["interval"], url.params["timezone"]) == ("/v1/apps/1/traffic", "day", "Europe/Berlin")
    assert (url.params["app_env_id"], url.params["limit"]) == ("1", "1")
    assert repr(query.window.interval) == "'day'"


@pytest.mark.parametrize(
    ("max_periods", "sentence"),
    [
        (0, "max_periods must be at least 1, not 0."),
        (True, "max_periods must be an int, not True."),
        ("10", "max_periods must be an int, not '10'."),
    ],
)
def test_the_size_of_a_slice(max_periods: Any, sentence: str) -> None:
    """A slice has at least one period, and a whole number of them; the call says so, not the first slice."""
    with pytest.raises((TypeError, ValueError), match=f"^{re.escape(sentence)}$"):
        TimeWindow.resolve(now=NOW).slices(max_periods)
    assert len(next(TimeWindow.resolve(now=NOW).slices(1))) == 1
    assert len(next(TimeWindow.resolve(now=NOW).slices(np.int64(2)))) == 2  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["start", "end"])
def test_a_window_of_naive_times(name: str) -> None:
    """Without `resolve`, nobody says in which timezone they are."""
    times: dict[str, datetime] = {"start": NOW, "end": NOW, name: NOW.replace(tzinfo=None)}
    with pytest.raises(ValueError, match=rf"^{name} must carry a timezone"):
        TimeWindow(**times, interval="hour", timezone=BERLIN)
