"""The table of the kinds of pictures: the ending of a file, and what writes it."""

from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any, BinaryIO

ENDINGS = {".png": "files:write_png", ".svg": "files:write_svg", ".html": "page:write_html"}
"""The ending of a file's name, and the module and function that write it."""

_TERMINAL = "text:write_text"


def writer(output: Path | None) -> Callable[[Any, BinaryIO], None]:
    """Return the function that writes a picture to a file, or to the terminal where there is none.

    Raises:
        ModuleNotFoundError: the library that it needs is not installed.
    """
    module, _, name = (_TERMINAL if output is None else ENDINGS[output.suffix.lower()]).partition(":")
    write: Callable[[Any, BinaryIO], None] = getattr(import_module(f"apitally_traffic_cli.plots.{module}"), name)
    return write
