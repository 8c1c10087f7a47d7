"""Compare the security requirements of operations, and the security schemes."""

from collections.abc import Iterator
from typing import Any

from spec_pipeline.changes.change import Finding
from spec_pipeline.changes.compare.schemas.written import fingerprint
from spec_pipeline.openapi.references import Spec

# The schemes that are needed together, each with its scopes; an empty one accepts anonymous calls.
Requirement = dict[str, frozenset[str]]
_PLACE = "security"
_ADDRESSES = ("authorizationUrl", "tokenUrl", "refreshUrl", "deviceAuthorizationUrl")


def compare_schemes(old: Spec, new: Spec) -> Iterator[Finding]:
    """Yield what differs between the security schemes of two documents; a scheme that is only renamed does not."""
    before, after = _schemes(old), _schemes(new)
    renamed = _renamed(before, after)
    for name, scheme in before.items():
        place = f"security scheme {name}"
        if name in after:
            yield from (finding.below(place) for finding in _compare_scheme(scheme, after[name]))
        elif name not in renamed:
            yield Finding("api-security-component-removed", place, scheme.get("type"))
    for name, scheme in after.items():
        if name not in before and name not in renamed.values():
            yield Finding("api-security-component-added", f"security scheme {name}", None, scheme.get("type"))


def compare_requirements(old: Spec, new: Spec, before: dict[str, Any], after: dict[str, Any]) -> Iterator[Finding]:
    """Yield what differs between the security requirements of two operations.

    An operation without requirements of its own takes those of its document, so moving them changes nothing.
    """
    renamed = _renamed(_schemes(old), _schemes(new))
    ways, partners = _requirements(old, before, renamed), _requirements(new, after, {})
    if {} in ways and {} not in partners:
        yield Finding("api-security-became-required", _PLACE, "anonymous", _labels(partners))
    if {} in partners and {} not in ways:
        yield Finding("api-security-became-optional", _PLACE, _labels(ways), "anonymous")
    for way in [way for way in ways if way not in partners]:
        if easier := [other for other in partners if _asks_for_fewer_schemes(other, way)]:
            yield Finding("api-security-relaxed", _PLACE, _names(way), _labels(easier))
            ways.remove(way)
            partners = [other for other in partners if other not in easier or other in ways]
    names = {_names(way) for way in (*ways, *partners)} - {""}
    for name in sorted(names):
        yield from _compare_same_schemes(*([way for way in side if _names(way) == name] for side in (ways, partners)))


def _asks_for_fewer_schemes(other: Requirement, way: Requirement) -> bool:
    """Return whether credentials for one requirement also satisfy another one with fewer schemes."""
    return other.keys() < way.keys() and all(scopes <= way[scheme] for scheme, scopes in other.items())


def _compare_same_schemes(before: list[Requirement], after: list[Requirement]) -> Iterator[Finding]:
    """Compare the requirements with the same schemes: one that asks for no more than an old one replaces it."""
    new = [way for way in after if way not in before]
    for way in (way for way in before if way not in after):
        easier = [other for other in after if all(other[scheme] <= scopes for scheme, scopes in way.items())]
        if not easier and not new:
            yield Finding("api-security-removed", _PLACE, _label(way, before))
            continue
        partner = max(easier or new, key=lambda other: sum(len(other[scheme] & way[scheme]) for scheme in other))
        new = [other for other in new if other != partner]
        for scheme, scopes in way.items():
            for scope in sorted(partner[scheme] - scopes):
                yield Finding("api-security-scope-added", f"{_PLACE} {scheme}", None, scope)
            for scope in sorted(scopes - partner[scheme]):
                yield Finding("api-security-scope-removed", f"{_PLACE} {scheme}", scope)
    yield from (Finding("api-security-added", _PLACE, None, _label(way, after)) for way in new)


def _compare_scheme(before: dict[str, Any], after: dict[str, Any]) -> Iterator[Finding]:
    if before.get("type") != after.get("type"):
        yield Finding("api-security-component-type-changed", "", before.get("type"), after.get("type"))
        return
    # Names of headers and of HTTP schemes mean the same in any case.
    cased = "header" not in {before.get("in"), after.get("in")}
    for field in ("name", "in", "scheme"):
        values = (before.get(field), after.get(field))
        texts = {str(value) if cased and field == "name" else str(value).lower() for value in values}
        if len(texts) > 1:
            yield Finding(f"api-security-component-{field}-changed", "", *values)
    if before.get("openIdConnectUrl") != after.get("openIdConnectUrl"):
        urls = (before.get("openIdConnectUrl"), after.get("openIdConnectUrl"))
        yield Finding("api-security-component-oauth-url-changed", "", *urls)
    yield from _compare_flows(before.get("flows", {}), after.get("flows", {}))


def _compare_flows(before: dict[str, Any], after: dict[str, Any]) -> Iterator[Finding]:
    for name in sorted(before.keys() - after.keys()):
        yield Finding("api-security-component-oauth-flow-removed", "", name)
    for name in sorted(after.keys() - before.keys()):
        yield Finding("api-security-component-oauth-flow-added", "", None, name)
    for name in sorted(before.keys() & after.keys()):
        flow, partner = before[name], after[name]
        for field in _ADDRESSES:
            if flow.get(field) != partner.get(field):
                place = f" {name} {field}"
                yield Finding("api-security-component-oauth-url-changed", place, flow.get(field), partner.get(field))
        scopes, kept = flow.get("scopes", {}), partner.get("scopes", {})
        for scope in sorted(kept.keys() - scopes.keys()):
            yield Finding("api-security-component-oauth-scope-added", f" {name}", None, scope)
        for scope in sorted(scopes.keys() - kept.keys()):
            yield Finding("api-security-component-oauth-scope-removed", f" {name}", scope)


def _schemes(spec: Spec) -> dict[str, dict[str, Any]]:
    schemes = spec.document.get("components", {}).get("securitySchemes", {})
    return {name: spec.resolve(scheme) for name, scheme in schemes.items()}


def _renamed(before: dict[str, dict[str, Any]], after: dict[str, dict[str, Any]]) -> dict[str, str]:
    """Return the new name of each scheme whose definition has another name now."""
    appeared = {_definition(scheme): name for name, scheme in after.items() if name not in before}
    vanished = {name: _definition(scheme) for name, scheme in before.items() if name not in after}
    return {name: appeared[definition] for name, definition in vanished.items() if definition in appeared}


def _definition(scheme: dict[str, Any]) -> str:
    return fingerprint({key: value for key, value in scheme.items() if key != "description"})


def _requirements(spec: Spec, operation: dict[str, Any], renamed: dict[str, str]) -> list[Requirement]:
    """Return the requirements, the weakest first, so that their order in the document does not matter."""
    stated: list[dict[str, list[str]]] = (operation if "security" in operation else spec.document).get("security", [])
    ways = [{renamed.get(name, name): frozenset(scopes) for name, scopes in way.items()} for way in stated]
    return sorted(ways, key=lambda way: [(len(way[name]), name, sorted(way[name])) for name in sorted(way)]) or [{}]


def _names(way: Requirement) -> str:
    return " and ".join(sorted(way))


def _labels(ways: list[Requirement]) -> str:
    return " or ".join(sorted({_names(way) for way in ways}))


def _label(way: Requirement, others: list[Requirement]) -> str:
    """Return the names of the schemes, with the scopes where another requirement has the same schemes."""
    if len(others) == 1:
        return _names(way)
    return " and ".join(f"{name} ({', '.join(sorted(way[name]))})" for name in sorted(way))
