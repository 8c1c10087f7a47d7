"""Run a server for the process that started this one, and end with it.

`MockServer` holds the other end of stdin. Its first line says what to run, and the answer is one line on stdout, both
JSON. The end of stdin is the end of the server, whatever became of the process that had it open.
"""

import json
import sys
import threading
from collections.abc import Callable
from typing import Any, Final

from apitally_mock.process import CannotStartError, run
from apitally_mock.settings import Settings

PROGRAM: Final = (
    "import json, sys; start = json.loads(sys.stdin.readline() or sys.exit()); sys.path[:] = start['path']; "
    "from apitally_mock.supervised import main; sys.exit(main(start['settings']))"
)
"""What the child runs: it looks for modules where its parent does, so that both are of the same version. A parent that
is interrupted before it has said anything is no reason for a traceback."""


def start_line(settings: Settings) -> str:
    """Give the line that `PROGRAM` reads."""
    return json.dumps({"path": sys.path, "settings": settings.to_json()}) + "\n"


def main(settings: dict[str, Any]) -> int:
    """Run a server, and tell its `url`, or the `error` that keeps it from starting; give the exit code."""
    try:
        run(Settings.from_json(settings), lambda url, _: _tell({"url": url}), until=_stop_at_end_of_stdin)
    except CannotStartError as error:
        _tell({"error": str(error)})
        return 1
    return 0


def _tell(answer: dict[str, str]) -> None:
    print(json.dumps(answer), flush=True)


def _stop_at_end_of_stdin(stop: Callable[[], object]) -> None:
    def wait() -> None:
        sys.stdin.read()
        stop()

    threading.Thread(target=wait, daemon=True).start()
