"""Run the command on a terminal, as a person does."""

import fcntl
import os
import pty
import signal
import struct
import subprocess
import termios
from contextlib import suppress

from tests.cli.conftest import Cli
from tests.command import COMMAND


def on_terminal(
    cli: Cli, *arguments: str, env: dict[str, str] | None = None, stdout: str = "", interrupt_at: str = ""
) -> tuple[int, str]:
    """Run the command with a terminal of 100 columns as its stderr and, unless a file is named, its stdout.

    Args:
        cli: where, and with which settings.
        *arguments: what the command is called with.
        env: more settings.
        stdout: a file for its stdout.
        interrupt_at: the text after which to press Ctrl-C.

    Returns:
        The exit code, and all that the terminal was sent.
    """
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 100, 0, 0))
    target = os.open(cli.folder / stdout, os.O_CREAT | os.O_WRONLY) if stdout else theirs
    process = subprocess.Popen(
        [COMMAND, *arguments],
        cwd=cli.folder,
        env=cli.env | {"TERM": "xterm-256color"} | (env or {}),
        stdin=theirs,
        stdout=target,
        stderr=theirs,
    )
    os.close(theirs)
    if stdout:
        os.close(target)
    sent = b""
    with suppress(OSError):  # how the end of a terminal is told
        while part := os.read(ours, 65536):
            sent += part
            if interrupt_at and interrupt_at.encode() in sent:
                process.send_signal(signal.SIGINT)
                interrupt_at = ""
    os.close(ours)
    return process.wait(timeout=60), sent.decode()
