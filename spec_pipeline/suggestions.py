"""Suggest names for generated classes that the generator named after a path into the spec."""

import re
from collections.abc import Iterable
from typing import NamedTuple

from spec_pipeline.names import NameChange

# An `anyOf` without a title, such as that of an enum that may be null, is named after its place and its branch.
_BRANCH = re.compile(r"Type\d+$")


class Suggestion(NamedTuple):
    """An entry for `class_overrides` of the generator's configuration.

    Attributes:
        generated: the name of the class as it is now.
        class_name: the suggested name of the class.
        module_name: the suggested name of its module.
    """

    generated: str
    class_name: str
    module_name: str

    def __str__(self) -> str:
        """Return the entry as it is written below `class_overrides:`."""
        return f"{self.generated}: {{class_name: {self.class_name}, module_name: {self.module_name}}}"


def suggest_names(changed: Iterable[NameChange], names: Iterable[str]) -> list[Suggestion]:
    """Return a shorter name for each new class that is named after a branch, where one is free.

    Args:
        changed: the public names that differ.
        names: all generated public names, dotted.
    """
    names = list(names)
    words = {part for name in names for part in name.split(".")}
    modules = {name.split(".")[-2] for name in names if name.endswith(".sync_detailed")}
    operations = [_pascal(module) for module in sorted(modules, key=len, reverse=True)]
    found: list[Suggestion] = []
    for change in changed:
        generated = change.name.rpartition(".")[2]
        if change.event != "appeared" or not _BRANCH.search(generated):
            continue
        long = _BRANCH.sub("", generated)
        owner = next((name for name in operations if long.startswith(name) and long != name), "")
        free = (name for name in (long.removeprefix(owner), long) if name and not {name, _snake(name)} & words)
        if (name := next(free, None)) is not None:
            words |= {name, _snake(name)}
            found.append(Suggestion(generated, name, _snake(name)))
    return found


def _pascal(name: str) -> str:
    return "".join(part.capitalize() for part in name.split("_"))


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()
