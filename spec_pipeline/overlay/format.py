"""Check that a document is an OpenAPI Overlay, of version 1.0 or 1.1, in which each action says why it is there."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from spec_pipeline.openapi.parsing import Document, one_line
from spec_pipeline.project import PipelineError

_FIELDS = {"overlay": str, "info": dict, "extends": str, "actions": list}
_FIELDS_OF_INFO = {"title": str, "version": str, "description": str}
_FIELDS_OF_ACTION = {"target": str, "description": str, "update": object, "remove": bool, "copy": str}
_KINDS = {str: "text", dict: "an object", list: "a list", bool: "true or false"}


def validate_overlay(overlay: Document, origin: str) -> None:
    """Refuse what is no valid overlay.

    Args:
        overlay: the document.
        origin: how to name it in messages.

    Raises:
        PipelineError: it is not valid; the message says where.
    """
    if message := next(_problems(overlay), ""):
        raise PipelineError(f"{origin} is not a valid Overlay, {message}.")
    for number, action in enumerate(overlay["actions"], start=1):
        if not action.get("description", "").strip():
            raise PipelineError(f"{origin}, action {number} ({action['target']}): add a description that says why.")


def _problems(overlay: Document) -> Iterator[str]:
    version = overlay.get("overlay")
    if not isinstance(version, str) or not re.fullmatch(r"1\.[01]\.\d+", version):
        says = f"it says {one_line(str(version))}" if "overlay" in overlay else "it is missing"
        yield f"at overlay: {says}, and has to be the version of the Overlay specification, 1.0.0 or 1.1.0"
        return
    yield from _object(overlay, _FIELDS, ("overlay", "info", "actions"), "at the top level")
    yield from _object(overlay["info"], _FIELDS_OF_INFO, ("title", "version"), "at info")
    if not overlay["actions"]:
        yield "at actions: it has to have at least one"
    known = {key: kind for key, kind in _FIELDS_OF_ACTION.items() if key != "copy" or version.startswith("1.1")}
    for number, action in enumerate(overlay["actions"], start=1):
        place = f"at action {number}"
        yield from _object(action, known, ("target",), place)
        if not action["target"].startswith("$"):
            yield f"{place}: the target {action['target']} does not begin with $"
        if not action.get("remove") and not {"update", "copy"} & action.keys():
            yield f"{place}: it has neither an update nor `remove: true`, and does nothing"


def _object(node: Any, fields: Mapping[str, type], required: tuple[str, ...], place: str) -> Iterator[str]:
    """Yield what is wrong with an object: that it is none, or a field that is missing, unknown or of another kind."""
    if not isinstance(node, dict):
        yield f"{place}: it has to be an object"
        return
    yield from (f"{place}: {name} is missing" for name in required if name not in node)
    yield from (
        f"{place}: unknown field {one_line(name)}" for name in node if name not in fields and not name.startswith("x-")
    )
    yield from (
        f"{place}: {name} has to be {_KINDS[kind]}; put it into quotes"
        if kind is str and isinstance(node[name], int | float)
        else f"{place}: {name} has to be {_KINDS[kind]}"
        for name, kind in fields.items()
        if name in node and not isinstance(node[name], kind)
    )
