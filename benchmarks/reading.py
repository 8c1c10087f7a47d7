"""What the client itself costs: CPU of reading, time of importing, memory of iterating."""

import itertools
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial

import httpx

from apitally_mock import MockServer
from apitally_traffic import TrafficClient
from benchmarks.measure import Row, Run, Table, in_turns

ROWS, PAGE = 100_000, 1000
START, END = "2015-01-01T00:00:00+00:00", "2026-05-29T16:00:00+00:00"
ROUNDS = 9
CPU_ROUNDS = 21  # the CPU time of a shared machine varies


def main() -> list[Table]:
    """Measure, and return what was found."""
    with MockServer() as server:
        return [_cpu(server), _imports(), _memory(server)]


def _cpu(server: MockServer) -> Table:
    with (
        TrafficClient(server.api_key, base_url=server.url, concurrency=1, requests_per_minute=None) as client,
        httpx.Client(base_url=server.url, headers={"Api-Key": server.api_key}) as bare,
    ):
        query = client.get_traffic(1, start=START, end=END, page_size=PAGE)
        ways: dict[str, Callable[[], int]] = {
            "apitally_traffic, checked and typed items": lambda: sum(1 for _ in query),
            "httpx in a loop, dicts of `response.json()`": partial(_bare_loop, bare),
        }
        rows = in_turns(next(iter(ways)), {name: _cpu_seconds(read) for name, read in ways.items()}, CPU_ROUNDS)
    target = "at least 1.00 for the bare loop, connections open on both sides"
    return Table("Reading: CPU time of 100,000 rows", target, "times ours", rows, CPU_ROUNDS)


def _imports() -> Table:
    base = "import httpx, attrs, msgspec"
    ways: dict[str, Run] = {
        base: partial(_import_seconds, base),
        "import apitally_traffic": partial(_import_seconds, "import apitally_traffic"),
    }
    rows = in_turns(base, ways, ROUNDS)
    return Table("Import: time in a new interpreter", "at most 1.35", "times the libraries it needs", rows, ROUNDS)


def _memory(server: MockServer) -> Table:
    """Compare the peak of a million iterated hours with that of the first 20,000, in one process."""
    with TrafficClient(server.api_key, base_url=server.url, requests_per_minute=None) as client:
        items = iter(client.get_traffic(1, start="1910-01-01", end="2025-01-01"))
        for _ in itertools.islice(items, 20_000):
            pass
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        read = 20_000 + sum(1 for _ in itertools.islice(items, 980_000))
    assert read == 1_000_000, "the window must hold a million hours"
    ratio = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / before
    row = Row("a million hours, iterated", ratio, ratio, ratio)
    return Table("Memory: peak of the process", "at most 1.10", "times the peak after 20,000 hours", [row], 1)


def _bare_loop(client: httpx.Client) -> int:
    """Read with httpx alone, by cursor, doing no more than `response.json()` and looking at each row."""
    rows, token = 0, None
    while rows < ROWS:
        params = {"start": START, "end": END, "interval": "hour", "limit": str(PAGE)}
        if token:
            params["next_token"] = token
        page = client.get("/v1/apps/1/traffic", params=params).json()
        rows, token = rows + sum(1 for _ in page["data"]), page["next_token"]
    return rows


def _cpu_seconds(read: Callable[[], int]) -> Run:
    def run() -> float:
        began = time.process_time()
        assert read() == ROWS, "both sides must read the same rows"
        return time.process_time() - began

    return run


def _import_seconds(statement: str) -> float:
    began = time.perf_counter()
    subprocess.run([sys.executable, "-c", statement], check=True)
    return time.perf_counter() - began
