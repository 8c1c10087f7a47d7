"""Bring a schema into a normal form, in which equivalent schemas are equal.

`$ref` is followed and `allOf` merged. `anyOf [T, null]`, `type: [T, "null"]` and `nullable: true` become one flag,
`const` becomes an `enum`, 3.0's boolean `exclusiveMaximum` becomes 3.1's number, and alternatives of bare types become
a set of types. Only one level is normalised at a time, and its children stay raw, so recursive schemas are no problem.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Final

from spec_pipeline.changes.compare.schemas.merging import as_list, merge, tidy
from spec_pipeline.changes.compare.schemas.schema import ABSENT, Schema
from spec_pipeline.changes.compare.schemas.unevaluated import UNEVALUATED, spelled_out
from spec_pipeline.changes.compare.schemas.written import Raw, bare, effective_discriminator, fingerprint, is_annotation
from spec_pipeline.openapi.references import Spec
from spec_pipeline.project import PipelineError

_CHOICE: Final = ""


def normalise(spec: Spec, raw: Raw) -> Schema:
    """Bring one level of a schema into normal form.

    Raises:
        PipelineError: a reference has no target, or a schema refers directly to itself.
    """
    # By identity; keeping the raw schema as well means that its address is not used again.
    known = spec.worked_out.get(id(raw))
    if known is None:
        spec.worked_out[id(raw)] = (raw, None)
        known = spec.worked_out[id(raw)] = (raw, _normal_form(spec, raw))
    schema: Schema = known[1]
    return schema


def _normal_form(spec: Spec, raw: Raw) -> Schema:
    refs: set[str] = set()
    parts = list(_parts(spec, raw, refs, set(), ()))
    schema = Schema(refs=frozenset(refs))
    nulls = [null for _, null in parts if null is not None]
    loose = any(part.get("nullable") is True and "type" not in part for part, _ in parts)
    schema.nullable = (loose or all(nulls)) if nulls else None
    for part, _ in parts:
        merge(spec, schema, part)
    if schema.alternatives:
        schema.parts = [part for part, _ in parts]
    tidy(schema)
    return schema


def _parts(
    spec: Spec, raw: Raw, refs: set[str], yielded: set[str], path: tuple[str, ...]
) -> Iterator[tuple[dict[str, Any], bool | None]]:
    """Yield the schemas that apply together, and whether each accepts null (None: unspecified).

    Args:
        spec: the document.
        raw: the schema.
        refs: collects all references that are followed.
        yielded: collects the references that apply unconditionally; each is followed once.
        path: the references that led here, with a mark for each choice in between.
    """
    found = list(_parts_as_written(spec, raw, refs, yielded, path))
    if found and found[-1][0].keys() & UNEVALUATED:
        own, null = found.pop()
        found += [(part, null) for part in spelled_out(own, [part for part, _ in found])]
    yield from found


def _parts_as_written(
    spec: Spec, raw: Raw, refs: set[str], yielded: set[str], path: tuple[str, ...]
) -> Iterator[tuple[dict[str, Any], bool | None]]:
    """Yield the same, the schema's own keywords last, with those about unevaluated values as they are."""
    if not isinstance(raw, dict):
        yield ({}, None) if raw is not False else ({"not": {}}, False)
        return
    ignored = {"$ref", "allOf"} if _says_null(raw) else {"$ref", "allOf", *spec.without_meaning}
    if isinstance(raw.get("$ref"), str):
        name = raw["$ref"]
        if _closes_cycle(spec, name, path):
            return
        refs.add(name)
        if name not in yielded:
            yielded.add(name)
            yield from _parts(spec, spec.target(name), refs, yielded, (*path, name))
        raw = spec.siblings(raw)
    for branch in raw.get("allOf", ()):
        yield from _parts(spec, branch, refs, yielded, path)
    own = {key: value for key, value in raw.items() if key not in ignored}
    if isinstance(own.get("discriminator"), dict):
        own["discriminator"] = effective_discriminator(own)
    for keyword in ("anyOf", "oneOf"):
        if keyword in own:
            branches, null = _branches(spec, keyword, own.pop(keyword), set())
            if len(branches) == 1:
                only = _parts(spec, branches[0], refs, set(), (*path, _CHOICE))
                yield from ((part, null or own_null) for part, own_null in only)
            else:
                yield _alternatives(spec, keyword, branches), null
    yield own, _own_null(own)


def _says_null(raw: dict[str, Any]) -> bool:
    """Return whether the generator reads `nullable` of a schema, also in OpenAPI 3.1, which has no such keyword."""
    return not raw.keys() & {"$ref", "enum"} and not raw.keys().isdisjoint({"allOf", "anyOf", "oneOf", "type"})


def _closes_cycle(spec: Spec, name: str, path: tuple[str, ...]) -> bool:
    """Return whether a branch refers to its own alternatives, as in Jackson's inheritance; it adds no constraint then.

    Raises:
        PipelineError: a schema refers to itself without alternatives.
    """
    if name not in path:
        return False
    if _CHOICE not in path[path.index(name) :]:
        raise PipelineError(f"{spec.name} refers to {name}, which refers back to itself with nothing in between.")
    return True


def _branches(spec: Spec, keyword: str, raws: list[Raw], drawn_up: set[str]) -> tuple[list[Raw], bool | None]:
    """Return the branches without null, nested ones of the same keyword flattened, and whether one accepts null.

    Args:
        spec: the document.
        keyword: `anyOf` or `oneOf`.
        raws: the branches as they are written.
        drawn_up: the references whose branches are already in the result.
    """
    branches: dict[str, Raw] = {}
    nulls: list[bool | None] = []
    for raw in raws:
        target = spec.follow(raw)
        if _is_only(keyword, target):
            name = raw.get("$ref", "")
            inside = [] if name in drawn_up else target[keyword]
            drawn_up |= {name} - {""}
            inner, inner_null = _branches(spec, keyword, inside, drawn_up)
            branches |= {_key_of(keyword, branch, branches): branch for branch in inner}
            nulls.append(inner_null)
            continue
        form = _form_of_branch(spec, raw)
        nulls.append(form.nullable if isinstance(target, dict) and target else target is not False)
        if target is not False and not (form.nullable is True and _says_only(form) and form.types == frozenset()):
            branches[_key_of(keyword, raw, branches)] = raw
    # An unspecified branch leaves it unspecified, unless another one accepts null.
    return list(branches.values()), True if True in nulls else (None if None in nulls else False)


def _key_of(keyword: str, branch: Raw, known: dict[str, Raw]) -> str:
    """Return the key of a branch: a repeated branch of `anyOf` counts once; of `oneOf`, it is never the only match."""
    text = fingerprint(bare(branch))
    return f"{text} again" if keyword == "oneOf" and text in known else text


def _is_only(keyword: str, target: Raw) -> bool:
    """Return whether a schema has only the alternatives of one keyword."""
    return isinstance(target, dict) and {key for key in target if not is_annotation(key)} == {keyword}


def _alternatives(spec: Spec, keyword: str, branches: list[Raw]) -> dict[str, Any]:
    """Return the branches as one schema: plain types as a set of types, listed values as one list.

    The default of a branch is the default of the whole.
    """
    forms = [_form_of_branch(spec, branch) for branch in branches]
    stated = {fingerprint(form.default): form.default for form in forms if form.default != ABSENT}
    defaults = [stated[text] for text in sorted(stated)]
    result: dict[str, Any] = {keyword: branches}
    types = [name for form in forms for name in form.types or ()]
    repeated = len(types) > len({name.replace("number", "integer") for name in types})
    if keyword == "oneOf" and repeated and not any(form.enum for form in forms):
        pass
    elif all(form.types is not None and _says_only(form) for form in forms):
        result = {"type": [name for form in forms for name in sorted(form.types or ())]}
    elif all(form.types and form.enum and _says_only(replace(form, enum=None)) for form in forms):
        values = {fingerprint(value): value for form in forms for value in form.enum or ()}
        result = {"enum": list(values.values())}
    return result | ({"default": defaults[0] if len(defaults) == 1 else defaults} if defaults else {})


def _form_of_branch(spec: Spec, raw: Raw) -> Schema:
    """Return the normal form of a branch; a branch that refers to itself has no constraints."""
    known = spec.worked_out.get(id(raw))
    return Schema() if known is not None and known[1] is None else normalise(spec, raw)


def _says_only(schema: Schema) -> bool:
    """Return whether a schema constrains only the type."""
    silent = replace(schema, refs=frozenset(), types=None, nullable=None, default=ABSENT)
    return replace(silent, deprecated=False, read_only=False, write_only=False) == Schema()


def _own_null(part: dict[str, Any]) -> bool | None:
    if part.get("nullable") is True:
        return True
    admitted = [
        *(["null" in as_list(part["type"])] if "type" in part else []),
        *([part["const"] is None] if "const" in part else []),
        *([None in part["enum"]] if "enum" in part else []),
    ]
    return all(admitted) if admitted else None
