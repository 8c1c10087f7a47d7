"""Tokens for the next page: opaque to the client, signed, and carrying the whole query.

The server keeps nothing between two pages. A token says where to go on and in what, so it outlives a restart and works
on every server with the same seed.
"""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from hashlib import blake2b
from hmac import compare_digest
from typing import NamedTuple

from apitally_mock.periods.window import Window
from apitally_mock.periods.zones import load_zone
from apitally_mock.traffic.source import Series

_SIGNATURE_BYTES = 16


class Query(NamedTuple):
    """A query with every default filled in: the same on all of its pages."""

    series: Series
    window: Window


class Tokens:
    """Makes and reads the tokens of all servers with one seed."""

    def __init__(self, seed: int) -> None:
        self._key = blake2b(f"apitally-mock token {seed}".encode()).digest()

    def make(self, query: Query, position: int, salt: int = 0) -> str:
        """Make the token for the page that starts at the period which begins at `position`.

        Another `salt` gives another token for the same page.
        """
        series, (start, end, interval, zone) = query
        fields = [*series, start, end, interval, zone.key, position, salt]
        payload = json.dumps(fields, separators=(",", ":")).encode()
        signature = blake2b(payload, key=self._key, digest_size=_SIGNATURE_BYTES).digest()
        return urlsafe_b64encode(signature + payload).rstrip(b"=").decode()

    def read(self, token: str) -> tuple[Query, int]:
        """Give the query and the position that a token carries.

        Raises:
            ValueError: if this is not, to the letter, a token that `make` gave.
        """
        try:
            fields = json.loads(urlsafe_b64decode(token + "=" * (-len(token) % 4))[_SIGNATURE_BYTES:])
            app_id, app_env_id, consumer_id, start, end, interval, zone, position, salt = fields
            query = Query(Series(app_id, app_env_id, consumer_id), Window(start, end, interval, load_zone(zone)))
            genuine = compare_digest(self.make(query, position, salt).encode(), token.encode())
        except (ValueError, TypeError, RecursionError):
            genuine = False
        if not genuine:
            msg = "expected a token as returned by a previous request"
            raise ValueError(msg)
        return query, position
