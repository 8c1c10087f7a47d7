"""Interrupt a computation that takes too long, such as a pattern with catastrophic backtracking."""

import json
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any, NoReturn

from spec_pipeline.project import PipelineError

_SECONDS = 3.0
_SECONDS_PER_MEGABYTE = 2.0


def seconds_for(*documents: dict[str, Any]) -> float:
    """Return how long one step of a re-pin may compute: several times what it takes with documents of that size."""
    return _SECONDS + _SECONDS_PER_MEGABYTE * sum(len(json.dumps(document)) for document in documents) / 1e6


@contextmanager
def time_limit(seconds: float, sentence: str) -> Iterator[None]:
    """Limit the CPU time of the block, in seconds of this process.

    There is no limit outside of the main thread, nor on Windows, which has no such timer.

    Args:
        seconds: the limit.
        sentence: the message of the error.

    Raises:
        PipelineError: the block has used more.
    """
    if not hasattr(signal, "setitimer") or threading.current_thread() is not threading.main_thread():
        yield
        return

    def end(_: int, __: FrameType | None) -> NoReturn:
        raise PipelineError(sentence)

    before = signal.signal(signal.SIGVTALRM, end)
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)
