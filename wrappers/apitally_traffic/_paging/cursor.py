"""Follow the cursor from page to page, and detect a cursor that makes no progress."""

from hashlib import sha256
from urllib.parse import quote

from apitally_traffic.errors import PaginationError

_MAX_EMPTY_PAGES = 50
_MAX_REPEATING_PAGES = 3
_MAX_MOSTLY_REPEATING_PAGES = 20
_MAX_TOKEN_IN_URL = 60_000


class Cursor:
    """The position of a reader in the pages of one listing.

    "Token to fetch the next page of records, as returned by a previous request." Every token is remembered, so a token
    that repeats is detected at once, however long the loop is. An empty page with a new token is followed. Pages
    without new items end in an error, even if each of them has a new token.

    Attributes:
        token: the token to send with the next request; None for the first page.
        finished: whether the last page has been read.
    """

    def __init__(self, max_pages: int | None = None) -> None:
        """Start before the first page.

        Args:
            max_pages: the maximum number of pages of the listing, including empty ones; None if it is unknown.
        """
        self.token: str | None = None
        self.finished = False
        self._max_pages = max_pages
        self._seen: set[bytes] = set()
        self._pages = 0
        self._empty_pages = 0
        self._repeating_pages = 0
        self._mostly_repeating_pages = 0

    def copy(self) -> "Cursor":
        """Return a cursor at the same position."""
        twin = Cursor(self._max_pages)
        vars(twin).update(vars(self))
        twin._seen = set(self._seen)
        return twin

    def advance(self, *, has_more: bool, next_token: object, items: int, new_items: int) -> None:
        """Move past a page that was read.

        Args:
            has_more: the value of `has_more` in the page.
            next_token: the value of `next_token` in the page.
            items: how many items the page has.
            new_items: how many of its items no earlier page has.

        Raises:
            PaginationError: there are more items, but the token is missing, cannot be sent or was seen before; or the
                pages do not end.
        """
        self.token = None
        self.finished = not has_more
        if self.finished:
            if self._max_pages is not None:  # otherwise, a listing may contain equal items
                self._count_items(items, new_items)
            return
        if not next_token:
            raise PaginationError("The API says that there are more items, and gives no token to fetch them with.")
        if not isinstance(next_token, str) or not _fits_url(next_token):
            raise PaginationError("The API gave a page token that is not a string, or too long to be sent in a URL.")
        self.token = next_token
        digest = sha256(next_token.encode()).digest()  # a token may have 60,000 bytes
        if digest in self._seen:
            raise PaginationError("The API gave the same page token twice: following it would never end.")
        self._seen.add(digest)
        self._count_page(items, new_items)

    def _count_items(self, items: int, new_items: int) -> None:
        if items:
            self._repeating_pages = 0 if new_items else self._repeating_pages + 1
            self._mostly_repeating_pages = 0 if 2 * new_items >= items else self._mostly_repeating_pages + 1
        if self._repeating_pages >= _MAX_REPEATING_PAGES:
            end = "" if self.finished else ", and says that there are more: following them would never end"
            raise PaginationError(
                f"The API gave {self._repeating_pages} pages in a row that only repeat earlier items{end}."
            )

    def _count_page(self, items: int, new_items: int) -> None:
        self._pages += 1
        self._empty_pages = 0 if items else self._empty_pages + 1
        self._count_items(items, new_items)
        if self._mostly_repeating_pages >= _MAX_MOSTLY_REPEATING_PAGES:
            raise PaginationError(
                f"The API gave {self._mostly_repeating_pages} pages in a row that repeat more earlier items than they "
                "bring new ones, and says that there are more: following them would hardly ever end."
            )
        if self._max_pages is not None and self._pages >= self._max_pages:
            raise PaginationError(
                f"The API gave {self._pages} pages, more than the window can fill, and says that there are more."
            )
        if self._empty_pages >= _MAX_EMPTY_PAGES:
            raise PaginationError(
                f"The API gave {self._empty_pages} empty pages in a row, and says that there are more items."
            )


def _fits_url(token: str) -> bool:
    try:
        return len(quote(token)) <= _MAX_TOKEN_IN_URL
    except UnicodeEncodeError:
        return False
