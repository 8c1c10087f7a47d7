"""The promises about pages, asked of every operation but traffic that has some: a later pin may bring one."""

from collections.abc import Callable
from typing import Any

import pytest

from contract_tests.promises.promise import BrokenPromiseError, NotExercisedError
from contract_tests.reading.listing import Listing, Walk
from contract_tests.run import Run
from contract_tests.schema.spec import listings_of, load_operations

LISTINGS = listings_of(load_operations())
_ATTEMPTS = 3
_NOT_ABOUT_RECORDS = {"has-more", "walk-ends"}


def of_each_listing(name: str, cost: int) -> Callable[[Any], Any]:
    """Mark a test as that of one promise, for each listing."""
    marks = {operation: pytest.mark.promise(f"pagination.{name}@{operation.id}", cost=cost) for operation in LISTINGS}
    listings = [pytest.param(operation, id=operation.id, marks=mark) for operation, mark in marks.items()]
    return pytest.mark.parametrize("listing", listings, indirect=True)


@pytest.fixture
def listing(run: Run, request: pytest.FixtureRequest) -> Listing:
    """Return one of the listings."""
    return run.listing(request.param)


@of_each_listing("limit", cost=3)
def test_a_page_holds_no_more_than_its_limit(run: Run, listing: Listing) -> None:
    """No page has more records than its limit, or than the default that is declared."""
    if not listing.has_limit:
        raise NotExercisedError(f"{listing} has no limit.")
    for limit in (1, 2, None):
        page = listing.ask(limit)
        most = listing.default_limit if limit is None else limit
        if most is not None and len(page.records) > most:
            message = f"{listing}: the page has {len(page.records)} records, and at most {most} were asked for"
            raise BrokenPromiseError(listing.promise("limit"), message, page.exchange)
        if page.token is not None:
            run.ledger.seen(listing.promise("limit"), page.exchange)


@of_each_listing("has-more", cost=6)
def test_has_more_is_true_while_there_is_more(run: Run, listing: Listing) -> None:
    """Where all records fit a page exactly, or all but one, `has_more` says so."""
    _agrees(run, listing, "has-more", lambda count: count)
    _agrees(run, listing, "has-more", lambda count: count - 1)


@of_each_listing("walk-ends", cost=5)
def test_walking_the_tokens_ends(run: Run, listing: Listing) -> None:
    """Following the tokens comes to a page without one."""
    _agrees(run, listing, "walk-ends", lambda count: -(-count // 4))


@of_each_listing("each-once", cost=4)
def test_each_record_comes_once(run: Run, listing: Listing) -> None:
    """A walk gives each record once."""
    _agrees(run, listing, "each-once", lambda count: -(-count // 3))


@of_each_listing("any-page-size", cost=5)
def test_the_size_of_pages_changes_nothing(run: Run, listing: Listing) -> None:
    """The records are the same in pages of another size, and in pages of the default size."""
    _agrees(run, listing, "any-page-size", lambda count: -(-count // 2))
    _agrees(run, listing, "any-page-size", lambda _: None)


@of_each_listing("token-keeps-query", cost=4)
def test_a_token_keeps_the_whole_query(run: Run, listing: Listing) -> None:
    """A token beside its query goes on in the same listing."""
    _agrees(run, listing, "token-keeps-query", lambda count: -(-count // 3))


def _agrees(run: Run, listing: Listing, name: str, limit_of: Callable[[int], int | None]) -> None:
    """Compare a walk in pages of some size with the listing in one piece, as it is before and after.

    Args:
        run: the run.
        listing: what is read.
        name: the promise, without the listing.
        limit_of: the size of a page, for the number of records; `None` leaves it to the default.
    """
    for _ in range(_ATTEMPTS):
        before = listing.whole()
        walk = listing.walk(limit_of(before.records.total()))
        whole = listing.whole(again=True)
        if before.records == whole.records:
            break
    else:
        raise NotExercisedError(f"The records of {listing} change from one request to the next.")
    evidence = (*walk.exchanges[:3], *whole.exchanges[:1])
    if walk.records - whole.records or (walk.is_complete and walk.records != whole.records):
        named = name if name not in _NOT_ABOUT_RECORDS else "has-more" if _is_cut(walk, whole) else "each-once"
        raise BrokenPromiseError(listing.promise(named), f"{listing}: {_difference(walk, whole)}", *evidence)
    if walk.records != whole.records:
        raise NotExercisedError(f"The pages of {listing} are too short for a walk through all of them.")
    if not walk.is_complete:
        message = f"{listing}: all records have come, and there is still a token"
        raise BrokenPromiseError(listing.promise("walk-ends"), message, *evidence)
    if len(walk.pages) > 1 and not walk.pages[-1].records:
        message = f"{listing}: has_more is true on the page that completes the listing: no record was left to fetch"
        raise BrokenPromiseError(listing.promise("has-more"), message, *walk.exchanges[-2:])
    if len(walk.pages) > 1 or name == "has-more":
        run.ledger.seen(listing.promise(name), *walk.exchanges)


def _is_cut(walk: Walk, whole: Walk) -> bool:
    """Return whether a walk ends on a full page, and has nothing but less records than there are."""
    return walk.records < whole.records and len(walk.pages[-1].records) == len(walk.pages[0].records)


def _difference(walk: Walk, whole: Walk) -> str:
    twice, missing = walk.records - whole.records, whole.records - walk.records
    record = next(iter(twice or missing))
    counts = (walk.records[record], whole.records[record])
    return f"in {len(walk.pages)} pages the record {record[:120]} comes {counts[0]} times, in one piece {counts[1]}"
