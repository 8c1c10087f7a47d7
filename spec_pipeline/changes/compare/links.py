"""Compare the links of responses to other operations.

A link names its operation by operationId or by reference, and a parameter with or without its place. The comparison is
of the operation that it leads to and what it passes on.
"""

from collections.abc import Iterator
from typing import Any

from spec_pipeline.changes.change import Finding
from spec_pipeline.changes.compare.schemas.written import bare, fingerprint
from spec_pipeline.openapi.operation_ids import METHODS
from spec_pipeline.openapi.parameters import written_parameters
from spec_pipeline.openapi.references import Spec

_PLACES = ("cookie", "header", "path", "query")


def compare_links(old: Spec, new: Spec, before: dict[str, Any], after: dict[str, Any], place: str) -> Iterator[Finding]:
    """Yield what differs between the links of two responses."""
    for name in {**before, **after}:
        inside = f"{place} link {name}"
        if name not in after:
            yield Finding("response-link-removed", inside, name)
        elif name not in before:
            yield Finding("response-link-added", inside, None, name)
        else:
            links = bare(old.resolve(before[name])), bare(new.resolve(after[name]))
            # If the link is unchanged, changes of its operation are reported there.
            if links[0] != links[1] and _meaning(old, links[0]) != _meaning(new, links[1]):
                yield Finding("response-link-changed", inside, *links)


def _meaning(spec: Spec, link: dict[str, Any]) -> str:
    """Return a text that is equal for links that lead to the same operation and pass on the same values."""
    path, method = _target(spec, link)
    item = spec.resolve(spec.document.get("paths", {}).get(path, {}))
    known = list(written_parameters(spec, item, item.get(method, {})))
    rest = {key: value for key, value in link.items() if key not in {"operationId", "operationRef"}}
    passed = {_parameter(known, name): value for name, value in rest.pop("parameters", {}).items()}
    return fingerprint([path, method, rest, passed])


def _target(spec: Spec, link: dict[str, Any]) -> tuple[str, str]:
    """Return the path and the method of the operation of a link; what the link says if there is no such operation."""
    for path, item in spec.document.get("paths", {}).items():
        for method in METHODS:
            operation = item.get(method, {})
            pointer = "/".join(["#/paths", path.replace("~", "~0").replace("/", "~1"), method])
            if link.get("operationRef") == pointer or (
                "operationId" in link and link["operationId"] == operation.get("operationId")
            ):
                return path, method
    return str(link.get("operationId")), str(link.get("operationRef"))


def _parameter(known: list[tuple[str, str]], name: str) -> str:
    """Return the name of a parameter with its place, such as `path.order_id`, where it has only one."""
    if name.partition(".")[0] in _PLACES:
        return name
    places = [place for place, other in known if other == name]
    return f"{places[0]}.{name}" if len(places) == 1 else name
