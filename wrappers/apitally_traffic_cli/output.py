"""Where the data goes: to stdout, or to a file that appears when it is complete."""

import os
import stat
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from apitally_traffic_cli.failures import FailureError


@contextmanager
def open_output(path: Path | None) -> Iterator[BinaryIO]:
    """Open what to write the data to.

    Args:
        path: the file; None or "-" for stdout.

    Raises:
        FailureError: it cannot be written.
    """
    if path is None or str(path) == "-":
        yield _stdout()
        return
    try:
        # A link stays a link. A device or a pipe cannot be replaced, and has no old content to keep.
        target = path.resolve()
        with target.open("wb") if target.exists() and not target.is_file() else _replacing(target) as file:
            yield file
    except BrokenPipeError:
        raise
    except OSError as error:
        raise FailureError(f"{path} cannot be written: {error.strerror or error}.") from error


def check_writable(path: Path | None) -> None:
    """Raise a `FailureError` now if `open_output` would raise it later; nothing is changed."""
    if path is None or str(path) == "-":
        _stdout()
        return
    try:
        target = path.resolve()
        if not target.exists() or target.is_file():
            tempfile.TemporaryFile(dir=target.parent).close()
    except OSError as error:
        raise FailureError(f"{path} cannot be written: {error.strerror or error}.") from error


@contextmanager
def _replacing(target: Path) -> Iterator[BinaryIO]:
    """Write beside the target and rename at the end, so that at any time there is the old file or the new one."""
    descriptor, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.", suffix=".part")
    temporary = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            temporary.chmod(_mode(target))
            yield file
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(target)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def _mode(target: Path) -> int:
    """Return the permissions of the file that is replaced, or those of a new file."""
    if target.exists():
        return stat.S_IMODE(target.stat().st_mode)
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask


def _stdout() -> BinaryIO:
    if sys.stdout is None:
        raise FailureError("stdout is closed.")
    sys.stdout.flush()
    return sys.stdout.buffer
