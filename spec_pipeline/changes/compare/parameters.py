"""Compare the parameters of an operation: matched by place and name, never by position."""

import re
from collections.abc import Iterator
from typing import Any

from spec_pipeline.changes.change import Finding
from spec_pipeline.changes.compare.serialisation import compare_written_values
from spec_pipeline.openapi.parameters import Parameters
from spec_pipeline.openapi.references import Spec


def compare_parameters(
    old: Spec, new: Spec, before: Parameters, after: Parameters, renamed: dict[str, str]
) -> Iterator[Finding]:
    """Yield what differs between the parameters of two operations.

    Args:
        old: the old document.
        new: the new document.
        before: the old parameters, by place and name.
        after: the new parameters, by place and name.
        renamed: the new name of each parameter of the path that has another one.
    """
    partners = {key: (key[0], renamed.get(key[1], key[1])) if key[0] == "path" else key for key in before}
    for key, parameter in before.items():
        place = _place(parameter)
        if partners[key] not in after:
            yield Finding("request-parameter-removed", place, parameter["name"])
            continue
        if partners[key] != key:
            yield Finding("request-path-parameter-renamed", place, key[1], partners[key][1])
        partner = after[partners[key]]
        yield from (finding.below(place) for finding in _compare(old, new, parameter, partner))
    for key in after:
        if key not in partners.values():
            yield Finding(_added(after[key]), _place(after[key]), None, after[key]["name"])


def renamed_parameters(old_path: str, new_path: str) -> dict[str, str]:
    """Return the new name of each parameter of a path template that has another one."""
    names = zip(re.findall(r"{([^}]*)}", old_path), re.findall(r"{([^}]*)}", new_path), strict=True)
    return {before: after for before, after in names if before != after}


def _compare(old: Spec, new: Spec, before: dict[str, Any], after: dict[str, Any]) -> Iterator[Finding]:
    if _required(before) != _required(after):
        event = "required" if _required(after) else "optional"
        yield Finding(f"request-parameter-became-{event}", "", _required(before), _required(after))
    if before.get("deprecated", False) != after.get("deprecated", False):
        event = "deprecated" if after.get("deprecated") else "reactivated"
        yield Finding(f"request-parameter-{event}", "", before.get("deprecated", False), after.get("deprecated", False))
    if before.get("allowReserved", False) != after.get("allowReserved", False):
        event = "became-allow-reserved" if after.get("allowReserved") else "became-not-allow-reserved"
        yield Finding(
            f"request-parameter-{event}", "", not after.get("allowReserved"), bool(after.get("allowReserved"))
        )
    empty = [each["in"] == "query" and bool(each.get("allowEmptyValue")) for each in (before, after)]
    if empty[0] != empty[1]:
        event = "became-allow-empty-value" if empty[1] else "became-not-allow-empty-value"
        yield Finding(f"request-parameter-{event}", "", *empty)
    yield from compare_written_values(old, new, before, after, "request-parameter")


def _place(parameter: dict[str, Any]) -> str:
    return f"{parameter['in']} parameter {parameter['name']}"


def _added(parameter: dict[str, Any]) -> str:
    if parameter["in"] == "path":
        return "new-request-path-parameter"
    return f"new-{'required' if _required(parameter) else 'optional'}-request-parameter"


def _required(parameter: dict[str, Any]) -> bool:
    return parameter["in"] == "path" or bool(parameter.get("required"))
