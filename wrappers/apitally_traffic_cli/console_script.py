"""The entry point, which names the extra if click is missing, and ends quietly if it is interrupted early."""

import os
import sys

try:
    from contextlib import suppress

    from apitally_traffic_cli import interruption
    from apitally_traffic_cli.resource_errors import sentence_of_shortage
    from apitally_traffic_cli.standard_streams import (
        let_stderr_take_everything,
        let_stdout_take_every_character,
        reserve_descriptors,
    )
except KeyboardInterrupt:
    sys.exit(130)

_NO_MEMORY = b"Error: There is not enough memory.\n"


def main() -> int:
    """Run the command line, and return the exit code."""
    try:
        try:
            interruption.install()
            return _run()
        finally:
            interruption.restore()
    except KeyboardInterrupt:
        return interruption.INTERRUPTED
    except MemoryError:
        pass  # leaving the handler frees the error's frames, before the sentence is written
    except Exception as error:
        if (ended := interruption.exit_code()) is not None:
            return ended
        if (shortage := sentence_of_shortage(error)) is None:
            raise
        sys.stderr.write(f"Error: {shortage}\n")
        return 1
    with suppress(OSError):
        os.write(2, _NO_MEMORY)
    return 1


def _run() -> int:
    reserve_descriptors()
    let_stderr_take_everything()
    let_stdout_take_every_character()
    try:
        from apitally_traffic_cli.group import run  # noqa: PLC0415 - to report a missing click
    except ModuleNotFoundError as error:
        if error.name != "click":
            raise
        sys.stderr.write(
            "Error: click is not installed; the command needs it: python3 -m pip install 'apitally-traffic[cli]'\n"
        )
        return 1
    return run()
