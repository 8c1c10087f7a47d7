"""Apply the actions of an OpenAPI Overlay, which say what to update, copy or remove where a JSONPath leads.

Lists and scalars follow Overlay 1.1 in documents of 1.0, too, which allows fewer targets: a list is concatenated with a
list, anything else appended to it, and a scalar takes the place of a scalar.
"""

import copy
from collections.abc import Iterator
from typing import Any, NamedTuple

from jsonpath_ng import DatumInContext, Fields, Index
from jsonpath_ng.ext.parser import parse

from spec_pipeline.openapi.parsing import Document
from spec_pipeline.openapi.time_limit import TooLongError
from spec_pipeline.project import PipelineError


class _Node(NamedTuple):
    """A part of a document.

    Attributes:
        parent: the object or list that it is in; None for the whole document.
        key: its key or index there.
        value: what it is.
    """

    parent: Any
    key: Any
    value: Any


def apply_action(document: Document, action: Document, name: str) -> None:
    """Change a document as one action says.

    Args:
        document: the document, which is changed in place.
        action: the action, of a valid overlay.
        name: how to name the action in messages.

    Raises:
        PipelineError: the target is not JSONPath, is not in the document, or is of another kind than the update.
    """
    target = action["target"]
    nodes = _nodes(document, target, f"{name}: its target")
    reason = f"It was there because: {action['description'].strip()}"
    if not nodes:
        raise PipelineError(f"{name} no longer applies: the spec has no {target}. {reason}")
    if action.get("remove"):
        _remove(nodes, name)
        return
    value = action.get("update")
    if "copy" in action:
        sources = _nodes(document, action["copy"], f"{name}: its copy")
        if len(sources) != 1:
            found = f"{len(sources)} times" if sources else "nowhere"
            raise PipelineError(f"{name} copies {action['copy']}, which the spec has {found}: name one place. {reason}")
        value = copy.deepcopy(sources[0].value)
    for node in nodes:
        if message := _mismatch(node.value, value):
            raise PipelineError(f"{name} cannot update {target}: {message}. {reason}")
        # Each place gets a copy of its own, which a later action may change alone.
        _update(node, copy.deepcopy(value))


def _nodes(document: Document, path: str, what: str) -> list[_Node]:
    """Return the parts of a document that a JSONPath selects, each once."""
    try:
        found = parse(path).find(document)
    except (RecursionError, TooLongError):
        raise
    except Exception as error:
        # The parser has many exceptions, and so have the functions and the patterns of filters.
        raise PipelineError(
            f"{what} {path} cannot be read as JSONPath: correct it, without functions such as length()."
        ) from error
    nodes = {
        (id(node.parent), node.key): node for node in (_node(match, document, f"{what} {path}") for match in found)
    }
    return list(nodes.values())


def _node(match: DatumInContext, document: Document, what: str) -> _Node:
    if match.value is document:
        return _Node(None, None, document)
    parent: Any = match.context.value if match.context else None
    for key in _keys(match.path, parent):
        if parent[key] is match.value:
            return _Node(parent, key, match.value)
    raise PipelineError(f"{what} computes a value: name a part of the spec.")


def _keys(path: Any, parent: Any) -> Iterator[Any]:
    if isinstance(path, Fields) and isinstance(parent, dict):
        yield from (key for key in path.fields if key in parent)
    if isinstance(path, Index) and isinstance(parent, list):
        yield from (index % len(parent) for index in path.indices if -len(parent) <= index < len(parent))


def _remove(nodes: list[_Node], name: str) -> None:
    # From the end, so that each index stays what it was.
    for node in sorted(nodes, key=lambda node: node.key if isinstance(node.key, int) else 0, reverse=True):
        if node.parent is None:
            raise PipelineError(f"{name} removes the whole spec: name the part that is to go.")
        del node.parent[node.key]


def _mismatch(target: Any, value: Any) -> str:
    """Return why a part of a document cannot be updated with a value; an empty text if it can."""
    if isinstance(target, dict):
        return "" if isinstance(value, dict) else f"it is an object, and the update {_kind(value)}"
    if not isinstance(target, list) and isinstance(value, dict | list):
        return f"it is {_text_of(target)}, and the update {_kind(value)}; name the object that it is in"
    return ""


def _kind(value: Any) -> str:
    if isinstance(value, dict | list):
        return "an object" if isinstance(value, dict) else "a list"
    return _text_of(value)


def _text_of(scalar: Any) -> str:
    return "null" if scalar is None else "text" if isinstance(scalar, str) else str(scalar).lower()


def _update(node: _Node, value: Any) -> None:
    if isinstance(node.value, dict):
        _merge(node.value, value)
    elif isinstance(node.value, list):
        node.value.extend(value if isinstance(value, list) else [value])
    else:
        node.parent[node.key] = value


def _merge(target: Document, update: Document) -> None:
    """Merge an object into another one: objects are merged, lists concatenated, other values replaced."""
    for key, value in update.items():
        old = target.get(key)
        if isinstance(old, dict) and isinstance(value, dict):
            _merge(old, value)
        elif isinstance(old, list) and isinstance(value, list):
            old.extend(value)
        else:
            target[key] = value
