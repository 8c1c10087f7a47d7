"""Compare webhooks and callbacks: requests that the API sends and a user's server responds to.

The directions are the reverse of those of an operation: the user reads what the request carries, and sends the body of
its response.
"""

from collections.abc import Iterator
from typing import Any

from spec_pipeline.changes.change import Finding
from spec_pipeline.changes.compare.bodies import compare_contents, compare_headers
from spec_pipeline.openapi.operation_ids import METHODS
from spec_pipeline.openapi.parameters import parameters_of
from spec_pipeline.openapi.references import Spec

# By name and method: the path item and the operation.
_Messages = dict[str, tuple[dict[str, Any], dict[str, Any]]]


def compare_webhooks(old: Spec, new: Spec) -> Iterator[Finding]:
    """Yield what differs between the webhooks of two documents."""
    before, after = (_messages(spec, spec.document.get("webhooks", {})) for spec in (old, new))
    yield from _compare(old, new, before, after, kind="webhook")


def compare_callbacks(old: Spec, new: Spec, before: dict[str, Any], after: dict[str, Any]) -> Iterator[Finding]:
    """Yield what differs between the callbacks of two operations, matched by name and the expression of the URL."""
    yield from _compare(old, new, _of_callbacks(old, before), _of_callbacks(new, after), kind="callback")


def _of_callbacks(spec: Spec, callbacks: dict[str, Any]) -> _Messages:
    result: _Messages = {}
    for name, raw in callbacks.items():
        items = {f"{name} {url}": item for url, item in spec.resolve(raw).items() if not url.startswith("x-")}
        result |= _messages(spec, items)
    return result


def _messages(spec: Spec, items: dict[str, Any]) -> _Messages:
    resolved = {name: spec.resolve(raw) for name, raw in items.items() if not name.startswith("x-")}
    return {
        f"{name} {method.upper()}": (item, item[method])
        for name, item in resolved.items()
        for method in METHODS
        if method in item
    }


def _compare(old: Spec, new: Spec, before: _Messages, after: _Messages, *, kind: str) -> Iterator[Finding]:
    for name in {**before, **after}:
        place = f"{kind} {name}"
        if name not in after:
            yield Finding(f"{kind}-removed", place, name)
        elif name not in before:
            yield Finding(f"{kind}-added", place, None, name)
        else:
            yield from _compare_message(old, new, before[name], after[name], place)


def _compare_message(
    old: Spec,
    new: Spec,
    before: tuple[dict[str, Any], dict[str, Any]],
    after: tuple[dict[str, Any], dict[str, Any]],
    place: str,
) -> Iterator[Finding]:
    headers, others = (
        {f"{where} {name}": parameter for (where, name), parameter in parameters_of(spec, *side).items()}
        for spec, side in ((old, before), (new, after))
    )
    yield from compare_headers(old, new, headers, others, place)
    bodies = old.resolve(before[1].get("requestBody", {})), new.resolve(after[1].get("requestBody", {}))
    yield from compare_contents(old, new, *bodies, scope="response-body", place=f"{place} body", generated=False)
    responses, partners = before[1].get("responses", {}), after[1].get("responses", {})
    for status in {**responses, **partners}:
        inside = f"{place} response {status}"
        if status not in partners:
            yield Finding("expected-response-status-removed", inside, status)
        elif status not in responses:
            yield Finding("expected-response-status-added", inside, None, status)
        else:
            contents = old.resolve(responses[status]), new.resolve(partners[status])
            yield from compare_contents(old, new, *contents, scope="request-body", place=inside, generated=False)
