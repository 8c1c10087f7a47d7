"""Access to the control routes: a request that a web page could have sent is refused.

A web page in a developer's browser can send requests to loopback addresses (cross-site request forgery). The browser
sends the origin of the page in `Origin`, and sends JSON to another origin only after a CORS preflight request. A page
whose host name is made to resolve to this machine (DNS rebinding) still sends that name in `Host`.
"""

import re
from ipaddress import ip_address

from starlette.types import Scope

_HOST = re.compile(r"(?P<name>\[[0-9a-f:.]+\]|[^\[\]:/@\s]*)(:[0-9]*)?", re.IGNORECASE)


def host_name(scope: Scope) -> str | None:
    """Return the host name that a request is sent to, or `None` if it has no valid `Host` header."""
    hosts = _values(scope, b"host")
    match = _HOST.fullmatch(hosts[0].decode("latin-1")) if len(hosts) == 1 else None
    return match["name"].strip("[]").lower() if match and match["name"] else None


def refusal(scope: Scope, bound_to: set[str]) -> tuple[int, str] | None:
    """Return the status and the reason of a refusal, or `None` for a request that may use the control routes.

    Args:
        scope: the request, with a valid `Host`.
        bound_to: names and addresses that the server listens on.
    """
    name, (host,) = host_name(scope) or "", _values(scope, b"host")
    if not _is_local(name, bound_to):
        reason = f"Control requests must be sent to a loopback address or where the server listens, not to {name!r}."
        return 403, reason
    for origin in _values(scope, b"origin"):
        if origin.lower() != b"http://" + host.lower():
            shown = origin.decode("latin-1")
            return 403, f"Control requests must not come from a web page of another origin ({shown!r})."
    has_body = any(length != b"0" for length in _values(scope, b"content-length"))
    if has_body or _values(scope, b"transfer-encoding"):
        kinds = {value.partition(b";")[0].strip().lower() for value in _values(scope, b"content-type")}
        if kinds != {b"application/json"}:
            return 415, "The body must be JSON, with the header Content-Type: application/json."
    return None


def _values(scope: Scope, header: bytes) -> list[bytes]:
    """Return the values of all headers of a name. All are checked, because programs differ in which one they use."""
    return [value.strip() for name, value in scope["headers"] if name == header]


def _is_local(name: str, bound_to: set[str]) -> bool:
    name = name.removesuffix(".")  # with a trailing dot, it is the same name, made absolute
    if name == "localhost" or name.endswith(".localhost") or name in {bound.lower() for bound in bound_to}:
        return True
    try:
        address = ip_address(name)
    except ValueError:
        return False
    # A server that listens on all addresses can be reached at any of them.
    return address.is_loopback or not {"0.0.0.0", "::"}.isdisjoint(bound_to)  # noqa: S104 - compared, not bound to
