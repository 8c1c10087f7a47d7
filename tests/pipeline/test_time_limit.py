"""Tests of the limit of CPU time: what runs when it is reached may swallow an error."""

import gc
from collections.abc import Callable
from contextlib import suppress
from time import process_time

import pytest

from spec_pipeline.openapi.time_limit import time_limit
from spec_pipeline.project import PipelineError


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

    with pytest.raises(PipelineError, match="takes too long"), time_limit(0.05, "It takes too long."):
        block()
    assert not reached


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("swallow", SWALLOWING)
def test_a_block_that_ends_late_fails(swallow: Callable[[], None]) -> None:
    """A result that comes after the limit is not used, although nothing was left to interrupt."""
    with pytest.raises(PipelineError, match="takes too long"), time_limit(0.05, "It takes too long."):
        swallow()


def test_nothing_is_printed_for_a_gc_callback(capsys: pytest.CaptureFixture[str]) -> None:
    """An error is not raised where the garbage collector would print and forget it."""
    with pytest.raises(PipelineError), time_limit(0.05, "It takes too long."):
        in_gc_callback()
    assert capsys.readouterr().err == ""


def test_a_block_in_time_is_left_alone() -> None:
    """The timer ends with the block."""
    with time_limit(0.2, "It takes too long."):
        spin(0.05)
    spin(0.3)
