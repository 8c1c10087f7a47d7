"""Compare the servers that an API is reached at, with the values that the variables of their addresses may have."""

import re
from collections.abc import Iterator
from typing import Any

from spec_pipeline.changes.change import Finding

Servers = list[dict[str, Any]] | None


def compare_servers(before: Servers, after: Servers) -> Iterator[Finding]:
    """Yield the addresses that are gone and those that are new; no servers mean the one that serves the document."""
    urls, partners = _urls(before), _urls(after)
    yield from (Finding("api-server-removed", "servers", url) for shape, url in urls.items() if shape not in partners)
    yield from (
        Finding("api-server-added", "servers", None, url) for shape, url in partners.items() if shape not in urls
    )


def _urls(servers: Servers) -> dict[str, str]:
    """Return the addresses, by themselves without the names of variables that may have any value.

    Each value that a variable may have stands in an address of its own, with the defaults of the other variables: so
    no value goes unseen, and a server of many variables does not become all of their combinations.
    """
    result = {}
    for server in servers or [{"url": "/"}]:
        variables = server.get("variables", {})
        defaults = {name: str(variable.get("default", "")) for name, variable in variables.items()}
        choices = [defaults]
        for name, variable in variables.items():
            choices += [{**defaults, name: value} for value in variable.get("enum") or [f"{{{name}}}"]]
        for choice in choices:
            url = server["url"]
            for name, value in choice.items():
                url = url.replace(f"{{{name}}}", value)
            result[re.sub(r"{[^}]*}", "{}", url).rstrip("/")] = url.rstrip("/")
    return result
