"""A server that allows 40 requests in 4 seconds: how long 200 requests take, and how many of them are refused.

The limit itself dictates 16 seconds: four full windows have to pass before the last 40 requests may go out.
"""

import importlib.util
import random
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import httpx

from apitally_api_client.api.metrics import get_traffic
from apitally_mock import MockServer
from apitally_traffic import TrafficClient
from benchmarks.measure import Row, Table

REQUESTS, THREADS, LIMIT, SECONDS = 200, 16, 40, 4
DICTATED = (REQUESTS - 1) // LIMIT * SECONDS
PATH = "/v1/apps/1/traffic?limit=1"


def ours(server: MockServer) -> None:
    """Share one client between the threads."""
    with TrafficClient(server.api_key, base_url=server.url) as client, ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(lambda _: get_traffic.sync(1, client=client.api, limit=1), range(REQUESTS)))


def evenly(server: MockServer) -> None:
    """Sleep between any two requests for as long as the limit asks on average."""
    with httpx.Client(base_url=server.url, headers={"Api-Key": server.api_key}) as client:
        for _ in range(REQUESTS):
            client.get(PATH).raise_for_status()
            time.sleep(SECONDS / LIMIT)


def backing_off(server: MockServer) -> None:
    """Try again after each refusal, after a doubling wait with jitter, as many clients do."""
    with httpx.Client(base_url=server.url, headers={"Api-Key": server.api_key}) as client:

        def fetch(_: int) -> None:
            for attempt in range(100):
                if client.get(PATH).status_code != 429:
                    return
                time.sleep(min(0.5 * 2**attempt, 8) * random.uniform(0.75, 1))  # noqa: S311 - jitter

        with ThreadPoolExecutor(THREADS) as pool:
            list(pool.map(fetch, range(REQUESTS)))


def openai_client(server: MockServer) -> None:
    """Send with the client of the openai package, which is made to be pointed at other servers."""
    from openai import OpenAI  # noqa: PLC0415 - not everybody has it

    headers = {"Api-Key": server.api_key}
    with (
        OpenAI(api_key="-", base_url=server.url, default_headers=headers, max_retries=100) as client,
        ThreadPoolExecutor(THREADS) as pool,
    ):
        list(pool.map(lambda _: client.get(PATH, cast_to=httpx.Response), range(REQUESTS)))


def botocore_adaptive(server: MockServer) -> None:
    """Send with botocore in its adaptive retry mode, which lowers its own rate after each refusal."""
    from benchmarks.botocore_client import adaptive_client  # noqa: PLC0415 - not everybody has botocore

    with adaptive_client(server.url, THREADS) as client, ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(lambda _: client.get_traffic(key=server.api_key), range(REQUESTS)))


def main() -> list[Table]:
    """Measure, and return what was found."""
    ways: dict[str, Callable[[MockServer], None]] = {
        "apitally_traffic": ours,
        "a sleep between requests": evenly,
        "try again after 429, doubling the wait": backing_off,
    }
    for package, name, way in (
        ("openai", "openai's client, which tries again after 429", openai_client),
        ("botocore", "botocore in its adaptive mode", botocore_adaptive),
    ):
        if importlib.util.find_spec(package):
            ways[name] = way
        else:
            print(f"{name} is left out: the package {package} is missing.")
    rows = []
    with MockServer(rate_limit=f"{LIMIT}/{SECONDS}s") as server:
        for name, send in ways.items():
            server.reset()
            began = time.perf_counter()
            send(server)
            took = time.perf_counter() - began
            refused = sum(entry.status == 429 for entry in server.requests)
            rows.append(Row(name, took / DICTATED, took / DICTATED, took / DICTATED, f"{refused} refused"))
    target = "ours at most 1.05 times what the limit dictates, and nothing refused"
    return [Table("Rate limit: time taken against what the limit dictates", target, "times the bound", rows, 1)]
