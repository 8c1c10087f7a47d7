"""The command against a mock server over real HTTP."""

import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import pytest
import vl_convert

from apitally_mock import MockServer
from tests.command import COMMAND, run_inside

NOW = "2026-03-29T12:34:56Z"
"""The clock of the mock server stands still here: the day on which the clocks of Europe go forward."""


@dataclass
class Cli:
    """Runs the command in a folder of its own, with nothing of the environment of whoever runs the tests."""

    folder: Path
    env: dict[str, str] = field(default_factory=dict)

    def start(self, *arguments: str, **options: object) -> "subprocess.Popen[bytes]":
        """Start the command."""
        streams: dict[str, object] = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        return subprocess.Popen(  # type: ignore[call-overload,no-any-return]
            [COMMAND, *arguments], cwd=self.folder, env=self.env, **streams | options
        )

    def run(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        """Run the command to its end, inside this process."""
        return run_inside(arguments, self.folder, self.env)

    def process(self, *arguments: str, env: dict[str, str]) -> "subprocess.CompletedProcess[str]":
        """Run the command to its end in a process of its own, which reads its environment at its start."""
        return subprocess.run(
            [COMMAND, *arguments],
            cwd=self.folder,
            env=self.env | env,
            capture_output=True,
            check=False,
            encoding="utf-8",
            timeout=120,
        )

    def data(self, *arguments: str) -> str:
        """Run the command, which must succeed and print nothing but data."""
        done = self.run(*arguments)
        assert (done.returncode, done.stderr) == (0, "")
        return done.stdout


@pytest.fixture(scope="session", autouse=True)
def _bundled_once() -> Iterator[None]:
    """Let the scripts that each page carries be bundled once, which takes longer than all the rest of a page."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(vl_convert, "javascript_bundle", cache(vl_convert.javascript_bundle))
        yield


@pytest.fixture(scope="session")
def running_server() -> Iterator[MockServer]:
    """Run a mock server, in a process of its own, for all tests of the command."""
    with MockServer(now=NOW) as server:
        yield server


@pytest.fixture
def server(running_server: MockServer) -> MockServer:
    """Return the mock server as at its start."""
    running_server.reset()
    return running_server


@pytest.fixture
def bare(tmp_path: Path) -> Cli:
    """Return the command without any settings."""
    home = tmp_path / "home"
    work = tmp_path / "work"
    home.mkdir()
    work.mkdir()
    env = {"HOME": str(home), "PATH": os.pathsep.join([str(Path(COMMAND).parent), os.environ["PATH"]])}
    return Cli(work, {**env, "DLT_DATA_DIR": str(home / "dlt"), "LANG": "C.UTF-8"})


@pytest.fixture
def cli(bare: Cli, server: MockServer) -> Cli:
    """Return the command, set up for the mock server."""
    bare.env |= {"APITALLY_API_KEY": server.api_key, "APITALLY_API_BASE_URL": server.url}
    return bare
