"""Describe a shortage of system resources. Imports nothing, so that it also works if the import of click fails."""


def sentence_of_shortage(error: BaseException) -> str | None:
    """Return the sentence about missing memory or threads, or about a library that failed; None for other errors."""
    # Python raises this SystemError if there is no memory for the actual error.
    is_lost = isinstance(error, SystemError) and "without" in str(error) and "exception" in str(error)
    if isinstance(error, MemoryError) or is_lost:
        return "There is not enough memory."
    if isinstance(error, RuntimeError) and str(error) == "can't start new thread":
        return "The system starts no more threads."
    first_line = next(iter(str(error).splitlines()), type(error).__name__).rstrip(".")
    if isinstance(error, ImportError):
        return f"A library cannot be loaded: {first_line}."
    # The error of a library in Rust, which is not an Exception, and whose class cannot be imported.
    return f"A library failed: {first_line}." if type(error).__name__ == "PanicException" else None
