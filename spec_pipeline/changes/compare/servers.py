"""Compare the servers that an API is reached at, with the values that the variables of their addresses may have."""

import re
from collections.abc import Iterator
from typing import Any

from spec_pipeline.changes.change import Finding

Servers = list[dict[str, Any]] | None


def compare_servers(before: Servers, after: Servers) -> Iterator[Finding]:
    """Yield the addresses that are gone, those that are new, and changed defaults.

    Without servers, the API is at the server of the document.
    """
    urls, partners = _urls(before), _urls(after)
    known, reached = _defaulted(before) | urls.keys(), _defaulted(after) | partners.keys()
    gone = [url for url in urls.values() if not any(_is_among(url, shape) for shape in reached)]
    yield from (Finding("api-server-removed", "servers", url) for url in gone)
    yield from (
        Finding("api-server-added", "servers", None, url) for shape, url in partners.items() if shape not in known
    )
    old, new = _defaults(before), _defaults(after)
    changed = {(old[key], new[key]) for key in old.keys() & new.keys() if old[key] != new[key]}
    for default, other in sorted(changed):
        if any(_is_among(default, shape) for shape in reached):
            yield Finding("api-server-default-changed", "servers", default, other)


def _is_among(url: str, shape: str) -> bool:
    """Return whether an address is one of those of a shape, whose variables may have any value."""
    return re.fullmatch(".*".join(map(re.escape, shape.split("{}"))), _shape(url)) is not None


def _defaults(servers: Servers) -> dict[str, str]:
    """Return the default address of each server, and under an empty name the first one, which tools use."""
    servers = servers or [{"url": "/"}]
    defaults = {_shape(server["url"]): _url(server["url"], _default_values(server)) for server in servers}
    return defaults | {"": _url(servers[0]["url"], _default_values(servers[0]))}


def _urls(servers: Servers) -> dict[str, str]:
    """Return the addresses, by themselves without the names of variables that may have any value.

    A server is one address, in which the variables that may have any value stay, for each value of each other variable,
    with the defaults of the rest: that shows every value without listing all combinations.
    """
    result = {}
    for server in servers or [{"url": "/"}]:
        url = _url(server["url"], _fixed_values(server))
        result[_shape(url)] = url
        for name, variable in server.get("variables", {}).items():
            for value in variable.get("enum") or ():
                url = _url(server["url"], {**_fixed_values(server), name: value})
                result[_shape(url)] = url
    return result


def _defaulted(servers: Servers) -> set[str]:
    """Return the addresses that are among those of `_urls`: with the defaults of all variables, or of all but one."""
    found = set()
    for server in servers or [{"url": "/"}]:
        defaults = _default_values(server)
        found.add(_shape(_url(server["url"], defaults)))
        for name, variable in server.get("variables", {}).items():
            for value in variable.get("enum") or [f"{{{name}}}"]:
                found.add(_shape(_url(server["url"], {**defaults, name: value})))
    return found


def _fixed_values(server: dict[str, Any]) -> dict[str, str]:
    """Return the default of each variable that has a list of values."""
    variables = server.get("variables", {})
    return {name: value for name, value in _default_values(server).items() if variables[name].get("enum")}


def _default_values(server: dict[str, Any]) -> dict[str, str]:
    return {name: str(variable.get("default", "")) for name, variable in server.get("variables", {}).items()}


def _url(template: str, values: dict[str, str]) -> str:
    for name, value in values.items():
        template = template.replace(f"{{{name}}}", value)
    return template.rstrip("/")


def _shape(url: str) -> str:
    """Return an address without the names of its variables."""
    return re.sub(r"{[^}]*}", "{}", url).rstrip("/")
