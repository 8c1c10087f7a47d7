"""What a schema says, written so that equal schemas have equal texts.

Prose is left out, sets stand in one order, numbers in one spelling. A digest also says what a schema refers to, as if
it were spelled out, in the time that it takes to read each component once.
"""

import hashlib
import json
import re
from typing import Any, Final

from spec_pipeline.changes.compare.references import Spec

Raw = Any

ANNOTATIONS: Final = frozenset(
    {
        *("$anchor", "$comment", "$defs", "$id", "$schema", "$vocabulary", "definitions", "description"),
        *("example", "examples", "externalDocs", "summary", "title", "xml"),
    }
)
NAME_MAPS: Final = frozenset({"$defs", "definitions", "dependentSchemas", "patternProperties", "properties"})
_SETS: Final = frozenset({"allOf", "anyOf", "enum", "oneOf", "required", "type"})
_LITERALS: Final = frozenset({"const", "default", "dependentRequired", "discriminator", "enum", "required"})
_WHOLE_FLOAT: Final = re.compile(r"\d(\.0|e\+)")
# How far out a digest refers back to what it is part of: not at all.
_CLOSED: Final = 1_000_000


def fingerprint(value: Any) -> str:
    """Return a text that is the same for equal JSON values, whatever the order of their keys; 1.0 equals 1."""
    text = json.dumps(value, sort_keys=True)
    return json.dumps(_with_whole_numbers(value), sort_keys=True) if _WHOLE_FLOAT.search(text) else text


def is_annotation(key: str) -> bool:
    """Tell whether a keyword says nothing about which values are admitted."""
    return key in ANNOTATIONS or key.startswith("x-")


def bare(node: Raw) -> Raw:
    """Return a schema without what only describes it, its sets in one order; references stay as they are."""
    if isinstance(node, list):
        return [bare(item) for item in node]
    if not isinstance(node, dict) or isinstance(node.get("$ref"), str):
        return node
    result: dict[str, Any] = {}
    for key, value in node.items():
        if key in NAME_MAPS and isinstance(value, dict):
            result[key] = {name: bare(child) for name, child in value.items()}
        elif key in _LITERALS:
            result[key] = value
        elif not is_annotation(key):
            result[key] = bare(value)
        if key in _SETS and isinstance(result.get(key), list):
            result[key] = sorted(result[key], key=fingerprint)
    return result


def digest(spec: Spec, node: Raw) -> str:
    """Return a short text that is the same for schemas that say the same, references spelled out or not.

    Raises:
        PipelineError: a reference leads nowhere.
    """
    return _digest(spec, node, ())[0]


def _digest(spec: Spec, node: Raw, path: tuple[str, ...]) -> tuple[str, int]:
    """Return the digest, and the place in the path of the outermost reference that it refers back to."""
    if isinstance(node, list):
        return _joined([_digest(spec, item, path) for item in node])
    if not isinstance(node, dict):
        return fingerprint(node), _CLOSED
    parts = []
    for key, value in sorted(node.items()):
        if key == "$ref" and isinstance(value, str):
            part = _digest_of_target(spec, value, path)
            if all(is_annotation(other) for other in node.keys() - {"$ref"}):
                return part
        elif key in NAME_MAPS and isinstance(value, dict):
            part = _joined([_joined([(name, _CLOSED), _digest(spec, value[name], path)]) for name in sorted(value)])
        elif is_annotation(key):
            continue
        elif key in _SETS and isinstance(value, list):
            plain = key in _LITERALS
            items = [(fingerprint(item), _CLOSED) if plain else _digest(spec, item, path) for item in value]
            part = _joined(sorted(items))
        else:
            part = (fingerprint(value), _CLOSED) if key in _LITERALS else _digest(spec, value, path)
        parts.append(_joined([(key, _CLOSED), part]))
    return _joined(parts)


def _digest_of_target(spec: Spec, name: str, path: tuple[str, ...]) -> tuple[str, int]:
    if name in path:
        return f"{len(path) - path.index(name)} up", path.index(name)
    if name not in spec.digests:
        found, outermost = _digest(spec, spec.target(name), (*path, name))
        if outermost < len(path):
            return found, outermost
        spec.digests[name] = found
    return spec.digests[name], _CLOSED


def _joined(parts: list[tuple[str, int]]) -> tuple[str, int]:
    text = json.dumps([part for part, _ in parts])
    return hashlib.sha256(text.encode()).hexdigest(), min((outermost for _, outermost in parts), default=_CLOSED)


def _with_whole_numbers(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _with_whole_numbers(child) for key, child in value.items()}
    if isinstance(value, list):
        return [_with_whole_numbers(child) for child in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value
