"""One client for the apps of a run, each of which is read in a thread of its own.

dlt waits two seconds for the other threads where one has failed. So the first failure ends what they are waiting for.
"""

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from apitally_api_client.api.metrics import get_traffic
from apitally_traffic import ResponseError, TimeWindow, TrafficClient, TrafficItem, TrafficQuery
from apitally_traffic._headers import date_of
from apitally_traffic._operations.checking import CheckingClient
from apitally_traffic._texts import quoted
from apitally_traffic.sync._series import Series

_logger = logging.getLogger("apitally_traffic")
# How far the clock of the server may be ahead of that of this machine without a warning.
_TOLERANCE = timedelta(minutes=10)
# How far a response may be behind the one that told the time. What is counted in this time comes with a later run.
_TOLERATED_LAG = timedelta(seconds=10)


class SharedClient:
    """A client that several threads read with, closed when none of them does any more, and when one has failed."""

    def __init__(self, client: TrafficClient) -> None:
        self._client = client
        self._lock = threading.Lock()
        self._users = 0
        self._failure: BaseException | None = None
        self._has_warned = False

    def check(self, series: Series) -> None:
        """Raise a ValueError or TypeError where the API has no such series; nothing is sent."""
        self._query(series)

    def items(self, series: Series, window: TimeWindow, now: datetime) -> Iterator[TrafficItem]:
        """Yield the periods of a window, which have ended, until another thread fails.

        Args:
            series: what to read.
            window: which part of it.
            now: the time at which they had ended.

        Raises:
            ApitallyError: the API refused, failed or could not be reached, or a response was made before the end of the
                window, by a server that is behind: it does not know the last periods.
        """
        query = self._query(series, window)
        for item in query:
            if self._failure is not None:
                raise self._failure
            yield item
        earliest = query.stats.earliest_date
        if earliest is not None and window.end > earliest and now - earliest > _TOLERATED_LAG:
            raise ResponseError(
                f"A response for app {series.app_id} is of {earliest.isoformat()} by its Date, and does not know all "
                f"periods until {window.end.isoformat()}, which have ended by that of an earlier one. Is a server "
                "behind? Nothing of this run is stored; a later one reads all of it again."
            )

    def time(self, app_id: int) -> datetime:
        """Return the earlier one of the server's time, from the Date of a small response, and of this machine's.

        Which periods have ended is known by both clocks. One that is ahead must not let periods count as read that have
        not ended; what the earlier one leaves out comes with a later run.

        Raises:
            ApitallyError: the API refused, failed, could not be reached, or does not tell the time.
        """
        checking: Any = CheckingClient(self._client.api, "get_traffic", get_traffic.sync)
        response = get_traffic.sync_detailed(client=checking, app_id=app_id, interval="day", limit=1)
        date = date_of(response.headers)
        if date is None:
            said = response.headers.get("date")
            returned = "no Date" if said is None else f"{quoted(said)} as its Date"
            raise ResponseError(
                f"The API returned {returned}, so nobody can tell which periods have ended. Is there a proxy that "
                "removes this header?"
            )
        here = datetime.now(UTC)
        with self._lock:
            if date - here > _TOLERANCE and not self._has_warned:
                self._has_warned = True
                _logger.warning(
                    "The API's clock says %s, this machine's %s: one of them is wrong. The sync goes by the "
                    "earlier one, and a later run reads the rest.",
                    date.isoformat(timespec="seconds"),
                    here.isoformat(timespec="seconds"),
                )
        return min(date, here)

    @contextmanager
    def in_use(self) -> Iterator[None]:
        """Count one more user during the block. Where it fails, those of the other threads fail with the same error."""
        with self._lock:
            self._users += 1
        try:
            yield
        except Exception as error:  # noqa: BLE001 - raised, unless it is a consequence of the first one
            with self._lock:
                first = self._failure = self._failure or error
            self._client.close()
            raise first from first.__cause__
        finally:
            with self._lock:
                self._users -= 1
                if not self._users:
                    self._failure = None
                    self._client.close()

    def close(self) -> None:
        """End what is under way, and close the connections; the client opens new ones for the next request."""
        self._client.close()

    def _query(self, series: Series, window: TimeWindow | None = None) -> TrafficQuery:
        return self._client.get_traffic(
            series.app_id,
            start=None if window is None else window.start,
            end=None if window is None else window.end,
            interval=series.interval,
            timezone=series.timezone,
            app_env_id=series.app_env_id,
            consumer_id=series.consumer_id,
        )
