"""The type of IDs and counts on the command line."""

import click


def whole_number(text: str) -> int:
    """Return a whole number of at least 1.

    Raises:
        BadParameter: it is something else.
    """
    if not (text.isascii() and text.isdigit() and int(text) > 0):
        raise click.BadParameter(f"{text!r} is not a whole number of at least 1.")
    return int(text)
