"""Compare two documents: operations paired by path and method, then servers, security schemes and the version."""

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from spec_pipeline.changes.change import Change, Finding
from spec_pipeline.changes.compare.bodies import compare_request_bodies, compare_responses
from spec_pipeline.changes.compare.parameters import compare_parameters, parameters_of, renamed_parameters
from spec_pipeline.changes.compare.references import Spec
from spec_pipeline.changes.compare.security import compare_requirements, compare_schemes
from spec_pipeline.changes.rules.rule import Level

_METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
_WHOLE_DOCUMENT = None


class _Operation(NamedTuple):
    """An operation with what it takes from its path."""

    path: str
    method: str
    path_item: dict[str, Any]
    content: dict[str, Any]

    @property
    def name(self) -> str:
        return f"{self.method.upper()} {self.path}"


def compare_documents(old: Spec, new: Spec) -> list[Change]:
    """Return what changes between two documents for those who call the API, the worst first.

    Prose, examples and order are no changes, nor is another way to write the same schema.

    Args:
        old: the document as it was; a valid OpenAPI 3.0 or 3.1 document, like the other one.
        new: the document as it is.

    Raises:
        PipelineError: a reference leads nowhere.
    """
    changes = [Change.of(_WHOLE_DOCUMENT, finding) for finding in _compare_whole(old, new)]
    before, after = _operations(old), _operations(new)
    partners = _partners(before, after)
    for key, operation in before.items():
        findings = (
            _compare_operations(old, new, operation, after[partners[key]])
            if key in partners
            else [Finding(_removed(operation, after), "operation", operation.content.get("operationId"))]
        )
        changes += [Change.of(operation.name, finding) for finding in findings]
    for key, operation in after.items():
        if key not in partners.values():
            finding = Finding("endpoint-added", "operation", None, operation.content.get("operationId"))
            changes.append(Change.of(operation.name, finding))
    levels = list(Level)
    return sorted(changes, key=lambda change: (levels.index(change.level), change.operation or "", change.location))


def _compare_whole(old: Spec, new: Spec) -> Iterator[Finding]:
    versions = [spec.document.get("info", {}).get("version") for spec in (old, new)]
    if versions[0] != versions[1]:
        yield Finding("api-version-changed", "info.version", *versions)
    yield from _compare_servers(old.document.get("servers"), new.document.get("servers"))
    yield from compare_schemes(old, new)


def _compare_operations(old: Spec, new: Spec, before: _Operation, after: _Operation) -> Iterator[Finding]:
    ids = (before.content.get("operationId"), after.content.get("operationId"))
    if ids[0] != ids[1]:
        yield Finding("api-operation-id-removed" if ids[0] else "api-operation-id-added", "operationId", *ids)
    tags, partners = before.content.get("tags", []), after.content.get("tags", [])
    yield from (Finding("api-tag-removed", "tags", tag) for tag in tags if tag not in partners)
    yield from (Finding("api-tag-added", "tags", None, tag) for tag in partners if tag not in tags)
    deprecated = [bool(operation.content.get("deprecated")) for operation in (before, after)]
    if deprecated[0] != deprecated[1]:
        yield Finding(f"endpoint-{'deprecated' if deprecated[1] else 'reactivated'}", "operation", *deprecated)
    yield from _compare_own_servers(old, new, before, after)
    yield from compare_requirements(old, new, before.content, after.content)
    yield from compare_parameters(
        old,
        new,
        parameters_of(old, before.path_item, before.content),
        parameters_of(new, after.path_item, after.content),
        renamed_parameters(before.path, after.path),
    )
    yield from compare_request_bodies(old, new, before.content.get("requestBody"), after.content.get("requestBody"))
    yield from compare_responses(old, new, before.content.get("responses", {}), after.content.get("responses", {}))


def _operations(spec: Spec) -> dict[tuple[str, str], _Operation]:
    result = {}
    for path, raw in spec.document.get("paths", {}).items():
        if path.startswith("/"):
            item = spec.resolve(raw)
            for method in _METHODS:
                if method in item:
                    result[path, method] = _Operation(path, method, item, item[method])
    return result


def _partners(
    before: dict[tuple[str, str], _Operation], after: dict[tuple[str, str], _Operation]
) -> dict[tuple[str, str], tuple[str, str]]:
    """Pair operations of one path and method; a path whose parameters only have other names is the same path."""
    partners = {key: key for key in before if key in after}
    shapes = {_shape(key): key for key in after if key not in partners}
    for key in before:
        if key not in partners and _shape(key) in shapes:
            partners[key] = shapes.pop(_shape(key))
    return partners


def _shape(key: tuple[str, str]) -> tuple[str, str]:
    return re.sub(r"{[^}]*}", "{}", key[0]), key[1]


def _removed(operation: _Operation, after: dict[tuple[str, str], _Operation]) -> str:
    what = "api-removed" if any(path == operation.path for path, _ in after) else "api-path-removed"
    return f"{what}-{'with' if operation.content.get('deprecated') else 'without'}-deprecation"


def _compare_own_servers(old: Spec, new: Spec, before: _Operation, after: _Operation) -> Iterator[Finding]:
    """Compare the servers of an operation where it, or its path, names others than its document."""
    own = [operation.content.get("servers") or operation.path_item.get("servers") for operation in (before, after)]
    if any(own):
        yield from _compare_servers(own[0] or old.document.get("servers"), own[1] or new.document.get("servers"))


def _compare_servers(before: list[dict[str, Any]] | None, after: list[dict[str, Any]] | None) -> Iterator[Finding]:
    urls, partners = _urls(before), _urls(after)
    yield from (Finding("api-server-removed", "servers", url) for url in urls if url not in partners)
    yield from (Finding("api-server-added", "servers", None, url) for url in partners if url not in urls)


def _urls(servers: list[dict[str, Any]] | None) -> list[str]:
    """Return the addresses with the defaults of their variables; no servers mean the one that serves the document."""
    result = []
    for server in servers or [{"url": "/"}]:
        url = server["url"]
        for name, variable in server.get("variables", {}).items():
            url = url.replace(f"{{{name}}}", str(variable.get("default", "")))
        result.append(url.rstrip("/"))
    return result
