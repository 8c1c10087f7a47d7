"""Compare how alternatives are told apart: by which property, and which of its values stands for which schema."""

from collections.abc import Iterator
from typing import Any

from spec_pipeline.changes.change import Finding
from spec_pipeline.changes.compare.schemas.written import digest
from spec_pipeline.openapi.references import Spec

Discriminator = dict[str, Any] | None


def compare_discriminators(
    old: tuple[Spec, Discriminator], new: tuple[Spec, Discriminator], scope: str
) -> Iterator[Finding]:
    """Yield what differs between two discriminators, each beside its document; None where there is none."""
    before, after = old[1], new[1]
    if not before or not after:
        if before or after:
            event = "removed" if before else "added"
            yield Finding(f"{scope}-discriminator-{event}", "", *(_property(each) for each in (before, after)))
        return
    if _property(before) != _property(after):
        yield Finding(f"{scope}-discriminator-property-name-changed", "", _property(before), _property(after))
    mapping, partners = before.get("mapping", {}), after.get("mapping", {})
    for value in {**mapping, **partners}:
        place = f" (discriminator {value})"
        if value not in partners:
            yield Finding(f"{scope}-discriminator-mapping-deleted", place, mapping[value])
        elif value not in mapping:
            yield Finding(f"{scope}-discriminator-mapping-added", place, None, partners[value])
        elif _other_schema((old[0], mapping[value]), (new[0], partners[value])):
            yield Finding(f"{scope}-discriminator-mapping-changed", place, mapping[value], partners[value])


def _other_schema(old: tuple[Spec, str], new: tuple[Spec, str]) -> bool:
    """Tell whether two names mean two schemas; what changes inside one is reported where it is one of the branches."""
    references = [_reference(name) for _, name in (old, new)]
    return references[0] != references[1] and digest(old[0], {"$ref": references[0]}) != digest(
        new[0], {"$ref": references[1]}
    )


def _property(discriminator: Discriminator) -> str | None:
    return discriminator.get("propertyName") if discriminator else None


def _reference(name: str) -> str:
    return name if "/" in name or "#" in name else f"#/components/schemas/{name}"
