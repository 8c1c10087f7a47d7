"""Compare discriminators: the property, and the schema that each of its values selects.

A component without an entry in `mapping` is selected by its own name.
"""

from collections.abc import Iterator
from typing import Any

from spec_pipeline.changes.change import Finding
from spec_pipeline.changes.compare.schemas.branches import paired
from spec_pipeline.changes.compare.schemas.pair import Side
from spec_pipeline.changes.compare.schemas.written import digest


def compare_discriminators(old: Side, new: Side, scope: str) -> Iterator[Finding]:
    """Yield what differs between the discriminators of two schemas."""
    before, after = old.schema.discriminator, new.schema.discriminator
    if not before or not after:
        if before or after:
            event = "removed" if before else "added"
            properties = (each.get("propertyName") if each else None for each in (before, after))
            yield Finding(f"{scope}-discriminator-{event}", "", *properties)
        return
    names = before.get("propertyName"), after.get("propertyName")
    if names[0] != names[1]:
        yield Finding(f"{scope}-discriminator-property-name-changed", "", *names)
    pairs = _paired_references(old, new, before, after)
    renamed = [_renamed(before, after, pair) for pair in sorted(pairs)]
    for values, partners in filter(None, renamed):
        yield Finding(f"{scope}-discriminator-value-changed", "", " or ".join(values), " or ".join(partners))
    known = {value for pair in filter(None, renamed) for values in pair for value in values}
    unpaired = [
        {value for value in each["implicit"] if each["mapping"][value] not in {pair[side] for pair in pairs}}
        for side, each in enumerate((before, after))
    ]
    mapping, others = before["mapping"], after["mapping"]
    for value in {**mapping, **others}:
        place = f" (discriminator {value})"
        if value in mapping and value in others:
            if _another_schema(old, new, (mapping[value], others[value]), pairs):
                yield Finding(f"{scope}-discriminator-mapping-changed", place, mapping[value], others[value])
        elif value in known or value in unpaired[0] | unpaired[1]:
            continue
        elif value in mapping:
            yield Finding(f"{scope}-discriminator-mapping-deleted", place, mapping[value])
        else:
            yield Finding(f"{scope}-discriminator-mapping-added", place, None, others[value])


def _paired_references(old: Side, new: Side, before: dict[str, Any], after: dict[str, Any]) -> set[tuple[str, str]]:
    """Return the components that are branches on both sides, in pairs of old and new."""
    sides = [[{"$ref": reference} for reference in each["references"]] for each in (before, after)]
    if len(sides[0]) == len(sides[1]) == 1:
        return {(before["references"][0], after["references"][0])}
    pairing = paired((old.spec, sides[0]), (new.spec, sides[1]), "oneOf", values=(before["mapping"], after["mapping"]))
    return {(left["$ref"], right["$ref"]) for left, right, _ in pairing.pairs}


def _renamed(
    before: dict[str, Any], after: dict[str, Any], pair: tuple[str, str]
) -> tuple[list[str], list[str]] | None:
    """Return the old and new values of a branch, where they differ and are both implicit or both explicit."""
    sides = [
        sorted(value for value, reference in each["mapping"].items() if reference == name)
        for each, name in zip((before, after), pair, strict=True)
    ]
    kinds = [
        {value in each["implicit"] for value in values} for each, values in zip((before, after), sides, strict=True)
    ]
    kept = set(sides[0]) & after["mapping"].keys() | set(sides[1]) & before["mapping"].keys()
    if not all(sides) or kept or kinds[0] != kinds[1]:
        return None
    return sides[0], sides[1]


def _another_schema(old: Side, new: Side, names: tuple[str, str], pairs: set[tuple[str, str]]) -> bool:
    """Return whether one value selects two different schemas; changes inside a branch are reported for the branch."""
    if names[0] == names[1] or names in pairs:
        return False
    both_branches = names[0] in {left for left, _ in pairs} and names[1] in {right for _, right in pairs}
    return both_branches or digest(old.spec, {"$ref": names[0]}) != digest(new.spec, {"$ref": names[1]})
