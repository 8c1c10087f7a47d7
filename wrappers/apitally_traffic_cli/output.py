"""Write the data to stdout, or to a file that appears when it is complete."""

import os
import stat
import sys
import tempfile
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, TextIO

from apitally_traffic_cli.descriptors import descriptor_of, is_stdout
from apitally_traffic_cli.failures import FailureError


@contextmanager
def open_output(path: Path | None) -> Iterator[BinaryIO]:
    """Open the output for the data.

    Args:
        path: the file; None, "-" or a name such as /dev/stdout for stdout.

    Raises:
        FailureError: the output cannot be written.
    """
    if path is None or is_stdout(path):
        yield _stdout()
        return
    try:
        with _opened(path) as file:
            yield file
    except BrokenPipeError:
        raise
    except OSError as error:
        raise FailureError(f"{path} cannot be written: {error.strerror or error}.") from error


def is_replaced(path: Path | None) -> bool:
    """Return whether `open_output` replaces a file only when the new one is complete, so a failure leaves no trace."""
    return path is not None and descriptor_of(path) is None and not is_stdout(path) and _is_replaceable(path)


def check_writable(path: Path | None) -> None:
    """Raise a `FailureError` now if `open_output` would raise it later, without changing anything."""
    if path is None or is_stdout(path):
        _stdout()
        return
    try:
        if (descriptor := descriptor_of(path)) is not None:
            os.fstat(descriptor)
        elif _is_replaceable(path):
            tempfile.TemporaryFile(dir=path.resolve().parent).close()
    except OSError as error:
        raise FailureError(f"{path} cannot be written: {error.strerror or error}.") from error


@contextmanager
def text_for(
    file: BinaryIO, *, encoding: str, errors: str | None = None, newline: str | None = None
) -> Iterator[TextIO]:
    """Return a text file that writes to a binary file, which stays open.

    If the block fails, its error is raised, even if the remaining text cannot be written.
    """
    text = os.fdopen(file.fileno(), "w", encoding=encoding, errors=errors, newline=newline, closefd=False)
    try:
        yield text
    except BaseException:
        with suppress(OSError):
            text.close()
        raise
    text.close()


def _opened(path: Path) -> AbstractContextManager[BinaryIO]:
    """Open the target of a path: a regular file is replaced, and an already open descriptor is continued."""
    if (descriptor := descriptor_of(path)) is not None:
        return os.fdopen(os.dup(descriptor), "wb")
    # Resolved, so that a link stays a link. A device or pipe cannot be replaced, and has no old content to keep.
    return _replacing(path.resolve()) if _is_replaceable(path) else path.open("wb")


def _is_replaceable(path: Path) -> bool:
    """Return whether a path is that of a regular file, or does not exist yet."""
    try:
        return stat.S_ISREG(path.stat().st_mode)
    except FileNotFoundError:
        return True


@contextmanager
def _replacing(target: Path) -> Iterator[BinaryIO]:
    """Write to a temporary file beside the target, and rename it at the end, so that the target is always complete."""
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
    """Return the permissions of the replaced file, or the default permissions of a new file."""
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
