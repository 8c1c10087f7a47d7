"""Generated names that vanish: each is a change, unless an accepted change says that it goes."""

import re
from collections.abc import Iterable
from datetime import date

from spec_pipeline.changes.accepted import Verdict, judge_entries
from spec_pipeline.changes.change import Change, Finding
from spec_pipeline.changes.rules.names import VANISHED
from spec_pipeline.names import NameChange

# Such as `api.apps.list_apps`, `models.app.App` and `models.app.App.name`.
_PARTS_OF_A_CLASS = 3


def judge_vanished(names: Iterable[NameChange], verdict: Verdict, today: date) -> Verdict:
    """Match the names that vanish, and that no accepted change covers, with the entries that accept names.

    Args:
        names: the generated public names that differ.
        verdict: the changes of the spec, and the entries about names.
        today: the day on which entries may have expired.
    """
    covering = [change for change in verdict.changes if verdict.acceptance(change) and isinstance(change.old, str)]
    vanished = [
        name.name
        for name in names
        if name.event == "vanished" and not any(_covers(change, name.name) for change in covering)
    ]
    changes = [Change.of(None, Finding(VANISHED, name, name)) for name in vanished]
    return judge_entries(changes, verdict.entries_of_names, today)


def cures(names: list[str], overlay: str, config: str) -> list[str]:
    """Return how to keep names that would vanish: a sentence for each kind of name that can be kept.

    Args:
        names: dotted names.
        overlay: the name of the overlay's file.
        config: the name of the generator's configuration file.
    """
    sentences = []
    if any(name.startswith("api.") for name in names):
        sentences.append(f"Keep a function in its module by its old operationId and tag, by actions in {overlay}.")
    if any(name.startswith("models.") and name.count(".") + 1 == _PARTS_OF_A_CLASS for name in names):
        sentences.append(f"Keep the name of a class that only has another one now by class_overrides in {config}.")
    return sentences


def _covers(change: Change, name: str) -> bool:
    """Return whether a change says that a name goes: the tag, function, class or attribute that it takes away.

    Classes without a name of their own in the spec are named after the operation.
    """
    parts = name.split(".")[1:]
    if _spelling(change.old) in map(_spelling, parts):
        return True
    is_operation = change.location in {"operation", "operationId"}
    return is_operation and any(_snake(part).startswith(f"{_snake(change.old)}_") for part in parts)


def _spelling(name: str) -> str:
    """Return a name in one spelling, as `list-apps` and `listApps` are both generated as `list_apps`."""
    return re.sub(r"[\W_]+", "", name).lower()


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|[\W_]+", "_", name).lower()
