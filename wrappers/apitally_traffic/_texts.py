"""Quote values in messages, so that no value of a caller or a server makes a message long or multi-line."""

from apitally_traffic._redaction.redactor import without_keys

MAX_QUOTED = 200
# Only the beginning of a longer text is searched for keys, because only the beginning is quoted.
_MAX_SEARCHED = 2**16


def cut(text: str, length: int = MAX_QUOTED) -> str:
    """Return a text or, if it is too long, its beginning and how many characters follow."""
    rest = len(text) - length
    return text if rest <= 0 else f"{text[:length]}… ({rest:,} more characters)"


def quoted(value: object) -> str:
    """Return the repr of a value, cut, in one line, and without the API keys of clients."""
    if isinstance(value, str):
        secretless = _without_keys(value)
        rest = len(secretless) - MAX_QUOTED
        beginning = str.__repr__(secretless[:MAX_QUOTED])  # a subclass may have another repr
        return beginning if rest <= 0 else f"{beginning}… ({rest:,} more characters)"
    try:
        text = _without_keys(repr(value))
    except Exception:  # noqa: BLE001 - among others for an integer of more than 4,300 digits, alone or in a container
        digits = f" of {value.bit_length():,} bits" if isinstance(value, int) else ""
        return f"a value of type {type(value).__name__}{digits}"
    return one_line(cut(" ".join(text.split())))


def name_of_field(name: str) -> str:
    """Return the name of a field of a response, cut, in one line, and without the API keys of clients."""
    return one_line(cut(_without_keys(name)))


def _without_keys(text: str) -> str:
    return f"{without_keys(text[:_MAX_SEARCHED])}{text[_MAX_SEARCHED:]}"


def one_line(text: str) -> str:
    """Return a text with its line breaks, control characters and lone surrogates written as escapes."""
    if text.isprintable():
        return text
    return "".join(one if one.isprintable() else one.encode("unicode_escape").decode() for one in text)
