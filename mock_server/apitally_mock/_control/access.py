"""Which requests may use the control routes: no web page can send one of them.

A page that a developer visits can send requests to loopback addresses, too. Browsers tell where such a request comes
from (`Origin`), and cannot send JSON to another site without asking first. A page whose host name is made to resolve to
this machine still sends that name (`Host`).
"""

import re
from ipaddress import ip_address

from starlette.types import Scope

_HOST = re.compile(r"(?P<name>\[[0-9a-f:.]+\]|[^\[\]:/@\s]*)(:[0-9]*)?", re.IGNORECASE)


def host_name(scope: Scope) -> str | None:
    """Return the host name that a request is sent to, or `None` if it has no valid `Host` header."""
    hosts = [value for name, value in scope["headers"] if name == b"host"]
    match = _HOST.fullmatch(hosts[0].decode("latin-1").strip()) if len(hosts) == 1 else None
    return match["name"].strip("[]").lower() if match and match["name"] else None


def refusal(scope: Scope, bound_to: set[str]) -> tuple[int, str] | None:
    """Return the status and the reason of a refusal, or `None` for a request that may use the control routes.

    Args:
        scope: the request, with a valid `Host`.
        bound_to: names and addresses that the server listens on.
    """
    headers = dict(scope["headers"])
    name, host, origin = host_name(scope) or "", headers.get(b"host", b"").strip(), headers.get(b"origin")
    if not _is_local(name, bound_to):
        reason = f"Control requests must be sent to a loopback address or the one that is listened on, not to {name!r}."
        return 403, reason
    if origin is not None and origin.strip().lower() != b"http://" + host.lower():
        return 403, f"Control requests must not come from a web page of another origin ({origin.decode('latin-1')!r})."
    has_body = headers.get(b"content-length", b"0") != b"0" or b"transfer-encoding" in headers
    if has_body and headers.get(b"content-type", b"").partition(b";")[0].strip().lower() != b"application/json":
        return 415, "The body must be JSON, with the header Content-Type: application/json."
    return None


def _is_local(name: str, bound_to: set[str]) -> bool:
    if name == "localhost" or name.endswith(".localhost") or name in {bound.lower() for bound in bound_to}:
        return True
    try:
        address = ip_address(name)
    except ValueError:
        return False
    # A server that listens on all addresses is reached by any of them.
    return address.is_loopback or not {"0.0.0.0", "::"}.isdisjoint(bound_to)  # noqa: S104 - compared, not bound to
