"""Accepted changes: they stay visible in every report, and do not count for --fail-on until their entry expires."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from spec_pipeline.changes.change import Change
from spec_pipeline.changes.rules import RULES
from spec_pipeline.changes.rules.names import VANISHED
from spec_pipeline.openapi.parsing import parse_yaml
from spec_pipeline.project import PipelineError

_KEYS = {"id", "operation", "location", "reason", "expires"}


@dataclass(frozen=True)
class Accepted:
    """One accepted change.

    Attributes:
        id: the rule's.
        operation: as the change names it; None where the change belongs to the whole document.
        location: the place, as the change names it.
        reason: why it is accepted.
        expires: the last day on which it is accepted; None for no limit.
    """

    id: str
    operation: str | None
    location: str
    reason: str
    expires: date | None = None

    def fits(self, change: Change) -> bool:
        """Return whether a change is the accepted one."""
        return (self.id, self.operation, self.location) == (change.id, change.operation, change.location)

    def holds_on(self, today: date) -> bool:
        """Return whether the entry has not expired on a day."""
        return self.expires is None or today <= self.expires


@dataclass(frozen=True)
class Verdict:
    """The changes, and which of them are accepted.

    Attributes:
        changes: all of them.
        accepted: the entries that accept some of them.
        expired: the entries that would accept a change if they had not expired.
        idle: the entries that match no change.
        entries_of_names: the entries about generated names, which are not known yet.
    """

    changes: list[Change]
    accepted: list[Accepted]
    expired: list[Accepted]
    idle: list[Accepted]
    entries_of_names: list[Accepted] = field(default_factory=list)

    def acceptance(self, change: Change) -> Accepted | None:
        """Return the entry that accepts a change; None if none does."""
        return next((entry for entry in self.accepted if entry.fits(change)), None)

    def open(self) -> list[Change]:
        """Return the changes that no entry accepts."""
        return [change for change in self.changes if not self.acceptance(change)]


def judge(changes: Iterable[Change], entries: Iterable[Accepted], today: date) -> Verdict:
    """Match the changes of a spec with the accepted ones; entries about generated names wait for these."""
    entries = list(entries)
    verdict = judge_entries(changes, [entry for entry in entries if entry.id != VANISHED], today)
    verdict.entries_of_names.extend(entry for entry in entries if entry.id == VANISHED)
    return verdict


def judge_entries(changes: Iterable[Change], entries: Iterable[Accepted], today: date) -> Verdict:
    """Match changes with entries, each of which accepts some of them or is idle."""
    verdict = Verdict(list(changes), [], [], [])
    for entry in entries:
        if not any(entry.fits(change) for change in verdict.changes):
            verdict.idle.append(entry)
        elif entry.holds_on(today):
            verdict.accepted.append(entry)
        else:
            verdict.expired.append(entry)
    return verdict


def read_accepted(path: Path) -> list[Accepted]:
    """Read the file of accepted changes; a missing file accepts none.

    Raises:
        PipelineError: the file cannot be read, or an entry is not complete; the message says which.
    """
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return []
    except OSError as error:
        raise PipelineError(f"{path.name} cannot be read: {error.strerror}.") from error
    entries = parse_yaml(content, path.name)
    if entries is None:
        return []
    if not isinstance(entries, list):
        raise PipelineError(f"{path.name} must be a list of entries, each beginning with `- id:`.")
    return [_entry(entry, f"{path.name}, entry {number}") for number, entry in enumerate(entries, start=1)]


def _entry(entry: Any, place: str) -> Accepted:
    if not isinstance(entry, dict):
        raise PipelineError(f"{place}: write it as id, operation, location and reason.")
    if unknown := entry.keys() - _KEYS:
        raise PipelineError(f"{place}: there is no field {min(unknown)}; there are {', '.join(sorted(_KEYS))}.")
    for key in ("id", "location", "reason"):
        if not isinstance(entry.get(key), str) or not entry[key].strip():
            raise PipelineError(f"{place}: add a string as {key}.")
    if entry["id"] not in RULES:
        raise PipelineError(f"{place}: there is no rule {entry['id']}; take the id that the report shows.")
    try:
        expires = date.fromisoformat(entry["expires"]) if "expires" in entry else None
    except (TypeError, ValueError) as error:
        raise PipelineError(f"{place}: expires is {entry['expires']}; write a date such as 2027-01-31.") from error
    return Accepted(entry["id"], entry.get("operation"), entry["location"], entry["reason"].strip(), expires)
