"""Share one client between the apps of a run, each of which is read in its own thread.

When a thread has failed, dlt waits two seconds for the others. So the first failure ends the requests of all threads.
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
# How much the server's clock may be ahead of this machine's without a warning.
_TOLERANCE = timedelta(minutes=10)
# How old a response may be at the time of the run. A later run reads what is counted in this time.
_TOLERATED_LAG = timedelta(seconds=10)


class SharedClient:
    """A client for several threads, which is closed when the last of them has ended, or when one has failed."""

    def __init__(self, client: TrafficClient) -> None:
        self._client = client
        self._lock = threading.Lock()
        self._users = 0
        self._failure: BaseException | None = None
        self._has_warned = False

    def check(self, series: Series) -> None:
        """Raise a ValueError or TypeError if the parameters of a series are invalid; nothing is sent."""
        self._query(series)

    def items(self, series: Series, window: TimeWindow, now: datetime) -> Iterator[TrafficItem]:
        """Yield the items of a window whose periods have ended, until another thread fails.

        Args:
            series: the series to read.
            window: the part of the series to read.
            now: the time of the run, at which all periods of the window have ended.

        Raises:
            ApitallyError: the API refused, failed or could not be reached; or a server is behind, and its response was
                made before the end of the window, so that the last periods may be missing.
        """
        query = self._query(series, window)
        for item in query:
            if self._failure is not None:
                raise self._failure
            yield item
        earliest = query.stats.earliest_date
        if earliest is not None and window.end > earliest and now - earliest > _TOLERATED_LAG:
            raise ResponseError(
                f"The Date of a response for app {series.app_id} is {earliest.isoformat()}, so it may lack traffic of "
                f"the periods until {window.end.isoformat()}, which had ended by the Date of an earlier response. Is a "
                "server behind? Nothing of this run is stored; a later one reads all of it again."
            )

    def time(self, app_id: int) -> datetime:
        """Return the earlier of the server's time, from the Date of a small response, and this machine's time.

        With a clock that is ahead, periods that have not ended would count as read. What the earlier clock leaves out
        is read by a later run.

        Raises:
            ApitallyError: the API refused, failed, could not be reached, or returned no usable Date.
        """
        checking: Any = CheckingClient(self._client.api, "get_traffic", get_traffic.sync)
        response = get_traffic.sync_detailed(client=checking, app_id=app_id, interval="day", limit=1)
        date = date_of(response.headers)
        if date is None:
            said = response.headers.get("date")
            returned = "no Date" if said is None else f"{quoted(said)} as its Date"
            raise ResponseError(
                f"The API returned {returned}, so it is unknown which periods have ended. Is there a proxy that "
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
        """Count one more user during the block. If the block fails, those of the other threads fail with its error."""
        with self._lock:
            self._users += 1
        try:
            yield
        except Exception as error:  # noqa: BLE001 - the first error is raised, of which others are consequences
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
        """End requests in flight, and close the connections; the client opens new ones for the next request."""
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
