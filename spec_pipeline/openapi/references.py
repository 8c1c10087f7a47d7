"""Follow `$ref` inside one document."""

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from spec_pipeline.openapi.parsing import Document
from spec_pipeline.project import PipelineError


@dataclass(frozen=True)
class Spec:
    """A document, its name in messages, and caches of what is computed about its parts."""

    document: Document
    name: str
    worked_out: dict[int, tuple[Any, Any]] = field(default_factory=dict, repr=False, compare=False)
    digests: dict[str, str] = field(default_factory=dict, repr=False, compare=False)
    whole_digests: dict[int, tuple[Any, str]] = field(default_factory=dict, repr=False, compare=False)
    unchanged: dict[int, Any] = field(default_factory=dict, repr=False, compare=False)
    compared: dict[tuple[Any, ...], tuple[Any, Any]] = field(default_factory=dict, repr=False, compare=False)
    proofs: dict[tuple[int, str, str, bool], bool] = field(default_factory=dict, repr=False, compare=False)

    @property
    def without_meaning(self) -> frozenset[str]:
        """The schema keywords of other OpenAPI versions that this one does not have."""
        return frozenset() if self._is_30 else frozenset({"nullable"})

    @property
    def _is_30(self) -> bool:
        return str(self.document.get("openapi", "")).startswith("3.0")

    def siblings(self, node: dict[str, Any]) -> dict[str, Any]:
        """Return the siblings of a reference that count: all of them since 3.1, none in 3.0."""
        return {} if self._is_30 else {key: value for key, value in node.items() if key != "$ref"}

    def target(self, reference: str) -> Any:
        """Return the target of a reference, which may be a reference itself.

        Raises:
            PipelineError: the target is outside the document or does not exist.
        """
        require_local(reference, self.name)
        node: Any = self.document
        try:
            for part in unquote(reference).split("/")[1:]:
                key = part.replace("~1", "/").replace("~0", "~")
                node = node[int(key)] if isinstance(node, list) else node[key]
        except (KeyError, IndexError, ValueError, TypeError) as error:
            raise PipelineError(f"{self.name} refers to {reference}, which it does not define.") from error
        return node

    def resolve(self, node: Any) -> Any:
        """Return the object that a node is or refers to, for all parts of a document except schemas.

        Raises:
            PipelineError: a reference leads outside the document, to nothing, to a value that is not an object, or back
                to itself.
        """
        found = self.follow(node)
        if found is not node and not isinstance(found, dict):
            raise PipelineError(f"{self.name} refers to {node['$ref']}, which is not an object.")
        return found

    def follow(self, node: Any) -> Any:
        """Return what a node is or refers to; a schema may be a boolean.

        Raises:
            PipelineError: a reference points outside the document, to nothing, or to itself.
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


def require_local(reference: str, origin: str) -> None:
    """Refuse a reference to another document, or to an anchor.

    Raises:
        PipelineError: it is not a pointer such as `#/components/schemas/App`.
    """
    if not reference.startswith("#"):
        raise PipelineError(f"{origin} refers to {reference}, another document; bundle it into one file first.")
    if reference != "#" and not reference.startswith("#/"):
        raise PipelineError(f"{origin} refers to {reference}; only references of the form #/… are followed.")
