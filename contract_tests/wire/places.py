"""Places in a request where a server may not look for the key: it is declared to be in the header `Api-Key`."""

from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

_NAMES: Final = ("Api-Key", "api-key", "api_key", "apikey", "apiKey", "key", "token", "access_token")
_HEADERS: Final = ("X-Api-Key", "apikey", "api_key", "X-Auth-Token", "X-Access-Token", "X-Token")


class Misplaced(NamedTuple):
    """The right key in one wrong place, or in several.

    Attributes:
        query: the query, encoded, with `{key}` for the key; empty for none.
        headers: the headers, with `{key}` for the key.
    """

    query: str
    headers: Mapping[str, str]


def wrong_places() -> Iterator[list[Misplaced]]:
    """Return groups of wrong places; the first of a group has the key in all places of that group.

    The others are for a server that does not refuse the first one, and show which place opened it.
    """
    # A server that reads this header may look nowhere else.
    for scheme in ("Bearer ", "ApiKey ", ""):
        yield [Misplaced("", {"Authorization": f"{scheme}{{key}}"})]
    singles = [Misplaced("", {name: "{key}"}) for name in _HEADERS]
    yield [Misplaced("", dict.fromkeys(_HEADERS, "{key}")), *singles]
    pairs = [f"{name}={{key}}" for name in _NAMES]
    yield [Misplaced("", {"Cookie": "; ".join(pairs)}), *(Misplaced("", {"Cookie": pair}) for pair in pairs)]
    yield [Misplaced("&".join(pairs), {}), *(Misplaced(pair, {}) for pair in pairs)]
