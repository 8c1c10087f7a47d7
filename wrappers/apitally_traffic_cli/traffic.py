"""The rows that `get` writes: those of one or more apps in one window, streamed as they arrive."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import chain, islice

from apitally_traffic import (
    ApitallyError,
    Interval,
    ResponseError,
    TimeWindow,
    TrafficClient,
    TrafficItem,
    TrafficQuery,
)
from apitally_traffic._headers import date_of
from apitally_traffic_cli.failures import InputError, sentence_of
from apitally_traffic_cli.probe import headers_of_probe

PERIOD_COLUMNS = ("period_start", "period_end")
COUNT_COLUMNS = ("requests", "bytes_received", "bytes_sent")
# How old a response may be at the time that the server reported, because the clocks of several servers differ.
_TOLERATED_LAG = timedelta(seconds=10)


@dataclass(frozen=True)
class Request:
    """The arguments of `get`, as the user wrote them."""

    app_ids: tuple[int, ...]
    start: str | datetime | None
    end: str | datetime | None
    interval: Interval
    timezone: str
    app_env_id: int | None
    consumer_id: int | None = None
    max_items: int | None = None


@dataclass(frozen=True)
class Row:
    """One period of one app."""

    app_id: int
    item: TrafficItem


class Traffic:
    """The rows of all requested apps, app by app, oldest first. Iterating sends the requests.

    Attributes:
        window: the common window of all apps.
        app_ids: the apps, in the order of the command line.
        filters: `app_env_id` and `consumer_id`, if they were given.
        closed_before: the time by the server's clock before which a period must have ended; None to include all.
    """

    def __init__(self, client: TrafficClient, request: Request, *, closed_only: bool, is_streamed: bool) -> None:
        """Make the queries; a request is sent only for `closed_only`, to get the time on the server's clock.

        Args:
            client: the client to read with.
            request: the user's arguments.
            closed_only: whether to leave out periods that have not ended.
            is_streamed: whether the rows before a failure are written; an error then names them.

        Raises:
            InputError: a time or the timezone is invalid, or the times are in the wrong order.
        """
        self.app_ids = request.app_ids
        filters = {"app_env_id": request.app_env_id, "consumer_id": request.consumer_id}
        self.filters = {name: value for name, value in filters.items() if value is not None}
        self._queries = _queries(client, request)
        self.window: TimeWindow = self._queries[0].window
        self.closed_before = server_time(client, request.app_ids[0]) if closed_only else None
        self._is_streamed = is_streamed
        self._apps_read = 0
        self._latest: datetime | None = None

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of the machine-readable formats."""
        return ("app_id", *self.filters, *PERIOD_COLUMNS, *COUNT_COLUMNS)

    def started(self) -> Iterator[Row]:
        """Return the rows after the first one has arrived, so that nothing is written if the first request fails."""
        rows = iter(self)
        return chain(list(islice(rows, 1)), rows)

    def __iter__(self) -> Iterator[Row]:
        """Yield the rows while further rows are being read."""
        for app_id, query in zip(self.app_ids, self._queries, strict=True):
            try:
                is_first = True
                for item in query:
                    self._latest = item.period_end
                    if self.closed_before is not None:
                        end = end_of(item, self.window)
                        if end > self.closed_before:
                            continue
                        resume_from = None if is_first else item.period_start
                        _check_age(query, end, self.closed_before, resume_from=resume_from)
                    is_first = False
                    yield Row(app_id, item)
            except ApitallyError as error:
                self._tell_written(error, app_id)
                raise
            self._apps_read, self._latest = self._apps_read + 1, None

    def _tell_written(self, error: ApitallyError, app_id: int) -> None:
        """Add what was written to the message of an error, in place of its `resume_from`."""
        before, error.resume_from = error.resume_from, None
        parts = [f"app {known}" for known in self.app_ids[: self._apps_read]]
        if before is not None:
            of_app = f" of app {app_id}" if len(self.app_ids) > 1 else ""
            parts.append(f"everything{of_app} before {before.isoformat()}")
        if self._is_streamed and parts:
            error.message += f" Written so far: {', '.join(parts)}."

    @property
    def done(self) -> float:
        """The fraction of the windows of all apps that has been read, from 0 to 1."""
        read = 0.0
        if self._latest is not None:
            start, end = (moment.astimezone(UTC) for moment in (self.window.start, self.window.end))
            read = min((self._latest - start) / (end - start), 1.0)
        return (self._apps_read + read) / len(self.app_ids)

    @property
    def now(self) -> datetime:
        """The time on the server's clock when the first row was read; without a Date, the time of this machine."""
        dates = (query.stats.earliest_date for query in self._queries)
        return min((date for date in dates if date), default=None) or datetime.now(UTC)

    def values(self, row: Row) -> tuple[int | datetime, ...]:
        """Return the values of a row, in the order of the columns; times carry the offset of the window's timezone."""
        periods = (row.item.period_start, row.item.period_end)
        return (
            row.app_id,
            *self.filters.values(),
            *(period.astimezone(self.window.timezone) for period in periods),
            *(getattr(row.item, name) for name in COUNT_COLUMNS),
        )


def _check_age(query: TrafficQuery, end: datetime, now: datetime, *, resume_from: datetime | None) -> None:
    """Check that all responses were made after the end of a period that has ended by now."""
    date = query.stats.earliest_date
    if date is not None and end > date and now - date > _TOLERATED_LAG:
        raise ResponseError(
            f"The Date of a response is {date.isoformat()}, so it may lack traffic of the period until "
            f"{end.isoformat()}, which had ended by the Date of an earlier response. Is a server behind?",
            resume_from=resume_from,
        )


def remark_on(
    window: TimeWindow, closed_before: datetime | None = None, *, begun_before: datetime | None = None
) -> str | None:
    """Return a sentence that explains why a window has nothing to show; None if it has.

    Args:
        window: the window.
        closed_before: the server's time, if only periods that have ended by then are shown.
        begun_before: the server's time, if only periods that have begun by then are shown.
    """
    first = next(window.periods(), None)
    if first is None:
        return "The window contains no period: its end is its start."
    for edge, now, what in ((first.end, closed_before, "ended"), (first.start, begun_before, "begun")):
        if now is not None and edge.astimezone(UTC) > now:
            clock = f"{now.astimezone(window.timezone):%Y-%m-%d %H:%M} in {window.timezone.key}"
            return f"No period of the window has {what}: it is {clock} by the server's clock."
    return None


def end_of(item: TrafficItem, window: TimeWindow) -> datetime:
    """Return the end of an item's whole period; a server may have cut it at the current time or the window's end."""
    start, end = item.period_start, item.period_end
    if end - start >= timedelta(**{f"{window.interval}s": 1}):
        return end
    try:
        own = TimeWindow.resolve(start, start + timedelta.resolution, window.interval, window.timezone.key)
        return max(end, next(own.periods()).end)
    except (OverflowError, ValueError):  # at the end of the calendar
        return end


def server_time(client: TrafficClient, app_id: int) -> datetime:
    """Return the server's time, from the Date of a small response; without a Date, the time of this machine."""
    return date_of(headers_of_probe(client, app_id)) or datetime.now(UTC)


def _queries(client: TrafficClient, request: Request) -> Sequence[TrafficQuery]:
    queries: list[TrafficQuery] = []
    start, end = request.start, request.end
    for app_id in request.app_ids:
        try:
            query = client.get_traffic(
                app_id,
                start=start,
                end=end,
                interval=request.interval,
                timezone=request.timezone,
                app_env_id=request.app_env_id,
                consumer_id=request.consumer_id,
                max_items=request.max_items,
            )
        except ValueError as error:
            raise InputError(sentence_of(error)) from error
        queries.append(query)
        start, end = query.window.start, query.window.end  # "now" is the same for all apps
    return queries
