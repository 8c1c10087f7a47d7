"""Print an instant as the API does: ISO 8601 with the offset that the zone uses at that instant."""

from datetime import datetime, timedelta

from apitally_mock.periods.calendar import Edge

_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - the clock on the wall has no zone of its own


def format_edge(edge: Edge) -> str:
    """Print the beginning of a period, with `Z` where the offset is zero.

    RFC 3339 has no seconds in an offset, but local mean times do: those are printed with the next full minute of offset
    and the clock time that goes with it. So the text always names the right instant, on the right local date.
    """
    minutes = -(-edge.offset // 60)
    clock = (_EPOCH + timedelta(seconds=edge.instant + minutes * 60)).isoformat()
    if not minutes:
        return clock + "Z"
    hours, minutes_left = divmod(abs(minutes), 60)
    return f"{clock}{'+' if minutes > 0 else '-'}{hours:02}:{minutes_left:02}"
