"""Arguments that no library expects are refused in one sentence that names the argument."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, tzinfo
from functools import partial
from typing import Any

import httpx
import numpy as np
import pandas as pd
import pytest

from apitally_api_client.api.metrics import get_traffic
from apitally_traffic import AsyncTrafficClient, ConfigurationError, TimeWindow, TrafficClient, paginate, paginate_async
from apitally_traffic.testing import fast_retries
from tests.wrappers.raw_server import PAGE


class Silent:
    """An object that cannot be written."""

    def __repr__(self) -> str:
        raise RuntimeError("no repr")


class SilentText(str):
    """A text that cannot be written."""

    __slots__ = ()

    def __repr__(self) -> str:
        raise RuntimeError("no repr")

    __str__ = __repr__


class FarZone(tzinfo):
    """A timezone five days away."""

    def utcoffset(self, _: datetime | None) -> timedelta:
        return timedelta(days=5)


class BrokenZone(tzinfo):
    """A timezone that cannot be asked."""

    def utcoffset(self, _: datetime | None) -> timedelta:
        raise RuntimeError("no offset")


ODD: dict[str, Any] = {
    "huge": 10**5000,
    "NA": pd.NA,
    "array": np.array([[1, 2], [3, 4]]),
    "series": pd.Series([1, 2]),
    "class": int,
    "silent": Silent(),
    "silent text": SilentText("1"),
    "lines": "a\nb\x1b[31m",
    "surrogate": "\ud800",
}
CLIENT = ["timeout", "deadline", "max_retries", "requests_per_minute", "concurrency", "headers", "http2", "proxy"]
QUERY = ["app_id", "start", "end", "interval", "timezone", "app_env_id", "consumer_id", "page_size", "max_items"]


def check(name: str, call: Callable[[], object]) -> None:
    """Expect a refusal in one printable line that names an argument."""
    with pytest.raises((ValueError, TypeError, ConfigurationError)) as raised:
        call()
    message = str(raised.value)
    assert name in message
    assert message.isprintable()
    assert len(message) < 600


@pytest.mark.parametrize("name", CLIENT)
@pytest.mark.parametrize("value", ODD)
def test_arguments_of_the_clients(name: str, value: str) -> None:
    """Arguments of the clients."""
    for kind in (TrafficClient, AsyncTrafficClient):
        check(name, partial(kind, "key", **{name: ODD[value]}))


@pytest.mark.parametrize("name", QUERY)
@pytest.mark.parametrize("value", ODD)
def test_arguments_of_a_query(name: str, value: str) -> None:
    """Arguments of a query."""
    client = TrafficClient("key", base_url="http://127.0.0.1:9")  # no certificates to load
    check(name, lambda: client.get_traffic(**{"app_id": 1, name: ODD[value]}))


@pytest.mark.parametrize("zone", [FarZone(), BrokenZone()])  # type: ignore[abstract]
@pytest.mark.parametrize("name", ["start", "end", "now"])
def test_times_in_broken_timezones(name: str, zone: tzinfo) -> None:
    """A time whose timezone gives no offset, or an absurd one."""
    arguments: dict[str, Any] = {"start": "2025-01-01", name: datetime(2026, 1, 1, tzinfo=zone)}
    check(name, lambda: TimeWindow.resolve(**arguments))
    check("max_periods", lambda: list(TimeWindow.resolve("2026-01-01", "2026-01-02").slices(Silent())))  # type: ignore[arg-type]


def test_long_arguments_of_paginate() -> None:
    """An argument that makes a URL too long is named; a token of the server that does so is an error of the pages."""
    transport = httpx.MockTransport(lambda _: httpx.Response(200, content=PAGE))
    day: dict[str, Any] = {"start": datetime(2026, 1, 1, tzinfo=UTC), "timezone": "x" * 100_000}
    with TrafficClient("key", transport=transport) as client:
        check("timezone", lambda: list(paginate(get_traffic, client=client.api, app_id=1, **day)))
        check("app_id", lambda: list(paginate(get_traffic, client=client.api, app_id="y" * 100_000)))

    async def read() -> object:
        api = AsyncTrafficClient("key", transport=transport).api
        return [item async for item in paginate_async(get_traffic, client=api, app_id=1, **day)]

    check("timezone", lambda: asyncio.run(read()))


@pytest.mark.parametrize("method", ["to_list", "to_arrow", "to_pandas", "to_polars", "totals"])
@pytest.mark.parametrize("kind", [TrafficClient, AsyncTrafficClient])
def test_progress_that_cannot_be_called(kind: type[TrafficClient | AsyncTrafficClient], method: str) -> None:
    """It is refused before anything is sent."""
    query = kind("key", base_url="http://127.0.0.1:9").get_traffic(1)

    async def collect() -> None:
        await getattr(query, method)(progress=5)

    with pytest.raises(TypeError, match=r"^progress must be a function of two numbers, not int\.$"):
        asyncio.run(collect())
    assert query.stats.requests == 0


@pytest.mark.parametrize("name", ["backoff", "pause"])
@pytest.mark.parametrize(
    "value",
    [*ODD.values(), None, True, "1", -1, -0.1, float("nan"), float("inf"), 1e300],
    ids=lambda value: type(value).__name__,
)
def test_arguments_of_fast_retries(name: str, value: Any) -> None:
    """Arguments of `fast_retries`, when it is called."""
    check(name, lambda: fast_retries(**{name: value}))
    with fast_retries(**{name: 0}), fast_retries(**{name: 0.5}):
        pass
