"""Find the schemas that are equal in two documents, with everything that they refer to."""

from collections.abc import Iterator
from typing import Any

from spec_pipeline.changes.compare.schemas.written import SETS_OF_VALUES, Raw, bare, fingerprint
from spec_pipeline.openapi.references import Spec
from spec_pipeline.project import PipelineError


class Unchanged:
    """The references of two documents whose targets are equal, directly and through all further references.

    It is computed once in linear time, so equal parts cost nothing in each operation.
    """

    def __init__(self, old: Spec, new: Spec) -> None:
        # `nullable`, and siblings of a reference, have a meaning in one version only.
        self._comparable = old.without_meaning == new.without_meaning
        self._changed: set[str] = set()
        referring: dict[str, list[str]] = {}
        for name in set(_references([old.document, new.document])):
            try:
                targets = old.target(name), new.target(name)
            except PipelineError:
                self._changed.add(name)
                continue
            if _text(targets[0]) != _text(targets[1]):
                self._changed.add(name)
            for other in _references(list(targets)):
                referring.setdefault(other, []).append(name)
        waiting = list(self._changed)
        while waiting:
            fresh = set(referring.get(waiting.pop(), ())) - self._changed
            self._changed |= fresh
            waiting += fresh

    def holds(self, old: Raw, new: Raw) -> bool:
        """Return whether two schemas are proven to be equal, with everything that they refer to."""
        if not self._comparable or _text(old) != _text(new):
            return False
        return self._changed.isdisjoint(_references([old]))


def _text(node: Any) -> str:
    return fingerprint(bare(node, SETS_OF_VALUES))


def _references(nodes: list[Any]) -> Iterator[str]:
    stack = list(nodes)
    while stack:
        node = stack.pop()
        if isinstance(node, dict):
            if isinstance(node.get("$ref"), str):
                yield node["$ref"]
            stack += node.values()
        elif isinstance(node, list):
            stack += node
