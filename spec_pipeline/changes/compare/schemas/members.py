"""Compare the members of objects and lists: properties by name and by pattern, and items."""

from spec_pipeline.changes.change import Finding
from spec_pipeline.changes.compare.schemas.normal_form import normalise
from spec_pipeline.changes.compare.schemas.pair import Pair, Side
from spec_pipeline.changes.compare.schemas.schema import Schema, side_by_side
from spec_pipeline.changes.compare.schemas.written import Raw
from spec_pipeline.changes.rules.rule import Direction

_REMOVED = {
    (Direction.REQUEST, True): "request-property-removed",
    (Direction.REQUEST, False): "request-property-removed",
    (Direction.RESPONSE, True): "response-required-property-removed",
    (Direction.RESPONSE, False): "response-optional-property-removed",
}
_ADDED = {
    (Direction.REQUEST, True): "new-required-request-property",
    (Direction.REQUEST, False): "new-optional-request-property",
    (Direction.RESPONSE, True): "response-required-property-added",
    (Direction.RESPONSE, False): "response-optional-property-added",
}
_NO_SCHEMA: tuple[Raw, ...] = ({}, True, False)


def compare_items(old: Schema, new: Schema, scope: str, direction: Direction) -> tuple[list[Finding], list[Pair]]:
    """Pair the items of two lists: the first ones by position, then all the others."""
    inner = _inner(scope, direction)
    first = side_by_side((old.prefix, old.items), (new.prefix, new.items))
    below = [Pair(left, right, inner, f"[{index}]") for index, (left, right) in enumerate(first)]
    return [], [*below, Pair(old.items, new.items, inner, "[]")]


def compare_properties(
    old: Side, new: Side, scope: str, direction: Direction, *, strict: bool
) -> tuple[list[Finding], list[Pair]]:
    """Compare the properties of two objects.

    Args:
        old: the old object.
        new: the new object.
        scope: the place of the objects.
        direction: which way the objects travel.
        strict: whether a property that only one side lists is compared only with the other side's schema for properties
            that it does not list.

    Returns:
        What differs, and the pairs of schemas inside.
    """
    inner = _inner(scope, direction)
    before, after = old.schema, new.schema
    if strict:
        found, below = _strictly(before, after, inner)
    else:
        found, below = _listed(old, new, direction, inner)
    for pattern in {**before.pattern_properties, **after.pattern_properties}:
        left, right = (schema.pattern_properties.get(pattern, schema.additional) for schema in (before, after))
        below.append(Pair(left, right, inner, f".<{pattern}>"))
    if before.pattern_properties.keys() != after.pattern_properties.keys() and _mixed(before, after):
        patterns = [" and ".join(schema.pattern_properties) for schema in (before, after)]
        found.append(Finding(f"{scope}-constraint-changed", " (patternProperties)", *patterns))
    closed = (before.additional is False, after.additional is False)
    if closed == (False, False):
        below.append(Pair(before.additional, after.additional, inner, ".*"))
    elif closed != (True, True):
        event = "forbidden" if closed[1] else "allowed"
        found.append(Finding(f"{scope}-additional-properties-{event}", "", not closed[0], not closed[1]))
    return found, below


def _mixed(old: Schema, new: Schema) -> bool:
    """Return whether one name may match patterns that differ between the sides, with different effects."""
    several = len({**old.pattern_properties, **new.pattern_properties}) > 1
    return several and any(schema.additional not in ({}, True) for schema in (old, new))


def _strictly(old: Schema, new: Schema, scope: str) -> tuple[list[Finding], list[Pair]]:
    found = [
        Finding(f"request-property-became-{'required' if name in new.required else 'optional'}", f".{name}")
        for name in sorted(old.required ^ new.required)
    ]
    names = {**old.properties, **new.properties}
    sides = [{name: schema.properties.get(name, schema.unlisted(name)) for name in names} for schema in (old, new)]
    return found, [Pair(sides[0][name], sides[1][name], scope, f".{name}") for name in names]


def _listed(old: Side, new: Side, way: Direction, inner: str) -> tuple[list[Finding], list[Pair]]:
    """Compare the properties that are listed by name."""
    found: list[Finding] = []
    below: list[Pair] = []
    before, after = _visible(old, way), _visible(new, way)
    for name in {**before, **after}:
        place = f".{name}"
        was, is_ = name in old.schema.required, name in new.schema.required
        if name not in after:
            found.append(Finding(_REMOVED[way, was], place, name))
            if (other := _unlisted(new.schema, name)) not in _NO_SCHEMA:
                below.append(Pair(before[name], other, inner, place))
        elif name not in before:
            found.append(Finding(_ADDED[way, is_], place, None, name))
            if (other := _unlisted(old.schema, name)) not in _NO_SCHEMA:
                below.append(Pair(other, after[name], inner, place))
        else:
            if was != is_:
                found.append(Finding(f"{way}-property-became-{'required' if is_ else 'optional'}", place, was, is_))
            deprecated = [
                normalise(side.spec, properties[name]).deprecated for side, properties in ((old, before), (new, after))
            ]
            if deprecated[0] != deprecated[1]:
                event = "deprecated" if deprecated[1] else "reactivated"
                found.append(Finding(f"{way}-property-{event}", place, *deprecated))
            below.append(Pair(before[name], after[name], inner, place))
    return found, below


def lost_properties(old: Side, new: Side, direction: Direction) -> list[Finding]:
    """Return the properties that only the old one of two objects has."""
    gone = _visible(old, direction).keys() - _visible(new, direction).keys()
    return [
        Finding(_REMOVED[direction, name in old.schema.required], f".{name}", name)
        for name in old.schema.properties
        if name in gone
    ]


def _unlisted(schema: Schema, name: str) -> Raw:
    """Return the schema of a property that one side does not list: of its pattern, or of all other names."""
    return {} if name in schema.properties else schema.unlisted(name)


def _visible(side: Side, way: Direction) -> dict[str, Raw]:
    """Return the properties of this direction, including those that are required without being listed."""
    schema = side.schema
    named: dict[str, Raw] = {name: schema.unlisted(name) for name in sorted(schema.required - schema.properties.keys())}
    kept = {}
    for name, stated in schema.properties.items():
        raw = schema.written.get(name, stated) if stated is False else stated
        child = normalise(side.spec, raw)
        hidden = child.read_only if way is Direction.REQUEST else child.write_only
        if not hidden and not (raw is False and schema.additional is False):
            kept[name] = raw
    return named | kept


def _inner(scope: str, direction: Direction) -> str:
    return scope if scope in {"request-parameter", "response-header"} else f"{direction}-property"
