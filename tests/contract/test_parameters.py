"""What the suite makes of the declaration of a parameter: values within it, out of it, and its default."""

from typing import Any

import pytest

from contract_tests.declarations.parameter import Parameter, read_parameter
from contract_tests.operations.probes import out_of_bounds, within
from spec_pipeline.openapi.references import Spec

MOMENT = "2026-03-01T00:00:00Z"
SPEC = Spec({"components": {"schemas": {"Order": {"type": "string", "enum": ["up", "down"], "default": "up"}}}}, "spec")


def declared(schema: Any, **more: Any) -> Parameter:
    """Return a parameter with a schema."""
    return read_parameter(SPEC, {"name": "size", "in": "query", "schema": schema} | more)


@pytest.mark.parametrize(
    ("schema", "good", "bad"),
    [
        ({"type": "integer", "minimum": 2, "maximum": 9}, ["2", "9"], ["abc", "1.5", "1", "0", "10", "99009"]),
        ({"type": ["integer", "null"], "minimum": 2}, ["2"], ["abc", "1.5", "1", "0"]),
        ({"type": "number", "maximum": 9}, ["9"], ["abc", "10", "99009"]),
        ({"type": "string", "format": "date", "examples": ["2020-01-01"]}, [MOMENT[:10]], ["not-a-date", "2026-02-30"]),
        (
            {"type": "integer", "minimum": 1, "maximum": 99, "multipleOf": 5},
            ["5", "95"],
            ["abc", "1.5", "0", "-1", "100", "99099"],
        ),
        ({"type": "integer", "minimum": 1.0}, ["1"], ["abc", "1.5", "0", "-1"]),
        ({"type": "integer", "maximum": 2**63 - 1}, [f"{2**63 - 1}"], ["abc", "1.5", f"{2**63}", f"{2**63 + 98_999}"]),
        ({"type": "integer", "exclusiveMinimum": 0, "maximum": 9}, ["1", "9"], ["abc", "1.5", "10", "99009", "0"]),
        ({"type": "integer", "minimum": 0, "exclusiveMinimum": True}, ["1"], ["abc", "1.5", "0"]),
        ({"type": "number", "exclusiveMinimum": 0}, [], ["abc", "0"]),
        ({"type": "number", "minimum": 0.5, "multipleOf": 0.5}, ["0.5"], ["abc", "-0.5", "-1.5"]),
        ({"type": "boolean"}, ["true", "false"], ["neither"]),
        ({"$ref": "#/components/schemas/Order"}, ["up", "down"], ["no-such-name", "ups", "UP"]),
        ({"allOf": [{"$ref": "#/components/schemas/Order"}]}, ["up", "down"], ["no-such-name", "ups", "UP"]),
        ({"type": "string", "format": "date-time"}, [MOMENT], ["not-a-date", "2026-02-30T00:00:00Z"]),
        ({"anyOf": [{"type": "string", "maxLength": 2}, {"type": "null"}], "examples": ["a,b"]}, ["a,b"], ["aaa"]),
        ({"anyOf": [{"type": "string"}, {"type": "integer"}]}, [], []),
        ({"type": "array", "items": {"type": "string"}, "examples": [["a", "b"]], "default": []}, [], []),
        ({"type": "array", "items": {"enum": ["a", "b"]}}, ["a", "b"], ["no-such-name", "as", "A"]),
        ({"type": "array", "items": {"type": "integer", "maximum": 9}, "minItems": 2}, [], []),
        (True, [], []),
        (False, [], []),
        ({"anyOf": [{"type": "boolean"}, False]}, [], []),
    ],
)
def test_values_are_made_of_the_declaration(schema: Any, good: list[str], bad: list[str]) -> None:
    """Bounds, enums and examples give values that all correct servers accept, and such as none may accept."""
    parameter = declared(schema)
    assert (within(parameter, [], MOMENT), list(out_of_bounds(parameter))) == (good, bad)


@pytest.mark.parametrize(
    ("schema", "default"),
    [
        ({"type": "integer", "default": 100}, "100"),
        ({"type": "boolean", "default": False}, "false"),
        ({"$ref": "#/components/schemas/Order"}, "up"),
        ({"$ref": "#/components/schemas/Order", "default": "down"}, "down"),
        ({"anyOf": [{"type": "string"}, {"type": "null"}], "default": None}, None),
        ({"type": "array", "default": ["a"]}, None),
    ],
)
def test_a_default_is_read_as_it_stands_in_a_query(schema: dict[str, Any], default: str | None) -> None:
    """What leaving a parameter out means is a text, or is not said."""
    assert declared(schema).default == default


def test_an_id_is_only_tried_with_values_that_are_known() -> None:
    """Whether a server refuses an id that nobody has, it may decide."""
    parameter = declared({"type": "integer", "minimum": 1, "examples": [4711]}, name="team_id")
    assert (within(parameter, [], MOMENT), within(parameter, ["7"], MOMENT)) == ([], ["7"])
