"""Show a progress line on stderr: the fraction of the window that was read, the number of requests, and waits."""

import logging
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from apitally_traffic_cli import logs

_BAR_WIDTH = 30


class Reading(Protocol):
    """An object that reports its progress."""

    @property
    def done(self) -> float:
        """The fraction that has been read, from 0 to 1."""
        ...


@contextmanager
def shown(reading: Reading | None = None) -> Iterator[None]:
    """Show the progress while the block runs, if stderr is a terminal; without a reading, show only a spinner."""
    if sys.stderr is None or not sys.stderr.isatty():
        yield
        return
    from rich.console import Console  # noqa: PLC0415 - only needed for a terminal
    from rich.live import Live  # noqa: PLC0415
    from rich.progress_bar import ProgressBar  # noqa: PLC0415
    from rich.spinner import Spinner  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415

    log = _Log()
    spinner = Spinner("line")

    def line() -> Table:
        grid = Table.grid(padding=(0, 1))
        if reading is None:
            grid.add_row(spinner, log.summary())
        else:
            grid.add_row(ProgressBar(1.0, reading.done, width=_BAR_WIDTH), f"{reading.done:4.0%}", log.summary())
        return grid

    live = Live(get_renderable=line, console=Console(stderr=True), transient=True, refresh_per_second=5)
    with logs.listening(log, logging.DEBUG), live:
        yield


class _Log(logging.Handler):
    """Counts requests, which the client logs at DEBUG, and records waits, which it logs at INFO, and warnings."""

    def __init__(self) -> None:
        super().__init__()
        self._requests = 0
        self._resumes_at = 0.0
        self._warning = ""

    def emit(self, record: logging.LogRecord) -> None:
        """Process a log record."""
        if record.levelno == logging.DEBUG:
            self._requests += 1
            self._warning = ""
        elif record.levelno >= logging.WARNING:
            self._warning = record.getMessage()
        elif (wait := getattr(record, "waits_for", None)) is not None:
            self._resumes_at = max(self._resumes_at, time.monotonic() + wait)

    def summary(self) -> str:
        """Return the last warning or, without one, the number of requests and the remaining seconds of a wait."""
        if self._warning:
            return self._warning
        requests = f"{self._requests} HTTP request{'' if self._requests == 1 else 's'}"
        remaining = self._resumes_at - time.monotonic()
        return requests if remaining <= 0 else f"{requests}, waiting {remaining:.0f} s for the API"
