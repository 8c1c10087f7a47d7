"""Find schemas that are part of themselves, with no property or item in between, as Jackson writes inheritance."""

from collections.abc import Iterator
from typing import Any

from spec_pipeline.openapi.parsing import Document

_PREFIX = "#/components/schemas/"


def circular_schemas(document: Document) -> list[list[str]]:
    """Return each circle of component schemas that refer to each other as a whole; the first name closes it again.

    One circle is returned for each component that is the first of one.
    """
    schemas = document.get("components", {}).get("schemas", {})
    parts = {name: sorted(set(_parts(schema)) & schemas.keys()) for name, schema in schemas.items()}
    done: set[str] = set()
    found = []
    for name in parts:
        circle = _circle(name, parts, done)
        done.add(name)
        if circle:
            found.append(circle)
            done.update(circle)
    return found


def _circle(start: str, parts: dict[str, list[str]], done: set[str]) -> list[str]:
    """Return the shortest way from a schema back to itself; empty if there is none."""
    ways = [[start]]
    seen = set(done)
    for way in ways:
        for part in parts[way[-1]]:
            if part == start:
                return [*way, start]
            if part not in seen:
                seen.add(part)
                ways.append([*way, part])
    return []


def _parts(schema: Any) -> Iterator[str]:
    """Yield the components that a schema consists of, or chooses from."""
    if not isinstance(schema, dict):
        return
    if isinstance(schema.get("$ref"), str):
        yield schema["$ref"].removeprefix(_PREFIX)
    for keyword in ("allOf", "anyOf", "oneOf"):
        branches = schema.get(keyword)
        for branch in branches if isinstance(branches, list) else ():
            yield from _parts(branch)
