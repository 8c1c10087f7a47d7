"""Pagination: tokens carry the whole query, and only what the server returned is a token."""

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from apitally_mock import MockServer
from apitally_mock._api.tokens import Tokens
from apitally_mock._api.traffic_query import TrafficQuery, read_token
from apitally_mock._time.timezones import load_zone, zone_names
from apitally_mock._time.window import Window
from apitally_mock._traffic.source import Series
from tests.mock.mock_endpoint import NOW, PATH, Endpoint

WINDOW = {"start": "2025-05-14T10:20:30", "end": "2025-05-16T01:02:03", "timezone": "Asia/Kathmandu"}
QUERY = WINDOW | {"app_env_id": 1, "consumer_id": 2}

ids = st.none() | st.integers(0, 2**63 - 1)
seconds = st.integers(-(10**11), 10**12)
queries = st.builds(
    TrafficQuery,
    st.builds(Series, st.integers(1, 2**63 - 1), ids, ids),
    st.builds(
        Window, seconds, seconds, st.sampled_from(["hour", "day"]), st.sampled_from(sorted(zone_names())).map(load_zone)
    ),
)


@given(queries, seconds, st.integers(0, 10**9))
def test_a_token_carries_its_query(query: TrafficQuery, position: int, salt: int) -> None:
    """Whatever the query, its token is at most 1024 characters, safe in a URL, and reads as the query."""
    token = query.make_token(Tokens(0), position, salt)
    assert read_token(Tokens(0), token) == (query, position)
    assert len(token) <= 1024
    assert set(token) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")


@given(queries, seconds, st.data())
def test_a_changed_token_is_refused(query: TrafficQuery, position: int, data: st.DataObject) -> None:
    """Shortened, extended, with one character changed, or with another seed or kind, a token is refused."""
    token = query.make_token(Tokens(0), position)
    place = data.draw(st.integers(0, len(token) - 1))
    other = data.draw(st.characters().filter(lambda character: character != token[place]))
    for changed in (token[:place], token[:place] + other + token[place + 1 :], token + other, token[place + 1 :]):
        with pytest.raises(ValueError, match="token"):
            Tokens(0).read("traffic", changed)
    with pytest.raises(ValueError, match="token"):
        Tokens(1).read("traffic", token)
    with pytest.raises(ValueError, match="token"):
        Tokens(0).read("consumers", token)


@given(st.text() | st.binary().map(bytes.hex))
def test_no_text_raises_anything_but_a_value_error(text: str) -> None:
    """Any text that is not a token is refused with a ValueError."""
    with pytest.raises(ValueError, match="token"):
        Tokens(0).read("traffic", text)


@pytest.mark.parametrize("limit", [1, 2, 7, 39, 40, 41, 1000])
def test_pages_of_any_size_add_up(traffic: Endpoint, limit: int) -> None:
    """Following the tokens returns each period once and in order, at most `limit` at a time."""
    whole = traffic.page(**QUERY, limit=1000)["data"]
    assert len(whole) == 40
    page = traffic.page(**QUERY, limit=limit)
    pages = [page]
    while page["has_more"]:
        assert len(page["data"]) == limit
        page = traffic.page(**QUERY, limit=limit, next_token=page["next_token"])
        pages.append(page)
    assert [row for page in pages for row in page["data"]] == whole
    assert all((page["next_token"] is not None) == page["has_more"] for page in pages)


def test_a_token_keeps_the_whole_query(traffic: Endpoint) -> None:
    """A token continues its query when it is sent alone, with another limit, or together with the query."""
    for query in (QUERY, QUERY | {"interval": "day"}):
        whole = traffic.page(**query)["data"]
        token = traffic.page(**query, limit=1)["next_token"]
        assert traffic.page(next_token=token)["data"] == whole[1:]
        assert traffic.page(**query, next_token=token)["data"] == whole[1:]
        assert traffic.page(next_token=token, limit=1)["data"] == whole[1:2]


def test_a_default_window_stays_the_same_on_later_pages(server: MockServer, traffic: Endpoint) -> None:
    """Later pages belong to the window of the first, although the clock has moved on."""
    whole = traffic.rows(start="2025-06-17T12:34:56Z", end=NOW)
    page = traffic.page(limit=20)
    server.set_now("2025-06-18T15:00:00Z")
    rest = traffic.page(next_token=page["next_token"])
    assert [row["period_start"] for row in page["data"] + rest["data"]] == [row["period_start"] for row in whole]


@pytest.mark.parametrize(
    ("parameter", "value"),
    [
        ("start", "2025-05-14T09:00:00"),
        ("end", "2025-05-16T01:02:04"),
        ("interval", "day"),
        ("timezone", "UTC"),
        ("app_env_id", 2),
        ("consumer_id", 9),
    ],
)
def test_a_token_with_another_query_is_refused(traffic: Endpoint, parameter: str, value: object) -> None:
    """The 422 names the parameter that contradicts the token."""
    token = traffic.page(**QUERY, limit=1)["next_token"]
    response = traffic.response(next_token=token, **{parameter: value})
    assert response.status_code == 422
    assert response.json()["detail"][0]["loc"] == ["query", parameter]
    assert response.json()["detail"][0]["input"] == str(value)


def test_the_first_of_several_contradictions_is_named(traffic: Endpoint) -> None:
    """It is the same one each time, in the order of the specification."""
    token = traffic.page(**QUERY, limit=1)["next_token"]
    other = {"timezone": "UTC", "interval": "day", "consumer_id": 9, "end": "2025-05-16T01:02:04", "app_env_id": 2}
    detail = traffic.response(next_token=token, **other).json()["detail"]
    assert [problem["loc"] for problem in detail] == [["query", "app_env_id"]]


def test_the_same_instant_in_another_form_is_the_same_query(traffic: Endpoint) -> None:
    """A start that rounds to the same period and an end with another offset do not contradict the token."""
    token = traffic.page(**QUERY, limit=1)["next_token"]
    page = traffic.page(next_token=token, start="2025-05-14T10:59:00", end="2025-05-15T19:17:03Z", app_env_id=1)
    assert len(page["data"]) == 39


def test_a_token_of_another_app_is_refused(client: httpx.Client, traffic: Endpoint) -> None:
    """A token of another app is a 422; an unknown app is a 404, with or without a token."""
    token = traffic.page(limit=1)["next_token"]
    assert client.get("/v1/apps/2/traffic", params={"next_token": token}).status_code == 422
    assert client.get("/v1/apps/3/traffic", params={"next_token": token}).status_code == 404


def test_a_token_outlives_the_server(traffic: Endpoint) -> None:
    """A server with the same seed continues where another one stopped; another seed refuses the token."""
    page = traffic.page(**QUERY, limit=1)
    for seed, status in ((0, 200), (1, 422)):
        with MockServer(seed=seed, now=NOW, api_key="other") as other:
            response = httpx.get(
                other.url + PATH, params={"next_token": page["next_token"]}, headers={"Api-Key": "other"}
            )
        assert response.status_code == status
        if status == 200:
            assert response.json() == traffic.page(next_token=page["next_token"])
