"""Tokens for the next page: opaque to the client, signed, and carrying the whole query.

The server keeps nothing between two pages. A token says which query to continue, and where, so it outlives a restart
and works on every server with the same seed.
"""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable
from hashlib import blake2b
from hmac import compare_digest
from typing import Any, NamedTuple

_SIGNATURE_BYTES = 16


class InvalidParameterError(ValueError):
    """A parameter is valid by its schema, but not together with the token; the message says what was expected."""

    def __init__(self, parameter: str, message: str) -> None:
        super().__init__(message)
        self.parameter = parameter


class Page(NamedTuple):
    """The response to one request of a paginated query."""

    body: bytes
    make_own_token: Callable[[int], str]
    """Returns a token that leads to this page again; each number gives another token."""


class Tokens:
    """Makes and reads tokens, which are the same for all servers with one seed."""

    def __init__(self, seed: int) -> None:
        self._key = blake2b(f"apitally-mock token {seed}".encode()).digest()

    def make(self, kind: str, *fields: str | int | None) -> str:
        """Return the token that carries some fields, for one kind of query."""
        payload = json.dumps([kind, *fields], separators=(",", ":")).encode()
        signature = blake2b(payload, key=self._key, digest_size=_SIGNATURE_BYTES).digest()
        return urlsafe_b64encode(signature + payload).rstrip(b"=").decode()

    def read(self, kind: str, token: str) -> list[Any]:
        """Return the fields that a token carries.

        Raises:
            InvalidParameterError: it is not exactly a token that `make` returned for this kind of query.
        """
        try:
            fields: list[Any]
            found, *fields = json.loads(urlsafe_b64decode(token + "=" * (-len(token) % 4))[_SIGNATURE_BYTES:])
            is_genuine = found == kind and compare_digest(self.make(found, *fields).encode(), token.encode())
        except (ValueError, TypeError, RecursionError):
            is_genuine = False
        if not is_genuine:
            raise InvalidParameterError("next_token", "expected a token as returned by a previous request")
        return fields
