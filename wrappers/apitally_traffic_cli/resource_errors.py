"""What the system has too little of. Imports nothing, so that it can be said of the import of click, too."""


def sentence_of_shortage(error: BaseException) -> str | None:
    """Return the sentence on what the system has too little of for a library, or None for another error."""
    # Where an error cannot be made for want of memory, Python makes this of it.
    is_lost = isinstance(error, SystemError) and "without" in str(error) and "exception" in str(error)
    if isinstance(error, MemoryError) or is_lost:
        return "There is not enough memory."
    if isinstance(error, RuntimeError) and str(error) == "can't start new thread":
        return "The system starts no more threads."
    first_line = next(iter(str(error).splitlines()), type(error).__name__).rstrip(".")
    if isinstance(error, ImportError):
        return f"A library cannot be loaded: {first_line}."
    # How a library in Rust fails. It is no Exception, and its class cannot be imported.
    return f"A library failed: {first_line}." if type(error).__name__ == "PanicException" else None
