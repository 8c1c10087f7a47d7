"""Tables of 100,000 hours: ours against `pandas.DataFrame(response.json())` with its times parsed. CPU time."""

import time
from collections.abc import Callable
from typing import Any

import httpx
import pandas as pd

from apitally_mock import MockServer
from apitally_traffic import TrafficClient
from benchmarks.measure import Run, Table, in_turns

START, END = "2015-01-01T00:00:00+00:00", "2026-05-29T16:00:00+00:00"
ROWS = 100_000
ROUNDS = 5


def naive_pandas(client: httpx.Client) -> int:
    """Gather the rows of all pages, make a frame, parse its times."""
    rows: list[dict[str, Any]] = []
    params: dict[str, Any] = {"start": START, "end": END, "limit": 1000}
    while True:
        page = client.get("/v1/apps/1/traffic", params=params).json()
        rows += page["data"]
        if not page["has_more"]:
            break
        params["next_token"] = page["next_token"]
    frame = pd.DataFrame(rows)
    for name in ("period_start", "period_end"):
        frame[name] = pd.to_datetime(frame[name])
    return len(frame)


def main() -> list[Table]:
    """Measure, and return what was found."""
    with (
        MockServer() as server,
        TrafficClient(server.api_key, base_url=server.url, concurrency=1, requests_per_minute=None) as client,
        httpx.Client(base_url=server.url, headers={"Api-Key": server.api_key}) as bare,
    ):
        query = client.get_traffic(1, start=START, end=END)
        ways: dict[str, Callable[[], int]] = {
            "to_pandas()": lambda: len(query.to_pandas()),
            "to_polars()": lambda: len(query.to_polars()),
            "to_arrow()": lambda: query.to_arrow().num_rows,
            "httpx, DataFrame(…), to_datetime(…)": lambda: naive_pandas(bare),
        }
        runs = {name: _cpu(make, name) for name, make in ways.items()}
        rows = in_turns("to_pandas()", runs, ROUNDS)
    return [Table("Frames: CPU time of 100,000 rows", "ours the fastest", "times ours", rows, ROUNDS)]


def _cpu(make: Callable[[], int], name: str) -> Run:
    def run() -> float:
        began = time.process_time()
        assert make() == ROWS, f"{name} must make every row"
        return time.process_time() - began

    return run
