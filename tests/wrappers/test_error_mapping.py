"""Every response that is not a page, and every failed exchange, is a typed error with a sentence."""

import json
import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

import apitally_traffic
from apitally_api_client.api.metrics import get_traffic
from apitally_mock import MockServer
from apitally_traffic import (
    APIConnectionError,
    ApitallyError,
    APITimeoutError,
    AuthenticationError,
    InvalidRequestError,
    NotFoundError,
    PermissionDeniedError,
    RateLimitError,
    ResponseError,
    ServerError,
    TrafficClient,
    UnexpectedStatusError,
)
from tests.wrappers.refused import body, client_of, read, refused


def test_wrong_key(server: MockServer) -> None:
    """A key that the server does not know is an AuthenticationError that says where keys are made."""
    with (
        TrafficClient("wrong", base_url=server.url) as client,
        pytest.raises(AuthenticationError, match="Settings > API keys") as raised,
    ):
        read(client)
    assert raised.value.status_code == 401


def test_unknown_app(client: TrafficClient) -> None:
    """An app that the team does not have is a NotFoundError that names it."""
    with pytest.raises(NotFoundError, match="/v1/apps/99/traffic") as raised:
        client.get_traffic(99).to_list()
    assert raised.value.status_code == 404


def test_rejected_parameter(server: MockServer) -> None:
    """A rejected parameter is an InvalidRequestError that names field and reason, and has the generated model."""
    wrong_limit = httpx.MockTransport(
        lambda request: httpx.get(
            request.url.copy_set_param("limit", "1001"), headers={"Api-Key": request.headers["Api-Key"]}
        )
    )
    with (
        TrafficClient(server.api_key, base_url=server.url, transport=wrong_limit) as client,
        pytest.raises(InvalidRequestError, match=r"limit: .*1000") as raised,
    ):
        read(client)
    assert raised.value.status_code == 422
    assert raised.value.errors[0].loc == ["query", "limit"]


@pytest.mark.parametrize(
    ("path", "detail", "sentence"),
    [
        ("/v1/apps/7/traffic", "App not found", r"404, App not found: check the app ID in the Apitally dashboard\.$"),
        ("/v1/apps/7/consumers", "App not found", "404, App not found: check the app ID"),
        (
            "/v1/apps/7/request-logs/a-b",
            "Request log not found",
            r"404, Request log not found: check the IDs in the path\.",
        ),
        ("/v1/apps", "Not Found", r"404, Not Found: check the IDs in the path\.$"),
        ("/v1/apps/7/traffic", None, r"404, no such app, or not the API: check the app ID and the base URL\.$"),
        (
            "/v1/apps/7/traffic?app_env_id=5",
            "No environment",
            r'404, the app or the environment does not exist: "No environment"; check the app ID and app_env_id\.$',
        ),
        (
            "/v1/apps/7/traffic?consumer_id=5&app_env_id=2",
            None,
            r"the app, the environment or the consumer does not exist, .*check the app ID, app_env_id, consumer_id and",
        ),
        ("/v1/apps/7/x/1?consumer_id=5", "No x", r"404, No x: check the IDs in the path and consumer_id\.$"),
        ("/v1/teams/7", None, r"404, nothing at this path: check the IDs in it and the base URL\.$"),
        ("/v1/teams/7", ["a"], "404, nothing at this path"),
    ],
)
def test_a_404_says_what_there_is_not(path: str, detail: object, sentence: str) -> None:
    """The app is named only where it is all that was asked for; what the API itself says is quoted."""
    answer = httpx.Response(404, html="<p>no</p>") if detail is None else httpx.Response(404, json={"detail": detail})
    with client_of(answer) as client, pytest.raises(NotFoundError, match=sentence) as raised:
        client.api.get_httpx_client().get(path)
    assert ("the app ID" in str(raised.value)) == ("app ID" in sentence)


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, InvalidRequestError),
        (401, AuthenticationError),
        (403, PermissionDeniedError),
        (404, NotFoundError),
        (422, InvalidRequestError),
        (429, RateLimitError),
        (500, ServerError),
        (503, ServerError),
        (520, ServerError),
        (527, ServerError),
        (599, ServerError),
        (600, UnexpectedStatusError),
        (204, UnexpectedStatusError),
        (302, UnexpectedStatusError),
        (418, UnexpectedStatusError),
    ],
)
def test_each_status_has_its_error(status: int, kind: type[ApitallyError]) -> None:
    """The status determines the error, even if the standard library does not know it; redirects are not followed."""
    response = httpx.Response(status, headers={"Location": "https://elsewhere.example"}, html="<p>no</p>")
    with client_of(response) as client, pytest.raises(ApitallyError) as raised:
        read(client)
    assert type(raised.value) is kind
    assert raised.value.status_code == status
    assert raised.value.method == "GET"
    assert raised.value.url is not None
    assert raised.value.url.startswith("https://api.apitally.io/v1/apps/1/traffic?")
    assert raised.value.headers["location"] == "https://elsewhere.example"
    assert raised.value.body == "<p>no</p>"


@pytest.mark.parametrize(
    ("response", "sentence"),
    [
        pytest.param(httpx.Response(200, html="<html></html>"), "text/html.*breaks the schema", id="HTML"),
        pytest.param(httpx.Response(200, content=b'{"data": ['), "truncated", id="cut"),
        pytest.param(httpx.Response(200, content=b""), "truncated", id="empty"),
        pytest.param(httpx.Response(200, content=b"[" * 100_000), "breaks the schema", id="deep"),
        pytest.param(httpx.Response(200, content=b'{"data": "\xff"}'), "breaks the schema", id="not UTF-8"),
        pytest.param(httpx.Response(200, json=[]), "Expected `object`", id="list"),
        pytest.param(httpx.Response(200, json={"data": []}), "`has_more` is missing", id="no has_more"),
        pytest.param(
            httpx.Response(200, json={"data": [], "has_more": "no", "next_token": None}), "`has_more`", id="has_more"
        ),
        pytest.param(body(requests=None), r"`data\[1\].requests` is missing", id="missing"),
        pytest.param(body(requests="5"), r"`data\[1\].requests`", id="text"),
        pytest.param(body(requests=True), r"`data\[1\].requests`", id="boolean"),
        pytest.param(body(requests=1.5), r"`data\[1\].requests`", id="fraction"),
        pytest.param(body(period_start="yesterday"), r"`data\[1\].period_start`", id="no timestamp"),
        pytest.param(body(period_end="2026-01-01T01:00:00"), r"timezone.*`data\[1\].period_end`", id="naive timestamp"),
        pytest.param(body(requests=float("nan")), r"`data\[1\].requests`", id="NaN"),
        pytest.param(body(requests=-1), r">= 0 - at `data\[1\].requests`", id="negative"),
        pytest.param(body(bytes_received=-1.0), r">= 0 - at `data\[1\].bytes_received`", id="negative, as 1.0"),
        pytest.param(body(requests=2**70), r"`data\[1\].requests`", id="beyond 64 bits"),
        pytest.param(body(bytes_sent=10**400), r"`data\[1\].bytes_sent`", id="huge"),
        pytest.param(
            httpx.Response(200, headers={"content-type": "text/html; charset=utf-16"}, content=b"<html>"),
            "breaks the schema",
            id="another charset",
        ),
        pytest.param(
            httpx.Response(200, headers={"Content-Encoding": "gzip"}, stream=httpx.ByteStream(b"plain")),
            "Content-Encoding",
            id="not gzip",
        ),
    ],
)
def test_a_body_that_breaks_the_schema_names_the_place(response: httpx.Response, sentence: str) -> None:
    """A body with status 200 that is not a page is a ResponseError that says where it breaks the schema."""
    with client_of(response) as client, pytest.raises(ResponseError, match=sentence):
        read(client)


def test_fields_that_the_schema_does_not_have_are_kept() -> None:
    """A server may send more fields than the schema has; the models keep them."""
    later = {"period_start": "2026-01-01T01:00:00Z", "period_end": "2026-01-01T02:00:00Z"}
    with client_of(body(**later, p50=7)) as client:
        query = client.get_traffic(1, start="2026-01-01", end="2026-01-02")
        (page,) = query.pages()
        assert [item.additional_properties for item in page.data] == [{}, {"p50": 7}]
        assert [item.requests for item in query] == [1, 1]
    assert page.additional_properties == {}


@pytest.mark.parametrize(
    ("failure", "kind"),
    [
        (httpx.ConnectError("refused"), APIConnectionError),
        (httpx.RemoteProtocolError("cut"), APIConnectionError),
        (httpx.ConnectTimeout("slow"), APITimeoutError),
        (httpx.ReadTimeout("slow"), APITimeoutError),
        (httpx.HTTPError("of a hook"), APIConnectionError),
        (httpx.StreamClosed(), APIConnectionError),
        (UnicodeError("label too long"), APIConnectionError),
    ],
)
def test_failed_exchanges(failure: Exception, kind: type[ApitallyError]) -> None:
    """A failed connection is an APIConnectionError, a timeout an APITimeoutError; neither refers to httpx's error."""
    with client_of(failure) as client, pytest.raises(ApitallyError, match=r"https://api.apitally.io ") as raised:
        read(client)
    assert type(raised.value) is kind
    assert raised.value.__cause__ is None
    assert raised.value.__context__ is None


@pytest.mark.parametrize("charset", ["utf-16", "hex", "rot13", "idna", "bz2"])
def test_invalid_charset(charset: str) -> None:
    """An error page whose charset is wrong, or not a text encoding, is still the error of its status."""
    response = httpx.Response(500, headers={"content-type": f"text/html; charset={charset}"}, content=b"<p>no</p>")
    with client_of(response) as client, pytest.raises(ServerError) as raised:
        read(client)
    assert raised.value.body == "<p>no</p>"


@pytest.mark.parametrize(
    ("detail", "sentence"),
    [
        ([{"loc": ["query", {}], "msg": "m", "type": "t"}], "{}: m"),
        ([{"loc": [], "msg": None, "type": "t"}], "None"),
        ([7], '{"detail":[7]}'),
        ("no", '{"detail":"no"}'),
    ],
)
def test_validation_error_in_another_form(detail: Any, sentence: str) -> None:
    """A 422 whose body differs from FastAPI's is an InvalidRequestError that quotes it."""
    response = httpx.Response(422, content=json.dumps({"detail": detail}, separators=(",", ":")))
    with client_of(response) as client, pytest.raises(InvalidRequestError) as raised:
        read(client)
    assert str(raised.value) == f"The API rejects the request: {sentence}"


def test_validation_error_that_is_nested_too_deeply() -> None:
    """A 422 that cannot be parsed is an InvalidRequestError that quotes its beginning."""
    response = httpx.Response(422, content=b'{"detail":' + b"[" * 100_000)
    with (
        client_of(response) as client,
        pytest.raises(InvalidRequestError, match=r'the request: ."detail":\[') as raised,
    ):
        read(client)
    assert raised.value.errors == []


@pytest.mark.parametrize(
    ("headers", "advice"),
    [
        ({"retry-after": "998.5"}, "wait 999 s, and try again."),
        ({"retry-after": "86400"}, "wait 86,400 s, and try again."),
        ({"retry-after": "0"}, "wait, and try again."),
        ({}, "wait, and try again."),
    ],
)
def test_a_refusal_says_how_long_to_wait(headers: dict[str, str], advice: str) -> None:
    """It does if the server does."""
    assert str(refused(httpx.Response(429, headers=headers))).endswith(f"rate limit window: {advice}")


def test_server_that_is_not_there() -> None:
    """A port without a server is one sentence with the address."""
    with (
        TrafficClient("key", base_url="http://127.0.0.1:9", max_retries=0) as client,
        pytest.raises(APIConnectionError, match=r"http://127.0.0.1:9 cannot be reached"),
    ):
        read(client)


def test_a_client_is_usable_again_after_an_error(client: TrafficClient) -> None:
    """An error ends one query, and the client stays usable."""
    with pytest.raises(NotFoundError):
        client.get_traffic(99).to_list()
    assert len(read(client)) == 24


def test_raw_functions_share_the_connection_and_the_errors(client: TrafficClient) -> None:
    """The generated functions work with `client.api`, and raise the same typed errors."""
    page = get_traffic.sync(1, client=client.api, interval="day")
    assert isinstance(page, apitally_traffic.GetTrafficResponse)
    assert len(page.data) == 31
    with pytest.raises(NotFoundError):
        get_traffic.sync(99, client=client.api)


def test_a_body_that_claims_many_codings_is_a_response_error() -> None:
    """A chain of codings that no server applies is refused in a sentence, not by the depth of the stack."""

    class Body(httpx.SyncByteStream):
        def __iter__(self) -> Iterator[bytes]:
            yield b"{}"

    codings = {"Content-Encoding": ", ".join(["gzip"] * 2000)}
    transport = httpx.MockTransport(lambda _: httpx.Response(200, headers=codings, stream=Body()))
    with (
        TrafficClient("key-of-the-test", transport=transport, max_retries=0) as client,
        pytest.raises(ResponseError, match="compressed 2000 times"),
    ):
        client.get_traffic(1).to_list()


@pytest.mark.parametrize(
    ("response", "sentence"),
    [
        (
            httpx.Response(302, headers={"Location": "https://other.example:8443/login?a=b"}),
            r"302, a redirect to https://other.example:8443, which is not followed: check the base URL\.$",
        ),
        (httpx.Response(301, headers={"Location": "/v2"}), r"a redirect to https://api\.apitally\.io, which"),
        (httpx.Response(307), r"^The API returned status 307, a redirect to no valid address, which"),
        (httpx.Response(308, headers={"Location": "https://a:b:c"}), r"a redirect to no valid address, which"),
        (httpx.Response(304, text="x"), r"^The API returned status 304, which it does not document: x$"),
        (httpx.Response(408), r"^The API returned status 408: the request did not arrive in time\. Try again\.$"),
    ],
)
def test_redirects_and_timeouts_of_the_server(response: httpx.Response, sentence: str) -> None:
    """A redirect says where to, and what to check; a 408 says what to do, as other timeouts do."""
    error = refused(response)
    assert isinstance(error, UnexpectedStatusError)
    assert re.search(sentence, str(error))
