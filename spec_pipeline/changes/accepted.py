"""Accepted changes: they stay visible in every report, and do not count for --fail-on until their entry expires."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, Final

from spec_pipeline.changes.change import Change
from spec_pipeline.changes.compare.schemas.written import fingerprint
from spec_pipeline.changes.rules import RULES
from spec_pipeline.changes.rules.names import VANISHED
from spec_pipeline.openapi.parsing import parse_yaml
from spec_pipeline.project import PipelineError

_KEYS = {"id", "operation", "location", "value", "reason", "expires"}
_ANY: Final = "\0any"


@dataclass(frozen=True)
class Accepted:
    """One accepted change.

    Attributes:
        id: the rule's.
        operation: as the change names it; None where the change belongs to the whole document.
        location: the place, as the change names it.
        reason: why it is accepted.
        value: which of several changes at one place, as `value_of` names it.
        expires: the last day on which it is accepted; None for no limit.
    """

    id: str
    operation: str | None
    location: str
    reason: str
    expires: date | None = None
    value: Any = _ANY

    @property
    def names_value(self) -> bool:
        """Whether the entry says which of several changes it accepts."""
        return self.value is not _ANY

    def fits(self, change: Change) -> bool:
        """Return whether a change is the accepted one."""
        if (self.id, self.operation, self.location) != (change.id, change.operation, change.location):
            return False
        return not self.names_value or fingerprint(self.value) == fingerprint(value_of(change))

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
        vague: the entries that would accept several changes, and do not say which.
        entries_of_names: the entries about generated names, which are not known yet.
    """

    changes: list[Change]
    accepted: list[Accepted]
    expired: list[Accepted]
    idle: list[Accepted]
    vague: list[Accepted] = field(default_factory=list)
    entries_of_names: list[Accepted] = field(default_factory=list)

    def acceptance(self, change: Change) -> Accepted | None:
        """Return the entry that accepts a change; None if none does."""
        return next((entry for entry in self.accepted if entry.fits(change)), None)

    def open(self) -> list[Change]:
        """Return the changes that no entry accepts."""
        return [change for change in self.changes if not self.acceptance(change)]

    def values(self, entry: Accepted) -> list[Any]:
        """Return the values of the changes that an entry fits, each once."""
        return _values(change for change in self.changes if entry.fits(change))


def value_of(change: Change) -> Any:
    """Return the value that tells a change from others of its rule at its place: the new one, else the old one."""
    return change.old if change.new is None else change.new


def _values(changes: Iterable[Change]) -> list[Any]:
    return list({fingerprint(value_of(change)): value_of(change) for change in changes}.values())


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
        elif not entry.names_value and len(verdict.values(entry)) > 1:
            verdict.vague.append(entry)
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
    value = entry.get("value", _ANY)
    return Accepted(entry["id"], entry.get("operation"), entry["location"], entry["reason"].strip(), expires, value)
