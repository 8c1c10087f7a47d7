"""Clocks and timeouts that keep running while a test freezes the time.

freezegun replaces `time.monotonic`, which is also the clock of asyncio's event loop, and `time.time` wherever it finds
them. A wait measured with a frozen clock never ends. freezegun does not replace `clock_gettime`.
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
    _FUNCTIONS = (time.monotonic, time.time)  # freezegun replaces attributes of modules, not items of tuples

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
    """Return whether a test has frozen the clock of asyncio's event loop, which measures its timeouts."""
    return not isinstance(time.monotonic, BuiltinFunctionType)


async def wait(future: "asyncio.Future[None]", seconds: float) -> None:
    """Wait until a future is done, for up to `seconds` of real time.

    The end of the wait cancels nothing: a cancellation by anyio at the same time could be mistaken for this one.
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
    """Set the result of a future, unless it is done already."""
    if not future.done():
        future.set_result(None)


class timeout:  # noqa: N801 - as `asyncio.timeout`
    """Works like `asyncio.timeout`, in real seconds: cancels a block that takes longer, and raises a TimeoutError.

    A class, because an error that passes through an `asynccontextmanager` refers to its frames: these and the frames
    that wait for them would stay in memory until the garbage collector runs.
    """

    def __init__(self, seconds: float) -> None:
        """Allow the block to take up to `seconds`."""
        self._seconds = seconds
        self._entered: list[asyncio.Timeout] = []
        self._timer: threading.Timer | None = None

    async def __aenter__(self) -> Callable[[], None]:
        """Start the timeout, and return a function that ends the block immediately, with a TimeoutError."""
        frozen = is_frozen()
        scope = asyncio.timeout(None if isinf(self._seconds) or frozen else self._seconds)
        await scope.__aenter__()
        loop = asyncio.get_running_loop()
        # The scope refers to the task, its error and thus to frames: popping it from the list at the end frees them.
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
        scope = self._entered.pop()  # from now on, a call of `end` that the timer has scheduled does nothing
        if self._timer is not None:
            self._timer.cancel()
        return scope.__aexit__(*error)
