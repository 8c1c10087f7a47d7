"""The signals that end the command. An error that comes after one is its consequence, and is not told."""

import signal
from types import FrameType
from typing import NoReturn

ENDING = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]
"""Ctrl-C, and the signals by which a system, or a terminal that is closed, asks for the end."""

_received: list[int] = []


def take_over() -> None:
    """Let the signals end the command as an error does, so that no temporary file is left."""
    _received.clear()
    for number in ENDING:
        if signal.getsignal(number) in (signal.SIG_DFL, signal.default_int_handler):  # `nohup` ignores SIGHUP
            signal.signal(number, _end)


def exit_code() -> int | None:
    """Return the exit code of the signal that came, or None. Libraries turn its exception into others."""
    return 128 + _received[0] if _received else None


def _end(number: int, _frame: FrameType | None) -> NoReturn:
    _received.append(number)
    if number == signal.SIGINT:
        raise KeyboardInterrupt
    raise SystemExit(128 + number)
