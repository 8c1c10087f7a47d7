"""What the client costs above a bare loop: CPU of reading, time of importing, memory of iterating.

Every figure is a ratio, or a difference, of things measured side by side in one run on one machine. The server is a
mock in a process of its own, so its work does not count.
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
    """Read with httpx alone, by cursor, doing no more than `response.json()`."""
    rows, token = 0, None
    while rows < ROWS:
        parameters = {"start": START, "end": END, "interval": "hour", "limit": str(PAGE)}
        if token:
            parameters["next_token"] = token
        page = client.get("/v1/apps/1/traffic", params=parameters).json()
        rows, token = rows + len(page["data"]), page["next_token"]
    return rows


def our_loop(client: TrafficClient) -> int:
    """Read with the client, one slice at a time, making checked, typed items."""
    rows = 0
    for _ in client.get_traffic(1, start=START, end=END, page_size=PAGE):
        rows += 1
    return rows


def reading_ratio(server: MockServer) -> float:
    """Return the CPU time of our loop against that of the bare one, both with a client that is made and connected."""

    def cpu_seconds(read: Callable[[], int]) -> float:
        began = time.process_time()
        assert read() == ROWS, "both sides must read the same rows"
        return time.process_time() - began

    with (
        TrafficClient(server.api_key, base_url=server.url, concurrency=1, requests_per_minute=None) as ours,
        httpx.Client(base_url=server.url, headers={"Api-Key": server.api_key}) as bare,
    ):
        our_loop(ours), bare_loop(bare)  # the server's caches, and the interpreter's
        pairs = [
            (cpu_seconds(partial(our_loop, ours)), cpu_seconds(partial(bare_loop, bare))) for _ in range(ROUNDS * 2)
        ]
    return statistics.median(ours / bare for ours, bare in pairs)


def import_seconds(statement: str) -> float:
    """Return the time that a new interpreter takes for an import, above what it takes to start."""

    def run(code: str) -> float:
        began = time.perf_counter()
        subprocess.run([sys.executable, "-c", code], check=True)
        return time.perf_counter() - began

    return min(run(statement) for _ in range(ROUNDS * 2)) - min(run("pass") for _ in range(ROUNDS * 2))


def grown_megabytes(server: MockServer) -> float:
    """Return by how much a million iterated periods raise the peak of resident memory."""
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
        print(
            f"CPU of reading {ROWS:,} rows, against a bare httpx loop: {reading_ratio(server):.2f} times (bound: 1.15)"
        )
        print(f"memory grown by a million periods: {grown_megabytes(server):.0f} MB (bound: 50)")
    bare = import_seconds("import httpx, attrs")
    for statement in ("import apitally_traffic", "from apitally_traffic import TrafficClient"):
        print(f"{statement}, against import httpx, attrs: {import_seconds(statement) / bare:.2f} times (bound: 1.20)")


if __name__ == "__main__":
    main()
