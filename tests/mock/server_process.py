"""Look at the process of a mock server, and run scripts that start one."""

import os
import socket
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import apitally_mock


def is_listening(url: str) -> bool:
    host, port = url.removeprefix("http://").split(":")
    with socket.socket() as connection:
        return connection.connect_ex((host, int(port))) == 0


def wait_until_gone(url: str) -> None:
    deadline = time.monotonic() + 10
    while is_listening(url):
        assert time.monotonic() < deadline, "the server is still there"
        time.sleep(0.05)


def run_script(script: str, folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a script in a process of its own, which imports the mock server from where the tests do."""
    return subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script)],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(Path(apitally_mock.__file__).parents[1])} | environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def is_running(pid: int) -> bool:
    """Return whether there is such a process; one that has ended, but was not waited for, is not running."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False
