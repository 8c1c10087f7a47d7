"""Run the suite against one server of the catalogue, each in a process of its own.

The processes are forked from one that has imported everything, which is most of the CPU of a run.
"""

import json
import multiprocessing
import os
import pkgutil
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import pytest

from contract_tests.mutants.catalogue import ENTRIES
from contract_tests.mutants.entry import Entry
from contract_tests.mutants.serve import serve

_ROOT = Path(__file__).parents[2]
_SUITE = ("conftest", "operations", "relations", "schema")
_SECONDS_TO_START = 60


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


def run_against(entry: Entry, seed: str) -> Result:
    """Run the suite against one server."""
    with tempfile.TemporaryDirectory() as folder, _served(entry) as (url, key, app_id):
        since = time.monotonic()
        arguments = ["--base-url", url, "--api-key", key, "--app-id", str(app_id), "--app-env-id", "1"]
        arguments += ["--consumer-id", "2", "--seed", seed, "--report-dir", folder]
        arguments += ["--spec", str(entry.spec)] if entry.spec else []
        output, report = Path(folder, "output.txt"), Path(folder, "report.json")
        suite = _PROCESSES.Process(target=_ask, args=(arguments, output))
        suite.start()
        suite.join()
        seconds = time.monotonic() - since
        content: dict[str, Any] = {"promises": [], "requests": 0}
        if report.exists():
            content = json.loads(report.read_text(encoding="utf-8"))
        printed = output.read_text(encoding="utf-8", errors="replace")[-6000:]
    named = tuple(promise["id"] for promise in content["promises"] if promise["verdict"] == "broken")
    assert suite.exitcode is not None, "it was waited for"
    return Result(entry, suite.exitcode, named, content["requests"], seconds, printed)


@contextmanager
def _served(entry: Entry) -> Iterator[tuple[str, str, int]]:
    """Serve an entry, and give the base URL, the key and the app."""
    ours, theirs = _PROCESSES.Pipe()
    server = _PROCESSES.Process(target=_serve, args=(entry.name, theirs), daemon=True)
    server.start()
    try:
        if not ours.poll(_SECONDS_TO_START):
            raise RuntimeError(f"The server of {entry.name} did not start within {_SECONDS_TO_START} seconds.")
        yield ours.recv()
    finally:
        server.kill()
        server.join()


def _serve(name: str, started: Connection) -> None:
    """Serve the entry of this name until killed."""
    server = next(entry for entry in ENTRIES if entry.name == name).server()
    with serve(server) as url:
        started.send((url, server.key, server.app_id))
        threading.Event().wait()


def _ask(arguments: list[str], output: Path) -> None:
    """Run the suite in this process, which ends with its exit code, and write what it prints to a file."""
    os.chdir(_ROOT)
    with output.open("w", encoding="utf-8") as file:
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
            os.dup2(file.fileno(), stream.fileno())
        sys.exit(pytest.main(["contract_tests", "-q", "--tb=short", *arguments]))


def _modules_of_the_suite() -> list[str]:
    """Return the names of the suite's modules, tests included."""
    package = Path(__file__).parents[1]
    found = pkgutil.walk_packages([str(package)], "contract_tests.")
    return [module.name for module in found if module.name.split(".")[1] in _SUITE]


_IS_FORKED = "forkserver" in multiprocessing.get_all_start_methods()
_PROCESSES = multiprocessing.get_context("forkserver") if _IS_FORKED else multiprocessing.get_context("spawn")
_PROCESSES.set_forkserver_preload([__name__, *_modules_of_the_suite()])
