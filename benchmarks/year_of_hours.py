"""A year of hours over a network of 50 ms: what pulling it takes, by the clock on the wall."""

import asyncio
import gc
import importlib.util
import time
from collections.abc import Callable
from datetime import datetime

import httpx

from apitally_api_client import AuthenticatedClient
from apitally_api_client.api.metrics import get_traffic
from apitally_api_client.models import GetTrafficResponse
from apitally_mock import MockServer
from apitally_traffic import AsyncTrafficClient, TrafficClient
from benchmarks.generated_elsewhere import reader
from benchmarks.measure import Run, Table, in_turns

START, END = "2025-01-01T00:00:00+00:00", "2026-01-01T00:00:00+00:00"
HOURS = 8760
ROUNDS = 11


def ours(server: MockServer) -> int:
    """Read with the client."""
    with TrafficClient(server.api_key, base_url=server.url) as client:
        return sum(1 for _ in client.get_traffic(1, start=START, end=END))


def ours_async(server: MockServer) -> int:
    """Read with the async client."""

    async def read() -> int:
        async with AsyncTrafficClient(server.api_key, base_url=server.url) as client:
            return len(await client.get_traffic(1, start=START, end=END).to_list())

    return asyncio.run(read())


def bare_loop(server: MockServer, limit: int | None) -> int:
    """Follow the token with httpx alone."""
    rows, token = 0, None
    with httpx.Client(base_url=server.url, headers={"Api-Key": server.api_key}) as client:
        while True:
            params = {"start": START, "end": END, "limit": limit, "next_token": token}
            given = {name: value for name, value in params.items() if value is not None}
            page = client.get("/v1/apps/1/traffic", params=given).json()
            rows, token = rows + len(page["data"]), page["next_token"]
            if not page["has_more"]:
                return rows


def generated_loop(server: MockServer) -> int:
    """Follow the token with the generated client."""
    rows, token = 0, None
    start, end = datetime.fromisoformat(START), datetime.fromisoformat(END)
    with AuthenticatedClient(server.url, token=server.api_key, prefix="", auth_header_name="Api-Key") as client:
        while True:
            page = get_traffic.sync(1, client=client, start=start, end=end, limit=1000, next_token=token)
            assert isinstance(page, GetTrafficResponse), "the mock answers every request with a page"
            rows, token = rows + len(page.data), page.next_token
            if not page.has_more:
                return rows


def dlt_source(server: MockServer) -> int:
    """Read with the REST API source of dlt and its cursor paginator, as its documentation shows."""
    from dlt.sources.rest_api import rest_api_source  # noqa: PLC0415 - not everybody has it

    source = rest_api_source(
        {
            "client": {
                "base_url": f"{server.url}/v1/",
                "auth": {"type": "api_key", "name": "Api-Key", "api_key": server.api_key, "location": "header"},
                "paginator": {"type": "cursor", "cursor_path": "next_token", "cursor_param": "next_token"},
            },
            "resources": [
                {
                    "name": "traffic",
                    "endpoint": {
                        "path": "apps/1/traffic",
                        "params": {"start": START, "end": END, "limit": 1000},
                        "data_selector": "data",
                    },
                }
            ],
        }
    )
    return sum(1 for _ in source.resources["traffic"])


def main() -> list[Table]:
    """Measure, and return what was found."""
    ways: dict[str, Callable[[MockServer], int]] = {
        "apitally_traffic": ours,
        "apitally_traffic, async": ours_async,
        "httpx in a loop, pages as the API gives them": lambda server: bare_loop(server, None),
        "httpx in a loop, 1000 a page": lambda server: bare_loop(server, 1000),
        "the generated client in a loop, 1000 a page": generated_loop,
    }
    if importlib.util.find_spec("dlt"):
        ways["dlt's REST API source, 1000 a page"] = dlt_source
    else:
        print("dlt's REST API source is left out: the package dlt is missing.")
    with reader(START, END) as openapi_generator, MockServer(latency=0.05) as server:
        if openapi_generator:
            ways["openapi-generator's client in a loop, 1000 a page"] = openapi_generator
        notes = {}
        for name, read in ways.items():
            server.reset()
            server.set_latency(0)
            assert read(server) == HOURS, f"{name} must read every hour"
            notes[name] = f"{len(server.requests)} requests"
        server.reset()
        runs: dict[str, Run] = {name: _timed(read, server) for name, read in ways.items()}
        rows = in_turns("apitally_traffic", runs, ROUNDS, notes)
    target = "30 times for the loop with default pages, 4 times for the best other, sync and async alike"
    return [Table("Year of hours: pulled at 50 ms a round trip", target, "times ours", rows, ROUNDS)]


def _timed(read: Callable[[MockServer], int], server: MockServer) -> Run:
    def run() -> float:
        gc.collect()  # nobody cleans up after the one before
        began = time.perf_counter()
        read(server)
        return time.perf_counter() - began

    return run
