"""The traffic endpoint over HTTP, as the spec and its prose describe it."""

import hashlib
import time
from itertools import pairwise

import httpx
import pytest

from apitally_mock import MockServer
from tests.mock.mock_endpoint import NOW, PATH, Endpoint

FIELDS = ("requests", "bytes_received", "bytes_sent")


def totals(rows: list[dict[str, int]]) -> dict[str, int]:
    return {field: sum(row[field] for row in rows) for field in FIELDS}


@pytest.mark.parametrize("key", [None, b"", b"wrong", b"mock-keY", b"Bearer mock-key", "ключ".encode()])
@pytest.mark.parametrize("path", [PATH, "/v1/apps/999/traffic", PATH + "?limit=0", "/v1/apps/x/traffic"])
def test_without_the_right_key_every_response_is_401(server: MockServer, key: bytes | None, path: str) -> None:
    """A request without the right key is a 401, whatever else is wrong with it."""
    headers = {} if key is None else {b"Api-Key": key}
    response = httpx.get(server.url + path, headers=headers)
    assert response.status_code == 401
    assert set(response.json()) == {"detail"}


def test_an_unknown_app_is_not_found(client: httpx.Client) -> None:
    """An app that does not exist is a 404, whatever the size of its ID."""
    for app_id in (3, 10**30):
        response = client.get(f"/v1/apps/{app_id}/traffic")
        assert (response.status_code, response.json()) == (404, {"detail": "App not found"})


@pytest.mark.parametrize("method", ["HEAD", "OPTIONS", "POST"])
def test_another_method_is_not_allowed(client: httpx.Client, method: str) -> None:
    """Every route has GET alone."""
    for path in (PATH, "/v1/apps", "/v1/apps/1/consumers"):
        response = client.request(method, path)
        assert (response.status_code, response.headers["Allow"]) == (405, "GET")


@pytest.mark.parametrize("path", ["/", "/v1/apps/", PATH + "/", "/docs"])
def test_an_unknown_path_is_not_found(client: httpx.Client, path: str) -> None:
    """There is no route for it, and no redirect to one."""
    response = client.get(path)
    assert (response.status_code, response.json()) == (404, {"detail": "Not Found"})


@pytest.mark.parametrize(
    ("query", "parameter", "kind"),
    [
        ("limit=0", "limit", "greater_than_equal"),
        ("limit=1001", "limit", "less_than_equal"),
        ("limit=x", "limit", "int_parsing"),
        ("limit=", "limit", "int_parsing"),
        ("limit=1&limit=0", "limit", "greater_than_equal"),
        ("app_env_id=0", "app_env_id", "greater_than_equal"),
        ("consumer_id=-1", "consumer_id", "greater_than_equal"),
        ("consumer_id=1.5", "consumer_id", "int_parsing"),
        ("interval=week", "interval", "literal_error"),
        ("interval=", "interval", "literal_error"),
        ("timezone=Mars/Olympus", "timezone", "zoneinfo_str"),
        ("timezone=", "timezone", "zoneinfo_str"),
        ("start=2025-05-14", "start", "datetime_parsing"),
        ("end=2025-05-14T00:00:00+02:00", "end", "datetime_parsing"),
        ("start=1747180800", "start", "datetime_parsing"),
        ("start=%00", "start", "datetime_parsing"),
        ("next_token=x", "next_token", "value_error"),
        ("next_token=" + "x" * 1025, "next_token", "string_too_long"),
        ("next_token=" + "x" * 10_000, "next_token", "string_too_long"),
    ],
)
def test_a_bad_parameter_is_reported_as_fastapi_does(
    client: httpx.Client, query: str, parameter: str, kind: str
) -> None:
    """The response is a 422 that names the parameter and what is wrong with it."""
    response = client.get(f"{PATH}?{query}")
    assert response.status_code == 422
    (detail,) = response.json()["detail"]
    assert detail["loc"] == ["query", parameter]
    assert detail["type"] == kind
    assert detail["msg"]
    assert isinstance(detail["input"], str)


def test_all_bad_parameters_are_reported_at_once(client: httpx.Client) -> None:
    """Path parameters come first, and a bad parameter is reported rather than an unknown app."""
    response = client.get("/v1/apps/0/traffic?limit=0&interval=x")
    assert [detail["loc"] for detail in response.json()["detail"]] == [
        ["path", "app_id"],
        ["query", "interval"],
        ["query", "limit"],
    ]
    assert client.get("/v1/apps/999/traffic?limit=0").status_code == 422


def test_the_window_of_hours_starts_24_hours_ago_by_default(traffic: Endpoint) -> None:
    """The default window starts rounded down to the hour and ends now; the open hour is not cut."""
    page = traffic.page()
    assert len(page["data"]) == 25
    assert page["data"][0]["period_start"] == "2025-06-17T12:00:00Z"
    assert page["data"][-1]["period_start"] == "2025-06-18T12:00:00Z"
    assert page["data"][-1]["period_end"] == "2025-06-18T13:00:00Z"
    assert (page["has_more"], page["next_token"]) == (False, None)


def test_the_window_of_days_starts_30_days_ago_by_default(traffic: Endpoint) -> None:
    """The default start is rounded down to the day in the timezone."""
    rows = traffic.rows(interval="day", timezone="Asia/Kolkata")
    assert len(rows) == 31
    assert rows[0]["period_start"] == "2025-05-19T00:00:00+05:30"
    assert rows[-1]["period_start"] == "2025-06-18T00:00:00+05:30"


def test_an_omitted_parameter_is_its_stated_default(traffic: Endpoint) -> None:
    """Leaving a parameter out is the same as sending its default: hours, UTC, 100 records, until now."""
    start = "2025-06-01T00:00:00Z"
    explicit = traffic.page(start=start, end=NOW, interval="hour", timezone="UTC", limit=100)
    assert traffic.page(start=start) == explicit
    assert len(explicit["data"]) == 100


def test_a_start_is_rounded_down_in_the_timezone(traffic: Endpoint) -> None:
    """The start is rounded in local time, which in half-hour and 45-minute zones is not a full hour of UTC."""
    start, end = "2025-05-14T10:50:00.5Z", "2025-05-14T12:00:00Z"
    assert traffic.starts(start=start, end=end)[0] == "2025-05-14T10:00:00Z"
    assert traffic.starts(start=start, end=end, timezone="Asia/Kolkata")[0] == "2025-05-14T16:00:00+05:30"
    assert traffic.starts(start=start, end=end, timezone="Asia/Kathmandu")[0] == "2025-05-14T16:00:00+05:45"
    assert traffic.starts(start=start, end=end, timezone="Asia/Kathmandu", interval="day") == [
        "2025-05-14T00:00:00+05:45"
    ]


def test_a_day_of_utc_in_which_no_local_day_begins(traffic: Endpoint) -> None:
    """London's days begin at 23:00Z in summer and at 00:00Z in winter; the day between has 25 hours."""
    window = {"start": "2024-10-26T00:00:00", "end": "2024-10-29T00:00:00", "timezone": "Europe/London"}
    assert traffic.starts(**window, interval="day") == [
        "2024-10-26T00:00:00+01:00",
        "2024-10-27T00:00:00+01:00",
        "2024-10-28T00:00:00Z",
    ]


def test_times_without_offset_are_read_in_the_timezone(traffic: Endpoint) -> None:
    """A time without offset is local time of `timezone`, by default UTC."""
    naive = {"start": "2025-05-14T00:00:00", "end": "2025-05-14T03:00:00"}
    assert traffic.starts(**naive)[0] == "2025-05-14T00:00:00Z"
    assert traffic.starts(**naive, timezone="America/New_York") == [
        f"2025-05-14T0{hour}:00:00-04:00" for hour in range(3)
    ]


@pytest.mark.parametrize(
    ("zone", "start", "end", "hours"),
    [
        ("Europe/Berlin", "2025-03-30T00:00:00", "2025-03-31T00:00:00", 23),
        ("Europe/Berlin", "2025-10-26T00:00:00", "2025-10-27T00:00:00", 25),
        ("Australia/Lord_Howe", "2025-10-05T00:00:00", "2025-10-06T00:00:00", 24),
        ("America/Sao_Paulo", "2018-11-04T00:00:00", "2018-11-05T00:00:00", 23),
        ("Pacific/Apia", "2011-12-29T00:00:00", "2011-12-31T00:00:00", 24),
    ],
)
def test_a_day_is_the_sum_of_its_hours(traffic: Endpoint, zone: str, start: str, end: str, hours: int) -> None:
    """A day equals its hours where the clocks change, too, and the periods of both follow without a gap."""
    traffic_of = {
        interval: traffic.rows(start=start, end=end, timezone=zone, interval=interval) for interval in ("hour", "day")
    }
    assert len(traffic_of["hour"]) == hours
    assert len(traffic_of["day"]) == 1
    assert totals(traffic_of["hour"]) == totals(traffic_of["day"])
    assert all(one["period_end"] == other["period_start"] for one, other in pairwise(traffic_of["hour"]))
    assert traffic_of["hour"][0]["period_start"] == traffic_of["day"][0]["period_start"]
    assert traffic_of["hour"][-1]["period_end"] == traffic_of["day"][0]["period_end"]


def test_a_day_without_midnight_starts_after_the_gap(traffic: Endpoint) -> None:
    """In Sao Paulo, the 4th of November 2018 began at 01:00."""
    rows = traffic.rows(
        start="2018-11-03T12:00:00", end="2018-11-05T00:00:00", timezone="America/Sao_Paulo", interval="day"
    )
    assert [row["period_start"] for row in rows] == ["2018-11-03T00:00:00-03:00", "2018-11-04T01:00:00-02:00"]


@pytest.mark.parametrize("filters", [{"app_env_id": 1}, {"consumer_id": 5}, {"app_env_id": 2, "consumer_id": 3}])
def test_a_filter_returns_a_part(traffic: Endpoint, filters: dict[str, int]) -> None:
    """A filter never exceeds the total, in any row."""
    everything, part = traffic.rows(), traffic.rows(**filters)
    assert [row["period_start"] for row in part] == [row["period_start"] for row in everything]
    assert all(few[field] <= all_[field] for few, all_ in zip(part, everything, strict=True) for field in FIELDS)
    assert totals(part) != totals(everything)


@pytest.mark.parametrize("filters", [{"app_env_id": 3}, {"consumer_id": 10**30}])
def test_a_filter_that_nothing_matches_counts_nothing(traffic: Endpoint, filters: dict[str, int]) -> None:
    """The periods are listed with zeros, on all pages."""
    rows = traffic.rows(**filters, limit=7)
    assert len(rows) == 25
    assert set(totals(rows).values()) == {0}


def test_the_open_period_grows_and_closed_ones_do_not_change(server: MockServer, traffic: Endpoint) -> None:
    """The open period grows with the clock up to its final counts; future periods are zero."""
    window = {"start": "2025-06-18T10:00:00Z", "end": "2025-06-18T15:00:00Z"}
    seen = []
    for minute in (0, 20, 40, 59):
        server.set_now(f"2025-06-18T12:{minute}:00Z" if minute else "2025-06-18T12:00:00Z")
        seen.append(traffic.rows(**window))
    server.set_now("2025-07-01T00:00:00Z")
    closed = traffic.rows(**window)
    assert all(rows[:2] == closed[:2] for rows in seen)
    opened = [rows[2]["requests"] for rows in seen]
    assert opened[0] == 0
    assert opened == sorted(set(opened))
    assert opened[-1] < closed[2]["requests"]
    assert all(rows[3]["requests"] == rows[4]["requests"] == 0 for rows in seen)


@pytest.mark.parametrize(
    "window",
    [
        {"start": "2025-05-14T00:00:00Z", "end": "2025-05-14T00:00:00Z"},
        {"start": "2025-05-15T00:00:00Z", "end": "2025-05-14T00:00:00Z"},
        {"start": "2025-06-18T12:35:00Z", "end": "2025-06-18T12:00:00Z"},
        {"end": "2020-01-01T00:00:00Z"},
        {"start": "9999-12-31T23:59:59Z"},
        {"end": "0001-01-01T00:00:00Z"},
    ],
)
def test_a_window_without_a_period_is_empty(traffic: Endpoint, window: dict[str, str]) -> None:
    """An end at or before the start is an empty page, not an error."""
    assert traffic.page(**window) == {"data": [], "has_more": False, "next_token": None}


def test_an_end_is_not_part_of_the_window(traffic: Endpoint) -> None:
    """A period that begins at the end is out; one that begins a fraction of a second before it is in."""
    start = "2025-05-14T00:00:00Z"
    assert len(traffic.starts(start=start, end="2025-05-14T02:00:00Z")) == 2
    assert len(traffic.starts(start=start, end="2025-05-14T02:00:00.0000001Z")) == 3


@pytest.mark.parametrize("zone", ["UTC", "Pacific/Kiritimati", "America/Adak", "Asia/Manila", "Australia/Lord_Howe"])
@pytest.mark.parametrize("interval", ["hour", "day"])
def test_a_window_of_all_time_costs_no_more_than_its_page(traffic: Endpoint, zone: str, interval: str) -> None:
    """The first page of 9,998 years comes at once, and periods are listed up to the end of year 9999."""
    began = time.monotonic()
    page = traffic.page(
        start="0001-01-01T00:00:00", end="9999-12-31T23:59:59", timezone=zone, interval=interval, limit=1
    )
    assert page["has_more"]
    last = traffic.rows(start="9999-12-28T00:00:00Z", end="9999-12-31T23:59:59Z", timezone=zone, interval=interval)
    assert last[-1]["period_start"].startswith("9999-12-")
    assert time.monotonic() - began < 2


def test_local_mean_time_is_printed_with_a_full_minute_of_offset(traffic: Endpoint) -> None:
    """RFC 3339 has no seconds in an offset: +00:53:28 is printed as +00:54, with the local time that goes with it."""
    rows = traffic.rows(start="1880-01-01T00:00:00", end="1880-01-01T02:00:00", timezone="Europe/Berlin")
    assert [row["period_start"] for row in rows] == ["1880-01-01T00:00:32+00:54", "1880-01-01T01:00:32+00:54"]


def test_a_seed_is_the_same_bytes_everywhere(traffic: Endpoint) -> None:
    """The bytes of a page are pinned, because users notice a change of the generated traffic or its format."""
    response = traffic.response(
        start="2024-02-01T00:00:00Z", end="2024-04-15T00:00:00Z", timezone="Europe/Berlin", limit=1000
    )
    assert (
        hashlib.sha256(response.content).hexdigest()
        == "571bf766802fb6b5f9f63aad9aa108ac609b43fb7d888f522811ebbe92761088"
    )


@pytest.mark.parametrize("path", ["/", "/v1", "/v1/apps//traffic", PATH + "/", "/docs", "/v1/apps/1/traffic/2"])
def test_other_paths_and_methods_do_not_exist(client: httpx.Client, path: str) -> None:
    """Other paths are a 404, other methods a 405."""
    assert client.get(path).status_code == 404
    assert client.post(PATH).status_code == 405
