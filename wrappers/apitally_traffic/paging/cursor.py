"""Follow the cursor from page to page, and notice when it leads nowhere."""

from urllib.parse import quote

from apitally_traffic.errors import PaginationError

_PAGES_WITHOUT_NEWS = 1000
_LONGEST_IN_A_URL = 60_000


class Cursor:
    """The place of a reader among the pages of one listing.

    "Token to fetch the next page of records, as returned by a previous request." Every token is remembered, so a loop
    of any length ends on the page that closes it. An empty page with a new token is followed; a thousand pages in a row
    without anything new are not.

    Attributes:
        token: the token to send for the page that is read next; None asks for the first page.
        finished: whether the last page has been read.
    """

    def __init__(self) -> None:
        """Start before the first page."""
        self.token: str | None = None
        self.finished = False
        self._seen: set[str] = set()
        self._pages_without_news = 0

    def advance(self, *, has_more: bool, next_token: object, news: bool) -> None:
        """Move behind a page that was read.

        Args:
            has_more: whether the page says that there are more items.
            next_token: the token that the page gives for the next one.
            news: whether the page held an item that no page before it held.

        Raises:
            PaginationError: there is more, and no token, or one that cannot be sent or was seen before, or nothing new
                for too long.
        """
        self.token = None
        self.finished = not has_more
        if self.finished:
            return
        if not next_token:
            raise PaginationError("The API says that there are more items, and gives no token to fetch them with.")
        if not isinstance(next_token, str) or not _can_be_sent(next_token):
            raise PaginationError("The API gave a page token that is no text, or too long to be sent in a URL.")
        self.token = next_token
        if self.token in self._seen:
            raise PaginationError("The API gave the same page token twice: following it would never end.")
        self._seen.add(self.token)
        self._pages_without_news = 0 if news else self._pages_without_news + 1
        if self._pages_without_news >= _PAGES_WITHOUT_NEWS:
            raise PaginationError(f"The API gave {_PAGES_WITHOUT_NEWS} pages in a row that hold nothing new.")


def _can_be_sent(token: str) -> bool:
    try:
        return len(quote(token)) <= _LONGEST_IN_A_URL
    except UnicodeEncodeError:
        return False
