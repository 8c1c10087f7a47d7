"""A stderr that takes everything: what cannot be told there changes neither the exit code nor the data."""

import io
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer


def never_fail() -> None:
    """Let stderr drop what its full disk, its pipe without a reader or its closed descriptor does not take.

    All that writes to it is covered: messages, log lines, the progress, and Python itself at the end of the process.
    Without a stderr, click would print the messages among the data.
    """
    stream = sys.stderr
    if stream is None:
        sys.stderr = io.TextIOWrapper(_Forgiving(), encoding="utf-8", write_through=True)
    elif isinstance(stream, io.TextIOWrapper):
        buffer = _Forgiving(stream.buffer)
        sys.stderr = io.TextIOWrapper(
            buffer, encoding=stream.encoding, errors=stream.errors, line_buffering=True, write_through=True
        )


class _Forgiving(io.RawIOBase):
    """Writes to a stream what it takes; the stream stays open."""

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
