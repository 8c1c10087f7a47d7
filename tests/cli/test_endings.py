"""The command ends quietly, or in one sentence, also in its first and in its last moments."""

import signal

import pytest

from tests.cli.test_startup import run

SIGNALS = """
import atexit, signal, sys
from apitally_traffic_cli import console_script

def run():
    try:
        signal.raise_signal(signal.{name})
    except BaseException:
        signal.raise_signal(signal.{name})
        raise

console_script._run = run
atexit.register(signal.raise_signal, signal.{name})
sys.exit(console_script.main())
"""


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_signals_that_come_in_a_row(name: str) -> None:
    """Programs such as `timeout` send one twice: the first ends the command, and one at its end the process."""
    done = run(SIGNALS.format(name=name))
    assert (done.returncode, done.stdout, done.stderr) == (-signal.Signals[name], "", "")


INTERRUPTED_IMPORT = """
import sys

class Finder:
    def find_spec(name, path, target=None):
        if name == "apitally_traffic_cli.{module}":
            raise KeyboardInterrupt

sys.meta_path.insert(0, Finder)
from apitally_traffic_cli.console_script import main
sys.exit(main())
"""


@pytest.mark.parametrize("module", ["interruption", "resource_errors", "standard_streams", "group"])
def test_an_interruption_while_the_command_is_imported(module: str) -> None:
    """It is as quiet as a later one."""
    done = run(INTERRUPTED_IMPORT.format(module=module), "version")
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "")


FAILING = """
import sys
from apitally_traffic_cli import console_script

def run():
    raise {error}

console_script._run = run
sys.exit(console_script.main())
"""


@pytest.mark.parametrize(
    "error",
    [
        "MemoryError",
        'SystemError("error return without exception set")',
        'SystemError("<function command> returned NULL without setting an exception")',
    ],
)
def test_1_where_there_is_no_memory_for_the_error_itself(error: str) -> None:
    """Python makes an error of its own of one that it cannot make."""
    done = run(FAILING.format(error=error))
    assert (done.returncode, done.stdout, done.stderr) == (1, "", "Error: There is not enough memory.\n")
