"""The error of a sync, and the conversion of errors of dlt or a database to one sentence."""

import re
from collections.abc import Callable, Iterator
from typing import Any

from dlt.common.configuration.exceptions import ConfigurationException

from apitally_traffic._redaction.redactor import without_keys
from apitally_traffic.errors import ApitallyError

_MAX_SENTENCE = 500
# Drivers put each sentence on a line of its own, without a full stop.
_UNFINISHED = re.compile(r"(?<=[\w)\"'])\n(?=[A-Z])")
_PASSWORD = re.compile(r"(://[^\s:/@]*:)\S+@")
INTERRUPTIONS = (KeyboardInterrupt, SystemExit)
_INTERRUPTED_QUERY = "Query interrupted"  # DuckDB's message after Ctrl-C
_STILL_EXECUTED = "generator already executing"
_CAUSE_ATTRIBUTES = ("exception", "client_exception", "inner_exc", "dbapi_exception")

_ADVICE = {
    "Could not set lock on file": "Close it there, and run the sync again.",
    "permission denied for database": "The user needs CREATE on the database, or schemas apitally and "
    "apitally_staging of its own.",
}
"""Advice for the user, by a part of the database's message."""


class SyncError(ApitallyError):
    """The destination cannot be reached, opened or written to, another sync is writing to it, or dlt is misconfigured.

    No data is lost: the next run reads everything that this run did not store.

    Example:
        >>> sync_traffic(1, destination="nowhere/traffic.duckdb", api_key=server.api_key, base_url=server.url)
        Traceback (most recent call last):
        apitally_traffic.sync._errors.SyncError: nowhere/traffic.duckdb: there is no folder ...
    """

    def __init__(self, message: str, **details: Any) -> None:
        """Store the message without the key, which may be part of a file name."""
        super().__init__(without_keys(message), **details)


def missing_credentials(error: BaseException) -> list[str]:
    """Return the missing parts of incomplete credentials; an empty list if dlt has found no part of them.

    Args:
        error: dlt's ConfigFieldMissingException.
    """
    for trace in getattr(error, "traces", {}).get("credentials", []):
        if getattr(trace, "resolved_fields_set", None):
            return list(trace.traces)
    return []


def cause_of(error: BaseException) -> BaseException:
    """Return the cause of an error of dlt: an interruption, else the client's own error, else the innermost error.

    A configuration error of dlt counts as innermost, because it names the setting, while its own cause only names the
    value. Errors that occur while dlt cleans up after an interruption are ignored.
    """
    chain = list(_chain(error, _context))
    if any(isinstance(cause, RuntimeError) and str(cause) == _INTERRUPTED_QUERY for cause in chain):
        return KeyboardInterrupt()
    if interruption := next((cause for cause in chain if isinstance(cause, INTERRUPTIONS)), None):
        return interruption
    chain = list(_chain(error, _cause))
    return next((cause for cause in chain if isinstance(cause, ApitallyError | ConfigurationException)), chain[-1])


def sentence_of(error: BaseException) -> str:
    """Return the message of an error in one line, without the password of a connection string."""
    lines = [" ".join(line.split()) for line in _PASSWORD.sub(r"\1…@", str(error)).splitlines()]
    text = _UNFINISHED.sub(".\n", "\n".join(filter(None, lines))).replace("\n", " ") or type(error).__name__
    text = text if len(text) <= _MAX_SENTENCE else f"{text[:_MAX_SENTENCE]}…"
    advice = next((advice for part, advice in _ADVICE.items() if part in text), None)
    return f"{text.rstrip('.')}. {advice}" if advice else text


def _chain(error: BaseException, before: Callable[[BaseException], BaseException | None]) -> Iterator[BaseException]:
    """Yield an error and those behind it, outermost first."""
    seen: set[int] = set()
    current: BaseException | None = error
    while current is not None and id(current) not in seen:
        seen.add(id(current))
        yield current
        current = before(current)


def _cause(error: BaseException) -> BaseException | None:
    """Return the cause of an error, which dlt sometimes stores in an attribute.

    When dlt cleans up after a failure, it may close a generator that a thread is still executing. For the resulting
    errors, return the context, which is the failure.
    """
    if isinstance(error, GeneratorExit) or (isinstance(error, ValueError) and str(error) == _STILL_EXECUTED):
        return error.__context__
    kept = (getattr(error, name, None) for name in _CAUSE_ATTRIBUTES)
    return next((cause for cause in kept if isinstance(cause, BaseException)), None) or error.__cause__


def _context(error: BaseException) -> BaseException | None:
    return _cause(error) or error.__context__
