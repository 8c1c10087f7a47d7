"""Run the contract suite and plain `st run` against the same broken and correct servers.

The servers are a sample of the suite's own catalogue, which favours the suite: the two grew together. Schemathesis gets
what a user would give it: the published spec, the key, and the ID of an app that exists. Since no correct server passes
that way, it has a second turn, tuned: with the overlaid spec, and without the check that an invented token is accepted.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.measure import Row, Table, compared
from contract_tests.mutants.catalogue import BROKEN
from contract_tests.mutants.different import DIFFERENT
from contract_tests.mutants.entry import Entry
from contract_tests.mutants.messages import Response
from contract_tests.mutants.reference import Reference
from contract_tests.mutants.serve import serve
from spec_pipeline.overlay import overlaid_spec
from spec_pipeline.project import Project

ROOT = Path(__file__).parents[1]
SERVERS = [*BROKEN[::18], *DIFFERENT[::9]]

Command = Callable[[str, Reference, Path], list[str]]


@dataclass
class Result:
    """What one tool did on all servers."""

    seconds: list[float] = field(default_factory=list)
    requests: int = 0
    caught: int = 0
    false_alarms: int = 0


def main() -> list[Table]:
    """Measure, and return the table."""
    tools: dict[str, tuple[Command, Result]] = {
        "the contract suite": (_suite, Result()),
        "`st run`": (_schemathesis, Result()),
        "`st run`, tuned": (_tuned, Result()),
    }
    for entry in SERVERS:
        for command, result in tools.values():
            _run(entry, command, result)
    seconds = {name: result.seconds for name, (_, result) in tools.items()}
    broken = sum(bool(entry.breaks) for entry in SERVERS)
    notes = {
        name: f"{result.caught} of {broken} broken servers caught, {result.false_alarms} of {len(SERVERS) - broken} "
        f"correct ones blamed, {result.requests / len(SERVERS):.0f} requests a server"
        for name, (_, result) in tools.items()
    }
    rows: list[Row] = compared("the contract suite", seconds, notes)
    target = "all broken servers caught, no correct one blamed"
    return [Table("Contract suite: broken and correct servers", target, "time", rows, len(SERVERS))]


def _run(entry: Entry, command: Command, result: Result) -> None:
    server = entry.server()
    counted = _Counted(server)
    with serve(counted) as url, tempfile.TemporaryDirectory() as folder:
        since = time.monotonic()
        done = subprocess.run(
            command(url, server, Path(folder)),
            cwd=ROOT if command is _suite else folder,  # schemathesis leaves a folder behind where it runs
            capture_output=True,
            text=True,
            check=False,
            env={name: value for name, value in os.environ.items() if not name.startswith("APITALLY_")},
        )
        result.seconds.append(time.monotonic() - since)
    if done.returncode not in {0, 1}:
        sys.exit(f"{' '.join(done.args)} could not run:\n{done.stdout}{done.stderr}")
    result.requests += counted.requests
    result.caught += bool(entry.breaks) and done.returncode == 1
    result.false_alarms += not entry.breaks and done.returncode == 1


class _Counted(Reference):
    """A server of the catalogue that counts the requests."""

    def __init__(self, server: Reference) -> None:
        super().__init__()
        self.requests = 0
        self._server = server

    def respond(self, target: str, headers: Mapping[str, str]) -> Response:
        self.requests += 1
        return self._server.respond(target, headers)


def _suite(url: str, server: Reference, folder: Path) -> list[str]:
    command = [sys.executable, "-m", "pytest", "contract_tests", "-q", "-p", "no:cacheprovider"]
    command += ["--base-url", url, "--api-key", server.key, "--app-id", str(server.app_id), "--app-env-id", "1"]
    return [*command, "--consumer-id", "2", "--seed", "0", "--report-dir", str(folder)]


def _schemathesis(url: str, server: Reference, folder: Path, spec: Path = ROOT / "openapi.json") -> list[str]:
    config = folder / "schemathesis.toml"
    config.write_text(f'[parameters]\n"path.app_id" = {server.app_id}\n', encoding="utf-8")
    command = [str(Path(sys.executable).with_name("schemathesis")), "--config-file", str(config), "run", str(spec)]
    return [*command, "--url", url, "--header", f"Api-Key: {server.key}", "--seed", "0", "--no-color"]


def _tuned(url: str, server: Reference, folder: Path) -> list[str]:
    """Use the overlaid spec, and leave out the check that an invented page token is accepted."""
    spec = folder / "overlaid.json"
    spec.write_text(json.dumps(overlaid_spec(Project(ROOT))), encoding="utf-8")
    return [*_schemathesis(url, server, folder, spec), "--exclude-checks", "positive_data_acceptance"]
