"""Tests of the limit of CPU time: what runs when it is reached may swallow an error."""

import gc
from collections.abc import Callable
from contextlib import suppress
from time import process_time

import pytest

from spec_pipeline.openapi.time_limit import TooLongError, time_budget, time_limit


def spin(seconds: float) -> None:
    """Use CPU time."""
    end = process_time() + seconds
    while process_time() < end:
        sum(range(10_000))  # the clock's own time is not the program's, and does not count


def in_gc_callback() -> None:
    """Use it in a callback of the garbage collector, which swallows errors."""

    def callback(phase: str, _: dict[str, int]) -> None:
        if phase == "start":
            spin(0.2)

    gc.callbacks.append(callback)
    try:
        gc.collect()
    finally:
        gc.callbacks.remove(callback)


def in_finalizer() -> None:
    """Use it in a finalizer, which swallows errors."""

    class Finalized:
        def __del__(self) -> None:
            spin(0.2)

    Finalized()


def in_library() -> None:
    """Use it in code that goes on after any error."""
    with suppress(Exception):
        spin(0.2)


SWALLOWING = [in_gc_callback, in_finalizer, in_library]


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("swallow", SWALLOWING)
def test_the_block_is_interrupted(swallow: Callable[[], None]) -> None:
    """The code that follows is interrupted."""
    reached = []

    def block() -> None:
        swallow()
        spin(5)
        reached.append("end")

    with pytest.raises(TooLongError, match="takes too long"), time_budget(0.05), time_limit("It takes too long"):
        block()
    assert not reached


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("swallow", SWALLOWING)
def test_a_block_that_ends_late_fails(swallow: Callable[[], None]) -> None:
    """A result that comes after the limit is not used, although nothing was left to interrupt."""
    with pytest.raises(TooLongError, match="takes too long"), time_budget(0.05), time_limit("It takes too long"):
        swallow()


def test_nothing_is_printed_for_a_gc_callback(capsys: pytest.CaptureFixture[str]) -> None:
    """An error is not raised where the garbage collector would print and forget it."""
    gc.collect()  # the finalizers of other garbage would print it, too
    with pytest.raises(TooLongError), time_budget(0.05), time_limit("It takes too long"):
        in_gc_callback()
    assert capsys.readouterr().err == ""


def test_a_block_in_time_is_left_alone() -> None:
    """The timer ends with the block."""
    with time_budget(0.2), time_limit("It takes too long"):
        spin(0.05)
    spin(0.3)


def overrun(work: Callable[[], None]) -> str:
    """Return the message when work takes too long."""
    with pytest.raises(TooLongError) as error, time_budget(0.05), time_limit("The outer takes too long"):
        work()
    return str(error.value)


def within_inner() -> None:
    """Use the time in an inner step."""
    with time_limit("The inner takes too long"):
        spin(5)


def after_inner() -> None:
    """Use the time after an inner step."""
    with time_limit("The inner"):
        pass
    spin(5)


def test_steps_share_a_budget() -> None:
    """What a step leaves is what the next one may take, and a further one ends at once; others have their own."""
    ended = []
    with time_budget(0.5):
        with time_limit("The first"):
            spin(0.3)
        started = process_time()
        for step in ("The second", "The third"):
            with suppress(TooLongError), time_limit(step):
                spin(5)
                ended.append(step)
    assert not ended
    assert process_time() - started < 2
    with time_limit("It"):
        spin(0.6)


def test_the_innermost_step_is_named() -> None:
    """A step inside another one is the one that the message is about, until it has ended."""
    end = "; if it is only large, grant it more than 0.05 seconds with --seconds."
    assert overrun(within_inner) == f"The inner takes too long{end}"
    assert overrun(after_inner) == f"The outer takes too long{end}"
