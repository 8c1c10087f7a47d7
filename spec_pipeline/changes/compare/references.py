"""Follow `$ref` inside one document."""

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from spec_pipeline.document import Document
from spec_pipeline.project import PipelineError


@dataclass(frozen=True)
class Spec:
    """A document and what messages call it, with room for what is worked out about its parts only once."""

    document: Document
    name: str
    worked_out: dict[int, tuple[Any, Any]] = field(default_factory=dict, repr=False, compare=False)
    digests: dict[str, str] = field(default_factory=dict, repr=False, compare=False)

    @property
    def without_meaning(self) -> frozenset[str]:
        """The keywords of schemas that this version of OpenAPI does not have, though another one does."""
        return frozenset() if self._is_30 else frozenset({"nullable"})

    @property
    def _is_30(self) -> bool:
        return str(self.document.get("openapi", "")).startswith("3.0")

    def siblings(self, node: dict[str, Any]) -> dict[str, Any]:
        """Return what counts beside the reference of a node: since 3.1 all of it, in 3.0 nothing."""
        return {} if self._is_30 else {key: value for key, value in node.items() if key != "$ref"}

    def target(self, reference: str) -> Any:
        """Return what a reference points at, which may be a reference itself.

        Raises:
            PipelineError: it points outside the document, or at nothing.
        """
        if not reference.startswith("#"):
            raise PipelineError(f"{self.name} refers to {reference}, another document; bundle it into one file first.")
        node: Any = self.document
        try:
            for part in unquote(reference).split("/")[1:]:
                key = part.replace("~1", "/").replace("~0", "~")
                node = node[int(key)] if isinstance(node, list) else node[key]
        except (KeyError, IndexError, ValueError, TypeError) as error:
            raise PipelineError(f"{self.name} refers to {reference}, which it does not define.") from error
        if reference not in {"#", "#/"} and not reference.startswith("#/"):
            raise PipelineError(f"{self.name} refers to {reference}; only references of the form #/… are followed.")
        return node

    def resolve(self, node: Any) -> Any:
        """Return the object that a node is or refers to, for all parts of a document but schemas.

        Raises:
            PipelineError: a reference points outside the document, at nothing, at no object, or back at itself.
        """
        found = self.follow(node)
        if found is not node and not isinstance(found, dict):
            raise PipelineError(f"{self.name} refers to {node['$ref']}, which is no object.")
        return found

    def follow(self, node: Any) -> Any:
        """Return what a node is or refers to, which may be a boolean where it is a schema.

        Raises:
            PipelineError: a reference points outside the document, at nothing, or back at itself.
        """
        followed: set[str] = set()
        while isinstance(node, dict) and isinstance(node.get("$ref"), str):
            reference = node["$ref"]
            if reference in followed:
                raise PipelineError(f"{self.name} refers to {reference}, which refers back to itself.")
            followed.add(reference)
            target = self.target(reference)
            node = {**target, **self.siblings(node)} if isinstance(target, dict) else target
        return node
