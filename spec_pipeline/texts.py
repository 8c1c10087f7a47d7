"""Show texts of others: nothing in them moves a cursor, changes a direction of reading, or adds a line."""


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


def _escape(char: str) -> str:
    number = ord(char)
    return f"\\x{number:02x}" if number < 0x100 else f"\\u{number:04x}" if number < 0x10000 else f"\\U{number:08x}"
