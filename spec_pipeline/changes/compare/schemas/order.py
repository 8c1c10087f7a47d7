"""Compare the order of alternatives in a response: the generated code takes the first one that it can read.

What it reads without a class of its own, such as a text, comes after all others, wherever it stands.
"""

from itertools import combinations

from spec_pipeline.changes.change import Finding
from spec_pipeline.changes.compare.schemas.branches import Group, label
from spec_pipeline.changes.compare.schemas.normal_form import normalise
from spec_pipeline.changes.compare.schemas.pair import Side
from spec_pipeline.changes.compare.schemas.python_types import MODEL, OPEN_MODEL, PLAIN, PYTHON_FORMATS, python_types
from spec_pipeline.changes.compare.schemas.schema import Schema
from spec_pipeline.changes.compare.schemas.written import Raw, fingerprint
from spec_pipeline.openapi.references import Spec

_MAX_LEVELS = 4
# What types are made of: two of one kind may be made of one value.
_KINDS = dict.fromkeys(PYTHON_FORMATS.values(), "text") | {"list": "list", MODEL: "class", OPEN_MODEL: "class"}


def compare_order(
    new: Side, groups: tuple[Group, Group], pairs: list[tuple[Raw, Raw, str]], scope: str
) -> list[Finding]:
    """Return whether two alternatives have changed places that may both be read from one value.

    Args:
        new: the new schema.
        groups: the alternatives of the old schema and of the new one.
        pairs: those that belong together.
        scope: the place of the schemas.
    """
    before, after = ({id(raw): index for index, raw in enumerate(branches)} for _, branches in groups)
    ordered = sorted(pairs, key=lambda pair: before[id(pair[0])])
    for first, second in combinations(ordered, 2):
        if after[id(first[1])] > after[id(second[1])] and _may_both_be_read(new.spec, first[1], second[1]):
            labels = [[label(raw) for raw in branches] for _, branches in groups]
            return [Finding(f"{scope}-alternatives-reordered", "", *labels)]
    return []


def _may_both_be_read(spec: Spec, left: Raw, right: Raw) -> bool:
    """Return whether the generated code may read one value as either of two alternatives."""
    kinds = [{_KINDS[name] for name in _made(spec, raw)} for raw in (left, right)]
    shared = kinds[0] & kinds[1]
    return bool(shared) and (
        shared != {"class"} or not _tells_apart(spec, normalise(spec, left), normalise(spec, right))
    )


def _made(spec: Spec, raw: Raw, levels: int = _MAX_LEVELS) -> frozenset[str]:
    """Return the types of an alternative that code makes of a value, which is not taken as it comes."""
    types = python_types(spec, raw)
    items = normalise(spec, raw).items if types == {"list"} else {}
    return types - PLAIN | ({"list"} if types == {"list"} and levels and _made(spec, items, levels - 1) else set())


def _tells_apart(spec: Spec, left: Schema, right: Schema) -> bool:
    """Return whether each of two classes refuses what the other reads: it needs a field, or a value, of its own.

    A class reads each object that has its required fields, whatever else is in it.
    """
    if left.required - right.properties.keys() and right.required - left.properties.keys():
        return True
    values = [(_values(spec, left, name), _values(spec, right, name)) for name in left.required & right.required]
    return any(before and after and before.isdisjoint(after) for before, after in values)


def _values(spec: Spec, schema: Schema, name: str) -> set[str]:
    """Return the texts of the values that a field may have; none where it is no enum."""
    return set(map(fingerprint, normalise(spec, schema.properties.get(name, {})).enum or ()))
