"""Pagination: tokens carry the whole query, and nothing but what the server gave is a token."""

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apitally_mock import MockServer
from apitally_mock.api.token import Query, Tokens
from apitally_mock.periods.window import Window
from apitally_mock.periods.zones import load_zone, zone_names
from apitally_mock.traffic.source import Series
from tests.mock.mock_endpoint import NOW, PATH, Endpoint

WINDOW = {"start": "2025-05-14T10:20:30", "end": "2025-05-16T01:02:03", "timezone": "Asia/Kathmandu"}
QUERY = WINDOW | {"app_env_id": 1, "consumer_id": 2}

ids = st.none() | st.integers(0, 2**63 - 1)
seconds = st.integers(-(10**11), 10**12)
queries = st.builds(
    Query,
    st.builds(Series, st.integers(1, 2**63 - 1), ids, ids),
    st.builds(
        Window, seconds, seconds, st.sampled_from(["hour", "day"]), st.sampled_from(sorted(zone_names())).map(load_zone)
    ),
)


@given(queries, seconds, st.integers(0, 10**9))
def test_a_token_gives_back_what_it_was_made_of(query: Query, position: int, salt: int) -> None:
    """Whatever the query, the token is short enough, fit for a URL, and reads as what it was."""
    token = Tokens(0).make(query, position, salt)
    assert Tokens(0).read(token) == (query, position)
    assert len(token) <= 1024
    assert set(token) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")


@settings(max_examples=300)
@given(queries, seconds, st.data())
def test_a_changed_token_is_refused(query: Query, position: int, data: st.DataObject) -> None:
    """Cut, grown, or with any one character changed, and with any other seed, it is no token."""
    token = Tokens(0).make(query, position)
    place = data.draw(st.integers(0, len(token) - 1))
    other = data.draw(st.characters().filter(lambda character: character != token[place]))
    for changed in (token[:place], token[:place] + other + token[place + 1 :], token + other, token[place + 1 :]):
        with pytest.raises(ValueError, match="token"):
            Tokens(0).read(changed)
    with pytest.raises(ValueError, match="token"):
        Tokens(1).read(token)


@settings(max_examples=300)
@given(st.text() | st.binary().map(bytes.hex))
def test_no_text_is_worse_than_refused(text: str) -> None:
    """Reading any text as a token ends in nothing else than a ValueError."""
    with pytest.raises(ValueError, match="token"):
        Tokens(0).read(text)


@pytest.mark.parametrize("limit", [1, 2, 7, 39, 40, 41, 1000])
def test_the_pages_are_the_whole_whatever_their_size(traffic: Endpoint, limit: int) -> None:
    """Walking the tokens gives each period once and in order, and at most `limit` at a time."""
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
    """Sent alone it goes on in the same query, also with another limit, and so it does next to the query itself."""
    for query in (QUERY, QUERY | {"interval": "day"}):
        whole = traffic.page(**query)["data"]
        token = traffic.page(**query, limit=1)["next_token"]
        assert traffic.page(next_token=token)["data"] == whole[1:]
        assert traffic.page(**query, next_token=token)["data"] == whole[1:]
        assert traffic.page(next_token=token, limit=1)["data"] == whole[1:2]


def test_a_default_window_stands_still_while_it_is_read(server: MockServer, traffic: Endpoint) -> None:
    """Later pages speak of the window of the first, though the clock has gone on."""
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
def test_a_token_next_to_another_query_is_refused(traffic: Endpoint, parameter: str, value: object) -> None:
    """The answer names the parameter that says something else than the token."""
    token = traffic.page(**QUERY, limit=1)["next_token"]
    response = traffic.response(next_token=token, **{parameter: value})
    assert response.status_code == 422
    assert response.json()["detail"][0]["loc"] == ["query", parameter]
    assert response.json()["detail"][0]["input"] == str(value)


def test_the_same_instant_in_other_words_is_the_same_query(traffic: Endpoint) -> None:
    """A start that rounds to the same period and an end with another offset do not contradict the token."""
    token = traffic.page(**QUERY, limit=1)["next_token"]
    page = traffic.page(next_token=token, start="2025-05-14T10:59:00", end="2025-05-15T19:17:03Z", app_env_id=1)
    assert len(page["data"]) == 39


def test_a_token_of_another_app_is_refused(client: httpx.Client, traffic: Endpoint) -> None:
    """A known app answers 422; an unknown one is not found, with or without a token."""
    token = traffic.page(limit=1)["next_token"]
    assert client.get("/v1/apps/2/traffic", params={"next_token": token}).status_code == 422
    assert client.get("/v1/apps/3/traffic", params={"next_token": token}).status_code == 404


def test_a_token_outlives_the_server(traffic: Endpoint) -> None:
    """A server with the same seed goes on where another stopped; one with another seed does not know the token."""
    page = traffic.page(**QUERY, limit=1)
    for seed, status in ((0, 200), (1, 422)):
        with MockServer(seed=seed, now=NOW, api_key="other") as other:
            response = httpx.get(
                other.url + PATH, params={"next_token": page["next_token"]}, headers={"Api-Key": "other"}
            )
        assert response.status_code == status
        if status == 200:
            assert response.json() == traffic.page(next_token=page["next_token"])
