"""Follow the cursor from page to page, and detect a cursor that leads nowhere."""

from urllib.parse import quote

from apitally_traffic.errors import PaginationError

_MAX_PAGES_WITHOUT_NEW_ITEMS = 1000
_MAX_TOKEN_IN_URL = 60_000


class Cursor:
    """The position of a reader among the pages of one listing.

    "Token to fetch the next page of records, as returned by a previous request." Every token is remembered, so a loop
    of any length ends with the page that closes it. An empty page with a new token is followed; a thousand pages in a
    row without new items are not.

    Attributes:
        token: the token to send with the next request; None requests the first page.
        finished: whether the last page has been read.
    """

    def __init__(self) -> None:
        """Start before the first page."""
        self.token: str | None = None
        self.finished = False
        self._seen: set[str] = set()
        self._pages_without_new_items = 0

    def advance(self, *, has_more: bool, next_token: object, new_items: bool) -> None:
        """Move past a page that was read.

        Args:
            has_more: whether the page says that there are more items.
            next_token: the token that the page gives for the next one.
            new_items: whether the page holds an item that no earlier page holds.

        Raises:
            PaginationError: there are more items, and no token, or one that cannot be sent or was seen before; or too
                many pages in a row hold no new items.
        """
        self.token = None
        self.finished = not has_more
        if self.finished:
            return
        if not next_token:
            raise PaginationError("The API says that there are more items, and gives no token to fetch them with.")
        if not isinstance(next_token, str) or not _fits_url(next_token):
            raise PaginationError("The API gave a page token that is not a string, or too long to be sent in a URL.")
        self.token = next_token
        if self.token in self._seen:
            raise PaginationError("The API gave the same page token twice: following it would never end.")
        self._seen.add(self.token)
        self._pages_without_new_items = 0 if new_items else self._pages_without_new_items + 1
        if self._pages_without_new_items >= _MAX_PAGES_WITHOUT_NEW_ITEMS:
            raise PaginationError(f"The API gave {_MAX_PAGES_WITHOUT_NEW_ITEMS} pages in a row without new items.")


def _fits_url(token: str) -> bool:
    try:
        return len(quote(token)) <= _MAX_TOKEN_IN_URL
    except UnicodeEncodeError:
        return False
