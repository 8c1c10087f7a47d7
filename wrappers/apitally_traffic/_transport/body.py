"""Read and decompress the body of a response within bounds.

httpx decompresses each piece of a body completely, so a few kilobytes can become gigabytes. Here the output of each
decompression step is limited, and a body that exceeds the limit is not kept.
"""

import zlib
from collections.abc import Iterable, Iterator
from io import BytesIO

MAX_BODY = 64 * 2**20
"""The maximum size in bytes, both compressed and decompressed. A page of 1,000 rows has 0.2 million."""

ACCEPT_ENCODING = "gzip, deflate"
"""The supported codings."""

# Bytes. Larger bodies are read one at a time, so that eight slices take no more memory than one.
_SMALL_BODY = 2**20
_PIECE = 2**18
_MAX_CODINGS = 5
# Each member costs a copy of the bytes received with it. Tools that compress in blocks make a member for each 64 KiB.
_MAX_MEMBERS = 10_000
_CODINGS = {"gzip", "x-gzip", "deflate"}
_CODINGS_OF_OTHERS = {"br", "zstd", "compress", "x-compress"}
# The `wbits` of zlib that select a format.
_GZIP, _ZLIB, _RAW = zlib.MAX_WBITS + 16, zlib.MAX_WBITS, -zlib.MAX_WBITS
_ZLIB_HEADER_BYTES = 2
_GZIP_MAGIC = 0x1F


class BodyError(Exception):
    """The body is too large, or does not match its Content-Encoding."""


def remark_on_coding(content_encoding: str) -> str:
    """Return an addition to the reason why a body cannot be used: the coding that was not requested, or nothing."""
    codings = _CODINGS_OF_OTHERS.intersection(coding.strip().lower() for coding in content_encoding.split(","))
    return f"; its Content-Encoding is {min(codings)}, which was not asked for" if codings else ""


class BodyReader:
    """Collects a body that arrives in pieces."""

    def __init__(self, content_encoding: str) -> None:
        """Start before the first piece.

        Args:
            content_encoding: the header's value. As in httpx, unknown codings are ignored, because some servers put the
                name of a character set there.

        Raises:
            BodyError: the header names more codings than a server would apply.
        """
        codings = [coding.strip().lower() for coding in content_encoding.split(",")]
        if len(codings) > _MAX_CODINGS:
            raise BodyError(f"is compressed {len(codings)} times, by its Content-Encoding")
        self._steps = [_Decompression(coding) for coding in reversed(codings) if coding in _CODINGS]
        self._body = BytesIO()
        self._received = self._size = 0
        self._is_large = False

    def feed(self, data: bytes) -> Iterator[None]:
        """Add a piece of the body as it was received.

        Yields:
            None once per body, just before the body becomes large.

        Raises:
            BodyError: the body is too large, or does not match its Content-Encoding.
        """
        self._received += len(data)
        _check(self._received)
        pieces: Iterable[bytes] = (data,)
        for step in self._steps:
            pieces = step.run(pieces)
        for piece in pieces:
            self._size += len(piece)
            _check(self._size)
            if self._size > _SMALL_BODY and not self._is_large:
                self._is_large = True
                yield
                self._reserve()
            self._body.write(piece)

    def body(self) -> bytes:
        """Return the decompressed body, after the last piece.

        Raises:
            BodyError: the body ends before its compression does.
        """
        for step in self._steps:
            step.check_end()
        self._body.truncate(self._size)
        return self._body.getvalue()

    def _reserve(self) -> None:
        """Continue in a buffer of the maximum size; the system only provides the memory that is used.

        When such a large block is freed, the C library returns it to the system. It may keep smaller, growing blocks
        for each thread.
        """
        beginning, self._body = self._body.getvalue(), BytesIO(bytes(MAX_BODY))
        self._body.write(beginning)


class _Decompression:
    def __init__(self, coding: str) -> None:
        self._coding = coding
        self._head = b""
        self._members = 0
        self._has_started = False
        self._zlib = zlib.decompressobj(_GZIP) if coding != "deflate" else None

    def run(self, pieces: Iterable[bytes]) -> Iterator[bytes]:
        for piece in pieces:
            data = piece
            self._has_started = self._has_started or bool(data)
            if self._zlib is None:
                data = self._head = self._head + data
                if len(self._head) < _ZLIB_HEADER_BYTES:
                    continue
                self._zlib = zlib.decompressobj(_ZLIB if _has_zlib_header(self._head) else _RAW)
            while True:
                if self._zlib.eof:
                    data = self._next_member(data)
                    if not data:
                        break
                try:
                    output = self._zlib.decompress(data, _PIECE)
                except zlib.error as error:
                    raise BodyError(f"does not match its Content-Encoding: {error}") from None
                data = self._zlib.unused_data if self._zlib.eof else self._zlib.unconsumed_tail
                if output:
                    yield output
                if len(output) < _PIECE and not data:
                    break

    def check_end(self) -> None:
        """Check that the compressed data is complete; an empty body passes."""
        if self._has_started and (self._zlib is None or not self._zlib.eof):
            raise BodyError(f"breaks off before the end of what its Content-Encoding, {self._coding}, compresses")

    def _next_member(self, data: bytes) -> bytes:
        """Start the next gzip member, and return its data without padding zeros; a body may have several members."""
        data = data.lstrip(b"\0") if self._coding != "deflate" else data
        if not data:
            return data
        self._members += 1
        if self._coding == "deflate" or data[0] != _GZIP_MAGIC:
            raise BodyError(f"goes on after the end of what its Content-Encoding, {self._coding}, compresses")
        if self._members >= _MAX_MEMBERS:
            raise BodyError(f"has more than {_MAX_MEMBERS:,} gzip members")
        self._zlib = zlib.decompressobj(_GZIP)
        return data


def _has_zlib_header(head: bytes) -> bool:
    """Return whether "deflate" data starts with the zlib header that RFC 9110 requires; some servers leave it out."""
    return head[0] % 16 == 8 and int.from_bytes(head[:2], "big") % 31 == 0


def _check(size: int) -> None:
    if size > MAX_BODY:
        raise BodyError(f"is larger than {MAX_BODY // 2**20} MiB")
