"""Loaded by `nox -s coverage` alone: the processes that the tests start are measured, too.

A mock server, killed otherwise, ends so that it writes what it has covered, and an environment that a test makes for a
process has the settings of the measurement, too.
"""

import contextlib
import os
import subprocess
from typing import Any

from apitally_mock._process import ServerProcess

_SECONDS = 20
_end = ServerProcess.end
_start = subprocess.Popen.__init__


def _end_with_its_input(server: ServerProcess) -> None:
    process = server._process  # noqa: SLF001
    with contextlib.suppress(OSError, subprocess.TimeoutExpired):
        assert process.stdin, "opened as a pipe"
        process.stdin.close()
        process.wait(_SECONDS)
    _end(server)


def _start_measured(process: "subprocess.Popen[Any]", *arguments: Any, **options: Any) -> None:
    if options.get("env") is not None:
        settings = {name: value for name, value in os.environ.items() if name.startswith("COVERAGE_")}
        options["env"] = settings | options["env"]
    _start(process, *arguments, **options)


setattr(ServerProcess, "end", _end_with_its_input)  # noqa: B010 - mypy takes no assignment to a method
setattr(subprocess.Popen, "__init__", _start_measured)  # noqa: B010 - likewise
