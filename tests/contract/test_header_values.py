"""The headers of responses, against what is declared of them."""

from typing import Any

import jsonschema_rs
import pytest

from contract_tests.declarations.specification import Header, operations_of
from contract_tests.schema.headers import header_values


@pytest.mark.parametrize(
    ("schema", "good", "bad"),
    [
        ({"type": "integer", "minimum": 0}, ["0", "100", "1764000000", " 5 ", "5.0"], ["", "abc", "-7", "1.5", "1, 2"]),
        ({"type": ["integer", "null"]}, ["1"], ["null and void", "NaN", "Infinity"]),
        ({"type": "number"}, ["1.5", "1e3"], ["NaN", "one"]),
        ({"type": "boolean"}, ["true", "false"], ["1", "yes"]),
        ({"type": "string"}, ["", "5", "true", "a, b", "null"], []),
        ({"type": "string", "pattern": "^[0-9]+$"}, ["5"], ["a"]),
        ({"enum": ["a", 1]}, ["a", "1"], ["b"]),
        ({"type": "array", "items": {"type": "integer"}}, ["1", "1,2", "1, 2"], ["a", "1,a"]),
        ({"type": "array", "items": {"type": "string"}}, ["1, b", ""], []),
        ({}, ["anything", "[" * 100_000], []),
    ],
)
def test_values_that_fit_a_schema(schema: dict[str, Any], good: list[str], bad: list[str]) -> None:
    """The text of a header is read as its schema says."""
    validator = jsonschema_rs.Draft202012Validator(schema)
    fits = {text: any(map(validator.is_valid, header_values(text))) for text in (*good, *bad)}
    assert fits == dict.fromkeys(good, True) | dict.fromkeys(bad, False)


def test_declarations_of_headers() -> None:
    """References are followed; Content-Type, and objects, which may be written in several forms, are not judged."""
    document = {
        "paths": {
            "/things": {
                "get": {
                    "responses": {
                        "2XX": {
                            "headers": {
                                "X-Count": {"$ref": "#/components/headers/Count"},
                                "X-Pair": {"schema": {"type": "object"}},
                                "X-Form": {"content": {"application/json": {"schema": {"type": "integer"}}}},
                                "Content-Type": {"required": True, "schema": {"type": "integer"}},
                            }
                        },
                        "404": {},
                        "default": {},
                    }
                }
            }
        },
        "components": {
            "headers": {"Count": {"required": True, "schema": {"$ref": "#/components/schemas/Count"}}},
            "schemas": {"Count": {"type": "integer"}},
        },
    }
    operation = operations_of(document)[0]
    assert operation.headers["2XX"] == {
        "x-count": Header(is_required=True, schema={"type": "integer"}),
        "x-pair": Header(is_required=False, schema=None),
        "x-form": Header(is_required=False, schema=None),
    }
    found = {status: operation.declared_status(status) for status in (200, 204, 404, 500)}
    assert found == {200: "2XX", 204: "2XX", 404: "404", 500: "default"}
