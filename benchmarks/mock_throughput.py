"""Full pages per second of the mock server, against one-row canned responses of Stoplight Prism on the same machine.

    python benchmarks/mock_throughput.py [--seconds 5] [--rounds 3]

It needs `wrk`, and Node for Prism (`prism`, or `npx` to fetch it); if one of them is missing, it says so and ends. The
two take turns, so that other load affects both. It fails if the mock server is slower.
"""

import argparse
import contextlib
import os
import re
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx

from apitally_mock import MockServer

SPEC = Path(__file__).parents[1] / "openapi.json"
PRISM = "@stoplight/prism-cli@5"
QUERY = "/v1/apps/1/traffic?start=2025-05-14T00:00:00Z&end=2025-06-14T00:00:00Z&limit=100"
CONNECTIONS = 16
_START_SECONDS = 120


def main() -> int:
    """Run the comparison and return the exit code."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--seconds", type=int, default=5, help="length of one measurement (default: %(default)s)")
    parser.add_argument("--rounds", type=int, default=3, help="measurements of each server (default: %(default)s)")
    options = parser.parse_args()
    prism = shutil.which("prism")
    command = [prism] if prism else ["npx", "--yes", "--package", PRISM, "prism"]
    for program in ("wrk", "node", command[0]):
        if not shutil.which(program):
            print(f"Skipped: the comparison needs {program}, and it is not installed here.")
            return 0
    with MockServer() as mock, _running_prism(command) as prism_url:
        rates: dict[str, list[float]] = {"apitally_mock": [], "Prism": []}
        for _ in range(options.rounds):
            rates["apitally_mock"].append(_pages_a_second(mock.url, mock.api_key, options.seconds))
            rates["Prism"].append(_pages_a_second(prism_url, mock.api_key, options.seconds))
        rows = {
            name: len(httpx.get(url + QUERY, headers={"Api-Key": mock.api_key}).json()["data"])
            for name, url in (("apitally_mock", mock.url), ("Prism", prism_url))
        }
    print(f"| server | rows a page | pages a second (median of {options.rounds}) | lowest | highest |")
    print("| --- | --- | --- | --- | --- |")
    for name, measured in rates.items():
        print(
            f"| {name} | {rows[name]} | {statistics.median(measured):.0f} | {min(measured):.0f} | {max(measured):.0f} |"
        )
    return int(statistics.median(rates["apitally_mock"]) < statistics.median(rates["Prism"]))


def _pages_a_second(url: str, key: str, seconds: int) -> float:
    command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "-H", f"Api-Key: {key}", url + QUERY]
    output = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    rate = re.search(r"Requests/sec:\s+([0-9.]+)", output)
    if rate is None or "Non-2xx" in output or "Socket errors" in output:
        sys.exit(f"{url} did not return a page for every request:\n{output}")
    return float(rate[1])


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


if __name__ == "__main__":
    sys.exit(main())
