"""An entry of the catalogue: the reference server with some of its methods replaced."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from contract_tests.mutants.full_reference import FullReference, Record
from contract_tests.mutants.reference import Reference

SIX_OPERATIONS = Path(__file__).with_name("six_operations.yaml")


@dataclass(frozen=True)
class Entry:
    """A server to run the suite against.

    Attributes:
        name: what is unusual about it.
        breaks: the promises under which it may be caught; empty for a correct server.
        changes: methods and attributes of the reference server that are replaced.
        base: the server that is changed.
        alone: whether it may be caught under no other promise.
        fast: for a correct server, whether a short run includes it.
    """

    name: str
    breaks: tuple[str, ...]
    changes: dict[str, Any]
    base: type[Reference] = Reference
    alone: bool = False
    fast: bool = False

    @property
    def title(self) -> str:
        """The name and the promises on one line."""
        return f"{self.name}: {' or '.join(self.breaks) or 'correct'}"

    @property
    def spec(self) -> Path | None:
        """The specification to use instead of the pin, if any."""
        return SIX_OPERATIONS if issubclass(self.base, FullReference) else None

    def server(self) -> Reference:
        """Make the server."""
        made: type[Reference] = type("Changed", (self.base,), self.changes)
        return made()


def broken(name: str, breaks: str | tuple[str, ...], *, alone: bool = False, **changes: Any) -> Entry:
    """Make an entry for a server that breaks a promise."""
    return Entry(name, (breaks,) if isinstance(breaks, str) else breaks, changes, alone=alone)


def broken_operation(operation: str, name: str, breaks: str | tuple[str, ...], **changes: Any) -> Entry:
    """Make an entry for a server of six operations, one of which breaks a promise."""
    ids = (breaks,) if isinstance(breaks, str) else breaks
    named = tuple(f"{promise_id}@{operation}" for promise_id in ids)
    return Entry(f"{operation}: {name}", named, changes, FullReference)


def different(name: str, *, fast: bool = False, **changes: Any) -> Entry:
    """Make an entry for a correct server that uses a freedom."""
    return Entry(name, (), changes, fast=fast)


def changed_counts(change: Callable[..., dict[str, Any]]) -> Callable[..., dict[str, Any]]:
    """Make a `counts` method out of a function of the server, the query, the period and the right counts."""

    def counts(self: Reference, query: Any, start: Any, end: Any) -> dict[str, Any]:
        return change(self, query, start, end, Reference.counts(self, query, start, end))

    return counts


def times(factor: float) -> Callable[[dict[str, Any]], dict[str, Any]]:
    """Multiply counts."""
    return lambda counts: {name: int(value * factor) for name, value in counts.items()}


def counts_where(condition: Callable[..., bool], factor: float) -> Callable[..., dict[str, Any]]:
    """Make a `counts` method that multiplies where a condition on the server, the query and the period holds."""
    scale = times(factor)
    return changed_counts(
        lambda self, query, start, end, counts: scale(counts) if condition(self, query, start) else counts
    )


def changed_rows(change: Callable[[Any, list[Any]], list[Any]]) -> Callable[..., list[Any]]:
    """Make a `rows` method out of a function of the query and the right rows."""
    return lambda self, query: change(query, Reference.rows(self, query))


def only(operation: str, method: str, change: Callable[..., Any]) -> Callable[..., Any]:
    """Make a method that is changed for one operation, and the reference's for the others."""

    def changed(self: FullReference, asked: str, *arguments: Any) -> Any:
        right = getattr(FullReference, method)
        if asked != operation:
            return right(self, asked, *arguments)
        return change(self, right, asked, *arguments)

    return changed


def changed_logs(change: Callable[[Any], Any]) -> Callable[..., list[Record]]:
    """Make a `logs_under` that reads changed parameters, after it has read the right ones."""

    def logs_under(self: FullReference, params: Any) -> list[Record]:
        if "method" not in params or len(params["method"]) <= 64:
            FullReference.logs_under(self, params)
        return FullReference.logs_under(self, change(params))

    return logs_under


def sparse(share: int) -> Callable[..., dict[str, Any]]:
    """Make a `counts` method with traffic in this many of a thousand quarters of an hour."""

    def counts(self: Reference, query: Any, start: Any, end: Any) -> dict[str, Any]:
        total = dict.fromkeys(("requests", "bytes_received", "bytes_sent"), 0)
        hour = start
        while hour < end:
            if int(hour.timestamp()) // 900 * 2654435761 % 1000 < share:
                part = Reference.counts(self, query, hour, hour + timedelta(minutes=15))
                total = {name: total[name] + part[name] for name in total}
            hour += timedelta(minutes=15)
        return total

    return counts
