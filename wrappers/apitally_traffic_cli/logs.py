"""Receive the client's log records while a command runs, to print them with `-v` or to show waits."""

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager

_logger = logging.getLogger("apitally_traffic")


@contextmanager
def listening(handler: logging.Handler, level: int) -> Iterator[None]:
    """Send the client's log records to a handler while the block runs."""
    before = _logger.level
    _logger.addHandler(handler)
    _logger.setLevel(level)
    try:
        yield
    finally:
        _logger.setLevel(before)
        _logger.removeHandler(handler)


@contextmanager
def printed(verbose: int) -> Iterator[None]:
    """Print the client's log to stderr: nothing (0), waits and retries (1), or also each request (2)."""
    if not verbose:
        yield
        return
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("%(asctime)s %(message)s"))
    with listening(handler, logging.INFO if verbose == 1 else logging.DEBUG):
        yield
