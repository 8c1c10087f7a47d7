"""The command's help: the CPU time of its process, against one that only imports what such commands are built on."""

import os
import subprocess
import sys
from pathlib import Path

from benchmarks.measure import Run, Table, in_turns

ROUNDS = 9
OURS = "apitally-traffic --help"


def main() -> list[Table]:
    """Measure, and return what was found."""
    ways = {
        OURS: _cpu(str(Path(sys.executable).with_name("apitally-traffic")), "--help"),
        "python -c 'import typer, rich'": _cpu(sys.executable, "-c", "import typer, rich"),
        "python -c 'import click'": _cpu(sys.executable, "-c", "import click"),
        "python -c 'import apitally_traffic'": _cpu(sys.executable, "-c", "import apitally_traffic"),
    }
    rows = in_turns(OURS, ways, ROUNDS)
    title, target = "Command: CPU time of --help", "at most that of importing typer and rich"
    return [Table(title, target, "times ours", rows, ROUNDS)]


def _cpu(*command: str) -> Run:
    def run() -> float:
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        assert process.returncode == 0, f"{command} must succeed"
        return usage.ru_utime + usage.ru_stime

    return run
