"""Rewrite `unevaluatedProperties` and `unevaluatedItems` as keywords for everything that is not described beside them.

If what is beside them depends on the value, as with `anyOf` and `if`, they are kept together with it.
"""

from typing import Any, Final

UNEVALUATED: Final = frozenset({"unevaluatedItems", "unevaluatedProperties"})
BESIDE: Final = "\0beside"
"""The key under which a keyword keeps what it depends on."""
_DEPENDING: Final = frozenset({"anyOf", "dependentSchemas", "if", "oneOf"})


def spelled_out(own: dict[str, Any], others: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return a schema with its unevaluated keywords rewritten.

    Args:
        own: the schema without `$ref`, `allOf` and alternatives.
        others: what these three add to it.
    """
    rest = {key: value for key, value in own.items() if key not in UNEVALUATED}
    beside = [*others, dict(rest)]
    result = []
    for keyword in sorted(UNEVALUATED & own.keys()):
        said = own[keyword]
        all_others = "additionalProperties" if keyword == "unevaluatedProperties" else "items"
        if isinstance(said, dict) and BESIDE in said:
            rest[keyword] = said
        elif said in ({}, True) or any({all_others, keyword} & part.keys() for part in beside):
            continue
        elif any(part.keys() & _DEPENDING or (keyword == "unevaluatedItems" and "contains" in part) for part in beside):
            rest[keyword] = {"said": said, BESIDE: beside}
        elif keyword == "unevaluatedProperties":
            names: dict[str, Any] = {
                key: {name: {} for part in beside for name in part.get(key, ())}
                for key in ("properties", "patternProperties")
            }
            result.append({**names, all_others: said})
        else:
            count = max(len(part.get("prefixItems", ())) for part in beside)
            result.append({"prefixItems": [{}] * count, all_others: said})
    return [*result, rest]
