"""Convert a picture to Vega-Lite: plain dicts, one for each panel.

Times are milliseconds since 1970 on a UTC scale with a fixed domain, and every text with a time is formatted here. A
panel has no width: files add a fixed one, and the page lets it follow the browser window.
"""

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from apitally_traffic_cli.plots import labels
from apitally_traffic_cli.plots.clocks import clock_changes
from apitally_traffic_cli.plots.data import Picture
from apitally_traffic_cli.plots.ticks import ticks
from apitally_traffic_cli.traffic import COUNT_COLUMNS

VEGA_LITE = "6.1"
"""The version of Vega-Lite for which the dicts are written."""

FILE_WIDTH = 840
"""The width of the plots of a file in points."""

FONT = "Liberation Sans, Arial, Helvetica, sans-serif"
_MIN_TOP = 5
_FILL = 0.25
_STROKE, _DENSE = 1.5, 400
_TICKS = ((420, 4), (700, 8), (None, 14))
"""Maximum numbers of ticks, each for axes below a width in points; the last is also for files."""
_LABEL_ROOM = 40
_LEGEND_ENTRY, _LEGEND_CHARACTER = 60, 6
"""The width of an entry of the legend without its name, and that of each character of the name."""
_EPOCH, _MILLISECOND = datetime(1970, 1, 1, tzinfo=UTC), timedelta(milliseconds=1)

Dict = dict[str, Any]


class Panel(NamedTuple):
    """One of the plots, which are stacked vertically."""

    column: str
    title: str
    height: int
    unit: str


PANELS = (
    Panel("requests", "Requests", 200, ""),
    Panel("bytes_sent", "Bytes sent", 110, "B"),
    Panel("bytes_received", "Bytes received", 110, "B"),
)


class Theme(NamedTuple):
    """The colours of a picture."""

    background: str
    text: str
    grid: str
    series: tuple[str, ...]


# Okabe and Ito's colours, which can be distinguished with any colour vision; brighter on the dark background.
LIGHT = Theme(
    "#ffffff", "#222222", "#dddddd", ("#0072B2", "#E69F00", "#009E73", "#D55E00", "#CC79A7", "#56B4E9", "#666666")
)
DARK = Theme(
    "#16181c", "#dddddd", "#3a3d44", ("#56B4E9", "#E69F00", "#2BC9A0", "#FF8A50", "#E6A8CC", "#5C8DFF", "#aaaaaa")
)

DASHES = ((1, 0), (8, 3), (2, 2), (10, 3, 2, 3))
"""The lengths of dashes and gaps: the first lines are solid, and each further pattern is for all colours once more."""


def datasets(picture: Picture) -> dict[str, list[Dict]]:
    """Return the rows that the panels refer to by name.

    `lines` has a row for each period and series, and one more for the end of the last period. `periods` has the
    tooltips, `open` the span that has not ended yet, and `clocks` the clock changes.
    """
    starts = [epoch(period.start) for period in picture.periods]
    ends = [epoch(period.end) for period in picture.periods]
    lines: list[Dict] = []
    for series in picture.series:
        points = list(zip(starts, series.counts, strict=True))[: picture.started]
        points += [(ends[picture.started - 1], points[-1][1])] if points else []
        lines += [
            {"time": time, "series": series.name, **dict(zip(COUNT_COLUMNS, counts, strict=True))}
            for time, counts in points
        ]
    periods: list[Dict] = []
    for index, period in enumerate(picture.periods[: picture.started]):
        row: Dict = {"start": starts[index], "end": ends[index], "when": labels.period(period)}
        if index >= picture.first_open:
            row["when"] += " (so far)"
        for number, series in enumerate(picture.series):
            for name, count in zip(COUNT_COLUMNS, series.counts[index], strict=True):
                row[f"{name}_{number}"] = f"{count:,}"
        periods.append(row)
    is_open = picture.first_open < picture.started
    still_open = [{"start": starts[picture.first_open], "end": ends[picture.started - 1]}] if is_open else []
    changes = [{"time": epoch(change.instant)} for change in clock_changes(picture.window)]
    return {"lines": lines, "periods": periods, "open": still_open, "clocks": changes}


def panel(picture: Picture, which: Panel, *, is_first: bool, is_interactive: bool) -> Dict:
    """Return the Vega-Lite dict of one panel.

    Args:
        picture: the picture to show.
        which: the panel.
        is_first: whether it is the first panel, which has the legend of a file.
        is_interactive: whether it is for the page, which shows values under the pointer and has a legend of its own.
    """
    has_legend = is_first and not is_interactive and len(picture.series) > 1
    layers = [_open_band(), _clock_rules(), _lines(picture, which, has_legend=has_legend)]
    if is_first:
        layers.append(_open_label())
    if is_interactive:
        layers.append(_tooltips(picture, which))
    return {
        "height": which.height,
        "encoding": {"x": _x(picture, follows_width=is_interactive)},
        "layer": layers,
        "view": {"stroke": None},
    }


def config(theme: Theme) -> Dict:
    """Return the Vega-Lite configuration of a theme."""
    axis = {"labelColor": theme.text, "titleColor": theme.text, "gridColor": theme.grid, "domainColor": theme.grid}
    return {
        "background": theme.background,
        "font": FONT,
        "axis": {**axis, "tickColor": theme.grid, "titleFontWeight": "normal"},
        # A label that is cut could be the same as another one.
        "legend": {"labelColor": theme.text, "titleColor": theme.text, "labelLimit": 0},
        "title": {"color": theme.text, "subtitleColor": theme.text, "anchor": "start", "fontSize": 15, "offset": 14},
        "text": {"color": theme.text},
        "range": {"category": list(theme.series)},
    }


def dash(number: int) -> tuple[int, ...]:
    """Return the pattern of a series: after all colours, they begin again with the next pattern."""
    return DASHES[number // len(LIGHT.series) % len(DASHES)]


def epoch(time: datetime) -> int:
    """Return the milliseconds since 1970."""
    return (time.astimezone(UTC) - _EPOCH) // _MILLISECOND


def _x(picture: Picture, *, follows_width: bool) -> Dict:
    *narrower, (_, most) = _TICKS
    values, texts = _ticks(picture, most)
    axis: Dict = {"values": json.loads(values)}
    if follows_width:
        for width, fewer in reversed(narrower):
            few_values, few_texts = _ticks(picture, fewer)
            values, texts = (
                f"width < {width} ? {few} : {many}" for few, many in ((few_values, values), (few_texts, texts))
            )
        axis["values"] = {"signal": values}
    end = picture.periods[-1].end if picture.periods else picture.window.end
    return {
        "field": "time",
        "type": "temporal",
        "title": None,
        "scale": {"type": "utc", "domain": [epoch(picture.window.start), epoch(end)], "nice": False},
        "axis": {
            **axis,
            # Vega would describe it to screen readers with times in UTC; the picture's own label has the local ones.
            "aria": False,
            "labelExpr": f"({texts})[toString(+datum.value)]",
            "labelOverlap": "greedy",
            "labelSeparation": 6,
            # The first label may extend to the left of the axis, as far as the labels of the counts.
            "labelBound": _LABEL_ROOM,
            "labelFlush": False,
        },
    }


def _ticks(picture: Picture, most: int) -> tuple[str, str]:
    """Return the ticks and their labels in Vega's expression language, which has the same literals as JSON."""
    found = {epoch(instant): label for instant, label in ticks(picture.window, most).items()}
    values, texts = (json.dumps(literal, separators=(",", ":")) for literal in (list(found), found))
    return values, texts


def _lines(picture: Picture, which: Panel, *, has_legend: bool) -> Dict:
    # Zero has no unit, because the format would write it as "0B" or "0k".
    label = f"datum.value ? format(datum.value, '~s') + '{which.unit}' : '0'"
    names = [series.name for series in picture.series]
    width = _STROKE if len(picture.periods) <= _DENSE else _STROKE / 2
    column = COUNT_COLUMNS.index(which.column)
    most = max((counts[column] for series in picture.series for counts in series.counts), default=0)
    # Vega's default description of a mark, for screen readers, contains a time in the machine's timezone.
    line: Dict = {"strokeWidth": width, "description": which.title}
    mark = {**line, "type": "line"} if len(names) > 1 else {**line, "type": "area", "line": line, "fillOpacity": _FILL}
    by_series = {"field": "series", "type": "nominal", "title": None, "legend": _legend(names) if has_legend else None}
    patterns = [dash(number) for number in range(len(names))]
    return {
        "data": {"name": "lines"},
        "mark": {**mark, "interpolate": "step-after"},
        "encoding": {
            "y": {
                "field": which.column,
                "type": "quantitative",
                "stack": None,
                "title": which.title,
                # A minimum, so that the axis has whole numbers even for a few requests.
                "scale": {"domain": [0, max(most, _MIN_TOP)], "nice": True},
                "axis": {"labelExpr": label, "tickCount": which.height // 30, "minExtent": 45},
            },
            "color": {**by_series, "scale": {"domain": names}},
            "strokeDash": {**by_series, "scale": {"domain": names, "range": patterns}},
        },
    }


def _legend(names: Sequence[str]) -> Dict:
    """Return a legend above the plot, about as wide as the plot of a file at most."""
    entry = _LEGEND_ENTRY + _LEGEND_CHARACTER * max(map(len, names))
    return {
        "orient": "top",
        # Longer than Vega's own symbol, which has no room for a pattern of dashes.
        "symbolType": "M-3,0L3,0",
        "symbolOffset": 10,
        "labelOffset": 14,
        "columns": max(FILE_WIDTH // entry, 1),
    }


def _clock_rules() -> Dict:
    return {
        "data": {"name": "clocks"},
        "mark": {"type": "rule", "color": "#888888", "strokeDash": [4, 3], "aria": False},
    }


def _open_band() -> Dict:
    return {
        "data": {"name": "open"},
        "mark": {"type": "rect", "color": "#888888", "opacity": 0.2, "aria": False},
        "encoding": {"x": {"field": "start", "type": "temporal"}, "x2": {"field": "end"}},
    }


def _open_label() -> Dict:
    return {
        "data": {"name": "open"},
        "mark": {"type": "text", "text": "so far", "align": "right", "baseline": "bottom", "y": -3, "aria": False},
        "encoding": {"x": {"field": "end", "type": "temporal"}},
    }


def _tooltips(picture: Picture, which: Panel) -> Dict:
    counts = [
        {"field": f"{which.column}_{number}", "title": series.name} for number, series in enumerate(picture.series)
    ]
    return {
        "data": {"name": "periods"},
        "params": [{"name": "hover", "select": {"type": "point", "on": "pointerover", "clear": "pointerout"}}],
        "mark": {"type": "rect", "color": "#888888"},
        "encoding": {
            "x": {"field": "start", "type": "temporal"},
            "x2": {"field": "end"},
            "opacity": {"condition": {"param": "hover", "empty": False, "value": 0.3}, "value": 0},
            "tooltip": [{"field": "when", "title": which.title}, *counts],
        },
    }
