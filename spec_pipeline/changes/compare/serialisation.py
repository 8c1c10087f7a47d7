"""Compare how a parameter or a header is written into a message, and the schema of what is written."""

from collections.abc import Iterator
from typing import Any

from spec_pipeline.changes.change import Finding
from spec_pipeline.changes.compare.schemas.comparison import Comparison
from spec_pipeline.changes.compare.schemas.normal_form import normalise
from spec_pipeline.changes.compare.schemas.written import Raw
from spec_pipeline.openapi.references import Spec


def compare_written_values(
    old: Spec, new: Spec, before: dict[str, Any], after: dict[str, Any], scope: str
) -> Iterator[Finding]:
    """Yield what differs between two parameters or headers, either of which may hold a value of some media type.

    Args:
        old: the old document.
        new: the new document.
        before: the old parameter or header.
        after: the new one.
        scope: `request-parameter` or `response-header`.
    """
    if _style(before) != _style(after):
        yield Finding(f"{scope}-style-changed", "", _style(before), _style(after))
    elif _explode(before) != _explode(after) and (_compound(old, before) or _compound(new, after)):
        yield Finding(f"{scope}-explode-changed", "", _explode(before), _explode(after))
    yield from Comparison(old, new, scope).findings(_schema(before), _schema(after))


def _schema(holder: dict[str, Any]) -> Raw:
    contents: list[dict[str, Any]] = list(holder.get("content", {}).values())
    return (contents[0] if contents else holder).get("schema", {})


def _style(holder: dict[str, Any]) -> str:
    if "content" in holder:
        return next(iter(holder["content"]), "")
    return str(holder.get("style", "form" if holder.get("in") in {"query", "cookie"} else "simple"))


def _explode(holder: dict[str, Any]) -> bool:
    return bool(holder.get("explode", _style(holder) == "form"))


def _compound(spec: Spec, holder: dict[str, Any]) -> bool:
    """Return whether the value may be a list or an object; no other value has an exploded form."""
    types = normalise(spec, _schema(holder)).types
    return types is None or bool(types & {"array", "object"})
