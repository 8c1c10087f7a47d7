"""Tell at once which schemas are the same in two documents, with all that they refer to."""

from collections.abc import Iterator
from typing import Any

from spec_pipeline.changes.compare.schemas.written import Raw, bare, fingerprint
from spec_pipeline.openapi.references import Spec
from spec_pipeline.project import PipelineError


class Unchanged:
    """The references of two documents that lead to the same text, and from there to nothing but the same texts.

    This takes no longer than the documents are large, so what did not change costs nothing in any operation.
    """

    def __init__(self, old: Spec, new: Spec) -> None:
        # `nullable` and what stands beside a reference mean something in one version only.
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
        """Tell whether two schemas, with all that they refer to, are proven to say the same."""
        if not self._comparable or _text(old) != _text(new):
            return False
        return self._changed.isdisjoint(_references([old]))


def _text(node: Any) -> str:
    return fingerprint(bare(node))


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
