"""Which periods are open is judged by the clock of the server, which its responses tell."""

import contextlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import httpx
import pytest
from freezegun import freeze_time

from apitally_traffic import ResponseError, ServerError, TimeWindow, TrafficClient
from apitally_traffic._paging.server_time import BehindError, ResponseTime, ResponseTimes
from tests.wrappers.served_rows import HOUR, row

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
OLDER, NEWER = row(NOON - HOUR, NOON, 5), row(NOON - HOUR, NOON, 6)

Response = tuple[dict[str, Any], str | None]


def counts(*responses: Response, page_size: int) -> list[int]:
    """Read two hours up to noon from responses with a row and a `Date` each; return the counts of the second hour."""
    pages: Iterator[tuple[int, Response]] = iter(enumerate(responses))

    def respond(_: httpx.Request) -> httpx.Response:
        number, (data, date) = next(pages)
        more = page_size > 1 and number == 0
        first = [row(NOON - 2 * HOUR, NOON - HOUR)] if number == 0 else []
        page = {"data": [*first, data], "has_more": more, "next_token": "token" if more else None}
        return httpx.Response(200, json=page, headers={} if date is None else {"Date": date})

    transport = httpx.MockTransport(respond)
    with TrafficClient("key", concurrency=1, max_retries=0, transport=transport) as client:
        items = client.get_traffic(1, start=NOON - 2 * HOUR, end=NOON, page_size=page_size)
        return [item.requests for item in items if item.period_end == NOON]


def date(minutes: int) -> str:
    """Return a `Date` so many minutes after noon."""
    return format_datetime(NOON + timedelta(minutes=minutes), usegmt=True)


@pytest.mark.parametrize("local", ["2000-01-01", "2026-01-01T11:30Z", "2026-01-01T23:30Z", "2099-01-01"])
@pytest.mark.parametrize("page_size", [1000, 1])
def test_the_clock_of_the_server_counts(local: str, page_size: int) -> None:
    """Whatever a test's frozen or a wrong local clock says, only what the server calls open may change."""
    with freeze_time(local):
        # Open when it was read first, on two pages or in two slices; closed for five minutes when it was read again.
        assert counts((OLDER, date(-1)), (NEWER, date(9)), page_size=page_size) == [6]
        with pytest.raises(ResponseError, match="comes with different values"):
            counts((OLDER, date(6)), (NEWER, date(6)), page_size=page_size)


@pytest.mark.parametrize(
    "useless", [None, "", "soon", "Thu, 32 Jan 2026 11:00:00 GMT", "Fri, 31 Dec 9999 23:59:59 GMT"]
)
def test_without_a_clock_of_the_server(useless: str | None) -> None:
    """Where a response has no usable `Date`, the time of the program counts."""
    with freeze_time(NOON):
        assert counts((OLDER, useless), (NEWER, useless), page_size=1000) == [6]
    with freeze_time(NOON + HOUR), pytest.raises(ResponseError, match="comes with different values"):
        counts((OLDER, useless), (NEWER, useless), page_size=1000)


@pytest.mark.parametrize("first", [6, 20, 600])
def test_an_older_response_replaces_nothing(first: int) -> None:
    """What was closed when it was read first, by a server whose clock is right, is not read again from one behind."""
    with pytest.raises(ResponseError, match=r"contradicts itself: the period .*`requests` of an earlier page is 6"):
        counts((NEWER, date(first)), (OLDER, date(-5)), page_size=1000)


EARLIER, LAST = row(NOON - 2 * HOUR, NOON - HOUR), row(NOON - HOUR, NOON, 1)
BEHIND: dict[str, list[tuple[list[dict[str, Any]], int]]] = {
    "the second page": [([EARLIER], 600), ([LAST], -5)],
    "the first page": [([LAST], -5), ([EARLIER], 600)],
    "a page without rows": [([EARLIER], 600), ([], -5)],
    "a page without rows, by a quarter of an hour": [([EARLIER], 6), ([], -9)],
}


@pytest.mark.parametrize("responses", BEHIND.values(), ids=BEHIND)
def test_a_response_that_is_behind(responses: list[tuple[list[dict[str, Any]], int]]) -> None:
    """A period that has ended by the `Date` of another response may be incomplete, or missing: it is an error."""
    pages = iter(responses)

    def respond(_: httpx.Request) -> httpx.Response:
        data, minutes = next(pages)
        more = minutes == responses[0][1]
        page = {"data": data, "has_more": more, "next_token": "token" if more else None}
        return httpx.Response(200, json=page, headers={"Date": date(minutes)})

    with TrafficClient("key", concurrency=1, max_retries=0, transport=httpx.MockTransport(respond)) as client:
        with pytest.raises(ResponseError, match="may not know all of the period 2026-01-01T11:00:00") as error:
            client.get_traffic(1, start=NOON - 2 * HOUR, end=NOON).totals()
        assert error.value.is_final


@pytest.mark.parametrize("end", [NOON, NOON + 4 * HOUR])
def test_a_slice_that_is_behind(end: datetime) -> None:
    """So it is between slices; of one that may be behind, no row is delivered before."""
    dates = iter([60, 720, 720, 720, 720, 720])

    def respond(request: httpx.Request) -> httpx.Response:
        start = datetime.fromisoformat(request.url.params["start"])
        page = {"data": [row(start, start + HOUR)], "has_more": False, "next_token": None}
        return httpx.Response(200, json=page, headers={"Date": date(next(dates))})

    with TrafficClient("key", concurrency=1, max_retries=0, transport=httpx.MockTransport(respond)) as client:
        items = iter(client.get_traffic(1, start=end - 2 * HOUR, end=end, page_size=1))
        if end == NOON:  # what it has had ended
            assert [item.period_start for item in items] == [end - 2 * HOUR, end - HOUR]
            return
        with pytest.raises(ResponseError, match="may not know all of the period 2026-01-01T14:00:00") as error:
            next(items)
        assert error.value.resume_from is None


@pytest.mark.parametrize("method", ["__iter__", "pages"])
def test_a_slice_that_may_be_behind_is_held_back(method: str) -> None:
    """A read that goes on after a failure would not notice that what came before it was behind."""
    dates = iter([-114, -113])

    def respond(request: httpx.Request) -> httpx.Response:
        start = datetime.fromisoformat(request.url.params["start"])
        page = {"data": [row(start, start + HOUR)], "has_more": False, "next_token": None}
        made = next(dates, None)
        return httpx.Response(503) if made is None else httpx.Response(200, json=page, headers={"Date": date(made)})

    with TrafficClient("key", concurrency=1, max_retries=0, transport=httpx.MockTransport(respond)) as client:
        items = getattr(client.get_traffic(1, start=NOON - 3 * HOUR, end=NOON + HOUR, page_size=1), method)()
        next(items)
        with pytest.raises(ServerError) as error:
            next(items)
        assert error.value.resume_from == NOON - 2 * HOUR


@pytest.mark.parametrize("passed", [(7200, 0, 0), (0, 7200, 0), (7200, -7200, 0), (0, 0, 7200)], ids=str)
def test_a_pause_is_no_lag(passed: tuple[float, ...]) -> None:
    """What has passed between two responses, such as in a loop over the items, does not count."""
    window = TimeWindow.resolve(NOON, NOON + HOUR)
    first, second = ResponseTime(NOON, (0, 0, 0)), ResponseTime(NOON + 2 * HOUR, passed)
    times = ResponseTimes()
    times.add(first, window)
    times.add(second, window)
    with pytest.raises(BehindError):
        times.add(ResponseTime(NOON + 3.5 * HOUR, passed), window)
    for order in ([first, second], [second, first]):
        later = ResponseTimes()
        for response in order:
            later.add(response, window)


def test_a_test_that_moves_the_time() -> None:
    """A server of the test's own goes by its time, too."""
    dates: list[datetime] = []

    def respond(request: httpx.Request) -> httpx.Response:
        dates.append(datetime.now(UTC))
        frozen.tick(2 * HOUR)
        start = datetime.fromisoformat(request.url.params["start"])
        page = {"data": [row(start, start + HOUR)], "has_more": False, "next_token": None}
        return httpx.Response(200, json=page, headers={"Date": format_datetime(dates[-1], usegmt=True)})

    transport = httpx.MockTransport(respond)
    with freeze_time(NOON) as frozen, TrafficClient("key", concurrency=1, transport=transport) as client:
        assert len(client.get_traffic(1, start=NOON - HOUR, end=NOON + 3 * HOUR, page_size=1).to_list()) == 4
    assert dates == [NOON + number * 2 * HOUR for number in range(4)]


MINUTE = timedelta(minutes=1)


@pytest.mark.parametrize(
    ("old", "new", "passed", "is_behind"),
    [
        (-MINUTE, 9 * MINUTE, 0, False),
        (-MINUTE, 9 * MINUTE + timedelta(seconds=1), 0, True),
        (-MINUTE, 9 * MINUTE + timedelta(seconds=1), -1, True),
        (-MINUTE, 9 * MINUTE + timedelta(seconds=1), 1, False),
        (-50 * MINUTE, 0 * MINUTE, 0, True),
        (-50 * MINUTE, -timedelta(seconds=1), 0, False),
        (5 * MINUTE - timedelta(seconds=1), 600 * MINUTE, 0, True),
        (5 * MINUTE, 600 * MINUTE, 0, False),
    ],
)
@pytest.mark.parametrize("is_old_first", [False, True])
@pytest.mark.parametrize("end", [NOON, NOON - HOUR / 2])
def test_what_a_lag_matters_for(
    old: timedelta, new: timedelta, passed: float, end: datetime, *, is_behind: bool, is_old_first: bool
) -> None:
    """Of more than ten minutes, and for a period whose end, or the five minutes after it, lies in it.

    The window may end in the midst of the period.
    """
    responses = [ResponseTime(NOON + old, (0, 0)), ResponseTime(NOON + new, (passed, passed - 1))]
    times = ResponseTimes()
    with pytest.raises(BehindError, match="11:00:00") if is_behind else contextlib.nullcontext():
        for response in responses if is_old_first else responses[::-1]:
            times.add(response, TimeWindow.resolve(NOON - HOUR, end))


def test_dates_at_the_end_of_the_calendar() -> None:
    """A window may end there, and a `Date` may say anything."""
    times = ResponseTimes()
    for when in (datetime(1, 1, 2, tzinfo=UTC), datetime(9999, 12, 30, tzinfo=UTC)):
        window = TimeWindow.resolve(when, when + timedelta(minutes=59))
        for seen in (NOON, NOON + HOUR / 4, datetime(1970, 1, 1, tzinfo=UTC), datetime(9998, 12, 31, tzinfo=UTC)):
            with contextlib.suppress(BehindError):
                times.add(ResponseTime(seen, (0, 0)), window)
