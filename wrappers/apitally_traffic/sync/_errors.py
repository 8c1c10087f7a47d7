"""The error of a sync, and the one sentence in which it says what dlt or a database reports."""

import re
from collections.abc import Callable, Iterator
from typing import Any

from dlt.common.configuration.exceptions import ConfigurationException

from apitally_traffic._redaction.redactor import without_keys
from apitally_traffic.errors import ApitallyError

_MAX_SENTENCE = 500
# Drivers write a sentence on each line, and leave out the full stop.
_UNFINISHED = re.compile(r"(?<=[\w)\"'])\n(?=[A-Z])")
_PASSWORD = re.compile(r"(://[^\s:/@]*:)\S+@")
INTERRUPTIONS = (KeyboardInterrupt, SystemExit)
_INTERRUPTED_QUERY = "Query interrupted"  # what DuckDB makes of Ctrl-C
_STILL_EXECUTED = "generator already executing"
_CAUSE_ATTRIBUTES = ("exception", "client_exception", "inner_exc", "dbapi_exception")

_ADVICE = {
    "Could not set lock on file": "Close it there, and run the sync again.",
    "permission denied for database": "The user needs CREATE on the database, or schemas apitally and "
    "apitally_staging of its own.",
}
"""What to do, by a part of what a database says."""


class SyncError(ApitallyError):
    """The destination cannot be reached, opened or written to, another sync is writing to it, or dlt is misconfigured.

    Nothing is lost: the next run reads everything again that this one did not store.

    Example:
        >>> sync_traffic(1, destination="nowhere/traffic.duckdb", api_key=server.api_key, base_url=server.url)
        Traceback (most recent call last):
        apitally_traffic.sync._errors.SyncError: nowhere/traffic.duckdb: there is no folder ...
    """

    def __init__(self, message: str, **details: Any) -> None:
        """Store the message, without the key, which may be in the name of a file."""
        super().__init__(without_keys(message), **details)


def missing_credentials(error: BaseException) -> list[str]:
    """Return the parts of the credentials that dlt has not found although it has found others; empty for all of them.

    Args:
        error: dlt's ConfigFieldMissingException.
    """
    for trace in getattr(error, "traces", {}).get("credentials", []):
        if getattr(trace, "resolved_fields_set", None):
            return list(trace.traces)
    return []


def cause_of(error: BaseException) -> BaseException:
    """Return the interruption or the client's own error where there is one behind an error of dlt, else the innermost.

    An error of dlt's configuration counts as the innermost: it names the setting, and the one behind it only the value.
    While dlt cleans up after an interruption, other errors occur, which do not matter any more.
    """
    chain = list(_chain(error, _context))
    if any(isinstance(cause, RuntimeError) and str(cause) == _INTERRUPTED_QUERY for cause in chain):
        return KeyboardInterrupt()
    if interruption := next((cause for cause in chain if isinstance(cause, INTERRUPTIONS)), None):
        return interruption
    chain = list(_chain(error, _cause))
    return next((cause for cause in chain if isinstance(cause, ApitallyError | ConfigurationException)), chain[-1])


def sentence_of(error: BaseException) -> str:
    """Return what an error says, in one line, without the password of a connection string."""
    lines = [" ".join(line.split()) for line in _PASSWORD.sub(r"\1…@", str(error)).splitlines()]
    text = _UNFINISHED.sub(".\n", "\n".join(filter(None, lines))).replace("\n", " ") or type(error).__name__
    text = text if len(text) <= _MAX_SENTENCE else f"{text[:_MAX_SENTENCE]}…"
    advice = next((advice for part, advice in _ADVICE.items() if part in text), None)
    return f"{text.rstrip('.')}. {advice}" if advice else text


def _chain(error: BaseException, before: Callable[[BaseException], BaseException | None]) -> Iterator[BaseException]:
    """Yield an error and what came before it, outermost first."""
    seen: set[int] = set()
    current: BaseException | None = error
    while current is not None and id(current) not in seen:
        seen.add(id(current))
        yield current
        current = before(current)


def _cause(error: BaseException) -> BaseException | None:
    """Return what an error was raised from; dlt keeps that in an attribute in some places.

    While dlt cleans up after a failure, it may close a generator that a thread still executes.
    """
    if isinstance(error, GeneratorExit) or (isinstance(error, ValueError) and str(error) == _STILL_EXECUTED):
        return error.__context__
    kept = (getattr(error, name, None) for name in _CAUSE_ATTRIBUTES)
    return next((cause for cause in kept if isinstance(cause, BaseException)), None) or error.__cause__


def _context(error: BaseException) -> BaseException | None:
    return _cause(error) or error.__context__
