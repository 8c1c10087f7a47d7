"""The command in a process of its own, against a mock server over real HTTP."""

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from apitally_mock import MockServer

COMMAND = str(Path(sys.executable).with_name("apitally-traffic"))
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

    def run(self, *arguments: str, env: dict[str, str] | None = None) -> "subprocess.CompletedProcess[str]":
        """Run the command to its end."""
        return subprocess.run(
            [COMMAND, *arguments],
            cwd=self.folder,
            env=self.env | (env or {}),
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
