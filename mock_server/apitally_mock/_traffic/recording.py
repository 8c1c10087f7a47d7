"""Traffic that was recorded from the API, served again.

The rows of one environment and consumer form a track of periods. The counts of a period are spread evenly over it, so
that other intervals and zones than those of the recording can be requested, too. A recorded period itself is returned
as it was recorded.
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import accumulate, pairwise

from apitally_mock._traffic.recording_file import Record
from apitally_mock._traffic.source import NOTHING, Counts, Series
from apitally_mock.settings import MAX_INTEGER, App


class Recording:
    """The traffic of a recording.

    Args:
        records: the recorded periods, in any order.

    Raises:
        ValueError: there are none, two of one series overlap, or a sum of their counts is too large.
    """

    def __init__(self, records: Iterable[Record]) -> None:
        by_series: dict[Series, dict[str | None, list[Record]]] = defaultdict(lambda: defaultdict(list))
        for record in records:
            by_series[record.series][record.interval].append(record)
        if not by_series:
            raise ValueError("it has no rows")
        # A file can have the same traffic by hour and by day, such as one from a warehouse table: use the hours.
        self._tracks = {
            series: _Track(by_interval.get("hour") or [record for part in by_interval.values() for record in part])
            for series, by_interval in by_series.items()
        }
        for app_id in {series.app_id for series in by_series}:
            totals = Counts(
                *map(sum, zip(*(t.total for s, t in self._tracks.items() if s.app_id == app_id), strict=True))
            )
            if too_large := next((name for name, total in totals._asdict().items() if total > MAX_INTEGER), None):
                raise ValueError(f"the {too_large} of its app {app_id} add up to more than {MAX_INTEGER}")
        self.apps: Mapping[int, App] = {
            app_id: App(
                tuple(sorted({s.app_env_id for s in by_series if s.app_id == app_id and s.app_env_id is not None})),
                tuple(sorted({s.consumer_id for s in by_series if s.app_id == app_id and s.consumer_id is not None})),
            )
            for app_id in sorted({series.app_id for series in by_series})
        }

    def begins_at(self, app_id: int) -> int:
        """Return the beginning of the first recorded period of an app; see `Source.begins_at`."""
        return min(track.begins_at for series, track in self._tracks.items() if series.app_id == app_id)

    def counts(self, series: Series, instants: Sequence[int]) -> list[Counts]:
        """Count the traffic between each instant and the next one; see `Source.counts`."""
        parts = [[track.until(instant) for instant in instants] for track in self._matching(series)]
        if not parts:
            return [NOTHING] * (len(instants) - 1)
        sums = [Counts(*map(sum, zip(*amounts, strict=True))) for amounts in zip(*parts, strict=True)]
        return [Counts(*(b - a for a, b in zip(*pair, strict=True))) for pair in pairwise(sums)]

    def _matching(self, series: Series) -> list["_Track"]:
        """Return the track of a series, or otherwise the tracks that add up to it.

        A recording may hold totals as well as their parts. So that nothing is counted twice, either all tracks that
        are added up have an environment or none, and the same with the consumer.
        """
        if series in self._tracks:
            return [self._tracks[series]]
        parts: dict[tuple[bool, bool], list[_Track]] = defaultdict(list)
        for other, track in self._tracks.items():
            fits = all(asked in (None, recorded) for asked, recorded in zip(series, other, strict=True))
            if fits:
                parts[other.app_env_id is not None, other.consumer_id is not None].append(track)
        return parts[max(parts)] if parts else []


class _Track:
    """The recorded periods of one series, which do not overlap, and the running count of the traffic before each."""

    def __init__(self, records: list[Record]) -> None:
        records = sorted(records, key=lambda record: record.start)
        for one, other in pairwise(records):
            if other.start < one.end:
                raise ValueError(f"its rows {one.row} and {other.row} overlap")
        self.begins_at = records[0].start
        self._records = records
        self._starts = [record.start for record in records]
        counts = (record.counts for record in records)
        self._before = [*accumulate(counts, lambda a, b: Counts(*map(sum, zip(a, b, strict=True))), initial=NOTHING)]

    @property
    def total(self) -> Counts:
        """All traffic of the track."""
        return self._before[-1]

    def until(self, instant: int) -> Counts:
        """Count the traffic of the track until an instant."""
        index = bisect_right(self._starts, instant) - 1
        if index < 0:
            return NOTHING
        record = self._records[index]
        passed, length = min(instant, record.end) - record.start, record.end - record.start
        pairs = zip(self._before[index], record.counts, strict=True)
        return Counts(*(before + count * passed // length for before, count in pairs))
