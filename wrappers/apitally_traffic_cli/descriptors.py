"""Recognize paths of already open descriptors, such as /dev/stdout: opening them again would lose their content."""

import os
from pathlib import Path

_FOLDERS = ("/dev/fd", "/proc/self/fd", "/proc/thread-self/fd")
_MAX_LINKS = 40
_MAX_DIGITS = 9
_STDOUT = 1


def is_stdout(path: Path | None) -> bool:
    """Return whether an output is stdout: None, "-" or a path that leads to it."""
    return path is None or str(path) == "-" or descriptor_of(path) == _STDOUT


def descriptor_of(path: Path) -> int | None:
    """Return the number of this process's descriptor that a path leads to, even through links; None for other paths."""
    folders = {os.path.realpath(folder) for folder in _FOLDERS}
    for _ in range(_MAX_LINKS):
        folder, name = os.path.realpath(path.parent), path.name
        if folder in folders and name.isascii() and name.isdecimal() and len(name) <= _MAX_DIGITS:
            return int(name)
        if not os.path.islink(path):  # noqa: PTH114 - a Path raises an error if a name is too long
            return None
        path = Path(folder, path.readlink())
    return None
