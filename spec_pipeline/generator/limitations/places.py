"""Places in a document, and pointers to them."""

from typing import Any
from urllib.parse import unquote

from spec_pipeline.openapi.references import Spec
from spec_pipeline.openapi.schema_objects import Place


def pointer_to(place: Place) -> str:
    """Return the reference that leads to a place."""
    parts = (str(part).replace("~", "~0").replace("/", "~1").replace("%", "%25") for part in place)
    return "/".join(["#", *parts])


def place_of(reference: str) -> Place:
    """Return the place that a reference leads to."""
    return tuple(part.replace("~1", "/").replace("~0", "~") for part in unquote(reference).split("/")[1:])


def object_at(spec: Spec, place: Place) -> tuple[Place, dict[str, Any]]:
    """Return the object at a place, or the one that it refers to, and where that is.

    Raises:
        PipelineError: a reference leads to nothing, or back to itself.
    """
    found: dict[str, Any] = spec.resolve(spec.target(pointer_to(place)))
    return schema_at(spec, place)[0], found


def schema_at(spec: Spec, place: Place) -> tuple[Place, Any]:
    """Return the schema at a place, or the one that it refers to, and where that is; it may be a boolean.

    Raises:
        PipelineError: a reference leads to nothing, or back to itself.
    """
    node = spec.target(pointer_to(place))
    found = spec.follow(node)
    while isinstance(node, dict) and isinstance(node.get("$ref"), str):
        place = place_of(node["$ref"])
        node = spec.target(node["$ref"])
    return place, found
