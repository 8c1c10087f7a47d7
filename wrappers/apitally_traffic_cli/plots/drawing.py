"""Let Ctrl-C end the command at once while a picture is drawn, and show on a terminal what is being drawn."""

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from apitally_traffic_cli.interruption import ENDING
from apitally_traffic_cli.quoting import one_line

_DESCRIPTORS = 24
_ERASE_LINE = "\r\x1b[K"


@contextmanager
def interruptible(what: str) -> Iterator[None]:
    """Let signals end the process while the block draws a picture, and show what is being drawn.

    Python cannot handle signals until Vega is done. So signals end the process as the system does by default, without
    cleanup: the block must not have a file open.

    Raises:
        OSError: fewer files can be opened than Vega needs; Vega itself would print messages of its own.
    """
    _open_and_close(_DESCRIPTORS)
    handlers = {number: handler for number in ENDING if callable(handler := signal.getsignal(number))}
    for number in handlers:
        signal.signal(number, signal.SIG_DFL)
    _show(f"Drawing {one_line(what)} ...")
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
