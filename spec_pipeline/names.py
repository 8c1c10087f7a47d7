"""Compare the public names of two generated packages, and find the code that mentions those that differ."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import griffe

from spec_pipeline.project import PACKAGE_NAME

# The parameters and the return type of a function, or the annotation of an attribute.
Signature = tuple[str, ...]

# Each generated operation is a module with these four functions; users refer to the module.
_FUNCTIONS_OF_AN_OPERATION = {"asyncio", "asyncio_detailed", "sync", "sync_detailed"}


@dataclass(frozen=True)
class NameChange:
    """One public name that differs.

    Attributes:
        name: its dotted path below the package.
        old: its signature before; None if it is new.
        new: its signature now; None if it is gone.
    """

    name: str
    old: Signature | None
    new: Signature | None

    @property
    def event(self) -> str:
        """`appeared`, `vanished` or `changed`."""
        if self.old is None:
            return "appeared"
        return "vanished" if self.new is None else "changed"

    @property
    def difference(self) -> str:
        """The parts of a changed signature that are gone and those that are new, as `-old +new`."""
        old, new = self.old or (), self.new or ()
        gone = [f"-{part}" for part in old if part not in new]
        return "  ".join([*gone, *(f"+{part}" for part in new if part not in old)]) or "another order"

    def as_json(self) -> dict[str, Any]:
        """Return the change as it is in the JSON report."""
        return {
            "name": self.name,
            "event": self.event,
            "old": None if self.old is None else list(self.old),
            "new": None if self.new is None else list(self.new),
        }

    @property
    def word(self) -> str:
        """The word that code using it contains."""
        *path, last = self.name.split(".")
        return path[-1] if path and last in _FUNCTIONS_OF_AN_OPERATION else last


def public_names(folder: Path) -> dict[str, Signature]:
    """Return the signature of each public name of the package in a folder, without importing it.

    Args:
        folder: the folder with the generated package; without the package there are no names.
    """
    if not (folder / PACKAGE_NAME).is_dir():
        return {}
    package = griffe.load(PACKAGE_NAME, search_paths=[str(folder)], allow_inspection=False)
    return dict(_describe(package, ""))


def compare_names(old: dict[str, Signature], new: dict[str, Signature]) -> list[NameChange]:
    """Return the names that appeared, vanished or changed, sorted, without those inside a new or vanished one."""
    names = sorted(old.keys() | new.keys())
    changed = [NameChange(name, old.get(name), new.get(name)) for name in names if old.get(name) != new.get(name)]
    whole = {change.name for change in changed if change.event != "changed"}
    return [change for change in changed if change.name.rpartition(".")[0] not in whole]


def mentions(words: set[str], folder: Path) -> dict[str, list[str]]:
    """Return the places, as `file:line,line`, where Python files below a folder contain each of the words.

    A plain text search: it also finds words that mean something else.
    """
    found: dict[str, list[str]] = {}
    pattern = re.compile(r"\b(" + "|".join(map(re.escape, sorted(words))) + r")\b")
    for path in sorted(folder.rglob("*.py")):
        lines: dict[str, list[str]] = {}
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
            for word in {match.group() for match in pattern.finditer(line)}:
                lines.setdefault(word, []).append(str(number))
        for word, numbers in lines.items():
            found.setdefault(word, []).append(f"{path.relative_to(folder.parent).as_posix()}:{','.join(numbers)}")
    return dict(sorted(found.items()))


def _describe(parent: griffe.Object | griffe.Alias, prefix: str) -> Iterator[tuple[str, Signature]]:
    for name, member in parent.members.items():
        if name.startswith("_") or member.is_alias:
            continue
        path = f"{prefix}{name}"
        if isinstance(member, griffe.Function):
            yield path, _signature(member)
        elif isinstance(member, griffe.Attribute) and not str(member.value).startswith("TypeVar("):
            yield path, (str(member.annotation or member.value),)
        elif member.is_class or member.members.keys() >= _FUNCTIONS_OF_AN_OPERATION:
            yield path, (member.kind.value,)
        if member.is_module or member.is_class:
            yield from _describe(member, f"{path}.")


def _signature(function: griffe.Function) -> Signature:
    parameters = (
        f"{parameter.name}: {parameter.annotation}" + (f" = {parameter.default}" if parameter.default else "")
        for parameter in function.parameters
    )
    return *parameters, f"returns {function.returns}"
