"""Show texts of others: nothing in them moves a cursor, changes a direction of reading, or adds a line."""

import re
from collections.abc import Iterable


def escaped(text: str) -> str:
    """Return a text with the escapes of Python for what is not shown as it is, such as control characters.

    Line breaks stay.
    """
    if text.isprintable():
        return text
    return "".join(char if char == "\n" or char.isprintable() else _escape(char) for char in text)


def escaped_line(text: str) -> str:
    """Return a text as one line, with escapes for what is not shown as it is."""
    return escaped(" ".join(text.split()))


def code_span(text: str) -> str:
    """Return a text as inline code of Markdown, which nothing in it ends, in one line."""
    line = escaped_line(text)
    longest = max(map(len, re.findall("`+", line)), default=0)
    fence, space = "`" * (longest + 1), " " * bool(longest)
    return f"{fence}{space}{line}{space}{fence}"


def code_block(lines: Iterable[str], language: str = "text") -> list[str]:
    """Return lines as a block of code of Markdown, which nothing in them ends."""
    shown = [escaped(line) for line in lines]
    longest = max((len(run) for line in shown for run in re.findall("`{3,}", line)), default=2)
    fence = "`" * (longest + 1)
    return [f"{fence}{language}", *shown, fence]


def _escape(char: str) -> str:
    number = ord(char)
    return f"\\x{number:02x}" if number < 0x100 else f"\\u{number:04x}" if number < 0x10000 else f"\\U{number:08x}"
