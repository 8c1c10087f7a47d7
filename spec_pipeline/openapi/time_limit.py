"""Interrupt computations that take too long, such as a pattern with catastrophic backtracking.

The steps of a command share one budget: no document can spend the time of each of them.
"""

import gc
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from types import FrameType

from spec_pipeline.project import PipelineError

# With the imports, a run ends within ten seconds; a real document of 3.4 megabytes takes six.
SECONDS = 8.0
_SECONDS_BETWEEN = 0.05


class TooLongError(PipelineError):
    """A step has taken too long, which says nothing about other errors."""


@dataclass
class _Budget:
    """The CPU time that the steps of a command may still use.

    Attributes:
        seconds: the whole of it.
        left: the seconds that are left; not updated while a step runs.
        steps: the running steps, the innermost last.
        expired: whether they have used more than was left.
    """

    seconds: float
    left: float
    steps: list[str] = field(default_factory=list)
    expired: bool = False

    def end(self, _: int, frame: FrameType | None) -> None:
        """Interrupt the innermost step, whenever the timer fires."""
        if self.steps:
            self.expired = True
            if not _in_gc_callback(frame):
                raise self.error(self.steps[-1])

    def error(self, step: str) -> TooLongError:
        """Return the error of a step."""
        return TooLongError(f"{step}; if it is only large, grant it more than {self.seconds:g} seconds with --seconds.")


_budget: ContextVar[_Budget | None] = ContextVar("_budget", default=None)


@contextmanager
def time_budget(seconds: float) -> Iterator[None]:
    """Let all steps inside the block share a budget of CPU time of this process.

    Args:
        seconds: the budget.
    """
    before = _budget.set(_Budget(seconds, seconds))
    try:
        yield
    finally:
        _budget.reset(before)


@contextmanager
def time_limit(step: str) -> Iterator[None]:
    """Limit the CPU time of the block, a step, to what is left of the budget; without one, it has its own.

    There is no limit outside of the main thread, nor on Windows, which has no such timer.

    Args:
        step: the beginning of the error's sentence, which names the innermost step.

    Raises:
        TooLongError: the budget is used up.
    """
    if not hasattr(signal, "setitimer") or threading.current_thread() is not threading.main_thread():
        yield
        return
    budget = _budget.get()
    if budget is None:
        with time_budget(SECONDS), time_limit(step):
            yield
        return
    is_outermost = not budget.steps
    budget.steps.append(step)
    before, collects = signal.getsignal(signal.SIGVTALRM), gc.isenabled()
    if is_outermost:
        _start(budget)
    try:
        yield
    finally:
        budget.steps.pop()
        if is_outermost:
            # A timer of no time would never fire.
            budget.left = max(signal.setitimer(signal.ITIMER_VIRTUAL, 0)[0], 1e-3)
            signal.signal(signal.SIGVTALRM, before)
            if collects:
                gc.enable()
    if budget.expired:
        raise budget.error(step)


def _start(budget: _Budget) -> None:
    # Looking for cycles in large documents, which have none, would take an eighth of the time.
    gc.disable()
    signal.signal(signal.SIGVTALRM, budget.end)
    # The code that runs at that moment, such as a finalizer, may swallow the error: so it is raised repeatedly.
    signal.setitimer(signal.ITIMER_VIRTUAL, budget.left, _SECONDS_BETWEEN)


def _in_gc_callback(frame: FrameType | None) -> bool:
    """Return whether the garbage collector called this code: it prints errors, and goes on."""
    codes = {getattr(callback, "__code__", None) for callback in gc.callbacks}
    while frame is not None and frame.f_code not in codes:
        frame = frame.f_back
    return frame is not None
