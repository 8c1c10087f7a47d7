"""Clocks and timeouts that keep running while a test freezes the time.

freezegun replaces `time.monotonic` and `time.time` wherever it finds them, and with the first also the clock of
asyncio's event loop. A wait that is measured with a frozen clock never ends. `clock_gettime` is not replaced.
"""

import asyncio
import sys
import threading
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from math import isinf
from types import BuiltinFunctionType

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


@asynccontextmanager
async def timeout(seconds: float) -> AsyncIterator[Callable[[], None]]:
    """Cancel the block when it takes longer, and raise a TimeoutError; as `asyncio.timeout`, in real seconds.

    Yields:
        a function that does so at once.
    """
    frozen = is_frozen()
    async with asyncio.timeout(None if isinf(seconds) or frozen else seconds) as scope:
        loop = asyncio.get_running_loop()
        # It refers to the task and its error, and the error of a timeout to this frame: they would keep each other.
        entered = [scope]
        del scope

        def end() -> None:
            if entered and not entered[0].expired():
                entered[0].reschedule(loop.time())

        timer = None
        if frozen and not isinf(seconds):
            timer = threading.Timer(seconds, loop.call_soon_threadsafe, [end])
            timer.daemon = True
            timer.start()
        try:
            yield end
        finally:
            entered.clear()  # the timer may have called `end` already, and the loop not yet
            if timer is not None:
                timer.cancel()
