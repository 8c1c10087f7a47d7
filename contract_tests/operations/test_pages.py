"""The promises about pages, for every other operation that has pages."""

from collections import Counter
from collections.abc import Callable

from contract_tests.operations.each import Asked, of_each_operation
from contract_tests.promises.promise import BrokenPromiseError, NotExercisedError
from contract_tests.reading.listing import MAX_PAGES, VIEWS, Listing, Walk

_ATTEMPTS = 3
_NOT_ABOUT_RECORDS = {"has-more", "walk-ends"}


@of_each_operation("pagination.limit", cost=3)
def test_a_page_holds_no_more_than_its_limit(asked: Asked) -> None:
    """No page has more records than its limit."""
    listing = Listing(asked.endpoint)
    if not listing.has_limit:
        raise NotExercisedError(f"{listing} has no limit.")
    for limit in (1, 2, 3):
        page = listing.ask(limit)
        if len(page.records) > limit:
            message = f"{listing}: the page has {len(page.records)} records, and at most {limit} were asked for"
            told = {"expected": f"at most {limit} records", "got": f"{len(page.records)} records"}
            raise asked.breach(message, page.exchange, **told)
        if page.token is not None:
            asked.seen(page.exchange)


@of_each_operation("pagination.has-more", cost=6)
def test_has_more_is_true_while_there_is_more(asked: Asked) -> None:
    """`has_more` is right when all records fit one page exactly, and when one is left over."""
    agrees(asked, asked.run.listing(asked.endpoint), "has-more", lambda count: count)
    agrees(asked, asked.run.listing(asked.endpoint), "has-more", lambda count: count - 1)


@of_each_operation("pagination.walk-ends", cost=5)
def test_walking_the_tokens_ends(asked: Asked) -> None:
    """Following the tokens leads to a page without a token."""
    agrees(asked, asked.run.listing(asked.endpoint), "walk-ends", lambda count: -(-count // 4))


@of_each_operation("pagination.each-once", cost=4)
def test_each_record_comes_once(asked: Asked) -> None:
    """Following the tokens returns each record once."""
    agrees(asked, asked.run.listing(asked.endpoint), "each-once", lambda count: -(-count // 3))


@of_each_operation("pagination.any-page-size", cost=5)
def test_the_size_of_pages_changes_nothing(asked: Asked) -> None:
    """The records are the same for another page size, and for the default size if there are few pages."""
    listing = asked.run.listing(asked.endpoint)
    agrees(asked, listing, "any-page-size", lambda count: -(-count // 2))
    by_default = (listing.default_limit or 0) * MAX_PAGES
    agrees(asked, listing, "any-page-size", lambda count: None if count <= by_default else -(-count // 5))


def agrees(asked: Asked, listing: Listing, name: str, limit_of: Callable[[int], int | None]) -> bool:
    """Compare the listing read in pages of some size with the whole, read before and after.

    Args:
        asked: the promise and the run.
        listing: what is read.
        name: the promise, without its group and the operation.
        limit_of: returns the page size for the number of records; `None` for the default.

    Returns:
        whether there was more than one page.
    """
    for _ in range(_ATTEMPTS):
        before = listing.whole()
        if not before.is_complete:
            raise NotExercisedError(f"{listing} has more records than a run reads.")
        if len(before.records) < 2:
            raise NotExercisedError(f"{listing} has less than two records.")
        walk = listing.walk(limit_of(len(before.records)))
        whole = listing.whole(again=True)
        # Records whose numbers keep changing are identified by their ids.
        unchanged = [view for view in VIEWS if before.counted(view) == whole.counted(view)]
        if unchanged:
            break
    else:
        raise NotExercisedError(f"The records of {listing} change from one request to the next.")
    found, expected = walk.counted(unchanged[0]), whole.counted(unchanged[0])
    evidence = (*walk.exchanges[:3], *whole.exchanges[:1])
    if found - expected or (walk.is_complete and found != expected):
        named = (
            name if name not in _NOT_ABOUT_RECORDS else "has-more" if _is_cut(walk, found, expected) else "each-once"
        )
        record, counts = _difference(found, expected)
        pages = f"in {len(walk.pages)} pages the record {record} comes {counts[0]} times"
        message = f"{listing}: {pages}, in one piece {counts[1]}"
        told = {"expected": f"{record} {counts[1]} times", "got": f"{counts[0]} times"}
        raise BrokenPromiseError(listing.promise(f"pagination.{named}"), message, *evidence, **told)
    if found != expected:
        raise NotExercisedError(f"The pages of {listing} are too short for a walk through all of them.")
    if not walk.is_complete:
        message = f"{listing}: all records have come, and there is still a token"
        told = {"expected": "a last page without a token", "got": f"a token on page {len(walk.pages)}"}
        raise BrokenPromiseError(listing.promise("pagination.walk-ends"), message, *evidence, **told)
    if len(walk.pages) > 1 and not walk.pages[-1].records:
        message = f"{listing}: has_more is true on the page that completes the listing: no record was left to fetch"
        told = {"expected": "has_more: false on the page before", "got": "has_more: true"}
        raise BrokenPromiseError(listing.promise("pagination.has-more"), message, *walk.exchanges[-2:], **told)
    if len(walk.pages) > 1 or name == "has-more":
        asked.seen(*walk.exchanges)
    return len(walk.pages) > 1


def _is_cut(walk: Walk, found: Counter[str], expected: Counter[str]) -> bool:
    """Return whether reading stopped at a full page and only lacks records."""
    return found < expected and len(walk.pages[-1].records) == len(walk.pages[0].records)


def _difference(found: Counter[str], expected: Counter[str]) -> tuple[str, tuple[int, int]]:
    """Return a record, shortened, that one of two readings has more often, and its number in each."""
    record = next(iter((found - expected) or (expected - found)))
    return record[:120], (found[record], expected[record])
