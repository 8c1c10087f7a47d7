"""What holds for every document: nothing differs from itself, no cut goes unnoticed, and every comparison ends."""

import copy
import json
import random
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spec_pipeline.changes.rules.rule import Level
from spec_pipeline.openapi.parsing import Document
from spec_pipeline.openapi.validation import validate_openapi
from spec_pipeline.project import PipelineError
from tests.pipeline.changes.corpus import compare, edited, with_schema
from tests.pipeline.changes.rewriting import in_30, shuffled
from tests.pipeline.conftest import PROJECT

PIN: Document = json.loads((PROJECT / "openapi.json").read_bytes())

TYPES = st.sampled_from(["array", "boolean", "integer", "null", "number", "object", "string"])
NAMES = st.sampled_from(["a", "b", "c"])
LEAVES = st.one_of(
    st.booleans(),
    st.just({"$ref": "#/components/schemas/Thing"}),
    st.just({"$ref": "#/components/schemas/Tree"}),
    st.fixed_dictionaries(
        {},
        optional={
            "type": TYPES | st.lists(TYPES, min_size=1, max_size=3, unique=True),
            "nullable": st.booleans(),
            "enum": st.lists(st.none() | st.booleans() | st.integers(0, 2) | NAMES, min_size=1, max_size=4),
            "minimum": st.integers(0, 3),
            "exclusiveMinimum": st.booleans() | st.integers(0, 3),
            "maxLength": st.integers(0, 3),
            "default": st.none() | st.integers(0, 2),
            "format": st.sampled_from(["date-time", "int32"]),
            "pattern": st.sampled_from(["a", "b"]),
        },
    ),
)


def _around(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.fixed_dictionaries(
        {},
        optional={
            "type": TYPES,
            "properties": st.dictionaries(NAMES, inner, max_size=3),
            "required": st.lists(NAMES, unique=True),
            "additionalProperties": inner,
            "items": inner,
            "not": inner,
            "if": inner,
            "allOf": st.lists(inner, min_size=1, max_size=3),
            "anyOf": st.lists(inner, min_size=1, max_size=3),
            "oneOf": st.lists(inner, min_size=1, max_size=3),
        },
    )


SCHEMAS = st.recursive(LEAVES, _around, max_leaves=8)
ORDERS = st.randoms(use_true_random=False)
SCOPES = st.sampled_from(["request-parameter", "request-property", "response-body", "response-header"])


def document_with(scope: str, schema: Any) -> Document:
    """Return a document with the schema in one place, and a component that contains itself in several ways."""
    tree = {
        "type": "object",
        "properties": {
            "left": {"$ref": "#/components/schemas/Tree"},
            "right": {"anyOf": [{"$ref": "#/components/schemas/Tree"}, {"type": "null"}]},
            "rest": {
                "type": "array",
                "items": {"allOf": [{"$ref": "#/components/schemas/Tree"}, {"maxProperties": 9}]},
            },
        },
    }
    return edited(with_schema(scope, schema), {"set": {"/components/schemas/Tree": tree}})


@given(SCOPES, SCHEMAS, ORDERS)
@settings(deadline=None)
def test_nothing_differs_from_itself(scope: str, schema: Any, order: random.Random) -> None:
    """A document compared with itself, or with itself in another order, has no change, whatever its schemas say."""
    document = document_with(scope, schema)
    assert compare(document, document) == []
    # The generated code takes the first of the alternatives.
    found = compare(document, shuffled(document, order))
    assert [change for change in found if not change.id.endswith("-alternatives-reordered")] == []


@given(SCOPES, SCHEMAS, SCHEMAS)
@settings(deadline=None)
def test_every_comparison_ends_and_both_ways_see_it(scope: str, old: Any, new: Any) -> None:
    """Any two schemas can be compared, and what is a change one way is one the other way."""
    before, after = document_with(scope, old), document_with(scope, new)
    assert bool(compare(before, after)) == bool(compare(after, before))


@given(ORDERS)
@settings(max_examples=30, deadline=None)
def test_order_of_the_pin_means_nothing(order: random.Random) -> None:
    """The pin in another order is the pin: parameters are known by name, branches by what they say."""
    assert compare(PIN, shuffled(PIN, order)) == []


def test_pin_in_the_language_of_30() -> None:
    """The pin written as OpenAPI 3.0, with `nullable: true`, is valid and is no change in either direction."""
    older = in_30(copy.deepcopy(PIN))
    assert validate_openapi(older, "the pin as 3.0") == []
    assert "null" not in json.dumps(older["paths"]["/v1/apps/{app_id}/traffic"]["get"]["parameters"]).replace(
        "nullable", ""
    )
    assert (compare(PIN, older), compare(older, PIN)) == ([], [])


def _cuts(document: Document) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield edits that take something away from callers: what they may send, or what they are promised."""
    for path, item in document["paths"].items():
        place = "/paths/" + path.replace("/", "~1")
        for method, operation in item.items():
            here = f"{place}/{method}"
            yield f"{method} {path}", {"remove": [here]}
            for status in operation["responses"]:
                yield f"{path} {status}", {"remove": [f"{here}/responses/{status}"]}
            for index, parameter in enumerate(operation["parameters"]):
                at = f"{here}/parameters/{index}"
                yield f"{parameter['name']} gone", {"remove": [at]}
                yield f"{parameter['name']} text", {"set": {f"{at}/schema": {"const": "x"}}}
                keyword = "maxLength" if "string" in json.dumps(parameter["schema"]) else "maximum"
                yield f"{parameter['name']} {keyword}", {"set": {f"{at}/schema/{keyword}": 1}}
                if parameter["in"] == "query":
                    yield f"{parameter['name']} required", {"set": {f"{at}/required": True}}
                if "default" in parameter["schema"]:
                    yield f"{parameter['name']} default", {"set": {f"{at}/schema/default": 7}}
    for name in ("GetTrafficResponse", "TrafficItem", "ValidationError"):
        here = f"/components/schemas/{name}"
        schema = document["components"]["schemas"][name]
        for field in schema["required"]:
            rest = [other for other in schema["required"] if other != field]
            yield f"{name}.{field} optional", {"set": {f"{here}/required": rest}}
            yield f"{name}.{field} gone", {"set": {f"{here}/required": rest}, "remove": [f"{here}/properties/{field}"]}
            yield f"{name}.{field} any", {"set": {f"{here}/properties/{field}": {}}}


CUTS = dict(_cuts(PIN))


@given(st.lists(st.sampled_from(sorted(CUTS)), min_size=1, max_size=3, unique=True), ORDERS)
@settings(max_examples=50, deadline=None)
def test_no_breaking_edit_of_the_pin_is_silent(names: list[str], order: random.Random) -> None:
    """Whatever is taken away from callers, alone or together, and however the rest is ordered, is breaking."""
    new = PIN
    for name in names:
        try:
            new = edited(new, CUTS[name])
        except (KeyError, IndexError):  # another edit has taken the place away already
            continue
    levels = {change.level for change in compare(PIN, shuffled(new, order))}
    # A default that is already there and a bound that is already tighter are no edits.
    assert Level.BREAKING in levels or new == PIN


@pytest.mark.parametrize("name", sorted(CUTS))
def test_each_cut_alone_is_breaking(name: str) -> None:
    """Each single thing that the edits above take away is reported as breaking by itself."""
    assert Level.BREAKING in {change.level for change in compare(PIN, edited(PIN, CUTS[name]))}


def test_recursion_of_other_periods_ends() -> None:
    """Schemas that contain themselves, one at every level and one at every second, are compared and end."""
    once = {"type": "object", "properties": {"next": {"$ref": "#/components/schemas/Once"}}}
    twice = {
        "type": "object",
        "properties": {"next": {"type": "object", "properties": {"next": {"$ref": "#/components/schemas/Once"}}}},
    }
    old = edited(
        with_schema("response-body", {"$ref": "#/components/schemas/Once"}), {"set": {"/components/schemas/Once": once}}
    )
    new = edited(old, {"set": {"/components/schemas/Once": twice}})
    assert (compare(old, new), compare(new, old)) == ([], [])
    twice["properties"]["next"]["properties"]["next"] = {"type": "integer"}  # type: ignore[index]
    new = edited(old, {"set": {"/components/schemas/Once": twice}})
    assert [change.location for change in compare(old, new)] == ["response 200 application/json: next.next"]


def test_recursion_out_of_step_ends() -> None:
    """Schemas that contain themselves at every second level, one at the odd and one at the even ones, are the same."""

    def before(schema: dict[str, Any]) -> dict[str, Any]:
        return {"type": "object", "properties": {"next": schema}}

    def document(root: dict[str, Any], link: str) -> Document:
        loop = before(before({"$ref": f"#/components/schemas/{link}"}))
        return edited(with_schema("response-body", root), {"set": {f"/components/schemas/{link}": loop}})

    even = document({"$ref": "#/components/schemas/Even"}, "Even")
    odd = document(before({"$ref": "#/components/schemas/Odd"}), "Odd")
    assert (compare(even, odd), compare(odd, even)) == ([], [])


def test_many_cross_references_take_no_longer_than_the_document_is_large() -> None:
    """Forty components that each refer to all others are compared in a moment, a change deep inside found."""
    names = [f"C{number}" for number in range(40)]
    refs = {name: {"$ref": f"#/components/schemas/{name}"} for name in names}
    schemas = {name: {"type": "object", "properties": refs} for name in names}
    old = edited(
        with_schema("response-body", refs["C0"]), {"set": {f"/components/schemas/{n}": s for n, s in schemas.items()}}
    )
    new = edited(old, {"set": {"/components/schemas/C39": {"type": "object", "properties": refs, "maxProperties": 9}}})
    assert compare(old, old) == []
    assert {change.id for change in compare(new, old)} == {"response-property-max-properties-unset"}


def test_answer_that_refers_to_no_object_is_one_sentence() -> None:
    """A reference to a text where a response belongs is named in one sentence."""
    document = edited(
        PIN, {"set": {"/paths/~1v1~1apps~1{app_id}~1traffic/get/responses/404": {"$ref": "#/info/title"}}}
    )
    with pytest.raises(PipelineError, match="refers to #/info/title, which is not an object"):
        compare(PIN, document)


@pytest.mark.parametrize(
    ("schema", "sentence"),
    [
        ({"$ref": "#/components/schemas/Nowhere"}, "refers to #/components/schemas/Nowhere, which it does not define"),
        ({"$ref": "other.json#/a"}, "refers to other.json#/a, another document"),
        ({"$ref": "#/components/schemas/Loop"}, "refers back to itself with nothing in between"),
    ],
)
def test_reference_that_leads_nowhere_is_one_sentence(schema: dict[str, str], sentence: str) -> None:
    """A reference that cannot be followed is named in one sentence."""
    loop = {"/components/schemas/Loop": {"allOf": [{"$ref": "#/components/schemas/Loop"}]}}
    document = edited(with_schema("response-body", schema), {"set": loop})
    with pytest.raises(PipelineError, match=sentence):
        compare(document, document)
