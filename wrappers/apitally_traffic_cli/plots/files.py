"""PNG and SVG files, drawn by Vega without a browser or a network."""

import html

import vl_convert

from apitally_traffic_cli.plots import clocks, labels, vega
from apitally_traffic_cli.plots.data import Picture

_PNG_SCALE = 2


def png(picture: Picture) -> bytes:
    """Return a PNG with two pixels per point."""
    drawn: bytes = vl_convert.vegalite_to_png(
        _spec(picture), vl_version=vega.VEGA_LITE, scale=_PNG_SCALE, allowed_base_urls=[]
    )
    return drawn


def svg(picture: Picture) -> bytes:
    """Return an SVG with a label for screen readers.

    Its bytes depend only on the picture, not on the timezone of this machine.
    """
    drawn: str = vl_convert.vegalite_to_svg(_spec(picture), vl_version=vega.VEGA_LITE, allowed_base_urls=[])
    label = html.escape(labels.picture(picture.title, picture.window))
    return drawn.replace("<svg ", f'<svg role="img" aria-label="{label}" ', 1).encode()


def _spec(picture: Picture) -> vega.Dict:
    panels = [
        {"width": vega.FILE_WIDTH, **vega.panel(picture, panel, is_first=panel is vega.PANELS[0], is_interactive=False)}
        for panel in vega.PANELS
    ]
    return {
        "title": {
            "text": picture.title,
            "subtitle": [labels.window(picture.window), *clocks.notes(picture.window)],
            "frame": "bounds",
        },
        "padding": 16,
        "spacing": 16,
        "datasets": vega.datasets(picture),
        "vconcat": panels,
        "config": vega.config(vega.LIGHT),
    }
