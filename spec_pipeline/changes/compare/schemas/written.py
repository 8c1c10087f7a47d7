"""A canonical text of a schema: equal schemas have equal texts.

Prose is left out, sets stand in one order, numbers in one spelling. A digest also says what a schema refers to, as if
it were spelled out, in the time that it takes to read each component once.
"""

import hashlib
import json
import re
from typing import Any, Final

from spec_pipeline.openapi.references import Spec

Raw = Any

ANNOTATIONS: Final = frozenset(
    {
        *("$anchor", "$comment", "$defs", "$id", "$schema", "$vocabulary", "definitions", "description"),
        *("example", "examples", "externalDocs", "summary", "title", "xml"),
    }
)
NAME_MAPS: Final = frozenset({"$defs", "definitions", "dependentSchemas", "patternProperties", "properties"})
_SETS: Final = frozenset({"allOf", "anyOf", "enum", "oneOf", "required", "type"})
SETS_OF_VALUES: Final = _SETS - {"anyOf", "oneOf"}
"""The sets without alternatives, of which the generated code takes the first that it can read."""
_LITERALS: Final = frozenset({"const", "default", "dependentRequired", "discriminator", "enum", "required"})
_WHOLE_FLOAT: Final = re.compile(r"\d(\.0|e\+)")


def fingerprint(value: Any) -> str:
    """Return a text that is the same for equal JSON values, whatever the order of their keys; 1.0 equals 1."""
    text = json.dumps(value, sort_keys=True)
    return json.dumps(_with_whole_numbers(value), sort_keys=True) if _WHOLE_FLOAT.search(text) else text


def is_annotation(key: str) -> bool:
    """Return whether a keyword does not affect which values are accepted."""
    return key in ANNOTATIONS or key.startswith("x-")


def bare(node: Raw, sets: frozenset[str] = _SETS) -> Raw:
    """Return a schema without annotations and with its sets sorted; references are kept.

    Args:
        node: the schema.
        sets: the keywords with lists whose order means nothing.
    """
    if isinstance(node, list):
        return [bare(item, sets) for item in node]
    if not isinstance(node, dict) or isinstance(node.get("$ref"), str):
        return node
    result: dict[str, Any] = {}
    for key, value in node.items():
        if key in NAME_MAPS and isinstance(value, dict):
            result[key] = {name: bare(child, sets) for name, child in value.items()}
        elif key in _LITERALS:
            result[key] = value
        elif not is_annotation(key):
            result[key] = bare(value, sets)
        if key in sets and isinstance(result.get(key), list):
            result[key] = sorted(result[key], key=fingerprint)
    return result


def digest(spec: Spec, node: Raw) -> str:
    """Return a digest that is equal for equivalent schemas, whether references are resolved or not.

    Raises:
        PipelineError: a reference has no target.
    """
    # By identity; keeping the node as well means that its address is not used again.
    known = spec.whole_digests.get(id(node))
    if known is None:
        known = spec.whole_digests[id(node)] = (node, _Walk(spec).digest(node)[0])
    return known[1]


class _Walk:
    """One traversal of a schema and everything that it refers to; it reads each component once.

    A component without cycles has the same digest wherever it is met, so the document remembers it. One that leads
    back to itself is spelled out where it is met first, and numbered for where it is met again.
    """

    def __init__(self, spec: Spec) -> None:
        self._spec = spec
        self._path: list[str] = []
        self._met: dict[str, int] = {}

    def digest(self, node: Raw) -> tuple[str, bool]:
        """Return the digest of a node, and whether it depends on what was met on the way."""
        if isinstance(node, list):
            return _joined([self.digest(item) for item in node])
        if not isinstance(node, dict):
            return fingerprint(node), False
        parts = []
        for key, value in sorted(node.items()):
            if key == "$ref" and isinstance(value, str):
                part = self._target(value)
                if all(is_annotation(other) for other in self._spec.siblings(node)):
                    return part
            elif key in NAME_MAPS and isinstance(value, dict):
                part = _joined([_joined([(name, False), self.digest(value[name])]) for name in sorted(value)])
            elif is_annotation(key):
                continue
            elif key in _SETS and isinstance(value, list):
                part = _joined(sorted(self._members(key, value)))
            else:
                part = (fingerprint(value), False) if key in _LITERALS else self.digest(value)
            parts.append(_joined([(key, False), part]))
            if key == "discriminator":
                # Without a mapping, the values are the names of the components.
                parts.append((fingerprint(sorted(_references(node))), False))
        return _joined(parts)

    def _members(self, key: str, members: list[Raw]) -> list[tuple[str, bool]]:
        if key in _LITERALS:
            return [(fingerprint(member), False) for member in members]
        # Sorted, so that the numbers do not depend on the order of a set.
        return [self.digest(member) for member in sorted(members, key=lambda member: fingerprint(bare(member)))]

    def _target(self, name: str) -> tuple[str, bool]:
        if name in self._spec.digests:
            return self._spec.digests[name], False
        if name in self._path:
            return f"{len(self._path) - self._path.index(name)} up", True
        if name in self._met:
            return f"met {self._met[name]}", True
        self._path.append(name)
        found, depends = self.digest(self._spec.target(name))
        self._path.pop()
        if depends:
            self._met[name] = len(self._met)
        else:
            self._spec.digests[name] = found
        return found, depends


def _joined(parts: list[tuple[str, bool]]) -> tuple[str, bool]:
    text = json.dumps([part for part, _ in parts])
    return hashlib.sha256(text.encode()).hexdigest(), any(depends for _, depends in parts)


def _with_whole_numbers(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _with_whole_numbers(child) for key, child in value.items()}
    if isinstance(value, list):
        return [_with_whole_numbers(child) for child in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def effective_discriminator(node: dict[str, Any]) -> dict[str, Any]:
    """Return the discriminator of a schema, with a value for each branch: its name where `mapping` has no entry for it.

    Returns:
        What is stated, `mapping` completed, beside it `implicit`, the values that are names, and `references`, the
        branches that are components.
    """
    stated, references = node["discriminator"], _references(node)
    explicit = {
        value: name if "/" in name or "#" in name else f"#/components/schemas/{name}"
        for value, name in stated.get("mapping", {}).items()
    }
    implicit = {name.rsplit("/", 1)[-1]: name for name in references if name not in explicit.values()}
    unnamed = sorted(implicit.keys() - explicit.keys())
    return {**stated, "mapping": implicit | explicit, "implicit": unnamed, "references": references}


def _references(node: dict[str, Any]) -> list[str]:
    branches = [branch for key in ("anyOf", "oneOf") for branch in node.get(key, ()) if isinstance(branch, dict)]
    return [branch["$ref"] for branch in branches if isinstance(branch.get("$ref"), str)]
