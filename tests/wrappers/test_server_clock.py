"""Which periods are open is judged by the clock of the server, which its responses tell."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import httpx
import pytest
from freezegun import freeze_time

from apitally_traffic import ResponseError, TrafficClient
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
