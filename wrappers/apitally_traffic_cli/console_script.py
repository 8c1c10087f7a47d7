"""The entry point: it names the extra where click is missing, and ends quietly where it is interrupted early."""

import signal
import sys

from apitally_traffic_cli import interruption
from apitally_traffic_cli.shortages import sentence_of_shortage
from apitally_traffic_cli.standard_streams import (
    let_stderr_take_everything,
    let_stdout_take_every_character,
    occupy,
)

INTERRUPTED = 128 + signal.SIGINT


def main() -> int:
    """Run the command line, and return the exit code."""
    try:
        interruption.take_over()
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
    except Exception:
        if (ended := interruption.exit_code()) is None:
            raise
        return ended
