"""The signals that end the command. Errors after a signal are its consequences, and are not reported."""

import signal
import time
from types import FrameType

ENDING = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]
"""Ctrl-C, and the signals with which the system, or the closing of a terminal, ends a process."""

INTERRUPTED = 128 + signal.SIGINT
"""The exit code of Ctrl-C."""

# `timeout`, and other programs that end a group of processes, send a signal twice within milliseconds. A later second
# signal is from a user who does not want to wait for the cleanup after the first one.
_REPEATED_SECONDS = 0.5

_received: list[tuple[int, float]] = []
_is_over: list[bool] = []


def install() -> None:
    """Make the signals end the command like an error, so that temporary files are removed."""
    _received.clear()
    _is_over.clear()
    for number in ENDING:
        if signal.getsignal(number) in (signal.SIG_DFL, signal.default_int_handler):  # `nohup` ignores SIGHUP
            signal.signal(number, _end)


def restore() -> None:
    """Make a signal end the process at once, because the work is done and an exception would not be handled."""
    _is_over.append(True)
    for number in ENDING:
        if signal.getsignal(number) is _end:
            signal.signal(number, signal.SIG_DFL)


def exit_code() -> int | None:
    """Return the exit code for the first signal, or None. Libraries may have converted its exception to another one."""
    return 128 + _received[0][0] if _received else None


def _end(number: int, _frame: FrameType | None) -> None:
    now = time.monotonic()
    if _is_over or (_received and now - _received[-1][1] < _REPEATED_SECONDS):
        return
    _received.append((number, now))
    if number == signal.SIGINT:
        raise KeyboardInterrupt
    raise SystemExit(128 + number)
