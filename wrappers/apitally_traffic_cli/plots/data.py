"""The data of a plot: for each series, the counts of every period in one window."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from apitally_traffic import Period, TimeWindow, TrafficClient
from apitally_traffic_cli.traffic import COUNT_COLUMNS, Request, Traffic, server_time

Counts = tuple[int, ...]
_NOTHING: Counts = (0,) * len(COUNT_COLUMNS)


@dataclass(frozen=True)
class Series:
    """One line of the plot: its name, and the `COUNT_COLUMNS` of each period in the window."""

    name: str
    counts: Sequence[Counts]


@dataclass(frozen=True)
class Picture:
    """Everything that a plot shows.

    Attributes:
        title: the apps and filters.
        window: the window of all series.
        periods: its periods, all of them whole.
        series: the lines, at least one.
        first_open: the index of the first period that has not ended, or the number of periods.
        started: how many periods have started; the others are not drawn.
        now: the server's time before the first series was read.
    """

    title: str
    window: TimeWindow
    periods: Sequence[Period]
    series: Sequence[Series]
    first_open: int
    started: int
    now: datetime


class Reading:
    """Reads the data of a plot. A period that the API leaves out had no traffic.

    Attributes:
        done: the fraction that has been read, from 0 to 1.
    """

    def __init__(self, client: TrafficClient, request: Request, consumer_ids: Sequence[int]) -> None:
        """Make the queries; nothing is sent yet.

        Raises:
            InputError: a time or the timezone is invalid, or the times are in the wrong order.
        """
        self._client = client
        self._request = request
        self._parts: list[Traffic] = []
        for consumer_id in consumer_ids or (None,):
            part = replace(request, consumer_id=consumer_id)
            self._parts.append(Traffic(client, part, closed_only=False, is_streamed=False))
            request = replace(request, start=self.window.start, end=self.window.end)

    @property
    def window(self) -> TimeWindow:
        """The window of all queries."""
        return self._parts[0].window

    @property
    def done(self) -> float:
        """The fraction of the windows of all series that has been read, from 0 to 1."""
        return sum(part.done for part in self._parts) / len(self._parts)

    @property
    def series(self) -> int:
        """The number of series."""
        return sum(len(part.app_ids) for part in self._parts)

    @property
    def points(self) -> int:
        """The total number of periods of all series."""
        return len(self.window) * self.series

    def picture(self) -> Picture:
        """Read all series."""
        now = server_time(self._client, self._request.app_ids[0])
        periods = list(self.window.periods())
        series = [series for part in self._parts for series in self._series(part, periods)]
        return Picture(
            title=self._title(),
            window=self.window,
            periods=periods,
            series=series,
            first_open=sum(period.end.astimezone(UTC) <= now for period in periods),
            started=max(sum(period.start.astimezone(UTC) <= now for period in periods), _with_traffic(series)),
            now=now,
        )

    def _series(self, part: Traffic, periods: Sequence[Period]) -> Iterator[Series]:
        counts: dict[int, dict[datetime, Counts]] = {app_id: {} for app_id in part.app_ids}
        for row in part:
            of_period = tuple(getattr(row.item, name) for name in COUNT_COLUMNS)
            counts[row.app_id][row.item.period_start.astimezone(UTC)] = of_period
        for app_id, of_app in counts.items():
            yield Series(
                self._name(app_id, part), [of_app.get(period.start.astimezone(UTC), _NOTHING) for period in periods]
            )

    def _name(self, app_id: int, part: Traffic) -> str:
        names = [f"app {app_id}"] if len(part.app_ids) > 1 or len(self._parts) == 1 else []
        names += [f"consumer {part.filters['consumer_id']}"] if len(self._parts) > 1 else []
        return ", ".join(names).capitalize()

    def _title(self) -> str:
        apps = self._request.app_ids
        title = f"{'App' if len(apps) == 1 else 'Apps'} {', '.join(map(str, apps))}"
        filters = {"environment": "app_env_id", "consumer": "consumer_id"}
        for word, name in filters.items():
            values = list(dict.fromkeys(part.filters[name] for part in self._parts if name in part.filters))
            if values:
                title += f", {word}{'s' if len(values) > 1 else ''} {', '.join(map(str, values))}"
        return title


def _with_traffic(series: Sequence[Series]) -> int:
    """Return the number of periods up to the last one with traffic, which may have started after the clock was read."""
    return max((number for one in series for number, counts in enumerate(one.counts, 1) if any(counts)), default=0)
