"""A plot in the terminal: stepped lines of dots, or of characters if the lines cannot be distinguished otherwise."""

import os
import shutil
import sys
from collections.abc import Sequence
from itertools import cycle
from string import ascii_uppercase
from typing import NamedTuple

import plotext

from apitally_traffic_cli.plots import clocks, labels
from apitally_traffic_cli.plots.data import Picture
from apitally_traffic_cli.plots.ticks import ticks
from apitally_traffic_cli.terminal_size import MAX_COLUMNS

_COLOURS = ("blue", "orange", "green", "red", "magenta", "cyan")
_MARKERS = "*ox#@%&" + ascii_uppercase
_OPEN_MARKER = "."
"""Marks the period that has not ended: its line, or the axis below lines that keep markers of their own."""
_MIN_WIDTH = 12
"""The minimum width of a plot without the labels of its counts; a narrower terminal wraps the lines."""
_MIN_HEIGHT, _MAX_HEIGHT = 8, 20
_COUNT_TICKS = 4
_TICK_WIDTH = 14
_GAP = "   "
_ASCII = str.maketrans("┌┐└┘├┤┬┴┼│─", "+++++++++|-")


class _Style(NamedTuple):
    """The style of a line."""

    marker: str
    open_marker: str
    sample: str
    colour: str


def text(picture: Picture) -> bytes:
    """Return a plot of the requests, with a line for each series, from zero, about as wide as the terminal."""
    is_ascii = not sys.stdout.encoding.lower().startswith("utf")
    columns = min(shutil.get_terminal_size().columns, MAX_COLUMNS)
    lines = [f"{picture.title}, {labels.window(picture.window)}: requests", *clocks.notes(picture.window)]
    if picture.started:
        styles = _styles(len(picture.series), is_ascii=is_ascii)
        lines += [*_legend(picture, styles, columns), _drawn(picture, styles, columns)]
    drawn = "".join(line + os.linesep for line in lines)
    drawn = drawn if _wants_colours() else plotext.uncolorize(drawn)
    return (drawn.translate(_ASCII) if is_ascii else drawn).encode(sys.stdout.encoding, errors="replace")


def _styles(count: int, *, is_ascii: bool) -> list[_Style]:
    needs_markers = count > 1 and (not _wants_colours() or count > len(_COLOURS))
    styles = zip(range(count), cycle(_MARKERS), cycle(_COLOURS), strict=False)
    if is_ascii or needs_markers:
        is_single = count == 1
        return [
            _Style(marker, _OPEN_MARKER if is_single else marker, marker * 2, colour) for _, marker, colour in styles
        ]
    return [_Style("braille", _OPEN_MARKER, "──", colour) for _, _, colour in styles]


def _legend(picture: Picture, styles: Sequence[_Style], columns: int) -> list[str]:
    """Return the legend above the plot; no lines if one would explain nothing."""
    is_open = picture.first_open < picture.started
    if len(styles) == 1 and not is_open:
        return []
    entries = [(style.sample, style.colour, series.name) for style, series in zip(styles, picture.series, strict=True)]
    entries += [(_OPEN_MARKER * 2, "default", "so far")] if is_open else []
    lines: list[str] = []
    left = 0
    for sample, colour, name in entries:
        entry = f"{plotext.colorize(sample, colour)} {name}"
        length = len(f"{_GAP}{sample} {name}")
        if length <= left:
            lines[-1] += _GAP + entry
            left -= length
        else:
            lines.append(entry)
            left = columns - length + len(_GAP)
    return lines


def _drawn(picture: Picture, styles: Sequence[_Style], columns: int) -> str:
    most = max((requests for series in picture.series for requests, *_ in series.counts), default=0)
    counts = [most * part // _COUNT_TICKS for part in range(_COUNT_TICKS + 1)]
    columns = max(columns, len(f"{most:,}") + _MIN_WIDTH)
    height = min(max(shutil.get_terminal_size().lines - 1, _MIN_HEIGHT), _MAX_HEIGHT)
    plotext.clear_figure()
    plotext.theme("clear")
    plotext.limit_size(width=False, height=False)
    plotext.plot_size(columns, height)
    for style, series in zip(styles, picture.series, strict=True):
        requests = [requests for requests, *_ in series.counts]
        _draw_steps(picture, requests, style, range(picture.first_open))
        open_style = style._replace(marker=style.open_marker)
        _draw_steps(picture, requests, open_style, range(picture.first_open, picture.started))
    plotext.ylim(0, most or 1)
    plotext.yticks(counts, [f"{count:,}" for count in counts])
    found = ticks(picture.window, most=max(columns // _TICK_WIDTH, 2))
    plotext.xlim(picture.periods[0].start.timestamp(), picture.periods[-1].end.timestamp())
    # Without labels: plotext would place them in the order of a set, which differs between processes.
    plotext.xticks([instant.timestamp() for instant in found], [" "] * len(found))
    rows = [row for row in plotext.build().splitlines() if plotext.uncolorize(row).strip()]
    axis = plotext.uncolorize(rows[-1])
    if any(style.open_marker == style.marker for style in styles):
        rows[-1] = _dotted(axis, picture)
    places = [column for column, character in enumerate(axis) if character == "┬"]
    return "\n".join([*rows, _labels(places, list(found.values()), columns)])


def _dotted(axis: str, picture: Picture) -> str:
    """Return the axis with dots below the periods that have not ended."""
    still_open = picture.periods[picture.first_open : picture.started]
    if not still_open:
        return axis
    start, end = picture.periods[0].start.timestamp(), picture.periods[-1].end.timestamp()
    left, right = axis.index("└") + 1, axis.index("┘") - 1
    first, last = (
        left + round((time.timestamp() - start) / (end - start) * (right - left))
        for time in (still_open[0].start, still_open[-1].end)
    )
    below = axis[first : last + 1]
    # Ticks stay, unless there is nothing else.
    dots = below.replace("─", _OPEN_MARKER) if "─" in below else _OPEN_MARKER * len(below)
    return axis[:first] + dots + axis[last + 1 :]


def _labels(places: Sequence[int], texts: Sequence[str], columns: int) -> str:
    """Return a line with each text below its place, or as near as the borders allow, leaving out texts without room."""
    line = ""
    for place, label in zip(places, texts, strict=False):
        start = max(min(place - len(label) // 2, columns - len(label)), 0)
        if start > len(line) or not line:
            line = line.ljust(start) + label
    return line


def _draw_steps(picture: Picture, requests: Sequence[int], style: _Style, indexes: range) -> None:
    """Draw a horizontal line for each of these periods, from its start to its end, joined by vertical lines."""
    times = [
        time.timestamp() for index in indexes for time in (picture.periods[index].start, picture.periods[index].end)
    ]
    if times:
        counts = [requests[index] for index in indexes for _ in range(2)]
        plotext.plot(times, counts, color=style.colour, marker=style.marker)


def _wants_colours() -> bool:
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
