"""The table of the kinds of pictures: the ending of a file, and what draws it."""

from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

ENDINGS = {".png": "files:png", ".svg": "files:svg", ".html": "page:page"}
"""The ending of a file's name, and the module and function that draw it."""

_TERMINAL = "text:text"


def drawer(output: Path | None) -> Callable[[Any], bytes]:
    """Return the function that draws a picture for a file, or for the terminal where there is none.

    Raises:
        ModuleNotFoundError: the library that it needs is not installed.
    """
    module, _, name = (_TERMINAL if output is None else ENDINGS[output.suffix.lower()]).partition(":")
    draw: Callable[[Any], bytes] = getattr(import_module(f"apitally_traffic_cli.plots.{module}"), name)
    return draw
