"""Run the suite against the servers of the catalogue, and print the kill matrix.

Exit codes: 0 every broken server is caught under a right promise and every other one passes, 1 not so.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from contract_tests.mutants.catalogue import ENTRIES
from contract_tests.mutants.entry import Entry

_ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Result:
    """The result of a run against one server."""

    entry: Entry
    exit_code: int
    named: tuple[str, ...]
    requests: int
    seconds: float
    output: str

    @property
    def is_right(self) -> bool:
        """Whether a broken server was caught under a right promise, or a correct one passed."""
        if self.entry.breaks:
            right = set(self.entry.breaks)
            is_named = not right.isdisjoint(self.named) and (not self.entry.alone or right.issuperset(self.named))
            return self.exit_code == 1 and is_named
        return self.exit_code == 0


def main() -> int:
    """Run the catalogue and return the exit code."""
    parser = argparse.ArgumentParser(prog="contract_tests.mutants", description=__doc__)
    parser.add_argument("--all", action="store_true", help="the whole catalogue, not only a part that takes minutes")
    parser.add_argument("--only", default="", help="only entries of which the name, or a promise, contains this")
    parser.add_argument("--seed", default="0", help="the seed of the runs")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="how many runs at a time")
    parser.add_argument("--verbose", action="store_true", help="show the output of the runs that went wrong")
    options = parser.parse_args()
    is_asked = options.all or bool(options.only)
    entries = [entry for entry in ENTRIES if options.only in entry.title and (entry.fast or is_asked)]
    with ThreadPoolExecutor(options.jobs) as pool:
        results = []
        for result in pool.map(lambda entry: run_against(entry, options.seed), entries):
            results.append(result)
            print(_line(result), flush=True)
            if options.verbose and not result.is_right:
                print(result.output, flush=True)
    return _conclude(results)


def run_against(entry: Entry, seed: str) -> Result:
    """Run the suite against one server, in processes of their own."""
    with tempfile.TemporaryDirectory() as folder:
        server = subprocess.Popen(
            [sys.executable, "-m", "contract_tests.mutants.serve", entry.name],
            cwd=_ROOT,
            stdout=subprocess.PIPE,
            text=True,
        )
        try:
            assert server.stdout is not None, "opened as a pipe"
            started = json.loads(server.stdout.readline())
            since = time.monotonic()
            arguments = ["--base-url", started["url"], "--api-key", started["key"], "--app-id", str(started["app_id"])]
            arguments += ["--app-env-id", "1", "--consumer-id", "2", "--seed", seed, "--report-dir", folder]
            arguments += ["--spec", str(entry.spec)] if entry.spec else []
            command = [sys.executable, "-m", "pytest", "contract_tests", "-q", "--tb=short", "--assert=plain"]
            command += ["-p", "no:cacheprovider", *arguments]
            run = subprocess.run(command, cwd=_ROOT, capture_output=True, text=True, check=False)
            seconds = time.monotonic() - since
        finally:
            server.kill()
            server.communicate()
        report = Path(folder) / "report.json"
        content: dict[str, Any] = {"promises": [], "requests": 0}
        if report.exists():
            content = json.loads(report.read_text(encoding="utf-8"))
    named = tuple(promise["id"] for promise in content["promises"] if promise["verdict"] == "broken")
    return Result(entry, run.returncode, named, content["requests"], seconds, run.stdout[-4000:] + run.stderr[-2000:])


def _line(result: Result) -> str:
    expected = " or ".join(result.entry.breaks) or "correct"
    found = ", ".join(result.named) or f"exit {result.exit_code}"
    mark = "ok" if result.is_right else "MISSED" if result.entry.breaks else "FALSE ALARM"
    cost = f"{result.requests} requests, {result.seconds:.0f} s"
    return f"{mark:<11} {result.entry.name:<60} {expected:<45} -> {found}  ({cost})"


def _conclude(results: list[Result]) -> int:
    broken = [result for result in results if result.entry.breaks]
    correct = [result for result in results if not result.entry.breaks]
    caught, passed = sum(result.is_right for result in broken), sum(result.is_right for result in correct)
    most = max((result.requests for result in results), default=0)
    print(f"{caught} of {len(broken)} broken servers caught, {passed} of {len(correct)} correct ones pass")
    print(f"at most {most} requests a run")
    return 0 if caught == len(broken) and passed == len(correct) else 1


if __name__ == "__main__":
    sys.exit(main())
