"""The process that a `MockServer` runs in: how it starts, and how it ends with the process that owns it.

The owner holds one end of the child's stdin and stdout. It sends one line that says what to serve; the child replies
with one line, which a random word marks, because other code that Python loads at its start may print, too.
"""

import contextlib
import json
import os
import re
import secrets
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
sys.exit(main(start["settings"], start["marker"]))
"""
"""What the child runs. It imports from where its owner does, so that both have the same version of everything.

Its stdin ends with its owner, and so does it, unless a forked child of the owner has inherited the other end of the
pipe. A new parent process shows that the owner is gone in that case, too; on Windows there are no forks.
"""

_START_SECONDS: Final = 60.0
_PYTHON_NAME = re.compile(r"(python|pypy)[0-9.]*w?(d|_d)?(\.exe)?", re.IGNORECASE)


class ServerProcess:
    """A mock server in a child process, which starts at once and accepts requests after `wait_until_ready`.

    Raises:
        MockServerError: no child process can be started.
    """

    def __init__(self, settings: Settings) -> None:
        # The import system takes paths that are no strings, and ignores everything else.
        path = [os.fsdecode(entry) for entry in sys.path if isinstance(entry, str | bytes | os.PathLike)]
        self._marker = f"apitally-mock-{secrets.token_hex(8)}:"
        self._start = {"path": path, "settings": settings.to_json(), "marker": self._marker}
        command = [_interpreter(), "-P", "-c", PROGRAM, str(os.getpid())]
        try:
            # In a session of its own, Ctrl-C in the terminal does not end it before the test has cleaned up.
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
        timer.daemon = True  # an interrupt before its end must not delay the end of the interpreter
        timer.start()
        try:
            with contextlib.suppress(OSError):  # it has ended already
                self._process.stdin.write(json.dumps(self._start).encode() + b"\n")
                self._process.stdin.flush()
            reply = next((line for line in self._process.stdout if self._marker.encode() in line), None)
            if reply is None:
                code = self._process.wait()
                if timer.finished.is_set():
                    raise MockServerError(f"The mock server was not ready after {_START_SECONDS:g} seconds.")
                raise MockServerError(
                    f"The mock server ended before it was ready, with exit code {code}; stderr may say why."
                )
        finally:
            timer.cancel()
            timer.join()  # a later fork must not copy this thread
        outcome: dict[str, str] = json.loads(reply.partition(self._marker.encode())[2])
        if "error" in outcome:
            raise MockServerError(outcome["error"])
        return outcome["url"]

    def end(self) -> None:
        """End the server; it is gone when this returns."""
        self._process.kill()  # it has nothing to save
        for pipe in (self._process.stdin, self._process.stdout):
            with contextlib.suppress(OSError):  # what is left to write can be lost
                pipe.close()  # type: ignore[union-attr]  # opened as pipes
        self._process.wait()


def main(settings: dict[str, Any], marker: str) -> int:
    """Serve until stdin ends, and report the `url`, or the `error` that keeps the server from starting."""
    threading.Thread(target=lambda: os._exit(bool(sys.stdin.buffer.read())), daemon=True).start()
    # From here on, all output goes to stderr: nobody reads the pipe behind stdout after the report.
    report = os.dup(1)
    os.dup2(2, 1)

    def tell(**outcome: str) -> None:
        os.write(report, f"{marker}{json.dumps(outcome)}\n".encode())
        os.close(report)

    try:
        serve(Settings.from_json(settings), lambda url, _: tell(url=url))
    except MockServerError as error:
        tell(error=str(error))
        return 1
    return 0


def _interpreter() -> str:
    """Return the path of this version of Python, also where `sys.executable` is the program that embeds it.

    Raises:
        MockServerError: there is none.
    """
    name, prefix = f"python{sysconfig.get_python_version()}", Path(sys.base_exec_prefix)
    executable: object = sys.executable  # a program that embeds Python may put anything there
    for candidate in (executable, prefix / "bin" / name, prefix / "python.exe", shutil.which(name)):
        if (
            isinstance(candidate, str | Path)
            and _PYTHON_NAME.fullmatch(Path(candidate).name)
            and os.access(candidate, os.X_OK)
        ):
            return str(candidate)
    raise MockServerError(
        f"The mock server needs a Python interpreter to run in, and sys.executable is {sys.executable!r}."
    )
