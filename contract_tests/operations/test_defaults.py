"""An omitted parameter equals its declared default."""

from contract_tests.operations.each import Asked, of_each_operation
from contract_tests.promises.promise import NotExercisedError
from contract_tests.reading.listing import Listing, Page

_ATTEMPTS = 3


@of_each_operation("requests.default-", cost=6)
def test_a_parameter_has_its_default(asked: Asked) -> None:
    """Without a parameter, the page equals the one with its default: in length, or in its records."""
    name = asked.promise_id.partition("@")[0].removeprefix("requests.default-")
    default = next(one.default for one in asked.operation.declared if one.name == name)
    assert default is not None, "a promise is made of each default"
    if name == "limit":
        _has_default_size(asked, int(default))
    else:
        _has_default(asked, name, default)


def _has_default_size(asked: Asked, size: int) -> None:
    listing = Listing(asked.endpoint)
    for _ in range(_ATTEMPTS - 1):
        full, plain = listing.ask(size), listing.ask()
        if len(plain.records) == len(full.records):
            break
    else:
        # A server may always return pages that are shorter than the limit.
        if len(plain.records) <= size and _is_short(full, size):
            raise NotExercisedError(f"{listing} has shorter pages than were asked for.")
        message = f"{listing}: {_told(plain, 'without a limit')}, {_told(full, f'with a limit of {size}')}"
        told = {"expected": f"{len(full.records)} records", "got": f"{len(plain.records)} records"}
        raise asked.breach(message, full.exchange, plain.exchange, **told)
    if len(plain.records) > size:
        message = f"{listing}: {_told(plain, 'without a limit')}, and the default is {size}"
        raise asked.breach(message, plain.exchange, expected=f"{size} records", got=f"{len(plain.records)} records")
    if _is_short(full, size):
        raise NotExercisedError(f"{listing} has shorter pages than were asked for.")
    if full.token is not None:
        asked.seen(plain.exchange, full.exchange)


def _has_default(asked: Asked, name: str, default: str) -> None:
    parameter = next(one for one in asked.operation.declared if one.name == name)
    listing = Listing(asked.endpoint)
    for _ in range(_ATTEMPTS):
        pages = [listing.under({name: default}).ask(), listing.ask(), listing.under({name: default}).ask()]
        given, plain, again = ([record.key for record in page.records] for page in pages)
        if given == again:
            break
    else:
        raise NotExercisedError(f"The records of {listing} change from one request to the next.")
    if plain != given:
        message = f"{listing}: without {name} come other records, or in another order, than with {name}={default}"
        told = {"expected": f"the records of {name}={default}", "got": "other ones, or in another order"}
        raise asked.breach(message, pages[0].exchange, pages[1].exchange, **told)
    others = [one for one in parameter.names if one != default]
    other = [record.key for record in listing.under({name: others[0]}).ask().records] if others else given
    if other != given:
        asked.seen(*(page.exchange for page in pages))


def _is_short(page: Page, size: int) -> bool:
    return page.token is not None and len(page.records) < size


def _told(page: Page, how: str) -> str:
    return f"{how} the page has {len(page.records)} records"
