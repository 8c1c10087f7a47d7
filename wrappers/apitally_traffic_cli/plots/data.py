"""What a plot shows: for each series the counts of every period of one window."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from apitally_traffic import Period, TimeWindow, TrafficClient
from apitally_traffic_cli.traffic import COUNT_COLUMNS, Request, Traffic, server_time

Counts = tuple[int, ...]
_NOTHING: Counts = (0,) * len(COUNT_COLUMNS)


@dataclass(frozen=True)
class Series:
    """One line: its name, and for each period of the window what `COUNT_COLUMNS` names."""

    name: str
    counts: Sequence[Counts]


@dataclass(frozen=True)
class Picture:
    """Everything that a plot shows.

    Attributes:
        title: the apps and filters.
        window: the window of all series.
        periods: its periods, each whole.
        series: the lines, at least one.
        first_open: the index of the first period that has not ended, or the number of periods.
        begun: how many periods have begun; there is nothing to draw of the others.
    """

    title: str
    window: TimeWindow
    periods: Sequence[Period]
    series: Sequence[Series]
    first_open: int
    begun: int


class Reading:
    """Reads what a plot shows. A period that the API leaves out had no traffic.

    Attributes:
        done: how much has been read, from 0 to 1.
    """

    def __init__(self, client: TrafficClient, request: Request, consumer_ids: Sequence[int]) -> None:
        """Make the queries; nothing is sent yet.

        Raises:
            InputError: times, timezone or their order make no sense.
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
        """How much of the time of all series has been read, from 0 to 1."""
        return sum(part.done for part in self._parts) / len(self._parts)

    @property
    def points(self) -> int:
        """How many periods all series have together."""
        return len(self.window) * sum(len(part.app_ids) for part in self._parts)

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
            begun=max(sum(period.start.astimezone(UTC) <= now for period in periods), _with_traffic(series)),
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
    """Return how many periods there are up to the last with traffic, which may have begun since the clock was read."""
    return max((number for one in series for number, counts in enumerate(one.counts, 1) if any(counts)), default=0)
