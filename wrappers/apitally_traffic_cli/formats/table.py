"""A human-readable table: the rows in readable units, a bar for each, and the totals."""

import sys
from collections.abc import Sequence
from datetime import datetime
from itertools import groupby
from typing import BinaryIO, NoReturn, TextIO

from rich import box, filesize
from rich.bar import Bar
from rich.console import Console, RenderableType
from rich.table import Table
from rich.text import Text

from apitally_traffic import TimeWindow
from apitally_traffic_cli.output import text_for
from apitally_traffic_cli.traffic import Row, Traffic, end_of

_BAR_WIDTH = 20
_GAP = 2
_MAX_WIDTH = 1000


def write(traffic: Traffic, file: BinaryIO) -> None:
    """Write the table after all rows were read, because the scale of the bars and the totals depend on all of them."""
    rows = list(traffic)
    encoding = sys.stdout.encoding if sys.stdout is not None and file is sys.stdout.buffer else "utf-8"
    with text_for(file, encoding=encoding, errors="replace") as text:
        _print(traffic, rows, text)


def _print(traffic: Traffic, rows: Sequence[Row], text: TextIO) -> None:
    # rich itself decides whether to use colours: on a terminal, unless NO_COLOR or TERM forbid it.
    console = _Console(file=text, highlight=False, emoji=False, markup=False)
    # Bars are left out if there is no room for them. An even narrower terminal wraps the lines, so no digit is lost.
    needed = console.measure(_table(traffic, rows, None), options=console.options.update_width(_MAX_WIDTH)).maximum
    room = min(console.width - needed - _GAP - 1, _BAR_WIDTH)
    table = _table(traffic, rows, _Bars(rows, room, is_ascii=console.options.ascii_only) if room > 1 else None)
    console.print(Text(_title(traffic), style="bold"), soft_wrap=True)
    console.width = max(console.width, needed)
    console.print(table)


class _Console(Console):
    """A console that leaves the handling of a closed pipe to the command; rich's own would exit with code 1."""

    def on_broken_pipe(self) -> NoReturn:
        raise BrokenPipeError


class _Bars:
    """Bars on a common scale."""

    def __init__(self, rows: Sequence[Row], width: int, *, is_ascii: bool) -> None:
        self.width = width
        self._most = max((row.item.requests for row in rows), default=0) or 1
        self._is_ascii = is_ascii

    def of(self, requests: int) -> RenderableType:
        if self._is_ascii:
            return "#" * round(self.width * requests / self._most)
        return Bar(self._most, 0, requests, width=self.width, color="cyan")


def _table(traffic: Traffic, rows: Sequence[Row], bars: _Bars | None) -> Table:
    has_apps = len(traffic.app_ids) > 1
    table = Table(box=box.SIMPLE_HEAD, padding=(0, _GAP, 0, 0), pad_edge=False, show_edge=False, show_footer=bool(rows))
    if has_apps:
        table.add_column("App", justify="right", no_wrap=True)
    table.add_column("Hour" if traffic.window.interval == "hour" else "Day", "Total", no_wrap=True)
    for heading, total in zip(("Requests", "Received", "Sent"), _counts(rows), strict=True):
        table.add_column(heading, total, justify="right", no_wrap=True)
    if bars:
        table.add_column("", width=bars.width)
    now = traffic.now
    for app_id, group in groupby(rows, lambda row: row.app_id):
        of_app = list(group)
        for row in of_app:
            app = [str(app_id)] if has_apps else []
            bar = [bars.of(row.item.requests)] if bars else []
            table.add_row(*app, _period(row, traffic.window, now), *_counts([row]), *bar)
        if has_apps:
            table.add_row(str(app_id), "Total", *_counts(of_app), style="bold", end_section=True)
    return table


def _title(traffic: Traffic) -> str:
    window = traffic.window
    apps = ", ".join(map(str, traffic.app_ids))
    filters = "".join(f", {name.removesuffix('_id').removeprefix('app_')} {n}" for name, n in traffic.filters.items())
    return (
        f"{'App' if len(traffic.app_ids) == 1 else 'Apps'} {apps}{filters}, "
        f"{window.start:%Y-%m-%d %H:%M} to {window.end:%Y-%m-%d %H:%M} in {window.timezone.key}"
    )


def _period(row: Row, window: TimeWindow, now: datetime) -> str:
    start = row.item.period_start.astimezone(window.timezone)
    # The abbreviation of the timezone distinguishes the two hours that a clock change repeats.
    label = f"{start:%a %Y-%m-%d %H:%M %Z}" if window.interval == "hour" else f"{start:%a %Y-%m-%d}"
    return f"{label} (so far)" if row.item.period_start <= now < end_of(row.item, window) else label


def _counts(rows: Sequence[Row]) -> tuple[str, str, str]:
    items = [row.item for row in rows]
    return (
        f"{sum(item.requests for item in items):,}",
        filesize.decimal(sum(item.bytes_received for item in items)),
        filesize.decimal(sum(item.bytes_sent for item in items)),
    )
