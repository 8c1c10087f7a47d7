"""One self-contained HTML file: it includes Vega, and its content security policy forbids loading anything else."""

import html
import json
from importlib.resources import files

import vl_convert

from apitally_traffic_cli.plots import clocks, labels, vega
from apitally_traffic_cli.plots.data import Picture, Series
from apitally_traffic_cli.traffic import COUNT_COLUMNS


def page(picture: Picture) -> bytes:
    """Return the page, which adapts to the width of the window and to the preference for light or dark."""
    panels = [
        {"width": "container", **vega.panel(picture, panel, is_first=panel is vega.PANELS[0], is_interactive=True)}
        for panel in vega.PANELS
    ]
    content = {
        "datasets": vega.datasets(picture),
        "panels": panels,
        "configs": {"light": vega.config(vega.LIGHT), "dark": vega.config(vega.DARK)},
    }
    template = files("apitally_traffic_cli.plots").joinpath("page.html").read_text(encoding="utf-8")
    subtitle = [labels.window(picture.window), *clocks.notes(picture.window)]
    # Values that may contain arbitrary text are filled in last, so that a placeholder in them is not replaced.
    filled = (
        template.replace("{{title}}", html.escape(picture.title))
        .replace("{{subtitle}}", "<br>".join(map(html.escape, subtitle)))
        .replace("{{font}}", vega.FONT)
        .replace("{{light}}", _colours(vega.LIGHT))
        .replace("{{dark}}", _colours(vega.DARK))
        .replace("{{label}}", html.escape(labels.picture(picture.title, picture.window)))
        .replace("{{legend}}", _legend(picture))
        .replace("{{totals}}", _totals(picture))
        .replace("{{content}}", json.dumps(content, separators=(",", ":")).replace("<", "\\u003c"))
        .replace("{{vega}}", _vega())
    )
    return filled.encode()


def _colours(theme: vega.Theme) -> str:
    """Return the colours of a theme as properties of CSS."""
    series = {f"series-{number}": colour for number, colour in enumerate(theme.series)}
    colours = {"background": theme.background, "text": theme.text, **series}
    return " ".join(f"--{name}: {colour};" for name, colour in colours.items())


def _legend(picture: Picture) -> str:
    """Return the list of the series, whose lines break in a narrow window; nothing for one series."""
    if len(picture.series) == 1:
        return ""
    entries = [_entry(number, series.name) for number, series in enumerate(picture.series)]
    return f'<ul id="legend">{"".join(entries)}</ul>'


def _entry(number: int, name: str) -> str:
    colour = f"var(--series-{number % len(vega.LIGHT.series)})"
    dashes = " ".join(map(str, vega.dash(number)))
    line = f'<path d="M0 1h30" stroke-width="2" stroke-dasharray="{dashes}" style="stroke: {colour}"/>'
    return f'<li><svg aria-hidden="true">{line}</svg>{html.escape(name)}</li>'


def _totals(picture: Picture) -> str:
    """Return a table with the totals of each series, for screen readers and for browsers without JavaScript."""
    heads = "".join(f'<th scope="col">{panel.title}</th>' for panel in vega.PANELS)
    rows = "".join(f"<tr>{_cells(series)}</tr>" for series in picture.series)
    return f"<table><caption>Totals</caption><tr><td></td>{heads}</tr>{rows}</table>"


def _cells(series: Series) -> str:
    columns = [COUNT_COLUMNS.index(panel.column) for panel in vega.PANELS]
    totals = [sum(counts[column] for counts in series.counts) for column in columns]
    return f'<th scope="row">{html.escape(series.name)}</th>' + "".join(f"<td>{total:,}</td>" for total in totals)


def _vega() -> str:
    bundle = vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;", vl_version=vega.VEGA_LITE)
    return bundle.replace("</script", "<\\/script")
