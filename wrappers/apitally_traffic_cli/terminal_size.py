"""The size of the terminal, as COLUMNS and LINES give it."""

import os

MAX_COLUMNS = 1000
_MAX_DIGITS = 9


def forget_unusable_sizes() -> None:
    """Remove COLUMNS and LINES from the environment where they are no size, which each library takes in its own way."""
    for name in ("COLUMNS", "LINES"):
        value = os.environ.get(name, "")
        is_number = value.isascii() and value.isdecimal() and len(value) <= _MAX_DIGITS
        if not is_number or int(value) == 0:
            os.environ.pop(name, None)
