"""Names of generated modules and folders that some file system, or Python's import, does not take."""

import unicodedata

# File systems have 255 bytes for a name, and Python adds `.cpython-311.pyc` and a temporary suffix to it.
_MAX_BYTES = 200
_DEVICES = frozenset(
    {"aux", "con", "nul", "prn", *(f"{port}{digit}" for port in ("com", "lpt") for digit in range(10))}
)


def file_fault(name: str) -> str:
    """Return why no module or folder should have a name; an empty text if one may."""
    if (length := len(name.encode())) > _MAX_BYTES:
        return f"its file would have a name of {length} bytes, and {_MAX_BYTES} is the limit"
    if name in _DEVICES:
        return f"Windows has no file of the name {name}"
    if (imported := unicodedata.normalize("NFKC", name)) != name:
        return f"its file would have the name {name}, and Python imports {imported} instead"
    return ""
