"""Remove the API key from errors and log lines, in whatever form it is quoted.

A text is decoded in each way in which it may quote the key (`readings.py`). In each of these readings, the key is
searched for in plain text, ignoring case, because header names change it; in base64, also within a longer encoded text
such as `Basic` credentials; and in hexadecimal; each also with spaces and invisible characters in between. A beginning
or an end of at least half of the key is removed, too.
"""

import json
import logging
from base64 import b64encode
from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import Any, NamedTuple, TypeVar
from weakref import ref

from apitally_traffic._redaction.readings import Reading, as_hexadecimals, from_decimals, unquoted, without_gaps

Failure = TypeVar("Failure", bound=Exception)

_MIN_SECRET_LENGTH = 8
_MIN_PART_LENGTH = 12
_MAX_DEPTH = 50
# Longer texts are searched in parts of this size, to bound the memory for their readings.
_PART_SIZE = 2**18
# The maximum number of bytes of a quoted character; it determines by how much the parts overlap.
_QUOTED_SIZE = 64
_ELLIPSIS = "…".encode()
_FROM_URLS = bytes.maketrans(b"-_", b"+/")
# The loggers of the libraries below, which log requests and responses: httpx logs the URL, httpcore the headers, and
# hpack everything that HTTP/2 sends.
_LOGGERS = (
    "httpx",
    *(f"httpx_retries.{part}" for part in ("transport", "retry")),
    *(f"httpcore.{part}" for part in ("connection", "http11", "http2", "proxy", "socks")),
    *(f"hpack.{part}" for part in ("hpack", "huffman", "table")),
)

Span = tuple[int, int]


class _Needle(NamedTuple):
    """A form of the key; a beginning or an end of it with at least `enough` bytes counts as a match."""

    form: bytes
    enough: int

    def spans(self, text: bytes) -> Iterator[Span]:
        """Yield the places in a text of the form, or of enough of it."""
        form, head, tail = self.form, self.form[: self.enough], self.form[-self.enough :]
        start = text.find(head)
        while start >= 0:
            end = start + _equal(form, text[start : start + len(form)])
            yield start, end
            start = text.find(head, end)
        if head == tail:
            return
        start = text.find(tail)
        while start >= 0:
            end = start + len(tail)
            before = text[max(0, end - len(form)) : end]
            yield end - _equal(form[::-1], before[::-1]), end
            start = text.find(tail, end)


class Redactor:
    """Replaces a key with an ellipsis, unless it is so short that any text may contain it by chance."""

    def __init__(self, api_key: str) -> None:
        """Store the key."""
        # In an environment variable, a byte that is not UTF-8 is a lone surrogate.
        self.api_key = api_key.encode("utf-8", "surrogatepass")

    def text(self, text: str) -> str:
        """Return a text without the key."""
        return _redacted(text, (self,))

    def body(self, body: bytes) -> bytes:
        """Return a body without the key."""
        if (encoding := wide_encoding(body)) is not None:
            body = self.text(body.decode(encoding, "replace")).encode(encoding)
        return _without(body, (self,))

    def value(self, value: Any, depth: int = 0) -> Any:
        """Return a JSON value with the key removed from all strings; values that are nested too deeply become `…`."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, dict | list) and depth == _MAX_DEPTH:
            return "…"
        if isinstance(value, dict):
            return {self.text(name): self.value(item, depth + 1) for name, item in value.items()}
        if isinstance(value, list):
            return [self.value(item, depth + 1) for item in value]
        return value

    def error(self, error: Failure) -> Failure:
        """Remove the key from the arguments and attributes of an error, and return the error."""
        for name, value in vars(error).items():
            setattr(error, name, self.value(value))
        error.args = tuple(self.value(argument) for argument in error.args)
        return error

    def watch(self) -> None:
        """Remove the key from quoted values and from log lines of the libraries below, as long as this object lives."""
        _watching.append(ref(self, _watching.remove))
        for name in _LOGGERS:
            logging.getLogger(name).addFilter(_without_keys)

    @property
    def size(self) -> int:
        """The number of bytes of the key; 0 if the key is too short to search for."""
        return len(self.api_key) if len(self.api_key) >= _MIN_SECRET_LENGTH else 0

    def spans(self, reading: Reading) -> Iterator[Span]:
        """Yield the places of the key in a reading, in plain text or in base64."""
        lower = reading.text.lower()
        for_urls = lower.translate(_FROM_URLS)
        for needle in self._plain:
            yield from needle.spans(lower)
        for needle in self._base64:
            yield from needle.spans(for_urls)

    def spans_of_hexadecimals(self, reading: Reading) -> Iterator[Span]:
        """Yield the places of the key in a reading, in hexadecimal."""
        lower = reading.text.lower()
        for needle in self._hexadecimals:
            yield from needle.spans(lower)

    @cached_property
    def _plain(self) -> list[_Needle]:
        """The key itself, and its own readings, because its characters may look like an escape."""
        forms = {form.text.lower() for key in self._spellings for form in unquoted(key)}
        return [_needle(form, _MIN_PART_LENGTH) for form in forms if len(form) >= _MIN_SECRET_LENGTH]

    @property
    def _spellings(self) -> set[bytes]:
        return {self.api_key, self.api_key.replace(b" ", b"+"), self.api_key.replace(b" ", b"")}

    @cached_property
    def _base64(self) -> list[_Needle]:
        """The part of a base64 text that the key alone determines, for each alignment of the key, in lower case."""
        forms: list[bytes] = []
        for before in range(3):
            encoded = b64encode(b"\0" * before + self.api_key).lower()
            form = encoded[-(-before * 4 // 3) : (before + len(self.api_key)) * 4 // 3]
            forms += {form, form.replace(b"+", b"")}  # without pluses, for readings in which they are spaces
        part = max(_MIN_PART_LENGTH, -(-len(self.api_key) // 2))
        # At least this many base64 characters are determined by a part of that length alone.
        return [_Needle(form, min(len(form), (4 * part - 2) // 3)) for form in forms]

    @cached_property
    def _hexadecimals(self) -> list[_Needle]:
        cases = {self.api_key, self.api_key.lower(), self.api_key.upper()}
        return [_needle(key.hex().encode(), _MIN_PART_LENGTH * 2) for key in cases]


def wide_encoding(body: bytes) -> str | None:
    """Return the encoding of a body that looks like UTF-16 or UTF-32, or None."""
    encoding = json.detect_encoding(body)
    return None if encoding.startswith("utf-8") else encoding


# A list, because `list` copies it atomically, unlike a WeakSet. `tuple` reads the length first and then allocates: in
# Python 3.11, a garbage collection in between may remove an item, and copying then crashes the process.
_watching: list[ref[Redactor]] = []


def without_keys(text: str) -> str:
    """Return a text without the key of any client."""
    redactors = [redactor for reference in list(_watching) if (redactor := reference()) is not None]
    return _redacted(text, {redactor.api_key: redactor for redactor in redactors}.values())


def _without_keys(record: logging.LogRecord) -> bool:
    """Remove the keys from a log record; the filter of a logger, which lets every record pass."""
    message = record.getMessage()
    redacted = without_keys(message)
    if redacted != message:
        record.msg, record.args = redacted, ()
    return True


def _needle(form: bytes, shortest: int) -> _Needle:
    return _Needle(form, min(len(form), max(shortest, -(-len(form) // 2))))


def _equal(form: bytes, text: bytes) -> int:
    """Return the length of the common beginning of two texts."""
    if text.startswith(form):
        return len(form)
    return next(
        (number for number, (one, other) in enumerate(zip(form, text, strict=False)) if one != other), len(text)
    )


def _redacted(text: str, redactors: Iterable[Redactor]) -> str:
    content = text.encode("utf-8", "surrogatepass")
    redacted = _without(content, redactors)
    return text if redacted is content else redacted.decode("utf-8", "surrogatepass")


def _without(content: bytes, redactors: Iterable[Redactor]) -> bytes:
    """Return a text without the keys; the same object if it contains none."""
    wanted = [
        redactor for redactor in redactors if redactor.size and len(content) >= min(redactor.size, _MIN_PART_LENGTH)
    ]
    if not wanted:
        return content
    overlap = _QUOTED_SIZE * max(redactor.size for redactor in wanted)
    step = max(_PART_SIZE, overlap)
    spans: list[Span] = []
    for begin in range(0, len(content), step):
        part = content if len(content) <= step else content[begin : begin + step + overlap]
        spans += [(begin + start, begin + end) for start, end in _spans(part, wanted)]
    pieces: list[bytes] = []
    copied = 0
    for start, end in sorted(spans):
        if start >= copied:
            pieces += (content[copied:start], _ELLIPSIS)
        copied = max(copied, end)
    return b"".join([*pieces, content[copied:]]) if spans else content


def _spans(content: bytes, redactors: list[Redactor]) -> Iterator[Span]:
    """Yield the places of all keys in a text; the readings of the text are made once for all keys."""
    for reading in unquoted(content):
        hexadecimals, decimals, gapless = as_hexadecimals(reading), from_decimals(reading), without_gaps(reading)
        for redactor in redactors:
            yield from (reading.origin(*span) for span in redactor.spans(reading))
            if decimals is not None:
                yield from (decimals.origin(*span) for span in redactor.spans(decimals))
            if gapless is not None:
                yield from (gapless.origin(*span) for span in redactor.spans(gapless))
            for digits in (reading, hexadecimals, gapless):
                if digits is not None:
                    yield from (digits.origin(*span) for span in redactor.spans_of_hexadecimals(digits))
