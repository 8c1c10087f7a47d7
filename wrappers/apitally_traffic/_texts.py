"""Quote values in messages: nothing that a caller or a server writes makes a message endless, or more than one line."""

_MAX_QUOTED = 200


def cut(text: str, length: int = _MAX_QUOTED) -> str:
    """Return a text, or its beginning and how much is left out."""
    rest = len(text) - length
    return text if rest <= 0 else f"{text[:length]}… ({rest:,} more characters)"


def quoted(value: object) -> str:
    """Return how Python writes a value, cut, in one line."""
    if isinstance(value, str):
        rest = len(value) - _MAX_QUOTED
        beginning = str.__repr__(value[:_MAX_QUOTED])  # a subclass may write itself in another way
        return beginning if rest <= 0 else f"{beginning}… ({rest:,} more characters)"
    try:
        text = repr(value)
    except Exception:  # noqa: BLE001 - also an integer of more than 4,300 digits, also inside of something else
        digits = f" of {value.bit_length():,} bits" if isinstance(value, int) else ""
        return f"a value of type {type(value).__name__}{digits}"
    return one_line(cut(" ".join(text.split())))


def one_line(text: str) -> str:
    """Return a text whose line breaks, control characters and lone surrogates are written as escapes."""
    if text.isprintable():
        return text
    return "".join(one if one.isprintable() else one.encode("unicode_escape").decode() for one in text)
