"""Compare the keywords without rules of their own by their effect on the set of accepted values.

Where a keyword cannot be compared, or two conjunctions of it are neither subset of the other, both directions are
taken to be possible.
"""

from collections.abc import Callable, Iterator
from typing import Any, Final

from spec_pipeline.changes.change import Finding
from spec_pipeline.changes.compare.schemas.pair import Covers, Side
from spec_pipeline.changes.compare.schemas.unevaluated import BESIDE
from spec_pipeline.changes.compare.schemas.written import Raw, bare, fingerprint
from spec_pipeline.openapi.references import Spec

# Whether the new value may refuse what the old one accepts, and whether it may accept what the old one refuses.
Effects = tuple[bool, bool]
Compare = Callable[[Raw, Raw, Callable[[Raw, Raw], Effects]], Effects]

_NAMES: Final = {(True, True): "changed", (True, False): "narrowed", (False, True): "widened"}


def compare_constraints(old: Side, new: Side, scope: str, covers: Covers) -> Iterator[Finding]:
    """Yield what differs between the keywords without rules of their own."""

    def schemas(before: Raw, after: Raw) -> Effects:
        return _effects_of_schemas(old.spec, new.spec, before, after, covers)

    for keyword in sorted(old.schema.others.keys() | new.schema.others.keys()):
        before, after = (side.schema.others.get(keyword, {}) for side in (old, new))
        effects = _effects(keyword, before, after, schemas)
        if not any(effects):
            continue
        event = _NAMES[effects]
        event = "added" if not before and effects == (True, False) else event
        event = "removed" if not after and effects == (False, True) else event
        texts = (" and ".join(sorted(map(_text, said.values()))) or None for said in (before, after))
        yield Finding(f"{scope}-constraint-{event}", f" ({keyword})", *texts)


def _text(raw: Raw) -> str:
    """Return the value of a keyword, without the keywords that it depends on."""
    return fingerprint(bare(raw["said"] if isinstance(raw, dict) and BESIDE in raw else raw))


def _effects(
    keyword: str, before: dict[str, Raw], after: dict[str, Raw], schemas: Callable[[Raw, Raw], Effects]
) -> Effects:
    if before.keys() <= after.keys() or after.keys() <= before.keys():
        return bool(after.keys() - before.keys()), bool(before.keys() - after.keys())
    gone, come = ([said[key] for key in said if key not in other] for said, other in ((before, after), (after, before)))
    if len(gone) == len(come) == 1 and keyword in _COMPARED:
        return _COMPARED[keyword](gone[0], come[0], schemas)
    return True, True


def _effects_of_schemas(old: Spec, new: Spec, before: Raw, after: Raw, covers: Covers) -> Effects:
    return not covers((new, after), (old, before)), not covers((old, before), (new, after))


def _negated(before: Raw, after: Raw, schemas: Callable[[Raw, Raw], Effects]) -> Effects:
    narrows, widens = schemas(before, after)
    return widens, narrows


def _schema(before: Raw, after: Raw, schemas: Callable[[Raw, Raw], Effects]) -> Effects:
    return schemas(before, after)


def _unevaluated(before: Raw, after: Raw, schemas: Callable[[Raw, Raw], Effects]) -> Effects:
    """Compare the schemas for unevaluated values, if the schemas beside the keyword are equal."""
    if any(schemas(*({"allOf": said[BESIDE]} for said in (before, after)))):
        return True, True
    return schemas(before["said"], after["said"])


def _contains(before: Raw, after: Raw, schemas: Callable[[Raw, Raw], Effects]) -> Effects:
    """Compare `contains` with its bounds: a wider schema matches more items, which `maxContains` may refuse."""
    minimum = before.get("minContains", 1), after.get("minContains", 1)
    maximum = before.get("maxContains", float("inf")), after.get("maxContains", float("inf"))
    narrows = minimum[1] > minimum[0] or maximum[1] < maximum[0]
    widens = minimum[1] < minimum[0] or maximum[1] > maximum[0]
    stricter, looser = schemas(before["contains"], after["contains"])
    bounded = any("maxContains" in said for said in (before, after))
    return narrows or stricter or (bounded and looser), widens or looser or (bounded and stricter)


def _conditional(before: Raw, after: Raw, schemas: Callable[[Raw, Raw], Effects]) -> Effects:
    if any(schemas(before["if"], after["if"])):
        return True, True
    effects = [schemas(before.get(key, {}), after.get(key, {})) for key in ("then", "else")]
    return any(narrows for narrows, _ in effects), any(widens for _, widens in effects)


def _schemas_by_name(before: Raw, after: Raw, schemas: Callable[[Raw, Raw], Effects]) -> Effects:
    effects = [schemas(before.get(name, {}), after.get(name, {})) for name in {**before, **after}]
    return any(narrows for narrows, _ in effects), any(widens for _, widens in effects)


def _names_by_name(before: dict[str, Any], after: dict[str, Any], _: Callable[[Raw, Raw], Effects]) -> Effects:
    names = {**before, **after}
    sides = [{(name, other) for name in names for other in said.get(name, ())} for said in (before, after)]
    return bool(sides[1] - sides[0]), bool(sides[0] - sides[1])


_COMPARED: Final[dict[str, Compare]] = {
    "contains": _contains,
    "dependentRequired": _names_by_name,
    "dependentSchemas": _schemas_by_name,
    "if": _conditional,
    "not": _negated,
    "propertyNames": _schema,
    "unevaluatedItems": _unevaluated,
    "unevaluatedProperties": _unevaluated,
}
