"""Faults: what each does to a response, and which requests they happen to."""

import json
import time
from datetime import timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import httpx
import pytest

from apitally_mock import MockServer
from apitally_mock._faults.injections import FAULTS
from tests.mock.mock_endpoint import PATH, Endpoint


def statuses(traffic: Endpoint, count: int) -> list[int]:
    return [traffic.response().status_code for _ in range(count)]


def test_times_limits_a_fault_to_a_number_of_requests(server: MockServer, traffic: Endpoint) -> None:
    """A fault with `times=2` happens to two requests, then no more."""
    server.inject("status", times=2)
    assert statuses(traffic, 4) == [503, 503, 200, 200]


def test_at_selects_one_request_by_its_number(server: MockServer, traffic: Endpoint) -> None:
    """Requests are counted from the last reset, whenever the fault was injected."""
    traffic.page()
    server.inject("status", at=3)
    assert statuses(traffic, 3) == [200, 503, 200]
    server.reset()
    server.inject("status", at=1)
    assert statuses(traffic, 2) == [503, 200]


def test_probability_selects_the_same_requests_again(server: MockServer, traffic: Endpoint) -> None:
    """The requests are drawn by the seed, so they are the same after a reset."""

    def draw() -> list[int]:
        server.reset()
        server.inject("status", probability=0.3)
        return statuses(traffic, 100)

    drawn = draw()
    assert 15 <= drawn.count(503) <= 45
    assert draw() == drawn


def test_a_fault_without_conditions_happens_until_it_is_cleared(server: MockServer, traffic: Endpoint) -> None:
    """A fault without conditions happens to every request; clearing the faults keeps the journal."""
    server.inject("status")
    assert statuses(traffic, 3) == [503, 503, 503]
    server.clear_faults()
    assert statuses(traffic, 1) == [200]
    assert len(server.requests) == 4


def test_faults_add_up(server: MockServer, traffic: Endpoint) -> None:
    """Two faults of the same request are both applied."""
    server.inject("latency", seconds=0.2, times=1)
    server.inject("status", status=500, times=1)
    began = time.monotonic()
    assert statuses(traffic, 2) == [500, 200]
    assert time.monotonic() - began >= 0.2


def test_status_has_a_body_and_headers(server: MockServer, traffic: Endpoint) -> None:
    """The given body and headers replace those of the response."""
    server.inject(
        "status", status=520, body="<p>no</p>", headers={"content-type": "text/html", "X-RateLimit-Limit": "7"}
    )
    response = traffic.response()
    assert (response.status_code, response.text) == (520, "<p>no</p>")
    assert response.headers["Content-Type"] == "text/html"
    assert response.headers.get_list("X-RateLimit-Limit") == ["7"]


def test_the_body_of_a_status_has_its_declared_form(server: MockServer, traffic: Endpoint) -> None:
    """The detail of a 422 is a list, and that of others a text; so it is without a fault."""
    honest = traffic.response(limit=0).json()["detail"]
    server.inject("status", status=422)
    injected = traffic.response().json()["detail"]
    assert [set(problem) >= {"loc", "msg", "type"} for problem in honest + injected] == [True, True]
    server.clear_faults()
    server.inject("status", status=503)
    assert traffic.response().json() == {"detail": "Service Unavailable"}


@pytest.mark.parametrize("status", [204, 304, 307, 403, 429, 500, 522, 599])
def test_any_status_from_200_to_599_is_possible(server: MockServer, traffic: Endpoint, status: int) -> None:
    """The response has a body where the status can have one."""
    server.inject("status", status=status, times=1)
    response = traffic.response()
    assert response.status_code == status
    assert bool(response.content) == (status not in {204, 304})
    assert traffic.response().status_code == 200


def test_retry_after_is_seconds_or_a_date_or_missing(server: MockServer, traffic: Endpoint) -> None:
    """Retry-After has the given form, and is missing by default."""
    server.inject("status", times=1, status=429)
    server.inject("status", at=2, status=429, retry_after=5)
    server.inject("status", at=3, status=429, retry_after=5, retry_after_form="date")
    without, seconds, date = (traffic.response() for _ in range(3))
    assert "Retry-After" not in without.headers
    assert seconds.headers["Retry-After"] == "5"
    until, now = (parsedate_to_datetime(date.headers[name]) for name in ("Retry-After", "Date"))
    assert until - now == timedelta(seconds=5)


def test_slow_drip_sends_the_whole_body_slowly(server: MockServer, client: httpx.Client) -> None:
    """The first bytes arrive at once, the last ones late."""
    server.inject("slow_drip", piece_bytes=200, seconds=0.6)
    began = time.monotonic()
    with client.stream("GET", PATH, params={"limit": 3}) as response:
        chunks = response.iter_bytes()
        first = next(chunks)
        came = time.monotonic() - began
        body = first + b"".join(chunks)
    assert time.monotonic() - began >= came + 0.9  # two waits after the first chunk, which may be late itself
    assert len(json.loads(body)["data"]) == 3


@pytest.mark.parametrize("fault", ["drop_before", "drop_inside"])
def test_a_dropped_connection_breaks_the_request(server: MockServer, traffic: Endpoint, fault: str) -> None:
    """Only that request breaks; the journal has a status where a head was sent."""
    server.inject(fault, times=1)
    with pytest.raises(httpx.RemoteProtocolError):
        traffic.response()
    assert traffic.response().status_code == 200
    assert [entry.status for entry in server.requests] == [200 if fault == "drop_inside" else None, 200]


@pytest.mark.parametrize("fault", ["truncated_json", "garbage_json", "html"])
def test_a_200_whose_body_is_not_json(server: MockServer, traffic: Endpoint, fault: str) -> None:
    """The response is complete HTTP, and its body is not JSON."""
    server.inject(fault)
    response = traffic.response()
    assert response.status_code == 200
    assert response.headers["Content-Type"].startswith("text/html" if fault == "html" else "application/json")
    with pytest.raises(ValueError, match=r"."):
        response.json()


@pytest.mark.parametrize("field", ["period_start", "requests", "bytes_sent", "data", "has_more", "next_token"])
def test_wrong_type_and_missing_field_change_one_field(server: MockServer, traffic: Endpoint, field: str) -> None:
    """One field of the page or its first row changes, and nothing else."""
    good = traffic.page(limit=2)
    server.inject("wrong_type", at=2, field=field, value=[1])
    server.inject("missing_field", at=3, field=field)
    wrong, missing = traffic.page(limit=2), traffic.page(limit=2)
    for page in (wrong, missing):
        holder, original = (page, good) if field in good else (page["data"][0], good["data"][0])
        assert holder.pop(field, None) == ([1] if page is wrong else None)
        holder[field] = original[field]
        assert page == good


def test_has_more_without_token(server: MockServer, traffic: Endpoint) -> None:
    """A page says `has_more` without a token, the last page too."""
    server.inject("has_more_without_token")
    page = traffic.page()
    assert (page["has_more"], page["next_token"], len(page["data"])) == (True, None, 25)


def follow(traffic: Endpoint, pages: int, **query: object) -> list[dict[str, Any]]:
    followed = [traffic.page(**query)]
    while len(followed) < pages and followed[-1]["has_more"]:
        followed.append(traffic.page(**query, next_token=followed[-1]["next_token"]))
    return followed


def test_repeated_token_leads_back_to_its_own_page(server: MockServer, traffic: Endpoint) -> None:
    """The token of the page leads to the same page again."""
    server.inject("repeated_token")
    pages = follow(traffic, 4, limit=5)
    assert len({page["next_token"] for page in pages}) == 1
    assert all(page["data"] == pages[0]["data"] for page in pages)


@pytest.mark.parametrize("length", [1, 2, 3])
def test_token_cycle_leads_in_a_circle(server: MockServer, traffic: Endpoint, length: int) -> None:
    """The given number of tokens comes again and again."""
    server.inject("token_cycle", length=length)
    tokens = [page["next_token"] for page in follow(traffic, 10, limit=5)]
    assert len(tokens) == 10
    assert len(set(tokens)) == length
    assert all(token == tokens[index % length] for index, token in enumerate(tokens))


def test_duplicated_and_skipped_rows(server: MockServer, traffic: Endpoint) -> None:
    """The last rows come twice; rows from the middle are missing."""
    rows = traffic.page()["data"]
    server.inject("duplicated_rows", at=2, rows=2)
    server.inject("skipped_rows", at=3)
    assert traffic.page()["data"] == rows + rows[-2:]
    assert traffic.page()["data"] == rows[:12] + rows[13:]


def test_an_empty_page_with_a_token_loses_nothing(server: MockServer, traffic: Endpoint) -> None:
    """The token of an empty page is a new one, and leads to the rows of that page."""
    rows = traffic.rows(limit=5)
    server.reset()
    server.inject("empty_page", at=1)
    server.inject("empty_page", at=3)
    server.inject("empty_page", at=4)
    pages = follow(traffic, 20, limit=5)
    assert [len(page["data"]) for page in pages] == [0, 5, 0, 0, 5, 5, 5, 5]
    assert [row for page in pages for row in page["data"]] == rows
    tokens = [page["next_token"] for page in pages]
    assert len(set(tokens)) == len(tokens)


@pytest.mark.parametrize("value", [float("nan"), "\ud800", 10**4000, json.loads("[" * 500 + "]" * 500)])
def test_any_json_value_can_be_of_the_wrong_type(server: MockServer, traffic: Endpoint, value: object) -> None:
    """NaN, half of a surrogate pair, huge and deeply nested values are sent as they are, and can be listed."""
    server.inject("wrong_type", value=value)
    text = traffic.response(limit=1).text
    assert f'"requests":{json.dumps(value, separators=(",", ":"))}' in text
    assert httpx.get(server.url + "/_mock/faults").status_code == 200


def test_a_fault_of_pages_waits_for_a_page(server: MockServer, traffic: Endpoint) -> None:
    """A page fault does not apply to an error response, which does not count for `times`."""
    server.inject("has_more_without_token", times=1)
    assert traffic.response(limit=0).status_code == 422
    assert traffic.page()["has_more"]
    assert not traffic.page()["has_more"]


def test_a_fault_of_pages_waits_while_another_replaces_the_body(server: MockServer, traffic: Endpoint) -> None:
    """A body that an earlier fault has replaced is not a page, and does not count for `times` either."""
    server.inject("html", times=1)
    server.inject("skipped_rows", times=1)
    assert traffic.response().text.startswith("<")
    skipped = traffic.page()["data"]
    assert len(skipped) == len(traffic.page()["data"]) - 1


@pytest.mark.parametrize("fault", sorted(FAULTS))
def test_every_fault_works_with_every_kind_of_response(server: MockServer, traffic: Endpoint, fault: str) -> None:
    """Full pages, empty pages and errors can have each fault; the next response is correct again."""
    options = {"seconds": 0.01} if fault in {"latency", "slow_drip"} else {}
    empty = {"start": "2025-01-02T00:00:00Z", "end": "2025-01-01T00:00:00Z"}
    for query in ({}, empty, {"limit": 0}):
        server.inject(fault, **options)  # type: ignore[arg-type]
        try:
            assert traffic.response(**query).status_code in {200, 422, 503}
        except httpx.RemoteProtocolError:
            assert fault.startswith("drop_")
        server.clear_faults()
        assert traffic.response(**query).status_code in {200, 422}


@pytest.mark.parametrize(
    ("fault", "options", "sentence"),
    [
        ("nope", {}, "There is no fault 'nope'. Choose one of: status, html"),
        ("status", {"status": 99}, "The fault status cannot have status=99: .*greater than or equal to 200"),
        ("status", {"staus": 500}, "The fault status cannot have staus=500: .*Its options are: status, body"),
        ("status", {"headers": {"A": "b\r\nc"}}, "The fault status cannot have headers.A"),
        ("status", {"headers": {"content-LENGTH": "1"}}, "headers.content-LENGTH.*: Value error, the server sets it"),
        ("status", {"headers": {"Transfer-Encoding": "chunked"}}, "the server sets it"),
        ("status", {"body": "\ud800"}, "it cannot be encoded as UTF-8"),
        ("status", {"body": object()}, "Options must be plain JSON values"),
        ("status", {"status": 10**5000}, r"Options must be plain JSON values: an integer has too many digits\.$"),
        ("status", {"retry_after": 10**20}, "The fault status cannot have retry_after=1"),
        ("status", {"status": "500"}, "The fault status cannot have status='500'"),
        ("latency", {"seconds": float("nan")}, "The fault latency cannot have seconds=nan"),
        ("latency", {"seconds": -1}, "The fault latency cannot have seconds=-1"),
        ("html", {"times": 0}, "The fault html cannot have times=0"),
        ("html", {"times": True}, "The fault html cannot have times=True"),
        ("html", {"probability": 1.5}, "The fault html cannot have probability=1.5"),
        ("wrong_type", {"field": "x"}, "The fault wrong_type cannot have field='x'"),
    ],
)
def test_a_bad_injection_is_one_sentence(
    server: MockServer, traffic: Endpoint, fault: str, options: dict[str, Any], sentence: str
) -> None:
    """The error names the option and what it can be, and nothing is injected."""
    with pytest.raises(ValueError, match=sentence):
        server.inject(fault, **options)
    assert traffic.response().status_code == 200
