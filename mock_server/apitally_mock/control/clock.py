"""The clock that the API goes by: that of the machine, or one that stands still where it was set."""

import time


class Clock:
    """Tells the time in whole seconds since 1970-01-01T00:00:00Z."""

    def __init__(self, stopped_at: int | None) -> None:
        self.stopped_at = stopped_at

    def now(self) -> int:
        """Give the current second."""
        return int(time.time()) if self.stopped_at is None else self.stopped_at
