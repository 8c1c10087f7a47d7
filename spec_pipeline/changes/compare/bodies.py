"""Compare request bodies, responses by status, and their headers."""

from collections.abc import Iterator
from typing import Any

from spec_pipeline.changes.change import Finding
from spec_pipeline.changes.compare.links import compare_links
from spec_pipeline.changes.compare.schemas.comparison import Comparison
from spec_pipeline.changes.compare.schemas.written import digest
from spec_pipeline.changes.compare.serialisation import compare_written_values
from spec_pipeline.openapi.references import Spec


def compare_request_bodies(old: Spec, new: Spec, before: Any, after: Any) -> Iterator[Finding]:
    """Yield what differs between two request bodies; None is an operation without a body."""
    body, partner = old.resolve(before), new.resolve(after)
    place = "request body"
    if not body or not partner:
        if body:
            yield Finding("request-body-removed", place, _media_types(body))
        elif partner:
            event = "required" if partner.get("required") else "optional"
            yield Finding(f"request-body-added-{event}", place, None, _media_types(partner))
        return
    was, is_ = bool(body.get("required")), bool(partner.get("required"))
    if was != is_:
        yield Finding(f"request-body-became-{'required' if is_ else 'optional'}", place, was, is_)
    yield from compare_contents(old, new, body, partner, scope="request-body", place=place)


def compare_responses(old: Spec, new: Spec, before: dict[str, Any], after: dict[str, Any]) -> Iterator[Finding]:
    """Yield what differs between the responses of two operations, matched by their status."""
    responses = {_status(key): old.resolve(response) for key, response in before.items() if _is_status(key)}
    partners = {_status(key): new.resolve(response) for key, response in after.items() if _is_status(key)}
    paired: set[str] = set()
    for status, response in responses.items():
        place = f"response {status}"
        matches = [key for key in (status, *_wider_statuses(status)) if key in partners][:1]
        if not matches:
            matches = [key for key in partners if status in _wider_statuses(key) and key not in responses]
            event = f"response-{'status-specialized' if matches else f'{_kind(status)}-status-removed'}"
            yield Finding(event, place, status, ", ".join(matches) or None)
        elif matches != [status]:
            yield Finding("response-status-generalized", place, status, matches[0])
        paired.update(matches)
        for match in matches:
            inside = place if len(matches) == 1 else f"response {match}"
            headers = response.get("headers", {}), partners[match].get("headers", {})
            yield from compare_headers(old, new, *headers, inside)
            yield from compare_contents(old, new, response, partners[match], scope="response-body", place=inside)
            yield from compare_links(old, new, response.get("links", {}), partners[match].get("links", {}), inside)
    for status in partners:
        if status not in responses and status not in paired:
            yield Finding(f"response-{_kind(status)}-status-added", f"response {status}", None, status)


def compare_contents(
    old: Spec,
    new: Spec,
    before: dict[str, Any],
    after: dict[str, Any],
    *,
    scope: str,
    place: str,
    generated: bool = True,
) -> Iterator[Finding]:
    """Yield what differs between two bodies, by media type; the generator writes no code for webhooks and callbacks."""
    rule = "request-body-media-type" if scope == "request-body" else "response-media-type"
    contents, partners = _contents(before), _contents(after)
    paired = {media_type: media_type for media_type in contents if media_type in partners}
    for media_type in contents:
        if media_type not in paired:
            free = [other for other in partners if other not in paired.values()]
            similar = (other for other in free if _covers(other, media_type) or _covers(media_type, other))
            if (partner := next(similar, None)) is not None:
                paired[media_type] = partner
    for media_type, content in contents.items():
        inside = f"{place} {media_type}"
        if media_type not in paired:
            yield Finding(f"{rule}-removed", inside, media_type)
            continue
        partner = paired[media_type]
        if partner != media_type:
            event = "generalized" if _covers(partner, media_type) else "specialized"
            yield Finding(f"{rule}-name-{event}", inside, media_type, partner)
        schemas = (content.get("schema", {}), partners[partner].get("schema", {}))
        findings = Comparison(old, new, scope, generated=generated).findings(*schemas)
        yield from (_inside(finding, inside) for finding in findings)
    if generated and scope == "response-body":
        yield from _first_read(new, contents, partners, place)
    for media_type in partners:
        if media_type not in paired.values():
            yield Finding(f"{rule}-added", f"{place} {media_type}", None, media_type)


def _first_read(
    new: Spec, contents: dict[str, dict[str, Any]], partners: dict[str, dict[str, Any]], place: str
) -> Iterator[Finding]:
    """Yield whether the generated code reads another media type: it takes the first that it knows for all of them."""
    first, second = (next(filter(_kind_read, side), None) for side in (contents, partners))
    if first in {None, second} or second is None or first not in partners:
        return
    schemas = (partners[name].get("schema", {}) for name in (first, second))
    if _kind_read(first) != _kind_read(second) or len({digest(new, schema) for schema in schemas}) > 1:
        yield Finding("response-media-type-first-changed", place, first, second)


def _kind_read(media_type: str) -> str:
    """Return how the generator reads a media type, unless its configuration says otherwise; empty for not at all."""
    name = media_type.partition(";")[0]
    if name == "application/json" or name.endswith("+json"):
        return "json"
    return "text" if name.startswith("text/") else "bytes" if name == "application/octet-stream" else ""


def compare_headers(
    old: Spec, new: Spec, before: dict[str, Any], after: dict[str, Any], place: str
) -> Iterator[Finding]:
    """Yield what differs between the headers of two messages that the API sends."""
    headers = {name.lower(): (name, old.resolve(header)) for name, header in before.items()}
    partners = {name.lower(): (name, new.resolve(header)) for name, header in after.items()}
    for key, (name, header) in headers.items():
        inside = f"{place} header {name}"
        required = bool(header.get("required"))
        if key not in partners:
            yield Finding(f"{'required' if required else 'optional'}-response-header-removed", inside, name)
            continue
        partner = partners[key][1]
        if required != bool(partner.get("required")):
            event = "optional" if required else "required"
            yield Finding(f"response-header-became-{event}", inside, required, not required)
        findings = compare_written_values(old, new, header, partner, "response-header")
        yield from (_inside(finding, inside) for finding in findings)
    for key, (name, _) in partners.items():
        if key not in headers:
            yield Finding("response-header-added", f"{place} header {name}", None, name)


def _inside(finding: Finding, place: str) -> Finding:
    """Join the location of a schema and a location inside it, as in `data[].requests`."""
    inner = finding.place.removeprefix(".")
    between = ": " if inner and not inner.startswith(" ") else ""
    return finding._replace(place=f"{place}{between}{inner}")


def _contents(body: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the content by media type, without `; charset=utf-8`, which is the default."""
    return {_media_type(name): content for name, content in body.get("content", {}).items()}


def _media_type(name: str) -> str:
    kind, *parameters = (part.strip().lower() for part in name.split(";"))
    return "; ".join([kind, *(part for part in parameters if not part.startswith("charset="))])


def _covers(range_: str, media_type: str) -> bool:
    """Return whether a range such as `application/*` or `*/*`, or a type without parameters, includes a media type."""
    if range_ == "*/*":
        return True
    if range_.endswith("/*"):
        return media_type.startswith(range_.removesuffix("*"))
    return ";" not in range_ and media_type.partition(";")[0] == range_


def _media_types(body: dict[str, Any]) -> str:
    return ", ".join(_contents(body))


def _is_status(key: Any) -> bool:
    return not str(key).startswith("x-")


def _status(key: str) -> str:
    """Return a status in one spelling: a range may be written `2XX` or `2xx`."""
    return key if key == "default" else key.upper()


def _wider_statuses(status: str) -> list[str]:
    """Return the ranges and the default that cover a status without an entry of its own, the most specific first."""
    wider = [] if status == "default" else ["default"]
    return [f"{status[0]}XX", *wider] if status.isdigit() else wider


def _kind(status: str) -> str:
    return "success" if status.startswith("2") else "non-success"
