"""What the client costs compared with a bare loop: CPU of reading, time of the import, memory of iterating.

Every figure is a ratio or a difference of things measured alternately in one run on one machine. The mock server runs
in a process of its own, so its work does not count.
"""

import itertools
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial

import httpx

from apitally_mock import MockServer
from apitally_traffic import TrafficClient

ROWS, PAGE = 100_000, 1000
START, END = "2015-01-01T00:00:00+00:00", "2026-05-29T16:00:00+00:00"
ROUNDS = 5


def bare_loop(client: httpx.Client) -> int:
    """Read with httpx alone, following the page tokens, and do no more than `response.json()`."""
    rows, token = 0, None
    while rows < ROWS:
        parameters = {"start": START, "end": END, "interval": "hour", "limit": str(PAGE)}
        if token:
            parameters["next_token"] = token
        page = client.get("/v1/apps/1/traffic", params=parameters).json()
        rows, token = rows + len(page["data"]), page["next_token"]
    return rows


def our_loop(client: TrafficClient) -> int:
    """Read with the client, one slice at a time, into checked, typed items."""
    rows = 0
    for _ in client.get_traffic(1, start=START, end=END, page_size=PAGE):
        rows += 1
    return rows


def reading_ratio(server: MockServer) -> float:
    """Return the user CPU time of our loop, relative to that of the bare one; both clients are connected before."""

    def cpu_seconds(read: Callable[[], int]) -> float:
        before = resource.getrusage(resource.RUSAGE_SELF).ru_utime
        assert read() == ROWS, "both sides must read the same rows"
        return resource.getrusage(resource.RUSAGE_SELF).ru_utime - before

    with (
        TrafficClient(server.api_key, base_url=server.url, concurrency=1, requests_per_minute=None) as ours,
        httpx.Client(base_url=server.url, headers={"Api-Key": server.api_key}) as bare,
    ):
        our_loop(ours), bare_loop(bare)  # warms up the caches of server and interpreter
        pairs = [
            (cpu_seconds(partial(our_loop, ours)), cpu_seconds(partial(bare_loop, bare))) for _ in range(ROUNDS * 2)
        ]
    return statistics.median(ours / bare for ours, bare in pairs)


def import_seconds(statement: str) -> float:
    """Return how long a new interpreter takes for an import, without its start."""

    def run(code: str) -> float:
        began = time.perf_counter()
        subprocess.run([sys.executable, "-c", code], check=True)
        return time.perf_counter() - began

    return min(run(statement) for _ in range(ROUNDS * 2)) - min(run("pass") for _ in range(ROUNDS * 2))


def grown_megabytes(server: MockServer) -> float:
    """Return by how much iterating over a million periods raises the peak of resident memory."""
    with TrafficClient(server.api_key, base_url=server.url, requests_per_minute=None) as client:
        query = client.get_traffic(1, start="1910-01-01", end="2025-01-01")
        items = iter(query)
        for _ in itertools.islice(items, 20_000):
            pass
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        read = 20_000 + sum(1 for _ in itertools.islice(items, 980_000))
        assert read == 1_000_000, "the window must hold a million hours"
        return (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024


def main() -> None:
    """Measure and print."""
    with MockServer() as server:
        print(f"CPU of reading {ROWS:,} rows, relative to a bare loop: {reading_ratio(server):.2f} (bound: 1.05)")
        print(f"growth of memory over a million periods: {grown_megabytes(server):.0f} MB (bound: 50)")
    bare = "import httpx, attrs, msgspec"
    ratio = import_seconds("import apitally_traffic") / import_seconds(bare)
    print(f"import apitally_traffic, relative to {bare}: {ratio:.2f} (bound: 1.35)")


if __name__ == "__main__":
    main()
