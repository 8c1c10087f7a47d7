"""The table of picture formats: the file extension and the function that draws each, and what all of them can show."""

from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

ENDINGS = {".png": "files:png", ".svg": "files:svg", ".html": "page:page"}
"""The module and the function that draw a file, by its extension."""

MOST_SERIES = 28
"""The number of series up to which no two look the same, whatever the format."""

_TERMINAL = "text:text"


def drawer(output: Path | None) -> Callable[[Any], bytes]:
    """Return the function that draws a picture for a file or, without one, for the terminal.

    Raises:
        ModuleNotFoundError: the library for the format is not installed.
    """
    module, _, name = (_TERMINAL if output is None else ENDINGS[output.suffix.lower()]).partition(":")
    draw: Callable[[Any], bytes] = getattr(import_module(f"apitally_traffic_cli.plots.{module}"), name)
    return draw
