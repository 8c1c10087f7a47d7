"""The clock of the API: that of the machine, or one that stands still."""

import time


class Clock:
    """Tells the time in seconds since the epoch.

    Attributes:
        stopped_at: where it stands still; `None` while it runs with the clock of the machine.
    """

    def __init__(self, stopped_at: int | None) -> None:
        self.stopped_at = stopped_at

    def now(self) -> int:
        """Return the time, rounded down."""
        return int(time.time()) if self.stopped_at is None else self.stopped_at

    def reading_at(self, moment: float) -> float:
        """Return what it would read at a moment of the machine's clock if it ran from now on."""
        return moment if self.stopped_at is None else self.stopped_at + moment - time.time()
