"""Write a document another way that says the same."""

import random
from typing import Any


def shuffled(node: Any, order: random.Random) -> Any:
    """Return a document with its keys, and those of its lists that are sets, in another order."""
    if isinstance(node, dict):
        keys = list(node)
        order.shuffle(keys)
        return {key: _in_any_order(key, shuffled(node[key], order), order) for key in keys}
    return [shuffled(item, order) for item in node] if isinstance(node, list) else node


def _in_any_order(key: str, value: Any, order: random.Random) -> Any:
    if isinstance(value, list) and key in {"anyOf", "enum", "oneOf", "parameters", "required", "tags", "type"}:
        return order.sample(value, len(value))
    return value


def in_30(node: Any) -> Any:
    """Return a document of 3.1 as 3.0 would have it, its nullable types as a flag."""
    if isinstance(node, list):
        return [in_30(item) for item in node]
    if not isinstance(node, dict):
        return node
    if isinstance(node.get("examples"), list):
        return in_30({key: value for key, value in node.items() if key != "examples"})
    if node.get("anyOf") and {"type": "null"} in node["anyOf"]:
        [other] = [branch for branch in node["anyOf"] if branch != {"type": "null"}]
        siblings = {key: value for key, value in node.items() if key != "anyOf"}
        # In 3.0, nothing counts that stands beside a reference.
        other = {"allOf": [other]} if "$ref" in other else other
        return in_30({**other, **siblings, "nullable": True})
    return {key: "3.0.3" if key == "openapi" else in_30(value) for key, value in node.items()}
