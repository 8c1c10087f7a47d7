"""A plot in the terminal."""

import os
import shutil
import sys

import plotext

from apitally_traffic_cli.plots import labels
from apitally_traffic_cli.plots.data import Picture
from apitally_traffic_cli.plots.ticks import ticks

_COLOURS = ("blue", "orange", "green", "red", "magenta", "cyan")
_HEIGHT = 20
_COUNT_TICKS = 4
_TICK_WIDTH = 14
_ASCII = str.maketrans("┌┐└┘├┤┬┴┼│─⢕", "+++++++++|-*")


def text(picture: Picture) -> bytes:
    """Return the requests of each series as a line, from zero, as wide as the terminal."""
    lines = [f"{picture.title}, {labels.window(picture.window)}: requests"]
    if picture.periods:
        lines.append(_drawn(picture, is_ascii=not sys.stdout.encoding.lower().startswith("utf")))
    return "".join(line + os.linesep for line in lines).encode(sys.stdout.encoding, errors="replace")


def _drawn(picture: Picture, *, is_ascii: bool) -> str:
    plotext.clear_figure()
    plotext.theme("clear")
    columns = shutil.get_terminal_size().columns
    plotext.plot_size(columns, _HEIGHT)
    times = [period.start.timestamp() for period in picture.periods] + [picture.periods[-1].end.timestamp()]
    marker = "*" if is_ascii else "braille"
    for number, series in enumerate(picture.series):
        counts = [requests for requests, *_ in (*series.counts, series.counts[-1])]
        plotext.plot(times, counts, label=series.name, color=_COLOURS[number % len(_COLOURS)], marker=marker)
    most = max((requests for series in picture.series for requests, *_ in series.counts), default=0)
    values = [most * part // _COUNT_TICKS for part in range(_COUNT_TICKS + 1)]
    plotext.ylim(0, most or 1)
    plotext.yticks(values, [f"{value:,}" for value in values])
    found = ticks(picture.window, most=max(columns // _TICK_WIDTH, 2))
    plotext.xticks([instant.timestamp() for instant in found], list(found.values()))
    drawn: str = plotext.build()
    if not _wants_colours():
        drawn = plotext.uncolorize(drawn)
    return drawn.translate(_ASCII) if is_ascii else drawn


def _wants_colours() -> bool:
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
