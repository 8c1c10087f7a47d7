"""The table of formats: the name, the file extensions and the module of each.

A format's module has one function, `write(traffic, file)`, which writes the rows as they arrive and keeps few of them.
"""

from collections.abc import Callable
from importlib import import_module
from typing import Any, BinaryIO, NamedTuple


class Format(NamedTuple):
    """One format.

    Attributes:
        module: the module that writes it.
        endings: its file extensions.
        is_binary: whether it must not be printed to a terminal.
        is_streamed: whether the output before a failure can be used.
    """

    module: str
    endings: tuple[str, ...] = ()
    is_binary: bool = False
    is_streamed: bool = True


FORMATS = {
    "table": Format("table", is_streamed=False),
    "csv": Format("csv_file", (".csv",)),
    "ndjson": Format("json_lines", (".ndjson", ".jsonl")),
    "json": Format("json_array", (".json",)),
    "parquet": Format("parquet", (".parquet",), is_binary=True, is_streamed=False),
}


def writer(name: str) -> Callable[[Any, BinaryIO], None]:
    """Return the function that writes a format.

    Raises:
        ModuleNotFoundError: the library for the format is not installed.
    """
    write: Callable[[Any, BinaryIO], None] = import_module(f"apitally_traffic_cli.formats.{FORMATS[name].module}").write
    return write


def format_of(file_name: str) -> str | None:
    """Return the format for the extension of a file name, or None."""
    endings = {ending: name for name, format_ in FORMATS.items() for ending in format_.endings}
    return next((name for ending, name in endings.items() if file_name.lower().endswith(ending)), None)
