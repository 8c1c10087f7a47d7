"""The quickstart, as a stranger runs it."""

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "examples" / "quickstart.py"
DAY = re.compile(r"\s*\d{4}-\d{2}-\d{2} ")
WITHOUT_SETTINGS = {name: value for name, value in os.environ.items() if not name.startswith("APITALLY_")}
# What is started in the background may have been told to ignore Ctrl-C; what runs in a terminal has not.
INTERRUPTIBLE = """
import runpy, signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)
runpy.run_path(sys.argv[1], run_name="__main__")
"""


def servers_below(pid: int) -> list[int]:
    """Return the mock servers that a process has started."""
    tasks = Path(f"/proc/{pid}/task/{pid}/children")
    return [int(child) for child in tasks.read_text().split()] if tasks.exists() else []


def is_alive(pid: int) -> bool:
    """Return whether a process runs; one that has ended and was not yet reaped does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_shows_a_month_as_a_table() -> None:
    """It exits with 0 and shows 31 days, the open one included, with bars, in 80 columns."""
    run = subprocess.run(
        [sys.executable, SCRIPT],
        env={**WITHOUT_SETTINGS, "COLUMNS": "80", "PYTHONIOENCODING": "utf-8"},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert (run.returncode, run.stderr) == (0, "")
    rows = [line for line in run.stdout.splitlines() if DAY.match(line)]
    assert len(rows) == 31
    # The day that has only just begun may be too short for a bar.
    assert all("█" in row for row in rows[:-1])
    assert all("…" not in row and len(row) <= 80 for row in rows)
    assert "31 days" in run.stdout
    assert "APITALLY_API_KEY" in run.stdout


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="looks for processes in /proc")
def test_interrupt_leaves_no_process_behind() -> None:
    """Ctrl-C while the server runs ends both, without a traceback."""
    process = subprocess.Popen(
        [sys.executable, "-c", INTERRUPTIBLE, SCRIPT], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    deadline = time.monotonic() + 30
    while not (servers := servers_below(process.pid)):
        assert time.monotonic() < deadline, "no server was started"
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "Traceback" not in errors
    # A server whose start was interrupted sees the end of its input, and ends by itself.
    while any(is_alive(server) for server in servers):
        assert time.monotonic() < deadline, "the server is still there"
        time.sleep(0.01)
