"""The entry point: it names the extra where click is missing, and ends quietly where it is interrupted early."""

import signal
import sys
from types import FrameType
from typing import NoReturn

from apitally_traffic_cli.shortages import sentence_of_shortage
from apitally_traffic_cli.standard_streams import (
    let_stderr_take_everything,
    let_stdout_take_every_character,
    occupy,
)

INTERRUPTED = 128 + signal.SIGINT
ENDING = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]
"""The signals by which a system, or a terminal that is closed, asks for the end."""


def main() -> int:
    """Run the command line, and return the exit code."""
    try:
        for number in ENDING:
            if signal.getsignal(number) is signal.SIG_DFL:  # `nohup` ignores SIGHUP
                signal.signal(number, _terminate)
        occupy()
        let_stderr_take_everything()
        let_stdout_take_every_character()
        try:
            from apitally_traffic_cli.group import run  # noqa: PLC0415 - a missing click gets a sentence
        except ModuleNotFoundError as error:
            if error.name != "click":
                raise
            sys.stderr.write(
                "Error: click is not installed; the command needs it: python3 -m pip install 'apitally-traffic[cli]'\n"
            )
            return 1
        except (ImportError, MemoryError) as error:
            sys.stderr.write(f"Error: {sentence_of_shortage(error)}\n")
            return 1
        return run()
    except KeyboardInterrupt:
        return INTERRUPTED


def _terminate(number: int, _frame: FrameType | None) -> NoReturn:
    """End as on an error, so that no temporary file is left."""
    raise SystemExit(128 + number)
