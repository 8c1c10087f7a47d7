"""Quote values in messages: nothing that a caller or a server writes makes a message endless."""

_MAX_QUOTED = 200


def cut(text: str, length: int = _MAX_QUOTED) -> str:
    """Return a text, or its beginning and how much is left out."""
    rest = len(text) - length
    return text if rest <= 0 else f"{text[:length]}… ({rest:,} more characters)"


def quoted(value: object) -> str:
    """Return how Python writes a value, cut."""
    if isinstance(value, str):
        rest = len(value) - _MAX_QUOTED
        return repr(value) if rest <= 0 else f"{value[:_MAX_QUOTED]!r}… ({rest:,} more characters)"
    try:
        return cut(repr(value))
    except ValueError:  # an integer of more than 4,300 digits, also inside of something else
        digits = f" of {value.bit_length():,} bits" if isinstance(value, int) else ""
        return f"a value of type {type(value).__name__}{digits}"
