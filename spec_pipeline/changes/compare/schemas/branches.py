"""Pair the branches of two versions of an `anyOf` or `oneOf`, in any order."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, NamedTuple

from spec_pipeline.changes.compare.schemas.normal_form import normalise
from spec_pipeline.changes.compare.schemas.schema import ABSENT, Schema
from spec_pipeline.changes.compare.schemas.written import Raw, bare, fingerprint
from spec_pipeline.openapi.references import Spec

# A keyword with its branches.
Group = tuple[str, list[Raw]]


class Pairing(NamedTuple):
    """The branches of two schemas.

    Attributes:
        keyword: `any-of` or `one-of`, as ids name it.
        pairs: the branches that belong together, with a label.
        removed: labels of old branches without a partner.
        added: labels of new branches without a partner.
    """

    keyword: str
    pairs: list[tuple[Raw, Raw, str]]
    removed: list[str]
    added: list[str]


def admits_all(schema: Schema) -> bool:
    """Return whether a schema accepts every value, except perhaps null."""
    silent = replace(schema, refs=frozenset(), nullable=None, default=ABSENT)
    return replace(silent, deprecated=False, read_only=False, write_only=False) == Schema()


def paired_groups(old: list[Group], new: list[Group]) -> tuple[list[tuple[Group, Group]], list[Group], list[Group]]:
    """Pair the groups of alternatives of two schemas that have several groups in an `allOf`.

    Returns:
        The pairs, those that share most branches first; the old groups without a partner; the new ones.
    """
    before, after = list(old), list(new)

    def shared(left: Group, right: Group) -> float:
        texts = [{fingerprint(bare(branch)) for branch in branches} for _, branches in (left, right)]
        return 1 + len(texts[0] & texts[1]) - len(texts[0] ^ texts[1]) / (1 + len(texts[0] | texts[1]))

    pairs: list[tuple[Group, Group]] = []
    _take_pairs(before, after, pairs, shared)
    return pairs, before, after


def paired(
    old: tuple[Spec, list[Raw]],
    new: tuple[Spec, list[Raw]],
    keyword: str,
    *,
    values: tuple[dict[str, str], dict[str, str]] = ({}, {}),
) -> Pairing:
    """Pair the branches: equal ones first, then the most similar ones of one type.

    Args:
        old: the old document and its branches.
        new: the new document and its branches.
        keyword: `anyOf` or `oneOf`.
        values: the reference that each value of the discriminators means.
    """
    before, after = list(old[1]), list(new[1])
    shared = {(values[0][value], values[1][value]) for value in values[0].keys() & values[1].keys()}

    def likeness(left: Raw, right: Raw) -> float:
        return _likeness(normalise(old[0], left), normalise(new[0], right))

    def same_value(left: Raw, right: Raw) -> float:
        references = (raw.get("$ref") if isinstance(raw, dict) else None for raw in (left, right))
        return tuple(references) in shared

    pairs: list[tuple[Raw, Raw]] = []
    _take_same(before, after, pairs)
    for alike in (same_value, likeness):
        _take_pairs(before, after, pairs, alike)
    return Pairing(
        "one-of" if keyword == "oneOf" else "any-of",
        [(left, right, label(left)) for left, right in pairs],
        [label(branch) for branch in before],
        [label(branch) for branch in after],
    )


def label(branch: Raw) -> str:
    """Return the label of a branch: the component's name, its title or its type."""
    if not isinstance(branch, dict):
        return str(branch).lower()
    if isinstance(branch.get("$ref"), str):
        return str(branch["$ref"]).rsplit("/", 1)[-1]
    return str(branch.get("title") or branch.get("type") or next(iter(bare(branch)), "any"))


def _take_pairs(
    before: list[Any], after: list[Any], pairs: list[tuple[Any, Any]], likeness: Callable[[Any, Any], float]
) -> None:
    """Move the pairs of similar branches out of both lists, the most similar first."""
    scored = [
        (-score, left, right)
        for left, old in enumerate(before)
        for right, new in enumerate(after)
        if (score := likeness(old, new)) > 0
    ]
    taken_before: set[int] = set()
    taken_after: set[int] = set()
    for _, left, right in sorted(scored):
        if left not in taken_before and right not in taken_after:
            taken_before.add(left)
            taken_after.add(right)
            pairs.append((before[left], after[right]))
    before[:] = [branch for index, branch in enumerate(before) if index not in taken_before]
    after[:] = [branch for index, branch in enumerate(after) if index not in taken_after]


def _take_same(before: list[Raw], after: list[Raw], pairs: list[tuple[Raw, Raw]]) -> None:
    """Move the pairs of equal branches out of both lists, in the order of the first."""
    waiting: dict[str, list[Raw]] = {}
    for branch in after:
        waiting.setdefault(fingerprint(bare(branch)), []).append(branch)
    rest = []
    for branch in before:
        if same := waiting.get(fingerprint(bare(branch))):
            pairs.append((branch, same.pop(0)))
        else:
            rest.append(branch)
    before[:] = rest
    left = {id(branch) for branches in waiting.values() for branch in branches}
    after[:] = [branch for branch in after if id(branch) in left]


def _likeness(old: Schema, new: Schema) -> float:
    if old.types != new.types:
        return 0
    shared = len(old.properties.keys() & new.properties.keys())
    shared += sum(value in (new.enum or []) for value in old.enum or [])
    # Objects without a common property, and enums without a common value, are not paired.
    listed = (old.properties and new.properties) or (old.enum and new.enum)
    return shared if listed else shared + 1
