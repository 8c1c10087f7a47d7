"""The bounds of a listing, to the page."""

import re

import pytest

from apitally_traffic import PaginationError
from apitally_traffic._paging.cursor import Cursor


def advance(cursor: Cursor, numbers: range, *, items: int = 1, new_items: int = 1) -> None:
    """Move past pages whose tokens are these numbers."""
    for number in numbers:
        cursor.advance(has_more=True, next_token=str(number), items=items, new_items=new_items)
        assert cursor.token == str(number)


def refuse(cursor: Cursor, sentence: str, *, items: int = 1, new_items: int = 1, following: str = "last") -> None:
    """Check that one more page is too many."""
    with pytest.raises(PaginationError, match=f"^{re.escape(sentence)}$"):
        cursor.advance(has_more=True, next_token=following, items=items, new_items=new_items)


def test_pages_that_a_window_can_fill() -> None:
    """The bound counts all pages, and the last one may not say that there are more."""
    cursor = Cursor(max_pages=4)
    advance(cursor, range(2))
    advance(cursor, range(2, 3), items=0, new_items=0)
    cursor.copy().advance(has_more=False, next_token=None, items=1, new_items=1)
    refuse(cursor, "The API gave 4 pages, more than the window can fill, and says that there are more.")


def test_empty_pages_in_a_row() -> None:
    """A page with an item begins the count anew."""
    cursor = Cursor()
    advance(cursor, range(49), items=0, new_items=0)
    advance(cursor, range(50, 51))
    advance(cursor, range(51, 100), items=0, new_items=0)
    refuse(
        cursor,
        "The API gave 50 empty pages in a row, and says that there are more items.",
        items=0,
        new_items=0,
    )


def test_pages_that_repeat_in_a_row() -> None:
    """Empty pages between them make no difference, and a new item does."""
    cursor = Cursor()
    advance(cursor, range(2), new_items=0)
    advance(cursor, range(2, 3))
    advance(cursor, range(3, 5), new_items=0)
    advance(cursor, range(5, 6), items=0, new_items=0)
    refuse(
        cursor,
        "The API gave 3 pages in a row that only repeat earlier items, and says that there are more: following them "
        "would never end.",
        new_items=0,
    )


@pytest.mark.parametrize("max_pages", [24 + 50, None])
def test_the_last_of_the_pages_that_repeat(max_pages: int | None) -> None:
    """It ends a slice no better than another one; a listing may have equal items."""
    cursor = Cursor(max_pages=max_pages)
    cursor.advance(has_more=True, next_token="first", items=3, new_items=3)
    for token in ("second", "third"):
        cursor.advance(has_more=True, next_token=token, items=3, new_items=0)
    if max_pages is None:
        cursor.advance(has_more=False, next_token=None, items=3, new_items=0)
        return
    with pytest.raises(PaginationError, match=r"3 pages in a row that only repeat earlier items\.$"):
        cursor.advance(has_more=False, next_token=None, items=3, new_items=0)


def test_pages_that_mostly_repeat_in_a_row() -> None:
    """Half of a page is enough to go on."""
    cursor = Cursor()
    advance(cursor, range(19), items=3)
    advance(cursor, range(19, 20), items=2)
    advance(cursor, range(20, 39), items=3)
    refuse(
        cursor,
        "The API gave 20 pages in a row that repeat more earlier items than they bring new ones, and says that there "
        "are more: following them would hardly ever end.",
        items=3,
    )


def test_tokens_that_lead_nowhere() -> None:
    """More items need a token, and one that was not given before; the last page needs none, and has the last word."""
    cursor = Cursor()
    advance(cursor, range(2))
    for following in ("0", "1"):
        sentence = "The API gave the same page token twice: following it would never end."
        refuse(cursor.copy(), sentence, following=following)
    refuse(
        cursor.copy(), "The API says that there are more items, and gives no token to fetch them with.", following=""
    )
    cursor.advance(has_more=False, next_token="0", items=1, new_items=1)
    assert (cursor.finished, cursor.token) == (True, None)


def test_the_longest_token() -> None:
    """It has as many characters as fit into a URL."""
    cursor = Cursor()
    cursor.advance(has_more=True, next_token="a" * 60_000, items=1, new_items=1)
    sentence = "The API gave a page token that is not a string, or too long to be sent in a URL."
    refuse(cursor, sentence, following="a" * 60_001)
    refuse(cursor, sentence, following="é" * 10_001)
