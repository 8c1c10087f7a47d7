"""Compare two documents: operations paired by path and method, then servers, security schemes and the version."""

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from spec_pipeline.changes.change import Change, Finding
from spec_pipeline.changes.compare.bodies import compare_request_bodies, compare_responses
from spec_pipeline.changes.compare.messages import compare_callbacks, compare_webhooks
from spec_pipeline.changes.compare.parameters import compare_parameters, renamed_parameters
from spec_pipeline.changes.compare.security import compare_requirements, compare_schemes
from spec_pipeline.changes.compare.servers import compare_servers
from spec_pipeline.changes.rules.rule import Level
from spec_pipeline.openapi.operation_ids import METHODS, short_operation_id
from spec_pipeline.openapi.parameters import written_parameters
from spec_pipeline.openapi.references import Spec
from spec_pipeline.openapi.schema_objects import without_null_keywords
from spec_pipeline.project import PipelineError

_WHOLE_DOCUMENT = None


class _Operation(NamedTuple):
    """An operation, completed with the parameters and servers of its path."""

    path: str
    method: str
    path_item: dict[str, Any]
    content: dict[str, Any]

    @property
    def name(self) -> str:
        return f"{self.method.upper()} {self.path}"

    @property
    def id(self) -> str | None:
        """The operationId as the generator sees it."""
        operation_id = self.content.get("operationId")
        return None if operation_id is None else short_operation_id(self.path, operation_id)


def compare_documents(old: Spec, new: Spec) -> list[Change]:
    """Return what changes between two documents for those who call the API, the worst first.

    Prose, examples and order do not count, nor does another notation of the same schema.

    Args:
        old: the document as it was; a valid OpenAPI 3.0 or 3.1 document, like the other one.
        new: the document as it is.

    Raises:
        PipelineError: a reference has no target, or the schemas are nested too deeply to be compared.
    """
    try:
        return _compare(_readable(old), _readable(new))
    except RecursionError as error:
        raise PipelineError(f"{new.name} is nested too deeply to be compared with {old.name}.") from error


def _readable(spec: Spec) -> Spec:
    return Spec(without_null_keywords(spec.document), spec.name)


def _compare(old: Spec, new: Spec) -> list[Change]:
    changes = [Change.of(_WHOLE_DOCUMENT, finding) for finding in _compare_whole(old, new)]
    before, after = _operations(old), _operations(new)
    partners = _partners(before, after)
    pairs = [(before[key], after[partner]) for key, partner in partners.items()]
    # Servers of the document apply to operations that name none of their own, before or after.
    if not pairs or any(not _own_servers(left) and not _own_servers(right) for left, right in pairs):
        findings = compare_servers(old.document.get("servers"), new.document.get("servers"))
        changes += [Change.of(_WHOLE_DOCUMENT, finding) for finding in findings]
    for key, operation in before.items():
        differences = (
            _compare_operations(old, new, operation, after[partners[key]])
            if key in partners
            else [Finding(_removed(operation, after), "operation", operation.id)]
        )
        changes += [Change.of(operation.name, finding) for finding in differences]
    for key, operation in after.items():
        if key not in partners.values():
            finding = Finding("endpoint-added", "operation", None, operation.id)
            changes.append(Change.of(operation.name, finding))
    levels = list(Level)
    return sorted(changes, key=lambda change: (levels.index(change.level), change.operation or "", change.location))


def _compare_whole(old: Spec, new: Spec) -> Iterator[Finding]:
    versions = [spec.document.get("info", {}).get("version") for spec in (old, new)]
    if versions[0] != versions[1]:
        yield Finding("api-version-changed", "info.version", *versions)
    yield from compare_schemes(old, new)
    yield from compare_webhooks(old, new)


def _compare_operations(old: Spec, new: Spec, before: _Operation, after: _Operation) -> Iterator[Finding]:
    ids = (before.id, after.id)
    if ids[0] != ids[1]:
        yield Finding("api-operation-id-removed" if ids[0] else "api-operation-id-added", "operationId", *ids)
    tags, partners = before.content.get("tags", []), after.content.get("tags", [])
    yield from (Finding("api-tag-removed", "tags", tag) for tag in tags if tag not in partners)
    yield from (Finding("api-tag-added", "tags", None, tag) for tag in partners if tag not in tags)
    # A tag that is gone says itself that the module moves.
    first = [[*named, "default"][0] for named in (tags, partners)]
    if first[0] != first[1] and first[0] in [*partners, "default"]:
        yield Finding("api-tag-first-changed", "tags", *first)
    deprecated = [bool(operation.content.get("deprecated")) for operation in (before, after)]
    if deprecated[0] != deprecated[1]:
        yield Finding(f"endpoint-{'deprecated' if deprecated[1] else 'reactivated'}", "operation", *deprecated)
    if _own_servers(before) or _own_servers(after):
        yield from compare_servers(
            _own_servers(before) or old.document.get("servers"), _own_servers(after) or new.document.get("servers")
        )
    yield from compare_requirements(old, new, before.content, after.content)
    yield from compare_parameters(
        old,
        new,
        written_parameters(old, before.path_item, before.content),
        written_parameters(new, after.path_item, after.content),
        renamed_parameters(before.path, after.path),
    )
    yield from compare_request_bodies(old, new, before.content.get("requestBody"), after.content.get("requestBody"))
    yield from compare_responses(old, new, before.content.get("responses", {}), after.content.get("responses", {}))
    yield from compare_callbacks(old, new, before.content.get("callbacks", {}), after.content.get("callbacks", {}))


def _operations(spec: Spec) -> dict[tuple[str, str], _Operation]:
    result = {}
    for path, raw in spec.document.get("paths", {}).items():
        if path.startswith("/"):
            # A path may have a reference and operations of its own side by side, in any version.
            item = {**spec.resolve(raw), **{key: value for key, value in raw.items() if key != "$ref"}}
            for method in METHODS:
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


def _own_servers(operation: _Operation) -> list[dict[str, Any]] | None:
    """Return the servers that an operation, or its path, names instead of those of the document."""
    return operation.content.get("servers") or operation.path_item.get("servers")
