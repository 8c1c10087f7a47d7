"""Interrupt a computation that takes too long, such as a pattern with catastrophic backtracking."""

import gc
import json
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

from spec_pipeline.project import PipelineError

_SECONDS = 3.0
_SECONDS_PER_MEGABYTE = 2.0
_SECONDS_BETWEEN = 0.05


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

    state = {"expired": False, "active": True}

    def end(_: int, frame: FrameType | None) -> None:
        if state["active"]:
            state["expired"] = True
            if not _in_gc_callback(frame):
                raise PipelineError(sentence)

    before = signal.signal(signal.SIGVTALRM, end)
    # Whatever runs at that moment may swallow the error, a finalizer for one: so it is raised again and again.
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds, _SECONDS_BETWEEN)
    try:
        yield
    finally:
        state["active"] = False
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)
    if state["expired"]:
        raise PipelineError(sentence)


def _in_gc_callback(frame: FrameType | None) -> bool:
    """Return whether the garbage collector called this code: it prints errors, and goes on."""
    codes = {getattr(callback, "__code__", None) for callback in gc.callbacks}
    while frame is not None and frame.f_code not in codes:
        frame = frame.f_back
    return frame is not None
