"""Quote values in messages: nothing that a caller or a server writes makes a message endless, or more than one line."""

from apitally_traffic._redaction.redactor import without_keys

_MAX_QUOTED = 200
# Of a longer text, only the beginning is searched for keys: what is quoted lies far within it.
_MAX_SEARCHED = 2**16


def cut(text: str, length: int = _MAX_QUOTED) -> str:
    """Return a text, or its beginning and how much is left out."""
    rest = len(text) - length
    return text if rest <= 0 else f"{text[:length]}… ({rest:,} more characters)"


def quoted(value: object) -> str:
    """Return how Python writes a value, cut, in one line, and without the keys of clients."""
    if isinstance(value, str):
        secretless = _without_keys(value)
        rest = len(secretless) - _MAX_QUOTED
        beginning = str.__repr__(secretless[:_MAX_QUOTED])  # a subclass may write itself in another way
        return beginning if rest <= 0 else f"{beginning}… ({rest:,} more characters)"
    try:
        text = _without_keys(repr(value))
    except Exception:  # noqa: BLE001 - also an integer of more than 4,300 digits, also inside of something else
        digits = f" of {value.bit_length():,} bits" if isinstance(value, int) else ""
        return f"a value of type {type(value).__name__}{digits}"
    return one_line(cut(" ".join(text.split())))


def name_of_field(name: str) -> str:
    """Return a name that a server has chosen, cut, in one line, and without the keys of clients."""
    return one_line(cut(_without_keys(name)))


def _without_keys(text: str) -> str:
    return f"{without_keys(text[:_MAX_SEARCHED])}{text[_MAX_SEARCHED:]}"


def one_line(text: str) -> str:
    """Return a text whose line breaks, control characters and lone surrogates are written as escapes."""
    if text.isprintable():
        return text
    return "".join(one if one.isprintable() else one.encode("unicode_escape").decode() for one in text)
