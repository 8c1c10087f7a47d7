"""The clock of the API: that of the machine, or one that is stopped."""

import time


class Clock:
    """Tells the time in seconds since the epoch.

    Attributes:
        stopped_at: the time at which it is stopped; `None` while it follows the clock of the machine.
    """

    def __init__(self, stopped_at: int | None) -> None:
        self.stopped_at = stopped_at

    def now(self) -> int:
        """Return the time, rounded down."""
        return int(time.time()) if self.stopped_at is None else self.stopped_at

    def reading_at(self, moment: float) -> float:
        """Convert a time of the machine's clock to one of this clock, as if it ran on from now."""
        return moment if self.stopped_at is None else self.stopped_at + moment - time.time()
