"""Queries, over real HTTP from a real server process."""

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


def page(start: int, count: int, token: str | None, *, has_more: bool | None = None) -> dict[str, Any]:
    """Return a page of hours of 1 January 2026, as JSON."""
    data = [
        {
            "period_start": (datetime(2026, 1, 1, tzinfo=UTC) + timedelta(hours=hour)).isoformat(),
            "period_end": (datetime(2026, 1, 1, tzinfo=UTC) + timedelta(hours=hour + 1)).isoformat(),
            "requests": hour,
            "bytes_received": 0,
            "bytes_sent": 0,
        }
        for hour in range(start, start + count)
    ]
    return {"data": data, "has_more": token is not None if has_more is None else has_more, "next_token": token}


def client_of(*pages: dict[str, Any]) -> TrafficClient:
    """Return a client whose server returns these pages, and the last one repeatedly."""
    remaining = list(pages)
    respond = lambda _: httpx.Response(200, json=remaining.pop(0) if len(remaining) > 1 else remaining[0])  # noqa: E731
    return TrafficClient("key", concurrency=1, transport=httpx.MockTransport(respond))


@pytest.mark.parametrize(
    ("pages", "sentence"),
    [
        pytest.param([page(0, 1, "a"), page(1, 1, "a")], "same page token twice", id="token repeated"),
        pytest.param([page(0, 1, "a"), page(1, 1, "b"), page(2, 1, "a")], "same page token twice", id="cycle"),
        pytest.param([page(0, 1, None, has_more=True)], "gives no token", id="no token"),
        pytest.param([page(0, 1, "", has_more=True)], "gives no token", id="empty token"),
        pytest.param([page(0, 27, "a")], "27 different periods for a window that has 24", id="too many items"),
        pytest.param([page(0, 1, "a" * 70_000)], "too long to be sent", id="token too long"),
    ],
)
def test_cursor_faults(pages: list[dict[str, Any]], sentence: str) -> None:
    """A loop of any length, a missing token and too many items raise an error, on the page that shows it."""
    with client_of(*pages) as client, pytest.raises(PaginationError, match=sentence):
        client.get_traffic(1, start="2026-01-01", end="2026-01-02").to_list()


def test_more_items_than_a_slice_has_periods() -> None:
    """Too many items are found in each slice, however small the slices are."""
    crowded = page(0, 1, None)
    crowded["data"] += [crowded["data"][0] | {"period_start": f"2026-01-01T00:{minute}:00Z"} for minute in (20, 40)]
    with (
        client_of(crowded) as client,
        pytest.raises(PaginationError, match="3 different periods for a window that has 1"),
    ):
        client.get_traffic(1, start="2026-01-01", end="2026-01-02", page_size=1).to_list()


def test_a_period_without_length_is_delivered_like_any_other() -> None:
    """The first item of a slice is skipped only if it lies before the slice."""
    odd = page(0, 24, None)
    for item in odd["data"]:
        item["period_end"] = item["period_start"]
    with client_of(odd) as client:
        items = client.get_traffic(1, start="2026-01-01", end="2026-01-02").to_list()
    assert [item.requests for item in items] == list(range(24))


def test_pages_without_new_items_end() -> None:
    """A server that returns new tokens without new items is not followed endlessly."""
    numbers = iter(range(1_000_000))
    transport = httpx.MockTransport(lambda _: httpx.Response(200, json=page(0, 1, f"token {next(numbers)}")))
    with (
        TrafficClient("key", requests_per_minute=None, transport=transport) as client,
        pytest.raises(PaginationError, match="1000 pages in a row without new items"),
    ):
        client.get_traffic(1, start="2026-01-01", end="2026-01-02").to_list()
    assert next(numbers) == 1001


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
    across = page(11, 1, None)
    across["data"][0]["period_end"] = "2026-01-01T13:00:00+00:00"
    first, second = page(0, 11, None), page(13, 11, None)
    first["data"] += across["data"]
    second["data"] = across["data"] + second["data"]
    with client_of(first, second) as client:
        items = client.get_traffic(1, start="2026-01-01", end="2026-01-02", page_size=12).to_list()
    assert [item.requests for item in items] == [*range(12), *range(13, 24)]


def test_resume_from_says_what_was_delivered() -> None:
    """An error after the first slice says which period comes next, and what went wrong."""
    with client_of(page(0, 12, None), page(12, 1, None, has_more=True)) as client:
        items = iter(client.get_traffic(1, start="2026-01-01", end="2026-01-02", page_size=12))
        delivered = [next(items) for _ in range(12)]
        with pytest.raises(PaginationError, match="resume from there") as raised:
            next(items)
    assert raised.value.resume_from == delivered[-1].period_end == datetime(2026, 1, 1, 12, tzinfo=UTC)
