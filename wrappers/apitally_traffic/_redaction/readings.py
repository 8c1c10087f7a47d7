"""Decode a text that may be quoted: undo the escapes, markup and line breaks that quoting adds.

The result is a reading of the text. Each reading maps its bytes to those of the text, so that a match in the reading
can be removed from the text. Every pattern here takes linear time.
"""

import re
from bisect import bisect_right
from collections.abc import Callable, Iterator
from functools import cache, cached_property
from html.entities import html5
from unicodedata import category

Decode = Callable[[re.Match[bytes]], bytes]

_MAX_LEVELS = 5
# Categories of Unicode: formatting characters, spaces, and marks without a width of their own.
_INVISIBLE_CATEGORIES = {"Cf", "Zs", "Mn"}
# A key has only printable ASCII characters, so all other bytes between them can be ignored.
_NOT_IN_A_WORD = bytes({*range(0x21), *range(0x7F, 0x100)})
_IN_A_WORD = rb"[\x21-\x7e]+"
_MARKUP = rb"<(?:/?[a-zA-Z][^<>]{0,200}|!--[^<>]{0,200}--)>"
_CONTROLS = {b"n": b"\n", b"r": b"\r", b"t": b"\t"}
# Lists of numbers are detected by their shape, without regular expressions, because nearly all texts have none.
_HEXADECIMAL_SHAPE = bytes.maketrans(b"0123456789abcdefABCDEF\t\n\r:,;_-", b"h" * 22 + b"   ,,,,,")
_HEXADECIMAL_LISTS = (
    *(b"hh" + between + b"hh" + between + b"hh" + between + b"hh" for between in (b" ", b",", b", ")),
    *(b"hxhh" + between + b"hxhh" for between in (b" ", b",", b", ")),
    b"hhhh hhhh hhhh",
)
# Between the bytes of two lines of a dump by xxd or hexdump: the optional column of characters, and the next offset.
_BETWEEN_LINES_OF_A_DUMP = rb"(?:(?<! ) {2,}+[^\r\n]{0,18})?\r?\n[0-9a-fA-F]{4,16}:? "
# A line of a dump, except its first, with its column of characters after two or, in a shorter last line, more spaces.
_LINE_OF_A_DUMP = rb"(?P<digits>\n[0-9a-fA-F]{4,16}:? {1,3}(?:[0-9a-fA-F]{2} {0,2}){1,16}+) *+(?<=  )[^\r\n]{1,18}"
_QUOTES = b"\"'"
_BETWEEN_HEXADECIMALS = rb"[\s:,;_\"'-]+(?:0x)?|0x"
_DECIMAL_SHAPE = bytes.maketrans(b"0123456789\t\n\r;", b"d" * 10 + b"   ,")
_DECIMAL_LISTS = (b"dd d", b"dd,d", b"dd, d", b"dd,  ")
_DECIMAL = rb"(?<![0-9])([0-9]{2,3})(?![0-9])(?:[\s,;\"']{1,10}(?=[0-9]))?"


# The next two are cached functions instead of constants, because computing them would slow down the import.
@cache
def _named_characters() -> dict[bytes, bytes]:
    """Return the characters that may be in a key, or that are invisible, by their HTML names."""
    return {
        name.removesuffix(";").lower().encode(): value.encode()
        for name, value in html5.items()
        if len(value) == 1 and (value.isascii() or category(value) in _INVISIBLE_CATEGORIES)
    }


@cache
def _escape() -> re.Pattern[bytes]:
    """Return the pattern of an escape. It starts with the set of first characters, which makes the search fast."""
    return re.compile(
        rb"[\\%&=\x00-\x08\x0a-\x1f\x7f](?:"
        rb"(?<=\\)\\*+(?:u\{0{0,6}(?P<braces>[0-9a-fA-F]{1,6})\}|U0000(?P<long>[0-9a-fA-F]{4})"
        rb"|[uU](?P<short>[0-9a-fA-F]{4})|[xX](?P<byte>[0-9a-fA-F]{2})|(?P<octal>[0-3]?[0-7]{2})"
        rb"|(?P<control>[abfnrtvABFNRTV0]))?"
        rb"|(?<=%)(?:25)*(?P<url>[0-9a-fA-F]{2})"
        rb"|(?<=&)(?i:(?:amp;)*(?:#(?:x0{0,9}(?P<hexadecimal>[0-9a-f]{1,6})|0{0,9}(?P<decimal>[0-9]{1,7}))|(?P<name>"
        + b"|".join(sorted(_named_characters(), reverse=True))  # longer names before those that they start with
        + rb"));?)"
        rb"|(?<==)3[dD]|(?<=\x1b)\[[0-9;?]{0,20}[a-zA-Z]|(?<=[=\r\n])(?:(?<!=)|\r?\n)[\r\n \t]*+"
        rb"|(?<=[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]))"
    )  # fmt: skip


class Reading:
    """One reading of a text.

    Attributes:
        text: the decoded bytes.
    """

    def __init__(self, text: bytes, parent: "Reading | None" = None, *places: list[int]) -> None:
        """Store the decoded bytes, the reading that they come from, and the places of the differences in both."""
        self.text = text
        self._parent = parent
        self._places = places

    def replaced(self, pattern: bytes | re.Pattern[bytes], decode: Decode) -> "Reading | None":
        """Return a reading with each match replaced; None if nothing changes."""
        pieces: list[bytes] = []
        starts, ends, first, last = [], [], [], []
        copied = length = 0
        for match in re.finditer(pattern, self.text):
            meant = decode(match)
            if meant == match[0]:
                continue
            start, end = match.span()
            length += start - copied
            pieces += (self.text[copied:start], meant)
            starts.append(length)
            length += len(meant)
            ends.append(length)
            first.append(start)
            last.append(end)
            copied = end
        if not pieces:
            return None
        pieces.append(self.text[copied:])
        return Reading(b"".join(pieces), self, starts, ends, first, last)

    def origin(self, start: int, end: int) -> tuple[int, int]:
        """Return the start and end in the original text of a non-empty part of this reading."""
        if self._parent is None:
            return start, end
        return self._parent.origin(self._origin(start)[0], self._origin(end - 1)[1])

    def _origin(self, position: int) -> tuple[int, int]:
        starts, ends, first, last = self._places
        number = bisect_right(starts, position) - 1
        if number < 0:
            return position, position + 1
        if position < ends[number]:
            return first[number], last[number]
        same = last[number] + position - ends[number]
        return same, same + 1


class _WithSpaces(Reading):
    """A reading in which bytes are replaced one for one, so that all positions stay the same."""

    def _origin(self, position: int) -> tuple[int, int]:
        return position, position + 1


class _WithoutGaps(Reading):
    """A reading without spaces, control characters and non-ASCII characters.

    The mapping of positions is computed only after a match, because nearly all texts have gaps, but no key.
    """

    def __init__(self, text: bytes, parent: Reading) -> None:
        super().__init__(text, parent)
        self._whole = parent.text

    def _origin(self, position: int) -> tuple[int, int]:
        starts, first = self._words
        number = bisect_right(starts, position) - 1
        same = first[number] + position - starts[number]
        return same, same + 1

    @cached_property
    def _words(self) -> tuple[list[int], list[int]]:
        """The start of each word, in this reading and in its parent."""
        starts, first, length = [], [], 0
        for match in re.finditer(_IN_A_WORD, self._whole):
            starts.append(length)
            first.append(match.start())
            length += len(match[0])
        return starts, first


def without_gaps(reading: Reading) -> Reading | None:
    """Return a reading without spaces, control characters and non-ASCII characters; None if it has none."""
    text = reading.text.translate(None, _NOT_IN_A_WORD)
    return _WithoutGaps(text, reading) if len(text) < len(reading.text) else None


def unquoted(text: bytes) -> Iterator[Reading]:
    """Yield a text unchanged, then once more for each level of quoting that is undone, each also without markup.

    This is repeated without gaps, because a gap may be inside an escape, and then both are repeated with each `+`
    replaced by a space, because a `+` in a URL means a space.
    """
    for are_spaces in (False, True):
        yield from _unquoted(text, gaps=True, pluses_are_spaces=are_spaces)
        yield from _unquoted(text, gaps=False, pluses_are_spaces=are_spaces)


def _unquoted(text: bytes, *, gaps: bool, pluses_are_spaces: bool) -> Iterator[Reading]:
    reading: Reading | None = Reading(text)
    is_new = not pluses_are_spaces
    for _ in range(_MAX_LEVELS):
        if reading is None:
            return
        if pluses_are_spaces and b"+" in reading.text:
            reading, is_new = _WithSpaces(reading.text.replace(b"+", b" "), reading), True
        if not gaps:
            reading = without_gaps(reading) or reading
        if is_new:
            yield reading
            if (plain := reading.replaced(_MARKUP, lambda _: b"")) is not None:
                yield plain.replaced(_escape(), _unescaped) or plain
        reading = reading.replaced(_escape(), _unescaped)


def as_hexadecimals(reading: Reading) -> Reading | None:
    """Return a reading without the separators of bytes in hexadecimal; None if the text has no list of such bytes."""
    shape = reading.text.translate(_HEXADECIMAL_SHAPE, _QUOTES)
    if not any(form in shape for form in _HEXADECIMAL_LISTS):
        return None
    # A match maps to its whole lines of the dump, so that their columns of characters are removed, too.
    reading = reading.replaced(_LINE_OF_A_DUMP, lambda match: match["digits"]) or reading
    reading = reading.replaced(_BETWEEN_LINES_OF_A_DUMP, lambda _: b" ") or reading
    return reading.replaced(_BETWEEN_HEXADECIMALS, lambda _: b"")


def from_decimals(reading: Reading) -> Reading | None:
    """Return a reading with decimal numbers decoded as bytes; None if the text has no list of them."""
    shape = reading.text.translate(_DECIMAL_SHAPE, _QUOTES)
    return reading.replaced(_DECIMAL, _of_decimal) if any(form in shape for form in _DECIMAL_LISTS) else None


def _of_decimal(match: re.Match[bytes]) -> bytes:
    code = int(match[1])
    return bytes([code]) if 32 <= code < 127 else match[0]


def _unescaped(match: re.Match[bytes]) -> bytes:
    """Return the character that an escape stands for, in UTF-8."""
    kind, written = match.lastgroup, match[match.lastindex or 0]
    if kind is None:
        return b"=" if match[0] in {b"=3D", b"=3d"} else b""
    if kind == "control":
        return _CONTROLS.get(written.lower(), b"")
    if kind == "name":
        return _named_characters()[written.lower()]
    if kind == "url":
        return bytes([int(written, 16)])
    code = int(written, {"octal": 8, "decimal": 10}.get(kind, 16))
    return chr(code).encode("utf-8", "surrogatepass") if code < 0x110000 else match[0]
