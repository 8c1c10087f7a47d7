"""Format times for a plot, and what it shows."""

from datetime import datetime

from apitally_traffic import Period, TimeWindow


def moment(time: datetime) -> str:
    """Return a local time with the abbreviation of its timezone, if it has one, and its offset."""
    abbreviation = time.strftime("%Z")
    named = f"{abbreviation} " if abbreviation[:1].isalpha() else ""
    return f"{time:%a %Y-%m-%d %H:%M} {named}{time.isoformat()[19:]}"


def period(of: Period) -> str:
    """Return the start and end of a period, in two lines."""
    return f"{moment(of.start)}\nto {moment(of.end)}"


def window(of: TimeWindow) -> str:
    """Return the window with its timezone, for a title."""
    return f"{of.start:%Y-%m-%d %H:%M} to {of.end:%Y-%m-%d %H:%M} ({of.timezone.key}), by {of.interval}"


def picture(title: str, of: TimeWindow) -> str:
    """Return what a picture shows, for a screen reader."""
    return f"{title}, {window(of)}: requests, bytes sent and bytes received"
