"""The command in a process of its own, and inside the process of the tests, which takes a tenth of the CPU."""

import io
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import chdir, contextmanager
from pathlib import Path
from typing import IO
from unittest import mock

from apitally_traffic_cli.console_script import main
from apitally_traffic_cli.interruption import ENDING

COMMAND = str(Path(sys.executable).with_name("apitally-traffic"))


def run_inside(arguments: Sequence[str], folder: Path, env: Mapping[str, str]) -> "subprocess.CompletedProcess[str]":
    """Run the command to its end in this process, with a folder, an environment and streams of its own.

    What a process alone can show takes a process: signals, broken pipes, terminals, what Python reads at its start.
    An exception that the command lets pass fails the test.
    """
    handlers = {number: signal.getsignal(number) for number in ENDING}
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
        try:
            with (
                _descriptors_lead_to(output, errors),
                _text_stream(1, line_buffering=False) as stdout,
                _text_stream(2, line_buffering=True) as stderr,
                mock.patch.multiple(sys, argv=[COMMAND, *arguments], stdout=stdout, stderr=stderr),
                mock.patch.dict(os.environ, env, clear=True),
                chdir(folder),
            ):
                code = _exit_code()
        finally:
            for number, handler in handlers.items():
                signal.signal(number, handler)
        return subprocess.CompletedProcess(arguments, code, _content(output), _content(errors))


def _exit_code() -> int:
    """Run the command, and return the exit code that Python would make of how it ends."""
    try:
        return main()
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else int(bool(ended.code))


@contextmanager
def _descriptors_lead_to(*files: IO[bytes]) -> Iterator[None]:
    """Let the descriptors from 1 on lead to files."""
    kept = [os.dup(number) for number in range(1, len(files) + 1)]
    try:
        for number, file in enumerate(files, 1):
            os.dup2(file.fileno(), number)
        yield
    finally:
        for number, copy in enumerate(kept, 1):
            os.dup2(copy, number)
            os.close(copy)


@contextmanager
def _text_stream(descriptor: int, *, line_buffering: bool) -> Iterator[io.TextIOWrapper]:
    """Make a stream as Python makes stdout and stderr; it is flushed at the end, and its descriptor stays open."""
    with os.fdopen(descriptor, "w", encoding="utf-8", closefd=False) as stream:
        stream.reconfigure(line_buffering=line_buffering)
        yield stream


def _content(file: IO[bytes]) -> str:
    file.seek(0)
    return file.read().decode()
