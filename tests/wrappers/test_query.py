"""Queries, over real HTTP from a real server process."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from apitally_mock import MockServer
from apitally_traffic import PaginationError, TrafficClient
from tests.wrappers.conftest import NOW


class ChangedParameters(httpx.BaseTransport):
    """Forwards requests to the network with changed parameters, and records the original ones."""

    def __init__(self, **replaced: str) -> None:
        self.replaced = replaced
        self.requested: list[dict[str, str]] = []
        self._network = httpx.HTTPTransport()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self.requested.append(dict(request.url.params))
        replaced = {name: value for name, value in self.replaced.items() if name in request.url.params}
        url = request.url.copy_merge_params(replaced)
        return self._network.handle_request(httpx.Request(request.method, url, headers=request.headers))

    def close(self) -> None:
        self._network.close()


def test_items_are_the_periods_of_the_window(client: TrafficClient) -> None:
    """Each period comes exactly once, oldest first, with the start and end that the window has."""
    query = client.get_traffic(1, start="2026-03-01", end="2026-03-29", interval="day", timezone="Europe/Berlin")
    items = query.to_list()
    assert [(item.period_start, item.period_end) for item in items] == list(query.window.periods())
    assert len(items) == len(query.window) == 28
    assert sum(item.requests for item in items) > 0


@pytest.mark.parametrize("page_size", [1, 7, 47, 48, 1000])
def test_page_size_does_not_change_the_items(client: TrafficClient, page_size: int) -> None:
    """The page size does not change the items, across the night on which the clocks change."""
    window: dict[str, Any] = {"start": "2026-03-28", "end": "2026-03-29T14:00", "timezone": "Europe/Berlin"}
    items = client.get_traffic(1, **window, page_size=page_size).to_list()
    assert items == client.get_traffic(1, **window).to_list()
    assert len(items) == 24 + 13


def test_a_slice_fits_a_page(client: TrafficClient, server: MockServer) -> None:
    """A window is divided into slices of one page each, so a year of hours takes nine requests."""
    query = client.get_traffic(1, start="2025-01-01", end="2026-01-01")
    assert len(query.to_list()) == 8760
    assert len(server.requests) == 9


@pytest.mark.parametrize("limit", [1, 3, 24])
def test_cursor_is_followed_when_pages_are_short(server: MockServer, limit: int) -> None:
    """If the server returns short pages, its tokens are followed to the end, with the same query each time."""
    window: dict[str, Any] = {"start": "2026-03-27", "end": "2026-03-28"}
    with (
        ChangedParameters(limit=str(limit)) as changed,
        TrafficClient(server.api_key, base_url=server.url, transport=changed) as client,
    ):
        items = client.get_traffic(1, **window).to_list()
        pages = list(client.get_traffic(1, **window).pages())
    with TrafficClient(server.api_key, base_url=server.url) as client:
        assert items == client.get_traffic(1, **window).to_list()
    assert [len(page.data) for page in pages] == [limit] * (24 // limit)
    assert [item for page in pages for item in page.data] == items
    assert (
        len({(asked["start"], asked["end"], asked["timezone"], asked["interval"]) for asked in changed.requested}) == 1
    )


def test_one_window_for_all_requests(server: MockServer) -> None:
    """The default window is resolved when the query is made: all requests have the same start and end."""
    with (
        ChangedParameters() as changed,
        TrafficClient(server.api_key, base_url=server.url, transport=changed) as client,
    ):
        before = datetime.now(UTC)
        query = client.get_traffic(1, page_size=10)
        after = datetime.now(UTC)
        assert changed.requested == []
        query.to_list()
        query.to_list()
    sent = [(datetime.fromisoformat(a["start"]), datetime.fromisoformat(a["end"])) for a in changed.requested]
    assert len(sent) == 6
    sent = sorted(sent[:3])
    assert sent == sorted(
        (datetime.fromisoformat(a["start"]), datetime.fromisoformat(a["end"])) for a in changed.requested[3:]
    )
    assert before - timedelta(hours=25) < sent[0][0] <= after - timedelta(hours=24)
    assert before <= sent[2][1] <= after
    assert [start for start, _ in sent[1:3]] == [end for _, end in sent[:2]]


def test_default_start_of_days_is_thirty_days_ago(client: TrafficClient) -> None:
    """Without a start, days start at the midnight of thirty days ago, in the query's timezone."""
    window = client.get_traffic(1, interval="day", timezone="Asia/Kathmandu").window
    assert window.start.time() == datetime.min.time()
    assert timedelta(days=30) <= window.end - window.start < timedelta(days=31)


def test_filters_reach_the_server(client: TrafficClient, server: MockServer) -> None:
    """Both filters are sent, and reduce the traffic."""
    window: dict[str, Any] = {"start": "2026-03-01", "end": "2026-03-08", "interval": "day"}
    whole = client.get_traffic(1, **window).to_list()
    part = client.get_traffic(1, **window, app_env_id=1, consumer_id=2).to_list()
    assert 0 < sum(item.requests for item in part) < sum(item.requests for item in whole)
    sent = server.requests[-1].query
    assert (sent["app_env_id"], sent["consumer_id"]) == ("1", "2")


@pytest.mark.parametrize(("max_items", "requests"), [(1, 1), (10, 1), (11, 2), (500, 3)])
def test_max_items_bounds_what_is_delivered(
    client: TrafficClient, server: MockServer, max_items: int, requests: int
) -> None:
    """No more items come than requested, and no slice is fetched that they do not need."""
    window: dict[str, Any] = {"start": "2026-03-27", "end": "2026-03-28"}
    items = client.get_traffic(1, **window, page_size=10, max_items=max_items).to_list()
    assert len(server.requests) == requests
    assert items == client.get_traffic(1, **window).to_list()[:max_items]


def test_empty_window_sends_nothing(client: TrafficClient, server: MockServer) -> None:
    """A window without periods has no items and sends no requests."""
    assert client.get_traffic(1, start=NOW[:13] + ":00Z", end=NOW[:13] + ":00Z").to_list() == []
    assert server.requests == []


MIDNIGHT = datetime(2026, 1, 1, tzinfo=UTC)
CHANGE = datetime(2026, 4, 4, 12, tzinfo=UTC)
"""Three hours before the clocks of Lord Howe Island go back by half an hour."""


def page(
    start: int,
    count: int,
    token: str | None,
    *,
    has_more: bool | None = None,
    begin: datetime = MIDNIGHT,
    minutes: int = 60,
) -> dict[str, Any]:
    """Return a page of hours from 1 January 2026 on, as JSON, or of other periods."""
    length = timedelta(minutes=minutes)
    data = [
        {
            "period_start": (begin + number * length).isoformat(),
            "period_end": (begin + (number + 1) * length).isoformat(),
            "requests": number,
            "bytes_received": 0,
            "bytes_sent": 0,
        }
        for number in range(start, start + count)
    ]
    return {"data": data, "has_more": token is not None if has_more is None else has_more, "next_token": token}


def client_of(*pages: dict[str, Any], requests_per_minute: int | None = 100) -> TrafficClient:
    """Return a client whose server returns these pages, and the last one repeatedly."""
    remaining = list(pages)
    respond = lambda _: httpx.Response(200, json=remaining.pop(0) if len(remaining) > 1 else remaining[0])  # noqa: E731
    transport = httpx.MockTransport(respond)
    return TrafficClient("key", concurrency=1, requests_per_minute=requests_per_minute, transport=transport)


@pytest.mark.parametrize(
    ("pages", "sentence"),
    [
        pytest.param([page(0, 1, "a"), page(1, 1, "a")], "same page token twice", id="token repeated"),
        pytest.param([page(0, 1, "a"), page(1, 1, "b"), page(2, 1, "a")], "same page token twice", id="cycle"),
        pytest.param([page(0, 1, None, has_more=True)], "gives no token", id="no token"),
        pytest.param([page(0, 1, "", has_more=True)], "gives no token", id="empty token"),
        pytest.param([page(0, 1, "a" * 70_000)], "too long to be sent", id="token too long"),
    ],
)
def test_cursor_faults(pages: list[dict[str, Any]], sentence: str) -> None:
    """A loop of any length, a missing token and too many items raise an error, on the page that shows it."""
    with client_of(*pages) as client, pytest.raises(PaginationError, match=sentence) as raised:
        client.get_traffic(1, start="2026-01-01", end="2026-01-02").to_list()
    assert (raised.value.method, raised.value.status_code) == ("GET", 200)
    assert "start=2026-01-01T00" in str(raised.value.url)
    assert str(raised.value.body).startswith('{"data":')
    assert raised.value.headers["content-type"] == "application/json"


@pytest.mark.parametrize(("page_size", "count", "periods"), [(1000, 27, 24), (1, 3, 1)])
def test_more_items_than_a_slice_has_periods(page_size: int, count: int, periods: int) -> None:
    """Too many items are found, however small the slices are, also where a clock changes and hours may be short."""
    first = page(0, count, None, begin=CHANGE, minutes=30)
    with (
        client_of(first) as client,
        pytest.raises(PaginationError, match=f"{count} different periods for a window that has {periods}"),
    ):
        client.get_traffic(
            1, start=CHANGE, end=CHANGE + timedelta(days=1), timezone="Australia/Lord_Howe", page_size=page_size
        ).to_list()


def endless(*hours_of_pages: Sequence[int]) -> tuple[TrafficClient, list[str]]:
    """Return a client of a server that gives these hours, page by page and from the first page again, and its requests.

    Each page has a new token, and says that there are more.
    """
    requested: list[str] = []

    def respond(request: httpx.Request) -> httpx.Response:
        hours = hours_of_pages[len(requested) % len(hours_of_pages)]
        requested.append(request.url.path)
        data = [entry for hour in hours for entry in page(hour, 1, None)["data"]]
        return httpx.Response(200, json={"data": data, "has_more": True, "next_token": f"token {len(requested)}"})

    transport = httpx.MockTransport(respond)
    return TrafficClient("key", transport=transport), requested


@pytest.mark.parametrize(
    ("pages", "sentence", "requests"),
    [
        pytest.param([range(24)], "3 pages in a row that only repeat earlier items", 4, id="the same rows"),
        pytest.param([[0], [1], [2]], "3 pages in a row that only repeat", 6, id="three pages in turn"),
        pytest.param([[1], [0], []], "3 pages in a row that only repeat", 7, id="empty pages in between"),
        pytest.param([[]], "50 empty pages in a row", 50, id="empty pages"),
        pytest.param(
            [page for hour in range(24) for page in ([hour], [0], [0], *[[]] * 9)],
            "74 pages, more than the window can fill",
            74,
            id="a new row now and then",
        ),
    ],
)
def test_pages_without_end(pages: list[Sequence[int]], sentence: str, requests: int) -> None:
    """A server that gives new tokens forever is not followed for more than a minute of the documented rate limit."""
    client, requested = endless(*pages)
    with client, pytest.raises(PaginationError, match=sentence):
        client.get_traffic(1, start="2026-01-01", end="2026-01-02").to_list()
    assert len(requested) == requests


def test_empty_pages_are_followed() -> None:
    """Empty pages between others are followed: 49 in a row, and as many as the slice has periods."""
    pages = [
        page(0, 0, f"token {number}") if number % 50 else page(number, 1, f"token {number}") for number in range(190)
    ]
    with client_of(*pages, page(0, 192, None), requests_per_minute=None) as client:
        assert len(client.get_traffic(1, start="2026-01-01", end="2026-01-09").to_list()) == 192


def test_empty_pages_without_end() -> None:
    """A long slice is given up as early as a short one where 50 pages in a row are empty."""
    for pages, requests in (([[]], 50), ([[0], *[[]] * 100], 51)):
        client, requested = endless(*pages)
        with client, pytest.raises(PaginationError, match="50 empty pages in a row"):
            client.get_traffic(1, start="2026-01-01", end="2026-02-11").to_list()
        assert len(requested) == requests


def test_a_last_page_without_a_token() -> None:
    """The token may be missing where nothing follows: "Token to fetch the next page of records, if there are more"."""
    last = page(12, 12, None)
    del last["next_token"]
    with client_of(page(0, 12, "a"), last) as client:
        assert len(client.get_traffic(1, start="2026-01-01", end="2026-01-02").to_list()) == 24
    with client_of(last | {"has_more": True}) as client, pytest.raises(PaginationError, match="gives no token"):
        client.get_traffic(1, start="2026-01-01", end="2026-01-02").to_list()


def test_free_choices_of_a_server_do_not_show() -> None:
    """Newest first, short and empty pages, items on both sides of a boundary: each period comes once, in order."""
    newest_first = page(0, 13, "a")
    newest_first["data"] = list(reversed(newest_first["data"]))
    pages = [newest_first, page(0, 0, "b"), page(5, 2, None), page(12, 13, None)]
    with client_of(*pages) as client:
        items = client.get_traffic(1, start="2026-01-01", end="2026-01-02", page_size=12).to_list()
    assert [item.requests for item in items] == list(range(24))


def test_a_period_across_a_boundary_comes_once() -> None:
    """A period across the boundary of two slices is returned for both of them, and delivered once."""
    with client_of(page(0, 4, None, begin=CHANGE), page(3, 4, None, begin=CHANGE)) as client:
        query = client.get_traffic(
            1, start=CHANGE, end=CHANGE + timedelta(hours=6.5), timezone="Australia/Lord_Howe", page_size=3
        )
        assert next(query.window.slices(3)).end == CHANGE + timedelta(hours=3.5)
        assert [item.requests for item in query] == list(range(7))


def test_resume_from_says_what_was_delivered() -> None:
    """An error after the first slice says which period comes next, and what went wrong."""
    with client_of(page(0, 12, None), page(12, 1, None, has_more=True)) as client:
        items = iter(client.get_traffic(1, start="2026-01-01", end="2026-01-02", page_size=12))
        delivered = [next(items) for _ in range(12)]
        with pytest.raises(PaginationError, match="resume from there") as raised:
            next(items)
    assert raised.value.resume_from == delivered[-1].period_end == datetime(2026, 1, 1, 12, tzinfo=UTC)
