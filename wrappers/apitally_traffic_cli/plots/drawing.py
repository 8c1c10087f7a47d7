"""While a picture is drawn: Ctrl-C ends the command at once, and a terminal shows what it is busy with."""

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from apitally_traffic_cli.interruption import ENDING

_DESCRIPTORS = 24
_ERASE_LINE = "\r\x1b[K"


@contextmanager
def interruptible(what: str) -> Iterator[None]:
    """Show what is drawn while the block runs.

    Vega leaves Python no chance to handle a signal until it is done. So signals end the process as the system does it,
    without any cleaning up: the block must not have a file open.

    Raises:
        OSError: as many files as Vega opens cannot be opened, of which it would say so in lines of its own.
    """
    _open_and_close(_DESCRIPTORS)
    handlers = {number: handler for number in ENDING if callable(handler := signal.getsignal(number))}
    for number in handlers:
        signal.signal(number, signal.SIG_DFL)
    _show(f"Drawing {what} ...")
    try:
        yield
    finally:
        _show(_ERASE_LINE)
        for number, handler in handlers.items():
            signal.signal(number, handler)


def _open_and_close(count: int) -> None:
    opened: list[int] = []
    try:
        while len(opened) < count:
            opened += os.pipe()
    finally:
        for descriptor in opened:
            os.close(descriptor)


def _show(text: str) -> None:
    if sys.stderr is not None and sys.stderr.isatty():
        sys.stderr.write(text)
        sys.stderr.flush()
