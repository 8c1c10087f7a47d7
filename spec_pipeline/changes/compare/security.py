"""Compare how an operation is authenticated, and the security schemes that it names."""

from collections.abc import Iterator
from typing import Any

from spec_pipeline.changes.change import Finding
from spec_pipeline.changes.compare.normal_form import fingerprint
from spec_pipeline.changes.compare.references import Spec

# The schemes that have to come together, each with the scopes that it needs; an empty one admits anonymous calls.
Requirement = dict[str, frozenset[str]]
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
    """Yield what differs between the ways in which two operations are authenticated.

    An operation without requirements of its own takes those of its document, so moving them changes nothing.
    """
    renamed = _renamed(_schemes(old), _schemes(new))
    ways = {_names(way): way for way in _requirements(old, before, renamed)}
    partners = {_names(way): way for way in _requirements(new, after, {})}
    place = "security"
    for names in sorted(ways.keys() - partners.keys()):
        if names:
            yield Finding("api-security-removed", place, names)
        else:
            yield Finding("api-security-became-required", place, "anonymous", " or ".join(sorted(partners)))
    for names in sorted(partners.keys() - ways.keys()):
        if names:
            yield Finding("api-security-added", place, None, names)
        else:
            yield Finding("api-security-became-optional", place, " or ".join(sorted(ways)), "anonymous")
    for names in sorted(ways.keys() & partners.keys()):
        for scheme, scopes in ways[names].items():
            kept = partners[names][scheme]
            for scope in sorted(kept - scopes):
                yield Finding("api-security-scope-added", f"{place} {scheme}", None, scope)
            for scope in sorted(scopes - kept):
                yield Finding("api-security-scope-removed", f"{place} {scheme}", scope)


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
    for name in {**before, **after}:
        flow, partner = before.get(name, {}), after.get(name, {})
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
    """Return the new name of each scheme whose definition stands under another name now."""
    appeared = {_definition(scheme): name for name, scheme in after.items() if name not in before}
    vanished = {name: _definition(scheme) for name, scheme in before.items() if name not in after}
    return {name: appeared[definition] for name, definition in vanished.items() if definition in appeared}


def _definition(scheme: dict[str, Any]) -> str:
    return fingerprint({key: value for key, value in scheme.items() if key != "description"})


def _requirements(spec: Spec, operation: dict[str, Any], renamed: dict[str, str]) -> list[Requirement]:
    stated: list[dict[str, list[str]]] = (operation if "security" in operation else spec.document).get("security", [])
    ways = [{renamed.get(name, name): frozenset(scopes) for name, scopes in way.items()} for way in stated]
    return ways or [{}]


def _names(way: Requirement) -> str:
    return " and ".join(sorted(way))
