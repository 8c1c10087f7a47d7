"""The child process of a `MockServer`: how it starts, and how it ends with its owner, the process that started it.

The owner writes one line with the settings to the child's stdin. The child replies on its stdout with one line that
begins with a marker, because other code that Python loads at its start may print, too.
"""

import contextlib
import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import threading
from pathlib import Path
from typing import Any, Final

from apitally_mock._serve import serve
from apitally_mock.errors import MockServerError
from apitally_mock.settings import Settings

PROGRAM: Final = """
import json, os, sys, threading, time

def end_with(owner):
    while os.getppid() == owner:
        time.sleep(0.2)
    os._exit(0)

if sys.platform != "win32":
    threading.Thread(target=end_with, args=[int(sys.argv[1])], daemon=True).start()
start = json.loads(sys.stdin.buffer.readline() or sys.exit())
sys.path[:] = start["path"]
from apitally_mock._process import main
main(start["settings"])
"""
"""The program of the child. It imports from the `sys.path` of its owner, so that both have the same versions.

The child ends when its stdin does, with its owner. Where a forked child of the owner keeps the other end of the pipe
open, the child ends when it has another parent process; Windows has no forks.
"""

_START_SECONDS: Final = 60.0
_MARKER: Final = b"apitally-mock reply: "
_PYTHON_NAME = re.compile(r"(python|pypy)[0-9.]*w?(d|_d)?(\.exe)?", re.IGNORECASE)


class ServerProcess:
    """A mock server in a child process. It starts at once, and accepts requests when `wait_until_ready` has returned.

    Raises:
        MockServerError: no child process can be started.
    """

    def __init__(self, settings: Settings) -> None:
        # The import system accepts these types, and ignores all others.
        path = [os.fsdecode(entry) for entry in sys.path if isinstance(entry, str | bytes | os.PathLike)]
        self._start = {"path": path, "settings": settings.to_json()}
        command = [_interpreter(), "-P", "-c", PROGRAM, str(os.getpid())]
        try:
            # In its own session, it gets no Ctrl-C from the terminal, so that a test can use it to clean up.
            self._process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True
            )
        except (OSError, ValueError) as error:
            raise MockServerError(f"The mock server cannot be started with {command[0]}: {error}.") from None

    def wait_until_ready(self) -> str:
        """Return the URL of the server as soon as it accepts requests.

        Raises:
            MockServerError: it ends, cannot serve, or is not ready in time.
        """
        assert self._process.stdin, "opened as a pipe"
        assert self._process.stdout, "opened as a pipe"
        timer = threading.Timer(_START_SECONDS, self._process.kill)
        timer.daemon = True  # after an interrupt, the interpreter must not wait for it at its exit
        timer.start()
        try:
            with contextlib.suppress(OSError):  # the child has ended already
                self._process.stdin.write(json.dumps(self._start).encode() + b"\n")
                self._process.stdin.flush()
            reply = next((line for line in self._process.stdout if _MARKER in line), None)
            if reply is None:
                code = self._process.wait()
                if timer.finished.is_set():
                    raise MockServerError(f"The mock server was not ready after {_START_SECONDS:g} seconds.")
                raise MockServerError(
                    f"The mock server ended before it was ready, with exit code {code}; stderr may say why."
                )
        finally:
            timer.cancel()
            timer.join()  # no thread may run when the owner forks
        outcome: dict[str, str] = json.loads(reply.partition(_MARKER)[2])
        if "error" in outcome:
            raise MockServerError(outcome["error"])
        return outcome["url"]

    def end(self) -> None:
        """End the server; it is gone when this returns."""
        with contextlib.suppress(OSError), self._process:  # the pipes are closed; what is not written yet can be lost
            self._process.kill()  # it has nothing to save


def main(settings: dict[str, Any]) -> None:
    """Serve until stdin ends; report the `url`, or the `error` that prevents the start."""
    threading.Thread(target=lambda: os._exit(bool(sys.stdin.buffer.read())), daemon=True).start()
    # All other output goes to stderr, because nobody reads the pipe behind stdout after the report.
    report = os.dup(1)
    os.dup2(2, 1)

    def tell(**outcome: str) -> None:
        os.write(report, _MARKER + json.dumps(outcome).encode() + b"\n")
        os.close(report)

    try:
        serve(Settings.from_json(settings), lambda url, _: tell(url=url))
    except MockServerError as error:
        tell(error=str(error))


def _interpreter() -> str:
    """Return the path of an interpreter of this version, also where `sys.executable` is a program that embeds Python.

    Raises:
        MockServerError: there is none.
    """
    name, prefix = f"python{sysconfig.get_python_version()}", sys.base_exec_prefix
    for candidate in (sys.executable, f"{prefix}/bin/{name}", f"{prefix}/python.exe", name):
        # A program that embeds Python can set `sys.executable` to any object.
        is_python = isinstance(candidate, str) and _PYTHON_NAME.fullmatch(Path(candidate).name)
        if is_python and (path := shutil.which(candidate)):
            return path
    raise MockServerError(
        f"The mock server needs a Python interpreter to run in, and sys.executable is {sys.executable!r}."
    )
