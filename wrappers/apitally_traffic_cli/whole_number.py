"""The type of IDs and counts on the command line."""

import click

_MAX_DIGITS = 100


def whole_number(text: str) -> int:
    """Return a whole number of at least 1.

    Raises:
        BadParameter: the text is something else.
    """
    number = int(text) if text.isascii() and text.isdigit() and len(text) <= _MAX_DIGITS else 0
    if number < 1:
        shown = repr(text) if len(text) <= _MAX_DIGITS else f"A text of {len(text):,} characters"
        raise click.BadParameter(f"{shown} is not a whole number of at least 1.")
    return number
