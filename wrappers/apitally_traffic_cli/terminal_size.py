"""The size of the terminal in COLUMNS and LINES."""

import os

MAX_COLUMNS = 1000
_MAX_DIGITS = 9


def forget_unusable_sizes() -> None:
    """Remove COLUMNS and LINES from the environment if they are invalid, because libraries handle that differently."""
    for name in ("COLUMNS", "LINES"):
        value = os.environ.get(name, "")
        is_number = value.isascii() and value.isdecimal() and len(value) <= _MAX_DIGITS
        if not is_number or int(value) == 0:
            os.environ.pop(name, None)
