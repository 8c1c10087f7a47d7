"""Make messages that quote the command line safe to print: without the API key, and in one line."""

import re
import sys

_QUOTATION = re.compile(r"'.*'|\(.*\)", re.DOTALL)


def without_key(message: str) -> str:
    """Return a message without the key that is typed, and without the one that is used if none is typed."""
    try:
        from apitally_traffic import ConfigurationError  # noqa: PLC0415
        from apitally_traffic._settings import key_redactor  # noqa: PLC0415 - as for the client's own messages
    except (ImportError, MemoryError):
        return _QUOTATION.sub("'…'", message)
    for api_key in (_typed_key(), None):
        try:
            message = key_redactor(api_key).text(message)
        except ConfigurationError:
            continue  # the file with the key cannot be read
    return message


def one_line(text: str) -> str:
    """Return a text with its line breaks, control characters and lone surrogates written as escapes.

    A terminal would obey those of a file name, for example.
    """
    return "".join(one if one.isprintable() else one.encode("unicode_escape").decode() for one in text)


def _typed_key() -> str | None:
    """Return the value of `--api-key`, which click does not parse if another option is invalid."""
    name = "--api-key"
    for argument, following in zip(sys.argv, [*sys.argv[1:], ""], strict=True):
        if argument == name:
            return following
        if argument.startswith(f"{name}="):
            return argument.removeprefix(f"{name}=")
    return None
