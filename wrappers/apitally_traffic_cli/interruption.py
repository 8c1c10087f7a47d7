"""The signals that end the command. An error that comes after one is its consequence, and is not told."""

import signal
import time
from types import FrameType

ENDING = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]
"""Ctrl-C, and the signals by which a system, or a terminal that is closed, asks for the end."""

INTERRUPTED = 128 + signal.SIGINT
"""The exit code of Ctrl-C."""

# `timeout`, and other programs that end a group of processes, send a signal twice within milliseconds. Who sends it
# again later does not want to wait for what the first one has begun.
_REPEATED_SECONDS = 0.5

_received: list[tuple[int, float]] = []
_is_over: list[bool] = []


def install() -> None:
    """Let the signals end the command as an error does, so that no temporary file is left."""
    _received.clear()
    _is_over.clear()
    for number in ENDING:
        if signal.getsignal(number) in (signal.SIG_DFL, signal.default_int_handler):  # `nohup` ignores SIGHUP
            signal.signal(number, _end)


def restore() -> None:
    """Let a signal end the process at once: nothing is left to be done, and no exception would be handled."""
    _is_over.append(True)
    for number in ENDING:
        if signal.getsignal(number) is _end:
            signal.signal(number, signal.SIG_DFL)


def exit_code() -> int | None:
    """Return the exit code of the signal that came first, or None. Libraries turn its exception into others."""
    return 128 + _received[0][0] if _received else None


def _end(number: int, _frame: FrameType | None) -> None:
    now = time.monotonic()
    if _is_over or (_received and now - _received[-1][1] < _REPEATED_SECONDS):
        return
    _received.append((number, now))
    if number == signal.SIGINT:
        raise KeyboardInterrupt
    raise SystemExit(128 + number)
