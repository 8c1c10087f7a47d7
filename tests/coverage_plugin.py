"""Loaded by `nox -s coverage` alone: a mock server, killed otherwise, ends so that it writes what it has covered."""

import contextlib
import subprocess

from apitally_mock._process import ServerProcess

_SECONDS = 20
_end = ServerProcess.end


def _end_with_its_input(server: ServerProcess) -> None:
    process = server._process  # noqa: SLF001
    with contextlib.suppress(OSError, subprocess.TimeoutExpired):
        assert process.stdin, "opened as a pipe"
        process.stdin.close()
        process.wait(_SECONDS)
    _end(server)


setattr(ServerProcess, "end", _end_with_its_input)  # noqa: B010 - mypy takes no assignment to a method
