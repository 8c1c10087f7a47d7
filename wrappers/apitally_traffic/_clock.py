"""Clocks and timeouts that keep running while a test freezes the time.

freezegun replaces `time.monotonic` and `time.time` wherever it finds them, and with the first also the clock of
asyncio's event loop. A wait that is measured with a frozen clock never ends. `clock_gettime` is not replaced.
"""

import asyncio
import sys
import threading
import time
from collections.abc import Callable, Coroutine
from math import isinf
from types import BuiltinFunctionType
from typing import Any

if sys.platform == "win32":
    _FUNCTIONS = (time.monotonic, time.time)  # a tuple, because freezegun looks into modules, and not into tuples

    def monotonic() -> float:
        """Return seconds on a clock that never goes back."""
        return _FUNCTIONS[0]()

    def wall() -> float:
        """Return seconds since 1970."""
        return _FUNCTIONS[1]()

else:

    def monotonic() -> float:
        """Return seconds on a clock that never goes back."""
        return time.clock_gettime(time.CLOCK_MONOTONIC)

    def wall() -> float:
        """Return seconds since 1970."""
        return time.clock_gettime(time.CLOCK_REALTIME)


def is_frozen() -> bool:
    """Return whether a test has frozen the clock of asyncio's event loop, by which others measure timeouts."""
    return not isinstance(time.monotonic, BuiltinFunctionType)


async def wait(future: "asyncio.Future[None]", seconds: float) -> None:
    """Wait until a future is done, for up to `seconds` of real time.

    Nothing is cancelled for that: a cancellation by anyio that comes at the same time would be mistaken for another.
    """
    if not is_frozen() or isinf(seconds):
        await asyncio.wait({future}, timeout=None if isinf(seconds) else seconds)
        return
    timer = threading.Timer(seconds, future.get_loop().call_soon_threadsafe, [finish, future])
    timer.daemon = True
    timer.start()
    try:
        await asyncio.wait({future})
    finally:
        timer.cancel()


def finish(future: "asyncio.Future[None]") -> None:
    """Let a future be done, if it is not."""
    if not future.done():
        future.set_result(None)


class timeout:  # noqa: N801 - as `asyncio.timeout`
    """Cancels a block when it takes longer, and raises a TimeoutError; as `asyncio.timeout`, in real seconds.

    A class, because what an error passes refers to it: the frames of `asynccontextmanager`, and those that wait for
    them, would stay until the garbage collector runs.
    """

    def __init__(self, seconds: float) -> None:
        """Prepare a block that takes up to `seconds`."""
        self._seconds = seconds
        self._entered: list[asyncio.Timeout] = []
        self._timer: threading.Timer | None = None

    async def __aenter__(self) -> Callable[[], None]:
        """Start, and return a function that ends the block at once."""
        frozen = is_frozen()
        scope = asyncio.timeout(None if isinf(self._seconds) or frozen else self._seconds)
        await scope.__aenter__()
        loop = asyncio.get_running_loop()
        # It refers to the task and its error, and that to frames: a list lets go of it at the end.
        entered = self._entered = [scope]

        def end() -> None:
            if entered and not entered[0].expired():
                entered[0].reschedule(loop.time())

        if frozen and not isinf(self._seconds):
            self._timer = threading.Timer(self._seconds, loop.call_soon_threadsafe, [end])
            self._timer.daemon = True
            self._timer.start()
        return end

    def __aexit__(self, *error: Any) -> Coroutine[Any, Any, bool | None]:
        """Raise a TimeoutError if the block has taken too long."""
        scope = self._entered.pop()  # the timer may have called `end` already, and the loop not yet
        if self._timer is not None:
            self._timer.cancel()
        return scope.__aexit__(*error)
