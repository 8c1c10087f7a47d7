"""Make the exit code and the data independent of standard streams that are closed or cannot be written to."""

import io
import os
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Any, BinaryIO

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

_STDERR = 2


def reserve_descriptors() -> None:
    """Reserve the numbers of closed standard streams, which libraries in C and Rust would use for files or connections.

    Reading from a reserved descriptor returns nothing, and writing to it fails.
    """
    while (descriptor := os.open(os.devnull, os.O_RDONLY)) <= _STDERR:
        pass
    os.close(descriptor)


def let_stdout_take_every_character() -> None:
    """Make stdout write characters outside of its encoding as escapes, as stderr does."""
    stream = sys.stdout
    if isinstance(stream, io.TextIOWrapper) and not (stream.encoding == "utf-8" and stream.errors == "surrogateescape"):
        stream.reconfigure(errors="backslashreplace")


def let_stderr_take_everything() -> None:
    """Make stderr ignore write errors: a full disk, a pipe without a reader or a closed descriptor.

    This covers everything that writes to it: messages, log lines, the progress, and Python itself at the end of the
    process. Without a stderr, click would print messages to stdout, among the data.
    """
    stream = sys.stderr
    buffer: Any  # not a BinaryIO, because it has no name
    if stream is None:
        buffer = _IgnoreWriteErrors()
        sys.stderr = io.TextIOWrapper(buffer, encoding="utf-8", write_through=True)
    elif isinstance(stream, io.TextIOWrapper):
        buffer = _IgnoreWriteErrors(stream.buffer)
        sys.stderr = io.TextIOWrapper(
            buffer, encoding=stream.encoding, errors=stream.errors, line_buffering=True, write_through=True
        )


class _IgnoreWriteErrors(io.RawIOBase):
    """Writes to a stream, ignoring errors; the stream stays open."""

    def __init__(self, stream: BinaryIO | None = None) -> None:
        super().__init__()
        self._stream = stream

    def writable(self) -> bool:
        return True

    def fileno(self) -> int:
        return super().fileno() if self._stream is None else self._stream.fileno()

    def isatty(self) -> bool:
        return self._stream is not None and self._stream.isatty()

    def write(self, data: "ReadableBuffer") -> int:
        with suppress(OSError):
            if self._stream is not None:
                self._stream.write(data)
                self._stream.flush()
        return memoryview(data).nbytes
