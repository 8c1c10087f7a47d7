"""The wrappers compared with the specification: what they send, and what they make of any response that it allows."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl
from zoneinfo import ZoneInfo

import httpx
import jsonschema_rs
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apitally_traffic import ApitallyError, GetTrafficResponse, TrafficClient
from apitally_traffic.testing import fast_retries
from spec_pipeline.overlay import overlaid_spec
from spec_pipeline.project import Project

SPEC = overlaid_spec(Project(Path(__file__).parents[2]))
PATH = "/v1/apps/{app_id}/traffic"
OPERATION = SPEC["paths"][PATH]["get"]
PARAMETERS = {parameter["name"]: parameter for parameter in OPERATION["parameters"]}
PAGE_SCHEMA = {"$ref": "#/components/schemas/GetTrafficResponse", "components": SPEC["components"]}
LAST_PAGE = {"data": [], "has_more": False, "next_token": None}
MAX_REQUESTS = 500

ZONES = st.sampled_from(["UTC", "Europe/Berlin", "Asia/Kathmandu", "America/St_Johns", "Australia/Lord_Howe"])
MOMENTS = st.datetimes(datetime(2024, 1, 1), datetime(2026, 1, 1))
IDS = st.integers(1, 2**40)
ARGUMENTS = st.fixed_dictionaries(
    {
        "app_id": IDS,
        "interval": st.sampled_from(["hour", "day"]),
        "timezone": ZONES,
        "app_env_id": st.none() | IDS,
        "consumer_id": st.none() | IDS,
        "page_size": st.integers(50, 1000),
    }
)
"""What a query takes besides its window."""

EDGES = st.datetimes(datetime(1980, 1, 1), timezones=ZONES.map(ZoneInfo)).map(datetime.isoformat)
COUNTS = st.integers(-(2**70), 2**70)
MORE_FIELDS = st.dictionaries(st.text(max_size=5), st.none() | st.integers() | st.text(max_size=5), max_size=2)
ITEMS = st.fixed_dictionaries(
    {"period_start": EDGES, "period_end": EDGES, "requests": COUNTS, "bytes_received": COUNTS, "bytes_sent": COUNTS}
)
TOKENS = st.none() | st.text(max_size=20)
PAGES = st.builds(
    lambda more, page: more | page,
    MORE_FIELDS,
    st.fixed_dictionaries({"data": st.lists(ITEMS, max_size=4), "has_more": st.booleans(), "next_token": TOKENS}),
)
"""Any page that the schema allows, however senseless; hypothesis-jsonschema does not work with today's Hypothesis."""


@contextmanager
def client_of(respond: Callable[[httpx.Request], httpx.Response]) -> Iterator[TrafficClient]:
    """Return a client whose requests a function handles."""
    transport = httpx.MockTransport(respond)
    with fast_retries(), TrafficClient("key", base_url="http://127.0.0.1:9", transport=transport) as client:
        yield client


def breach_of(request: httpx.Request) -> str | None:
    """Return which declaration a request breaks, if it breaks one."""
    if request.method != "GET" or request.headers.get("Api-Key") != "key":
        return "the method or the key"
    path = request.url.path.split("/")
    if [*path[:3], "{app_id}", *path[4:]] != PATH.split("/"):
        return f"the path {request.url.path}"
    given = [("app_id", path[3]), *parse_qsl(request.url.query.decode(), keep_blank_values=True)]
    if len(dict(given)) != len(given):
        return "a parameter comes twice"
    for name, text in given:
        if name not in PARAMETERS:
            return f"{name} is not declared"
        validator = jsonschema_rs.validator_for(PARAMETERS[name]["schema"], validate_formats=True)
        values = [text, int(text)] if text.lstrip("-").isdigit() else [text]
        if not any(validator.is_valid(value) for value in values):
            return f"{name}={text} does not fit its schema"
    return None


@settings(deadline=None, max_examples=40)
@given(
    start=MOMENTS, length=st.timedeltas(timedelta(0), timedelta(days=4)), is_aware=st.booleans(), arguments=ARGUMENTS
)
def test_every_request_fits_the_specification(
    *, start: datetime, length: timedelta, is_aware: bool, arguments: dict[str, Any]
) -> None:
    """Whatever a query is made of, each of its requests, those with a token included, is one that the spec allows."""
    breaches: list[str | None] = []

    def respond(request: httpx.Request) -> httpx.Response:
        breaches.append(breach_of(request))
        is_first = "next_token" not in request.url.params
        return httpx.Response(200, json=LAST_PAGE | ({"has_more": True, "next_token": "a b/+&="} if is_first else {}))

    first = start.replace(tzinfo=UTC) if is_aware else start
    with client_of(respond) as client:
        client.get_traffic(start=first, end=first + length, **arguments).to_list()
    assert set(breaches) <= {None}


def test_a_request_beyond_the_specification_would_be_seen() -> None:
    """The check of requests itself finds an undeclared parameter, a bound that is broken and a missing key."""
    headers = {"Api-Key": "key"}
    good = httpx.Request("GET", "http://h/v1/apps/1/traffic?limit=1000&start=2025-01-01T00:00:00Z", headers=headers)
    assert breach_of(good) is None
    for query in (
        "limit=1001",
        "limit=x",
        "start=yesterday",
        "interval=week",
        "page=2",
        "limit=1&limit=2",
        "app_env_id=0",
    ):
        assert breach_of(httpx.Request("GET", f"http://h/v1/apps/1/traffic?{query}", headers=headers)), query
    assert breach_of(httpx.Request("GET", "http://h/v1/apps/1/traffic"))
    assert breach_of(httpx.Request("GET", "http://h/v1/app/1/traffic", headers=headers))


@settings(deadline=None, max_examples=100, suppress_health_check=[HealthCheck.too_slow])
@given(pages=st.lists(PAGES, min_size=1, max_size=4), interval=st.sampled_from(["hour", "day"]))
def test_any_response_that_fits_the_schema_is_delivered_or_refused(pages: list[Any], interval: Any) -> None:
    """Pages that the schema allows, however senseless, are delivered or raise a typed error, and reading them ends."""
    asked = 0

    def respond(_: httpx.Request) -> httpx.Response:
        nonlocal asked
        asked += 1
        if asked > MAX_REQUESTS:
            pytest.fail("the client asks again and again")
        return httpx.Response(200, json=pages[min(asked, len(pages)) - 1])

    with client_of(respond) as client:
        query = client.get_traffic(1, start="2025-05-01T00:00:00Z", end="2025-05-03T00:00:00Z", interval=interval)
        try:
            items = query.to_list()
        except ApitallyError:
            return
    assert all(item.period_start.tzinfo is not None for item in items)


@settings(deadline=None, max_examples=100, suppress_health_check=[HealthCheck.too_slow])
@given(page=PAGES)
def test_any_response_passes_the_generated_models(page: Any) -> None:
    """A page that the schema allows goes through the generated models and comes out with as many items."""
    validator = jsonschema_rs.validator_for(PAGE_SCHEMA, validate_formats=True)
    assert validator.is_valid(page), "the pages that are made up here are the schema's"
    assert len(GetTrafficResponse.from_dict(page).data) == len(page["data"])
