"""Find schemas that contain themselves without a property or item in between, as Jackson writes inheritance."""

from collections.abc import Iterator
from typing import Any

from spec_pipeline.openapi.parsing import Document

_PREFIX = "#/components/schemas/"


def circular_schemas(document: Document) -> list[list[str]]:
    """Return each cycle of component schemas as a list of names, whose last is its first."""
    schemas = document.get("components", {}).get("schemas", {})
    parts = {name: sorted(set(_parts(schema)) & schemas.keys()) for name, schema in schemas.items()}
    done: set[str] = set()
    found = []
    for name in parts:
        cycle = _cycle(name, parts, done)
        done.add(name)
        if cycle:
            found.append(cycle)
            done.update(cycle)
    return found


def _cycle(start: str, parts: dict[str, list[str]], done: set[str]) -> list[str]:
    """Return the shortest path from a schema to itself; empty if there is none."""
    paths = [[start]]
    seen = set(done)
    for path in paths:
        for part in parts[path[-1]]:
            if part == start:
                return [*path, start]
            if part not in seen:
                seen.add(part)
                paths.append([*path, part])
    return []


def _parts(schema: Any) -> Iterator[str]:
    """Yield the components in the `allOf`, `anyOf` and `oneOf` of a schema."""
    if not isinstance(schema, dict):
        return
    if isinstance(schema.get("$ref"), str):
        yield schema["$ref"].removeprefix(_PREFIX)
    for keyword in ("allOf", "anyOf", "oneOf"):
        branches = schema.get(keyword)
        for branch in branches if isinstance(branches, list) else ():
            yield from _parts(branch)
