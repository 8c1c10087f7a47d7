"""When the next request may be sent: the arithmetic of the rate limit, without a clock of its own."""

from collections import deque
from collections.abc import Mapping
from email.utils import parsedate_to_datetime

WINDOW_SECONDS = 60.0
_MAX_WAIT_SECONDS = 120.0
_MAX_BACKOFF_SECONDS = 60.0


class Pacer:
    """Limits the requests in each minute, and follows the server's rate limit headers.

    Args:
        requests_per_minute: the limit; `None` for as many as the server's headers allow.
    """

    def __init__(self, requests_per_minute: int | None) -> None:
        self._limit = requests_per_minute
        self._sent: deque[float] = deque(maxlen=requests_per_minute)
        self._closed_until = 0.0

    def wait(self, now: float) -> float:
        """Return how many seconds to wait before the next request.

        Args:
            now: Unix time in seconds.
        """
        wait = self._closed_until - now
        if self._limit is not None and len(self._sent) == self._limit:
            wait = max(wait, self._sent[0] + WINDOW_SECONDS - now)
        return max(0.0, wait)

    def sent(self, now: float) -> None:
        """Note that a request was sent."""
        self._sent.append(now)

    def observe(self, headers: Mapping[str, str], now: float) -> None:
        """Follow the headers of a response: if the rate limit is used up, nothing is sent before its reset."""
        reset = _number(headers.get("x-ratelimit-reset"))
        if _number(headers.get("x-ratelimit-remaining")) == 0 and reset is not None:
            self._closed_until = now + min(max(reset - now, 0.0), _MAX_WAIT_SECONDS)


def wait_after_429(headers: Mapping[str, str], now: float, attempt: int) -> float:
    """Return how many seconds to wait before a refused request is sent again.

    Args:
        headers: the response's headers, with lower-case names.
        now: Unix time in seconds.
        attempt: how often this request was refused before; the wait doubles with it if the headers do not say how long.
    """
    asked = _retry_after(headers.get("retry-after"), now)
    if asked is None and (reset := _number(headers.get("x-ratelimit-reset"))) is not None and reset - now > 0:
        asked = reset - now
    backoff = min(0.1 * 2**attempt, _MAX_BACKOFF_SECONDS)
    return backoff if asked is None else max(min(asked, _MAX_WAIT_SECONDS), backoff if attempt else 0.0)


def _retry_after(text: str | None, now: float) -> float | None:
    if text is None:
        return None
    if (seconds := _number(text)) is not None:
        return seconds
    try:
        return max(0.0, parsedate_to_datetime(text).timestamp() - now)
    except ValueError:
        return None


def _number(text: str | None) -> float | None:
    try:
        return None if text is None else float(text)
    except ValueError:
        return None
