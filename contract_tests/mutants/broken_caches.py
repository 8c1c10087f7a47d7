"""Servers behind a cache whose key lacks something."""

from collections.abc import Callable, Hashable, Mapping
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from contract_tests.mutants.entry import broken
from contract_tests.mutants.messages import Response
from contract_tests.mutants.reference import Reference

_OWN = "consistency.each-query-its-own"
_LONG, _SHORT = 1000, 1

KeyOf = Callable[[str, dict[str, str], Mapping[str, str]], Hashable]


def cached(key_of: KeyOf, *, size: int = _LONG, statuses: tuple[int, ...] = (200,)) -> dict[str, Any]:
    """Put a cache in front of the server.

    Args:
        key_of: returns the cache key for the path, the parameters and the headers.
        size: how many responses are kept.
        statuses: which responses are kept.
    """
    kept: dict[Hashable, Response] = {}

    def respond(self: Reference, target: str, headers: Mapping[str, str]) -> Response:
        parts = urlsplit(target)
        key = key_of(parts.path, dict(parse_qsl(parts.query, keep_blank_values=True, errors="replace")), headers)
        if key in kept:
            return kept[key]
        fresh = Reference.respond(self, target, headers)
        if fresh.status in statuses:
            kept[key] = fresh
            while len(kept) > size:
                del kept[next(iter(kept))]
        return fresh

    return {"respond": respond}


def everything(path: str, params: dict[str, str], headers: Mapping[str, str]) -> Hashable:
    """Make the key of a correct cache."""
    return path, tuple(sorted(params.items())), headers.get("api-key")


def _without(*names: str) -> KeyOf:
    return lambda path, params, headers: everything(
        path, {name: value for name, value in params.items() if name not in names}, headers
    )


def _cut(length: int) -> KeyOf:
    """Truncate the times, for a cache of whole days or of whole hours."""
    return lambda path, params, headers: everything(
        path, {name: value[:length] if name in {"start", "end"} else value for name, value in params.items()}, headers
    )


def _known_keys(path: str, params: dict[str, str], headers: Mapping[str, str]) -> Hashable:
    return everything(path, params, {"api-key": "one"} if "api-key" in headers else {})


CACHES = (
    *(
        broken(f"a cache without the {name}", _OWN, **cached(_without(name)))
        for name in ("timezone", "interval", "limit", "consumer_id", "app_env_id", "start", "end")
    ),
    *(
        broken(f"the last response is kept without the {name}", _OWN, **cached(_without(name), size=_SHORT))
        for name in ("timezone", "interval", "limit", "consumer_id", "app_env_id", "start", "end")
    ),
    broken(
        "the last response is kept without the query",
        (_OWN, "window.nothing-outside"),
        **cached(lambda path, params, headers: (path, headers.get("api-key")), size=_SHORT),
    ),
    broken("a cache without the filters", _OWN, **cached(_without("app_env_id", "consumer_id"))),
    broken("a cache of whole days", _OWN, **cached(_cut(10), size=_SHORT)),
    broken(
        "a cache in front of the authentication",
        "auth.key-required",
        **cached(lambda path, params, headers: (path, tuple(sorted(params.items()))), size=_SHORT),
    ),
    broken("a cache for any key", "auth.key-exact", **cached(_known_keys, size=_SHORT)),
    broken(
        "a refusal is kept for the right key, too",
        _OWN,
        **cached(
            lambda path, params, headers: (path, tuple(sorted(params.items()))), size=_SHORT, statuses=(401, 403, 404)
        ),
    ),
    broken(
        "a cache without the app",
        ("requests.unknown-app", "auth.token-stays-in-app"),
        **cached(lambda path, params, headers: (tuple(sorted(params.items())), headers.get("api-key")), size=_SHORT),
    ),
)
