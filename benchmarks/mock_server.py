"""Full pages per second of the mock server, compared with one-row canned responses of Stoplight Prism.

It needs `wrk`, and Node for Prism (`prism`, or `npx` to fetch it); if one of them is missing, it says so and measures
nothing.
"""

import contextlib
import functools
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx

from apitally_mock import MockServer
from benchmarks.measure import Table, in_turns

SPEC = Path(__file__).parents[1] / "openapi.json"
PRISM = "@stoplight/prism-cli@5"
QUERY = "/v1/apps/1/traffic?start=2025-05-14T00:00:00Z&end=2025-06-14T00:00:00Z&limit=100"
CONNECTIONS, SECONDS, ROUNDS = 16, 5, 3
_START_SECONDS = 120


def main() -> list[Table]:
    """Measure, and return the table; it is empty where a program is missing."""
    prism = shutil.which("prism")
    command = [prism] if prism else ["npx", "--yes", "--package", PRISM, "prism"]
    for program in ("wrk", "node", command[0]):
        if not shutil.which(program):
            print(f"The comparison with Prism needs {program}, which is not installed here.")
            return []
    with MockServer() as mock, _running_prism(command) as prism_url:
        urls = {"apitally_mock": mock.url, "Prism": prism_url}
        key = {"Api-Key": mock.api_key}
        notes = {
            name: f"{len(httpx.get(url + QUERY, headers=key).json()['data'])} rows a page" for name, url in urls.items()
        }
        rows = in_turns(
            "apitally_mock",
            {name: functools.partial(_seconds_for_a_page, url, mock.api_key) for name, url in urls.items()},
            rounds=ROUNDS,
            notes=notes,
        )
    return [Table("Mock server: pages of 100 rows", "Prism at least 1.0", "time for a page", rows, ROUNDS)]


def _seconds_for_a_page(url: str, key: str) -> float:
    command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{SECONDS}s", "-H", f"Api-Key: {key}", url + QUERY]
    output = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    rate = re.search(r"Requests/sec:\s+([0-9.]+)", output)
    if rate is None or "Non-2xx" in output or "Socket errors" in output:
        sys.exit(f"{url} did not return a page for every request:\n{output}")
    return 1 / float(rate[1])


@contextlib.contextmanager
def _running_prism(command: list[str]) -> Iterator[str]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    arguments = [*command, "mock", "--port", str(port), "--host", "127.0.0.1", "--verboseLevel", "silent", str(SPEC)]
    # A session of its own, so that the server which npx starts can be ended together with npx.
    with subprocess.Popen(
        arguments, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    ) as process:
        try:
            deadline = time.monotonic() + _START_SECONDS
            while True:
                with contextlib.suppress(httpx.TransportError):
                    httpx.get(url)
                    break
                if process.poll() is not None or time.monotonic() > deadline:
                    sys.exit(f"Prism did not start; run it manually to see why: {' '.join(arguments)}")
                time.sleep(0.2)
            yield url
        finally:
            os.killpg(process.pid, signal.SIGTERM)
