"""Run the suite against one server of the catalogue, each in a process of its own."""

import json
import tempfile
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from contract_tests.mutants.catalogue import ENTRIES
from contract_tests.mutants.entry import Entry
from contract_tests.mutants.forked import PROCESSES, run_suite
from contract_tests.mutants.serve import serve

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
            right, named = set(self.entry.breaks), set(self.named)
            is_blamed_elsewhere = (
                bool(named - right) if self.entry.alone else bool(_operations(named) - _operations(right))
            )
            return self.exit_code == 1 and bool(named & right) and not is_blamed_elsewhere
        return self.exit_code == 0


def run_against(entry: Entry, seed: str, promises: Sequence[str] = ()) -> Result:
    """Run the suite, or the tests of some promises, against one server."""
    with tempfile.TemporaryDirectory() as folder, _served(entry) as (url, key, app_id):
        since = time.monotonic()
        arguments = ["--base-url", url, "--api-key", key, "--app-id", str(app_id), "--app-env-id", "1"]
        arguments += ["--consumer-id", "2", "--seed", seed, "--report-dir", folder]
        arguments += ["--spec", str(entry.spec)] if entry.spec else []
        ended = run_suite(["contract_tests", "-q", "--tb=native", *arguments], promises=promises)
        seconds = time.monotonic() - since
        content: dict[str, Any] = {"promises": [], "requests": 0}
        report = Path(folder, "report.json")
        if report.exists():
            content = json.loads(report.read_text(encoding="utf-8"))
    named = tuple(promise["id"] for promise in content["promises"] if promise["verdict"] == "broken")
    return Result(entry, ended.exit_code, named, content["requests"], seconds, (ended.stdout + ended.stderr)[-6000:])


def _operations(promises: Iterable[str]) -> set[str]:
    """Return the operations that promises are about."""
    return {promise.partition("@")[2] for promise in promises}


@contextmanager
def _served(entry: Entry) -> Iterator[tuple[str, str, int]]:
    """Serve an entry, and give the base URL, the key and the app."""
    ours, theirs = PROCESSES.Pipe()
    server = PROCESSES.Process(target=_serve, args=(entry.name, theirs), daemon=True)
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
