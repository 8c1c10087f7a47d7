"""Places in a request where a server may not look for the key: it is declared to be in the header `Api-Key`."""

from collections.abc import Callable, Iterator, Mapping
from typing import Final, NamedTuple

from contract_tests.exchange import Exchange

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


def ask_group(
    group: list[Misplaced], send: Callable[[Misplaced], Exchange], is_refusal: Callable[[Exchange], bool]
) -> Iterator[Exchange]:
    """Yield the responses to a group, to be judged in this order: one that opens a single place says most.

    Args:
        group: as `wrong_places` returns it.
        send: sends one request.
        is_refusal: whether a response refuses the key; then the others of the group are not sent.
    """
    all_places, *each_place = group
    combined = send(all_places)
    if not is_refusal(combined):
        yield from map(send, each_place)
    yield combined
